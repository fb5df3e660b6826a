"""What the pieces of one answer state, put together: a body is one piece, a stream has many.

Each API has its own fold. A stream hands it only the first pieces and those that `telling` finds something in, so that
the thousands of pieces with text in them are never parsed.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Final

from outlay.capture.readings.reading import CONTRADICTS, Reading
from outlay.capture.readings.values import Value, table, text

# In JSON, a quote inside a text is escaped: these bytes can only be a key.
TELLING: Final = re.compile(rb'"(?:usage|error)"\s*:\s*[{"]')
TEXT: Final = rb'\s*:\s*"[^"]'  # after a key: a text that is not empty

# All of these are the one standard price; which of them an answer says tells nothing about its cost.
_STANDARD: Final = frozenset(
    {"auto", "default", "global", "not_available", "on_demand", "standard", "traffic_type_unspecified", "unspecified"}
)


class Fold(ABC):
    """One answer, piece by piece."""

    telling: ClassVar[re.Pattern[bytes]] = TELLING
    # What only a piece with a part of the answer itself has in it.
    token: ClassVar[re.Pattern[bytes]]

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.model: str | None = None
        self.response_id: str | None = None
        self.error: str | None = None
        self.usage: Value = {}

    def opened(self, piece: bytes) -> bytes:
        """Return the JSON inside a piece of a stream, where it comes wrapped."""
        return piece

    @abstractmethod
    def add(self, piece: bytes) -> None:
        """Take in one JSON text; one that can't be read says nothing."""

    @abstractmethod
    def reading(self) -> Reading:
        """Return what all pieces so far state."""

    def complete(self, *, ended: bool) -> bool:
        """Whether the usage stated so far is the final one."""
        return ended

    def identify(self, response_id: object, model: object) -> None:
        self.response_id = text(response_id) or self.response_id
        self.model = text(model) or self.model

    def fail(self, error: object) -> None:
        """Note an error an answer states, by its code or kind; an empty one is none."""
        if not error:
            return
        stated = table(error)
        codes = (stated.get(name) for name in ("code", "status", "type"))
        named = next((code for code in codes if isinstance(code, str) and text(code)), None)
        self.error = named or text(str(stated.get("code") or "")) or "error"


def joined(names: Iterable[object]) -> str | None:
    """Return the variant that several stated names make; None is the standard price."""
    stated = (name.strip().lower() for each in names if (name := text(each)) is not None)
    return "+".join(dict.fromkeys(name for name in stated if name not in _STANDARD)) or None


def marks(*, contradicts: bool) -> tuple[str, ...]:
    return (CONTRADICTS,) if contradicts else ()
