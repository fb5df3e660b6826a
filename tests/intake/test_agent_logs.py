"""Agents' logs: each call once, with all it used, however files grow, are copied, or the process is stopped."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.control.database import open_control
from outlay.control.organisations import create_organisation
from outlay.control.trail import SYSTEM
from outlay.intake import log_files
from outlay.intake.log_memory import OneRunMemory
from tests.intake.logs import NOW, FakeLedger, Logs, Stopped, claude_line, codex_count, codex_head
from tests.real_data import REAL_DATA, shared_data

AGENT_LOGS = REAL_DATA / "agent-logs"
SESSION = AGENT_LOGS / (
    "d-kimuson+claude-code-viewer/mock-global-claude-dir/projects/sample-project/5c0375b4-57a5-4f26-b12d-d022ee4e51b7.jsonl"
)
FORKS = AGENT_LOGS / (
    "steipete+CodexBar/Tests/CodexBarTests/Fixtures/CostUsage/Issue2037/archived-fork-33ce-3869/codex-home/"
    "archived_sessions"
)
SESSION_TOTAL = {"requests": 20, "input_uncached": 129, "cache_read": 324259, "cache_write_5m": 47747, "output": 3629}
FORKS_TOTAL = {"requests": 155, "input_uncached": 1703587, "cache_read": 13549696, "output": 55895, "reasoning": 25017}

MakeLogs = Callable[[str], Logs]


@pytest.fixture
def logs_of(tmp_path: Path) -> Iterator[MakeLogs]:
    control = open_control(tmp_path / "control.sqlite")
    create_organisation(control, "acme", "Acme", "UTC", SYSTEM, NOW)
    (tmp_path / "logs").mkdir()
    yield lambda tool: Logs(tool, tmp_path / "logs", control)
    control.close()


def test_a_real_session_is_stored_once(logs_of: MakeLogs) -> None:
    shared_data("agent-logs")
    logs = logs_of("claude-code")
    logs.write("a.jsonl", SESSION.read_bytes())
    report = logs.importer().run()
    assert (report.rows, report.stored, report.duplicates, report.rejected_rows) == (28, 20, 8, 0)
    assert logs.ledger.total() == SESSION_TOTAL
    logs.write("resumed/copy.jsonl", SESSION.read_bytes())
    again = logs.importer().run()
    assert (again.rows, again.stored, again.duplicates, again.corrected) == (28, 0, 28, 0)
    assert logs.importer().run().rows == 0, "what did not change is not read"
    assert logs.ledger.total() == SESSION_TOTAL


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_log_that_grows_by_any_pieces_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    shared_data("agent-logs")
    folder = tmp_path_factory.mktemp("grows")
    with closing(open_control(folder / "control.sqlite")) as control:
        create_organisation(control, "acme", "Acme", "UTC", SYSTEM, NOW)
        logs = Logs("claude-code", folder / "logs", control)
        _grow(logs, data)
    assert logs.ledger.total() == SESSION_TOTAL


def _grow(logs: Logs, data: st.DataObject) -> None:
    """Write the session in pieces, each followed by an import that may stop anywhere; then import the rest."""
    content = SESSION.read_bytes()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    logs.write("a.jsonl", b"")
    stopped = data.draw(st.lists(st.sampled_from(["before", "after", None]), min_size=7, max_size=7))
    for start, end, stops in zip([0, *cuts], [*cuts, len(content)], stopped, strict=False):
        logs.append("a.jsonl", content[start:end])
        if stops is not None:
            logs.ledger.stops, logs.ledger.stops_after = data.draw(st.integers(0, 1)), stops == "after"
        try:
            logs.importer().run(settled=data.draw(st.booleans()))
        except Stopped:
            pass
        finally:
            logs.ledger.stops = None
    logs.importer().run()


def test_a_call_that_is_told_with_more_is_corrected(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    logs.write("a.jsonl", claude_line("msg_1", 8))
    logs.importer().run()
    logs.append("a.jsonl", claude_line("msg_1", 322, timestamp="2026-10-01T12:00:07Z"))
    report = logs.importer().run()
    assert (report.stored, report.corrected) == (0, 1)
    assert logs.ledger.total() == {"requests": 1, "input_uncached": 10, "cache_read": 100, "output": 322}
    assert {event.adjusts for event in logs.ledger.events.values()} == {None, "msg_1"}
    assert {event.time.second for event in logs.ledger.events.values()} == {0}, "corrected at its own time"
    logs.append("a.jsonl", claude_line("msg_1", 400))
    logs.append("a.jsonl", claude_line("msg_1", 7))
    logs.importer().run()
    assert logs.ledger.total()["output"] == 400


def test_the_last_call_waits_while_its_log_is_written(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    path = logs.write("a.jsonl", claude_line("msg_1", 8) + claude_line("msg_2", 1))
    logs.clock.move(datetime.fromtimestamp(path.stat().st_mtime, UTC) - logs.clock.now())
    assert logs.importer().run(settled=False).stored == 1
    logs.append("a.jsonl", claude_line("msg_2", 50))
    logs.clock.move(2 * log_files.QUIET)
    report = logs.importer().run(settled=False)
    assert (report.stored, report.corrected) == (1, 0)
    assert logs.ledger.total()["output"] == 58


@pytest.mark.parametrize(
    ("lines", "output"),
    [
        ([claude_line("m", 5), claude_line("m", 9, isSidechain=True)], 5),
        ([claude_line("m", 9, isSidechain=True), claude_line("m", 5)], 5),
        ([claude_line("m", 5), claude_line("m", 5, "req_2", isSidechain=True)], 5),
        ([claude_line("m", 5), claude_line("m", 6, "req_2")], 11),
        ([claude_line("m", 5, None), claude_line("m", 7, None)], 7),
        ([claude_line("m", 5, None), claude_line("m", 7, None, sessionId="s2")], 12),
        ([claude_line("m", 5), claude_line("n", 7, model="<synthetic>")], 5),
    ],
    ids=["side-after", "side-before", "side-new-request", "two-requests", "no-request", "id-again", "synthetic"],
)
@pytest.mark.parametrize("apart", ["one-file", "two-files", "two-runs"])
def test_copies_of_a_call(logs_of: MakeLogs, lines: list[str], output: int, apart: str) -> None:
    logs = logs_of("claude-code")
    for number, line in enumerate(lines):
        name = "a.jsonl" if apart == "one-file" else f"{number}.jsonl"
        logs.write(name, "") if number == 0 or apart != "one-file" else None
        logs.append(name, line)
        if apart == "two-runs":
            logs.importer().run()
    logs.importer().run()
    assert logs.ledger.total()["output"] == output


@pytest.mark.parametrize("order", ["together", "parent-first", "child-alone"])
def test_forks_of_codex_count_their_parents_calls_once(logs_of: MakeLogs, order: str) -> None:
    shared_data("agent-logs")
    logs = logs_of("codex")
    child, parent = ((FORKS / f"{name}.jsonl").read_bytes() for name in ("child", "parent"))
    if order == "parent-first":
        logs.write("z.jsonl", parent)
        logs.importer().run()
    logs.write("a.jsonl", child)  # read before its parent by name
    if order == "together":
        logs.write("z.jsonl", parent)
    logs.importer().run()
    assert logs.ledger.total() == FORKS_TOTAL


def test_children_of_a_lost_parent_share_its_calls(logs_of: MakeLogs) -> None:
    logs = logs_of("codex")
    copied = "".join(codex_count((n * 10, n), (10, 1), "2026-10-01T12:00:01Z") for n in (1, 2, 3))
    for child in ("b", "c"):
        own = codex_count((50, 9), (20, 6), "2026-10-01T12:09:00Z")  # the same of both, by chance
        logs.write(f"{child}.jsonl", codex_head(child, forked_from_id="lost") + copied + own)
    logs.importer().run()
    assert logs.ledger.total() == {"requests": 5, "input_uncached": 70, "output": 15}


def test_children_with_calls_alike_are_not_copies(logs_of: MakeLogs) -> None:
    logs = logs_of("codex")
    logs.write("a.jsonl", codex_head("a") + codex_count((10, 1), (10, 1)))
    for child in ("b", "c"):
        spawned = {"subagent": {"thread_spawn": {"parent_thread_id": "a"}}}
        logs.write(f"{child}.jsonl", codex_head(child, source=spawned) + codex_count((30, 1), (30, 1)))
    logs.importer().run()
    assert logs.ledger.total()["requests"] == 3


def test_a_child_goes_on_where_its_log_was_left(logs_of: MakeLogs) -> None:
    logs = logs_of("codex")
    shared = codex_count((10, 1), (10, 1)) + codex_count((20, 2), (10, 1))
    logs.write("a.jsonl", codex_head("a") + shared)
    logs.write("b.jsonl", codex_head("b", forked_from_id="a") + shared[: len(shared) // 2])
    logs.importer().run()
    logs.append("b.jsonl", shared[len(shared) // 2 :] + codex_count((25, 4), (5, 2)))
    logs.importer().run()
    logs.append("b.jsonl", codex_count((25, 4), (5, 2)))  # told again: no call
    logs.append("b.jsonl", codex_count((40, 5), (15, 1)))
    logs.importer().run()
    assert logs.ledger.total() == {"requests": 4, "input_uncached": 40, "output": 5}


def test_a_chat_of_gemini_that_is_rewritten(logs_of: MakeLogs) -> None:
    def chat(*outputs: int) -> str:
        tokens = [{"input": 10, "output": each, "cached": 4, "thoughts": 1, "tool": 2, "total": 0} for each in outputs]
        stamps = [
            {"id": f"m{number}", "timestamp": "2026-10-01T12:00:00Z", "tokens": t} for number, t in enumerate(tokens)
        ]
        return json.dumps({"sessionId": "s", "messages": stamps})

    logs = logs_of("gemini-cli")
    logs.write("chats/session-1.json", chat(5))
    logs.importer().run()
    logs.write("chats/session-1.json", chat(3, 20))
    report = logs.importer().run()
    assert (report.stored, report.corrected) == (1, 1)
    assert logs.ledger.total()["output"] == 3 + 20 + 2
    assert logs.ledger.total()["requests"] == 2


def test_a_database_of_opencode(logs_of: MakeLogs) -> None:
    def put(name: str, output: int, **more: object) -> None:
        tokens = {"input": 10, "output": output, "reasoning": 3, "cache": {"read": 2, "write": 1}}
        time = {"created": 1790000000000, "completed": 1790000002000}
        told = {"role": "assistant", "time": time, "modelID": "x", "providerID": "y", "tokens": tokens | more}
        with sqlite3.connect(logs.folder / "opencode.db") as database:
            database.execute("CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, session_id TEXT, data TEXT)")
            database.execute("INSERT OR REPLACE INTO message VALUES (?, 's', ?)", (name, json.dumps(told)))
        database.close()

    logs = logs_of("opencode")
    put("m1", 20)
    put("m2", 20, total=36)
    logs.importer().run()
    assert logs.ledger.total()["output"] == 20 + 23, "since there is a total, reasoning is beside the output"
    put("m2", 30, total=46)
    logs.write("opencode-old.db", b"no database")
    report = logs.importer().run()
    assert report.corrected == 1
    assert logs.ledger.total()["output"] == 20 + 33
    assert "as OpenCode's database" in report.failed[0]


@pytest.mark.parametrize("stops_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("commit", range(4))
def test_a_stop_anywhere_loses_and_doubles_nothing(
    logs_of: MakeLogs, monkeypatch: pytest.MonkeyPatch, commit: int, *, stops_after: bool
) -> None:
    monkeypatch.setattr("outlay.intake.log_batch.BATCH_CALLS", 5)
    monkeypatch.setattr("outlay.intake.log_files.PIECE_BYTES", 700)
    logs = logs_of("claude-code")
    for file in ("a", "b"):
        logs.write(f"{file}.jsonl", "".join(claude_line(f"{file}{number}", 1 + number) for number in range(9)))
    logs.ledger.stops, logs.ledger.stops_after = commit, stops_after
    with pytest.raises(Stopped):
        logs.importer().run()
    logs.ledger.stops = None
    logs.append("a.jsonl", claude_line("a8", 1000))
    logs.importer().run()
    total = logs.ledger.total()
    assert (total["requests"], total["output"]) == (18, 2 * sum(range(1, 10)) - 9 + 1000)


def test_a_ledger_that_was_put_back_gets_everything_again(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    logs.write("a.jsonl", claude_line("m1", 1) + claude_line("m2", 2))
    logs.importer().run()
    logs.ledger = FakeLedger()
    assert logs.importer().run().rows == 2
    assert logs.ledger.total()["requests"] == 2


def test_a_log_that_was_replaced_is_read_from_its_start(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    logs.write("a.jsonl", claude_line("m1", 1))
    logs.importer().run()
    logs.write("a.jsonl", claude_line("m2", 2) + claude_line("m3", 3))
    assert logs.importer().run().stored == 2
    logs.write("a.jsonl", "")
    assert logs.importer().run().rows == 0


def test_reading_again_changes_nothing(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    logs.write("a.jsonl", claude_line("m1", 1))
    logs.importer().run()
    logs.append("a.jsonl", claude_line("m1", 5))
    logs.importer().run()
    logs.memory.forget_places()
    report = logs.importer().run()
    assert (report.rows, report.stored, report.corrected) == (2, 0, 0)
    assert logs.ledger.total()["output"] == 5


def test_what_is_refused_is_told_with_its_line(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    bad = claude_line("m2", -1)
    logs.write("a.jsonl", f'{{"type":"user"}}\n{claude_line("m1", 1)}{bad}{claude_line("m3", 3)}')
    report = logs.importer().run()
    assert (report.stored, report.rejected) == (2, {"row_unreadable": 1})
    assert report.examples["row_unreadable"][0].line == 3


def test_what_the_funnel_refuses_is_not_known(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    logs.write("a.jsonl", claude_line("m1", 1))
    logs.ledger.refuses = "claude-sonnet-4-5"
    assert logs.importer().run().rejected == {"too_many_distinct": 1}
    logs.ledger.refuses = None
    logs.memory.forget_places()
    assert logs.importer().run().stored == 1


def test_a_call_told_apart_may_be_refused_too(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    logs.write("a.jsonl", claude_line("m1", 1))
    logs.importer().run()
    logs.append("a.jsonl", claude_line("m1", 5, "req_2", model="other"))
    logs.ledger.refuses = "other"
    report = logs.importer().run()
    assert (report.stored, report.rejected_rows) == (0, 1)
    assert report.examples["too_many_distinct"][0].file.endswith("a.jsonl")


def test_what_is_no_plain_file_is_left(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    os.mkfifo(logs.folder / "pipe.jsonl")
    (logs.folder / "zeros.jsonl").symlink_to("/dev/zero")
    logs.write("a.jsonl", claude_line("m1", 1))
    report = logs.importer().run()
    assert (report.stored, report.failed) == (1, [])


@pytest.mark.parametrize("seconds", [-(10**11), 10**11, 10**13])
def test_a_log_from_a_time_that_no_clock_has(logs_of: MakeLogs, seconds: int) -> None:
    logs = logs_of("claude-code")
    path = logs.write("a.jsonl", claude_line("m1", 1, timestamp=None))
    try:
        os.utime(path, (seconds, seconds))
    except OSError as error:
        pytest.skip(f"this file system keeps no such time: {error}")
    assert logs.importer().run(settled=False).rejected_rows == 0
    report = logs.importer().run()
    assert logs.ledger.total()["requests"] == 1, report


def test_a_second_importer_finds_what_another_stored_meanwhile(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    waiting = logs.importer()
    logs.write("a.jsonl", claude_line("m1", 1))
    logs.importer().run()
    logs.append("a.jsonl", claude_line("m1", 30))
    assert waiting.run().corrected == 1
    assert logs.ledger.total()["output"] == 30


def test_what_a_database_has_beside_it_is_new(logs_of: MakeLogs) -> None:
    told = {"role": "assistant", "time": {"created": 1790000000000}, "modelID": "x", "providerID": "y"}
    row = json.dumps(told | {"tokens": {"input": 10, "output": 5}})
    logs = logs_of("opencode")
    path = logs.folder / "opencode.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT, data TEXT)")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert logs.importer().run().stored == 0
        before = path.stat()
        for number in (1, 2):  # the tool goes on while its log is followed
            database.execute("INSERT INTO message VALUES (?, 's', ?)", (f"m{number}", row))
            assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
            assert logs.importer().run().stored == 1
        assert logs.importer().run().rows == 0


def test_a_log_that_went_away_in_the_middle_is_told(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    path = logs.write("a.jsonl", claude_line("m1", 1))
    logs.ledger.stops = 0
    with pytest.raises(Stopped):
        logs.importer().run()
    logs.ledger.stops = None
    path.unlink()
    assert logs.importer().run().rows == 0
    assert all(mark.intended is None for mark in logs.memory.marks().values())


def test_whose_the_calls_are(logs_of: MakeLogs) -> None:
    logs = logs_of("claude-code")
    path = logs.write("a.jsonl", claude_line("m1", 1, cwd="/home/ada/code/shop", agentId="a7", isSidechain=True))
    logs.importer(OneRunMemory()).run()
    (event,) = logs.ledger.events.values()
    assert (event.user, event.session_id, event.run_id, event.tags) == (path.owner(), "s1", "a7", ("project:shop",))
    other = logs_of("claude-code")
    other.importer(OneRunMemory(), user="ada", team="growth", agent="coder").run()
    (event,) = other.ledger.events.values()
    assert (event.user, event.team, event.agent) == ("ada", "growth", "coder")


def test_a_second_process_reads_the_same(logs_of: MakeLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outlay.intake.log_pieces.WORTH_A_PROCESS_BYTES", 0)
    logs = logs_of("claude-code")
    for number in range(8):
        lines = [claude_line(f"m{number}-{call}", call, timestamp=f"2026-10-01T12:00:{call:02}Z") for call in range(9)]
        logs.write(f"{number}.jsonl", "".join(lines) + claude_line("bad", -1))
    logs.write("9.jsonl", claude_line("m7-8", 80))
    report = logs.importer().run()
    assert (report.stored, report.duplicates, report.rejected_rows) == (72, 1, 8)
    assert report.examples["row_unreadable"][0].line == 10
    assert logs.ledger.total()["output"] == 8 * sum(range(9)) - 8 + 80
    logs.append("3.jsonl", claude_line("new", 1))
    assert logs.importer().run().stored == 1


def test_a_second_process_that_ends_is_told(logs_of: MakeLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(*_: object) -> None:
        raise BrokenExecutor

    monkeypatch.setattr("outlay.intake.log_pieces.WORTH_A_PROCESS_BYTES", 0)
    logs = logs_of("claude-code")
    logs.write("a.jsonl", claude_line("m1", 1))
    with monkeypatch.context() as broken:
        broken.setattr("concurrent.futures.Future.result", ended)
        assert "was ended" in logs.importer().run().failed[0]
    assert logs.importer().run().stored == 1
