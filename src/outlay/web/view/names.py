"""What the ids in figures are called and coloured: people and things from the registry, fixed words from here.

An id that is missing (None) has a name of its own for each dimension: it is a group like the others, never dropped.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final
from unicodedata import combining, normalize

from msgspec import Struct

from outlay.control.entities import ENTITY_KINDS, EntityKind, EntityLabel, Registry
from outlay.query.amounts import AMOUNTS
from outlay.query.ask import Filter
from outlay.query.catalogue import dimension_label

AGENT_TYPE_NAMES: Final[Mapping[str | None, str]] = MappingProxyType(
    {"api": "API", "framework": "Framework", "no_code": "No-Code", None: "No agent type"}
)
AGENT_TYPE_SLOTS: Final[Mapping[str | None, int | None]] = MappingProxyType(
    {"api": 0, "framework": 1, "no_code": 2, None: None}
)
_SERVICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "llm": "LLM models",
        "knowledge_graph": "Knowledge Graph hosting",
        "web_access": "Web access",
        "ocr": "OCR",
    }
)
_STATUSES: Final[Mapping[str, str]] = MappingProxyType({"unpriced": "Unpriced", "estimated": "Estimated"})
_MISSING: Final[Mapping[str, str]] = MappingProxyType(
    {"user": "No user", "agent": "No agent", "model": "No model", "team": "No team", "pod": "No pod"}
)
_VERBS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "is": "is",
        "not": "is not",
        "has": "is known",
        "none": "is none",
        "none_or": "is none or",
        "over": "over",
        "under": "under",
    }
)
MOST_VALUES_NAMED: Final = 3


class Label(Struct, frozen=True):
    """How one value of a dimension is shown; `slot` is its stored colour, None for what has none."""

    name: str
    slot: int | None = None
    email: str = ""
    team: str | None = None


class Names:
    """Looks up the labels of one organisation."""

    def __init__(self, registry: Registry, organisation: str) -> None:
        self._registry = registry
        self._organisation = organisation

    def of(self, dimension: str, ids: Collection[str | None]) -> dict[str | None, Label]:
        """Return a label for every id, None too."""
        known = sorted({each for each in ids if each is not None})
        found: dict[str | None, Label] = {None: Label(_MISSING.get(dimension, f"No {dimension_label(dimension)}"))}
        if dimension == "agent_type":
            return {each: Label(AGENT_TYPE_NAMES.get(each, each or ""), AGENT_TYPE_SLOTS.get(each)) for each in ids}
        if dimension in ENTITY_KINDS:
            labels = self._registry.labels(self._organisation, dimension, known)
            return found | {each: _label(dimension, label) for each, label in labels.items()}
        return found | {each: Label(_STATUSES.get(each, each)) for each in known}

    def in_order(self, kind: EntityKind, ids: Iterable[str], *, descending: bool = False) -> list[str]:
        """Return ids by their names as people read them: `Élise` among those with E, in either case."""
        names = self._registry.names(self._organisation, kind)
        return sorted(ids, key=lambda each: (_as_read(names.get(each) or each), each), reverse=descending)

    def search(self, kind: EntityKind, text: str) -> tuple[str, ...]:
        """Return the ids of a kind whose id, name or e-mail contains a text, in any case; of all there are: what of
        them a viewer may see, questions decide.
        """
        return tuple(self._registry.search(self._organisation, kind, text))

    def filter_text(self, asked: Filter, told: Collection[str]) -> str:
        """Return a filter in words: `Team is Growth, Core`, `Model is none`, `Latency over 5000 ms`.

        Only values in `told` are called by their names, the others by their ids.
        """
        amount = AMOUNTS.get(asked.dimension)
        if amount is not None:
            number = f"{asked.values[0]} {amount.unit}" if asked.values else ""
            return f"{amount.label} {_VERBS[asked.operator]} {number}".rstrip()
        shown = asked.values[:MOST_VALUES_NAMED]
        labels = self.of(asked.dimension, [each for each in shown if each in told])
        named = [labels[each].name if each in labels else each for each in shown]
        more = len(asked.values) - len(named)
        values = ", ".join(named) + (f" and {more} more" if more else "")
        return f"{dimension_label(asked.dimension)} {_VERBS[asked.operator]} {values}".rstrip()


def _as_read(name: str) -> str:
    if name.isascii():
        return name.casefold()
    return "".join(each for each in normalize("NFKD", name.casefold()) if not combining(each))


def _label(dimension: str, found: EntityLabel) -> Label:
    name = found.name
    if dimension == "service" and name == found.id:
        name = _SERVICES.get(found.id) or found.id.replace("_", " ").capitalize()
    return Label(name, found.colour_slot, found.email or "", found.team)
