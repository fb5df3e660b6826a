"""Telemetry that real tools exported, and what was really served meanwhile; see `otlp/index.json` of the real data."""

import gzip
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.capture.otlp.read import read_export
from outlay.capture.otlp.signal import Signal
from outlay.capture.received import Arrival
from outlay.usage import LLM, Tokens, UsageEvent
from tests.real_data import shared_data

ARRIVAL: Final = Arrival(
    organisation="org", source="otlp", api_key="key_1", received_at=datetime(2026, 11, 20, 12, tzinfo=UTC)
)


class Served(Struct, frozen=True):
    """Counts as the provider's answer stated them; cached parts inside the input."""

    input_total: int
    input_cached_read: int | None
    input_cache_write: int | None
    output_total: int
    reasoning: int | None

    def is_in(self, tokens: Tokens) -> bool:
        stated = (tokens.input_total, tokens.cache_read, tokens.cache_write, tokens.output, tokens.reasoning)
        served = (
            self.input_total,
            self.input_cached_read,
            self.input_cache_write,
            self.output_total,
            self.reasoning,
        )
        return [count or 0 for count in stated] == [count or 0 for count in served]


class Export(Struct, frozen=True):
    """One request of an exporter. `served` is by scenario where several are in one body."""

    file: str
    signal: Signal
    headers: dict[str, str]
    scenario: str
    usage_expected: Served | dict[str, Served | None] | None

    @property
    def tool(self) -> str:
        return self.file.partition("/")[0]

    @property
    def media(self) -> str:
        return self.headers["content-type"].partition(";")[0]

    def sent(self) -> bytes:
        """Return the body as it was sent."""
        return (_folder() / self.file).read_bytes()

    def calls(self, arrival: Arrival = ARRIVAL) -> list[UsageEvent]:
        """Return the events of model calls that are read from it; fees beside them left out."""
        body = self.sent()
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        received = read_export(self.signal, self.media, body, arrival, 10_000)
        assert received.refused == []
        return [event for _, event in received.events if event.service == LLM]


def recorded_exports() -> Sequence[Export]:
    found: list[dict[str, Any]] = msgspec.json.decode((_folder() / "index.json").read_bytes())
    for entry in found:
        served = entry["usage_expected"]
        # Several calls in one body are told apart by scenario.
        kind: Any = dict[str, Served | None] if served and "input_total" not in served else Served | None
        entry["usage_expected"] = msgspec.convert(served, kind)
    return [Export(**{name: entry[name] for name in Export.__struct_fields__}) for entry in found]


def _folder() -> Path:
    return shared_data("otlp")
