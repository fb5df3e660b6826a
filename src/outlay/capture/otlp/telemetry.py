"""A span and a log record as the readers here see them, whichever encoding they came in.

Only attributes that may matter are kept (`words.wanted`): prompts and answers are left behind with the body.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

Attributes = Mapping[str, Any]


class Tool(Struct, frozen=True):
    """Who made the telemetry: the instrumentation scope, with its version where stated."""

    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class Span(Struct, frozen=True, kw_only=True):
    """One span. Ids are lower-case hex, `parent` is empty for a root; times are nanoseconds since 1970, 0 unknown."""

    tool: Tool
    resource: Attributes
    trace: str
    id: str
    parent: str = ""
    name: str = ""
    start: int = 0
    end: int = 0
    failed: bool = False
    attributes: Attributes = {}
    first_token: int = 0


class LogRecord(Struct, frozen=True, kw_only=True):
    """One log record; `event` is its name, wherever the tool put it. `trace` and `span` are empty outside of spans."""

    tool: Tool
    resource: Attributes
    event: str
    trace: str = ""
    span: str = ""
    time: int = 0
    attributes: Attributes = {}


def stated_id(text: str) -> str:
    """Return an id in hex the way it is kept; the protocol says that one of zeros alone is none."""
    return text.lower() if text.strip("0") else ""
