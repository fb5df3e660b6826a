"""Whom a call is attributed to, out of the attributes of its span, of the spans around it, and of the resource.

What is nearer to the call wins, fact by fact. What the API key is bound to wins over all of it (`Arrival.fixed`).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from outlay.capture.otlp import words
from outlay.capture.otlp.telemetry import Attributes
from outlay.usage import AgentType

LONGEST: Final = 256
_PERSONS: Final = ("outlay.user", "user.email", *words.USER)
_MOST_TAGS: Final = 16


class Who(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The facts that are known; the names are those of an event's fields."""

    user: str | None = None
    team: str | None = None
    agent: str | None = None
    agent_type: AgentType | None = None
    parent_agent: str | None = None
    pod: str | None = None
    task: str | None = None
    run_id: str | None = None
    session_id: str | None = None
    tags: tuple[str, ...] = ()


def who_in(layers: Sequence[Attributes], *, coding_agent: str = "") -> Who:
    """Return who is named in these attributes, the nearest first.

    A `coding_agent` runs for the person who started it, whose e-mail says more than the number of their machine; the
    agents it starts itself are named in `agent.name`.
    """
    named = {
        field: _first(layers, names)
        for field, names in (
            ("user", _PERSONS if coding_agent else words.USER),
            ("team", words.TEAM),
            ("agent", words.AGENT),
            ("pod", words.POD),
            ("task", words.TASK),
            ("run_id", words.RUN),
            ("session_id", words.SESSION),
        )
    }
    inner = named.pop("agent")
    return Who(
        agent=inner or coding_agent or None,
        agent_type="framework" if inner and not coding_agent else None,
        parent_agent=coding_agent or None if inner and inner != coding_agent else None,
        tags=tuple(_tags(layers)),
        **named,
    )


def fits(text: str | None) -> str | None:
    """Return a text that an event may hold; None for one that is too long or holds what no name does."""
    return text if text and len(text) <= LONGEST and text.isprintable() else None


def _first(layers: Sequence[Attributes], names: words.Names) -> str | None:
    return next((found for layer in layers if (found := fits(words.first_text(layer, names)))), None)


def _tags(layers: Sequence[Attributes]) -> Iterator[str]:
    environment = _first(layers, words.ENVIRONMENT)
    if environment is not None:
        yield f"env:{environment}"[:LONGEST]
    stated = next((layer[words.TAGS] for layer in layers if layer.get(words.TAGS)), ())
    texts = stated.split(",") if isinstance(stated, str) else stated if isinstance(stated, list) else ()
    for text in texts[:_MOST_TAGS]:
        key, _, value = str(text).strip().partition(":")
        if key and value and fits(f"{key}:{value}"):
            yield f"{key}:{value}"
