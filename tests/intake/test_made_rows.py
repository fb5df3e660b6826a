"""Calls that other processes made rows of are stored as the funnel here would: the same events, costs and figures."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from outlay.app import Outlay, open_outlay
from outlay.capture.agent_logs.tools import tool_named
from outlay.config import load_settings
from outlay.control.agent_logs import LogMemory
from outlay.intake.accept import Intake
from outlay.intake.agent_logs import LogImporter
from outlay.intake.import_report import ImportReport
from outlay.intake.importing import Watcher
from outlay.intake.log_batch import MadeSink
from outlay.intake.log_files import Attribution, LogSource
from outlay.intake.made_rows import MadeRows, Recipe
from outlay.intake.outcome import Outcome
from outlay.ledger.schema import EVENTS
from outlay.testing import FrozenClock
from outlay.usage import UsageEvent
from tests.intake.logs import NOW, Stopped, claude_line

ORGANISATION_SOURCE = "import:claude-code"


class _Sink:
    """The funnel, with rows made elsewhere. It stops at a commit of rows when `stops` is 0: before it, or after it."""

    def __init__(self, outlay: Outlay) -> None:
        self.outlay = outlay
        self.taken: list[int] = []
        self.stops: int | None = None
        self.stops_after = False

    def accept(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]:
        return self.outlay.intake.accept(organisation, events)

    def recipe(self) -> Recipe | None:
        return self.outlay.recipe()

    def commit_made(self, organisation: str, made: Sequence[MadeRows]) -> list[bool] | None:
        self.stops = None if self.stops is None else self.stops - 1
        if self.stops == -1 and not self.stops_after:
            raise Stopped
        stored = self.outlay.intake.commit_made(organisation, made)
        if self.stops == -1:
            raise Stopped
        self.taken += [] if stored is None else [len(stored)]
        return stored


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Logs with all that can be told: copies, corrections, refused lines, fees, costs, names that need pricing."""
    folder = tmp_path / "logs"
    folder.mkdir()

    def write(name: str, *lines: str) -> None:
        (folder / f"{name}.jsonl").write_text("".join(lines))

    for number in range(6):
        at = f"2026-10-0{number + 1}T12:00:00Z"
        lines = [
            claude_line(f"m{number}-{call}", call + 1, timestamp=at, cwd=f"/home/a/p{call % 2}") for call in range(7)
        ]
        write(f"{number}", *lines)
    write("copy", claude_line("m2-1", 90), claude_line("own", 4))
    write("costs", claude_line("usd", 5, costUSD=0.25), claude_line("free", 5, model="nobody-sells-this"))
    write(
        "refused", claude_line("bad", -1), claude_line("late", 3, timestamp="2099-01-01T00:00:00Z"), claude_line("x", 1)
    )
    usage = '"usage": {"server_tool_use": {"web_search_requests": 2}, "service_tier": "priority", '
    write("fees", claude_line("fee", 9).replace('"usage": {', usage))
    write("twice", claude_line("same", 5), claude_line("same", 6, "req_2"))
    return folder


@contextmanager
def _opened(data: Path, **settings: object) -> Iterator[Outlay]:
    with open_outlay(load_settings(overrides={"data": str(data), **settings}), FrozenClock(NOW)) as outlay:
        yield outlay


def _import(outlay: Outlay, sink: Intake | _Sink, logs: Path) -> ImportReport:
    tool = tool_named("claude-code")
    assert tool is not None
    whose = Attribution(outlay.organisation, ORGANISATION_SOURCE, {"user": "ada"}, {}, ("env:dev",))
    memory = LogMemory(outlay.control, outlay.organisation, ORGANISATION_SOURCE, outlay.clock)
    source = LogSource(tool, lambda: [logs], whose, outlay.clock)
    return LogImporter(source, sink, outlay.prices, memory, Watcher()).run()


def _stored(outlay: Outlay) -> list[tuple[object, ...]]:
    with outlay.ledger.snapshot() as snapshot:
        return snapshot.rows(f"SELECT * EXCLUDE (seq, received_at, organisation) FROM {EVENTS} ORDER BY id")


def _names(outlay: Outlay) -> list[tuple[object, ...]]:
    with outlay.control.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT kind, id FROM entities ORDER BY kind, id")]


def _by_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outlay.intake.log_pieces.WORTH_A_PROCESS_BYTES", 0)


def _rejections(report: ImportReport) -> list[tuple[str, str]]:
    return sorted((each.code, each.message) for examples in report.examples.values() for each in examples)


@pytest.mark.parametrize("batch", [20, 20_000])
def test_made_rows_are_what_the_funnel_stores(
    tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    with _opened(tmp_path / "plain") as outlay:
        plain = _import(outlay, outlay.intake, logs)
        stored, names = _stored(outlay), _names(outlay)
    _by_readers(monkeypatch)
    monkeypatch.setattr("outlay.intake.log_batch.BATCH_MADE_CALLS", batch)
    with _opened(tmp_path / "made") as outlay:
        sink = _Sink(outlay)
        assert isinstance(sink, MadeSink)
        made = _import(outlay, sink, logs)
        once = [row for row in _stored(outlay) if not str(row[1]).startswith("m2-1")]
        assert once == [row for row in stored if not str(row[1]).startswith("m2-1")]
        assert _names(outlay) == names
        assert sum(sink.taken) >= 35, "whole logs were taken as they were made"
        again = _import(outlay, sink, logs)
        assert (again.rows, again.stored) == (0, 0)
    assert _rejections(made) == _rejections(plain)
    assert (made.rows, made.stored, made.rejected, made.models.keys()) == (
        plain.rows,
        plain.stored,
        plain.rejected,
        plain.models.keys(),
    )
    if batch == 20_000:
        assert replace(made, examples={}) == replace(plain, examples={})


@pytest.mark.parametrize("stops_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("commit", range(2))
def test_a_stop_at_made_rows_loses_and_doubles_nothing(
    tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch, commit: int, *, stops_after: bool
) -> None:
    _by_readers(monkeypatch)
    monkeypatch.setattr("outlay.intake.log_batch.BATCH_MADE_CALLS", 12)
    with _opened(tmp_path / "whole") as outlay:
        _import(outlay, _Sink(outlay), logs)
        whole = _stored(outlay)
    with _opened(tmp_path / "stopped") as outlay:
        sink = _Sink(outlay)
        sink.stops, sink.stops_after = commit, stops_after
        with pytest.raises(Stopped):
            _import(outlay, sink, logs)
        _import(outlay, sink, logs)
        assert _stored(outlay) == whole


@pytest.mark.parametrize(
    ("settings", "listens"), [({"max_new_entities": 1}, False), ({}, True)], ids=["names-over", "listener"]
)
def test_rows_that_cant_be_taken_go_through_the_funnel(
    tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], *, listens: bool
) -> None:
    with _opened(tmp_path / "plain", **settings) as outlay:
        plain = _import(outlay, outlay.intake, logs)
    _by_readers(monkeypatch)
    heard: list[object] = []
    with _opened(tmp_path / "made", **settings) as outlay:
        if listens:
            outlay.intake.listen(heard.extend)
        sink = _Sink(outlay)
        made = _import(outlay, sink, logs)
        assert not sink.taken
    assert (made.stored, made.rejected) == (plain.stored, plain.rejected)
    assert len(heard) == (plain.stored if listens else 0)
