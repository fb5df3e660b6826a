"""The models of one provider, found by name quickly.

The package tries the patterns of all models one after the other: 1.5 ms for an unknown name at a router with 900
models, which whoever sends events could have us pay for each name they make up. Here spellings are looked up and the
other patterns are made ready once. The first model in the package's order wins, as there.
"""

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from genai_prices import types as package

# `gpt-5.2-20251211` is known as `gpt-5.2-2025-12-11`; tried, as in the package, where the name itself is not known.
_COMPACT_DATE: Final = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


class Shelf:
    """All models a provider sells."""

    def __init__(self, provider: "package.Provider") -> None:
        self.fallbacks = tuple(provider.fallback_model_providers or ())
        self._models = provider.models
        self._by_id = {model.id.lower(): model for model in reversed(provider.models)}
        self._spelled: dict[str, int] = {}
        self._patterns: list[tuple[int, _Pattern]] = []
        for number, model in enumerate(provider.models):
            pattern = _Pattern(model.match)
            for spelling in pattern.equals:
                self._spelled.setdefault(spelling, number)
            if pattern.accepts_more:
                self._patterns.append((number, pattern))

    def by_id(self, name: str) -> "package.ModelInfo | None":
        return self._by_id.get(name.lower())

    def find(self, name: str) -> "package.ModelInfo | None":
        """Return the model with exactly this id, else the first one that goes by this name."""
        wanted = name.lower()
        found = self._by_id.get(wanted) or self._match(wanted)
        if found is None:
            dashed = _COMPACT_DATE.sub(r"-\1-\2-\3", wanted)
            found = self._match(dashed) if dashed != wanted else None
        return found

    def _match(self, wanted: str) -> "package.ModelInfo | None":
        first = self._spelled.get(wanted, len(self._models))
        for number, pattern in self._patterns:
            if number >= first:
                break
            if pattern.accepts(wanted):
                return self._models[number]
        return self._models[first] if first < len(self._models) else None


class _Pattern:
    """A clause of the package with its alternatives sorted by kind; names are asked for in small letters."""

    def __init__(self, clause: "package.MatchLogic") -> None:
        self.equals: set[str] = set()
        self._starts: tuple[str, ...] = ()
        self._ends: tuple[str, ...] = ()
        self._contains: tuple[str, ...] = ()
        self._others: tuple[package.MatchLogic, ...] = ()
        self._add(clause)

    @property
    def accepts_more(self) -> bool:
        return bool(self._starts or self._ends or self._contains or self._others)

    def accepts(self, name: str) -> bool:
        """Whether a name fits in another way than by being equal to a spelling."""
        return (
            name.startswith(self._starts)
            or name.endswith(self._ends)
            or any(part in name for part in self._contains)
            or any(clause.is_match(name) for clause in self._others)
        )

    def _add(self, clause: "package.MatchLogic") -> None:
        if hasattr(clause, "or_"):
            alternatives: list[package.MatchLogic] = clause.or_
            for each in alternatives:
                self._add(each)
        elif hasattr(clause, "equals"):
            self.equals.add(clause.equals.lower())
        elif hasattr(clause, "starts_with"):
            self._starts += (clause.starts_with.lower(),)
        elif hasattr(clause, "ends_with"):
            self._ends += (clause.ends_with.lower(),)
        elif hasattr(clause, "contains"):
            self._contains += (clause.contains.lower(),)
        else:
            self._others += (clause,)
