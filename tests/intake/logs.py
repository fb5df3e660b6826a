"""A ledger in memory, and logs to bring into it, for the tests of agents' logs."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outlay.capture.agent_logs.tools import tool_named
from outlay.control.agent_logs import LogMemory
from outlay.control.database import Control
from outlay.intake.agent_logs import LogImporter
from outlay.intake.importing import Watcher
from outlay.intake.log_files import Attribution, LogSource
from outlay.intake.log_memory import Memory
from outlay.intake.outcome import DUPLICATE, STORED, Outcome
from outlay.testing import FrozenClock
from outlay.usage import UsageEvent
from tests.intake.making import OneDollarEach

NOW = datetime(2031, 1, 1, tzinfo=UTC)


class Stopped(BaseException):
    """The process is killed."""


class FakeLedger:
    """Keeps events by their identity. `stops` counts down the commits until one is the last, before or after it."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str, datetime], UsageEvent] = {}
        self.stops: int | None = None
        self.stops_after = False
        self.refuses: str | None = None

    def accept(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]:
        assert organisation == "acme"
        if self.stops is not None:
            self.stops -= 1
            if self.stops < 0 and not self.stops_after:
                raise Stopped
        outcomes = [self._one(event) for event in events]
        if self.stops is not None and self.stops < 0:
            raise Stopped
        return outcomes

    def _one(self, event: UsageEvent) -> Outcome:
        if self.refuses is not None and event.model_raw == self.refuses:
            return Outcome("rejected", "too_many_distinct", "no further model")
        key = (event.source, event.id, event.time)
        if key in self.events:
            return DUPLICATE
        self.events[key] = event
        return STORED

    def total(self) -> dict[str, int]:
        """Return what the ledger says altogether, without what is zero."""
        found = {"requests": 0}
        for event in self.events.values():
            found["requests"] += event.requests
            for name, count in event.tokens.stated():
                found[name] = found.get(name, 0) + count
        return {name: count for name, count in found.items() if count}


class Logs:
    """A folder of one tool's logs, and what imports it."""

    def __init__(self, tool: str, folder: Path, control: Control) -> None:
        self.tool = tool
        self.folder = folder
        self.ledger = FakeLedger()
        self.clock = FrozenClock(NOW)
        self._control = control

    def write(self, name: str, content: bytes | str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def append(self, name: str, content: bytes | str) -> None:
        with (self.folder / name).open("ab") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    @property
    def memory(self) -> LogMemory:
        return LogMemory(self._control, "acme", f"import:{self.tool}", self.clock)

    def importer(self, memory: Memory | None = None, **fields: Any) -> LogImporter:
        """Return what a new process would import with."""
        tool = tool_named(self.tool)
        assert tool is not None
        whose = Attribution("acme", f"import:{self.tool}", fields, {})
        source = LogSource(tool, lambda: [self.folder], whose, self.clock)
        return LogImporter(source, self.ledger, OneDollarEach(), memory or self.memory, Watcher())


def claude_line(
    message: str, output: int, request: str | None = "req_1", model: str = "claude-sonnet-4-5", **more: Any
) -> str:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 100, "output_tokens": output}
    entry = {
        "type": "assistant",
        "timestamp": "2026-10-01T12:00:00Z",
        "sessionId": "s1",
        "requestId": request,
        "message": {"id": message, "model": model, "usage": usage},
    }
    return json.dumps(entry | more) + "\n"


def codex_count(sums: tuple[int, int], last: tuple[int, int], at: str = "2026-10-01T12:10:00Z") -> str:
    def counts(pair: tuple[int, int]) -> dict[str, int]:
        return {"input_tokens": pair[0], "cached_input_tokens": 0, "output_tokens": pair[1]}

    info = {"last_token_usage": counts(last), "total_token_usage": counts(sums)}
    return json.dumps({"type": "event_msg", "timestamp": at, "payload": {"type": "token_count", "info": info}}) + "\n"


def codex_head(session: str, at: str = "2026-10-01T12:00:00Z", **more: Any) -> str:
    payload = {"id": session, "timestamp": at, "model_provider": "openai"} | more
    return json.dumps({"type": "session_meta", "timestamp": at, "payload": payload}) + "\n"
