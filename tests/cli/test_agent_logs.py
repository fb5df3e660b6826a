"""`outlay import` for agents' logs, as a user runs it: beside a server, following, and what it refuses."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from time import monotonic, sleep

import pytest

from outlay.cli.agent_logs import LOCK_FILE
from tests.cli.test_importing import ledger, run
from tests.control_engine import environment_for
from tests.intake.logs import claude_line
from tests.live import LiveOutlay, live_outlay, outlay


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one log of Claude Code in it."""
    folder = tmp_path / "home" / ".claude" / "projects" / "shop"
    folder.mkdir(parents=True)
    (folder / "s1.jsonl").write_text(claude_line("m1", 5) + claude_line("m2", 7))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return folder


def test_logs_are_found_and_stored_once(tmp_path: Path, home: Path) -> None:
    data = tmp_path / "data"
    first = run(data, "claude-code", "--user", "ada", "--tag", "env:dev")
    assert first.exit_code == 0, first.output
    assert first.stdout.startswith("rows 2\nstored 2\nduplicates 0\nrejected 0\n")
    assert run(data, "claude-code", "--user", "ada").stdout == "rows 0\nstored 0\nduplicates 0\nrejected 0\n"
    assert "duplicates 2\n" in run(data, "claude-code", str(home), "--again").stdout
    rows = ledger(data, 'SELECT source, "user", agent, agent_type, cost_status, tags FROM events ORDER BY id')
    assert rows == [("import:claude-code", "ada", "claude-code", "framework", "priced", ["env:dev"])] * 2


def test_a_trial_run_keeps_nothing(tmp_path: Path, home: Path) -> None:
    assert home.is_dir()
    for _ in range(2):
        assert run(tmp_path / "data", "claude-code", "--dry-run").stdout.startswith("rows 2\ncould be stored 2\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["codex"], "there are no logs of Codex where it keeps them"),
        (["swe-agent"], "has no usual place for its logs"),
        (["claude-code", "nowhere"], "no file or folder nowhere"),
        (["claude-code", "--zone", "UTC"], "no --mapping, --zone or --start"),
        (["claude-code", "--follow", "--dry-run"], "use one of them"),
        (["claude-code", "--source", "a b"], "the name 'a b'"),
        (["claude-code", "--tag", "prod"], "not of the form key:value"),
        (["aider", "-", "--follow"], "are for the logs of coding agents"),
        (["aider"], "aider needs a PATH"),
    ],
)
def test_mistakes(tmp_path: Path, home: Path, arguments: list[str], message: str) -> None:
    assert home.is_dir()
    result = run(tmp_path / "data", *arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_file_of_another_tool_is_told(tmp_path: Path, home: Path) -> None:
    other = home / "chat.json"
    other.write_text("{}")
    result = run(tmp_path / "data", "claude-code", str(other))
    assert result.exit_code == 1
    assert "is no log of Claude Code" in result.stderr


def test_two_imports_at_once_come_one_after_the_other(tmp_path: Path, home: Path) -> None:
    data = tmp_path / "data"
    assert run(data, "claude-code").exit_code == 0
    with (home / "s1.jsonl").open("a") as log:
        log.write(claude_line("m3", 9))
    command = [
        sys.executable,
        "-c",
        "from outlay.cli import main; main()",
        "import",
        "claude-code",
        "--data",
        str(data),
    ]
    with closing(sqlite3.connect(data / LOCK_FILE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        environment = environment_for(command)
        with subprocess.Popen(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stderr is not None
            assert "waiting for another import of logs" in process.stderr.readline()
            assert run(data, "claude-code", "--dry-run").exit_code == 0
            other.execute("ROLLBACK")
            out, err = process.communicate(timeout=60)
            assert "stored 1\n" in out, err


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_following_beside_a_server(tmp_path: Path, home: Path, sent: signal.Signals) -> None:
    with live_outlay(tmp_path / "data") as server:
        command = [sys.executable, "-c", "from outlay.cli import main; main()"]
        command += ["import", "claude-code", "--follow", "--data", str(server.data)]
        with (
            subprocess.Popen(command, env=environment_for(command), text=True, stdout=subprocess.PIPE) as process,
            ExitStack() as ending,
        ):
            ending.callback(process.kill)  # where the test fails, or it would be waited for
            _until(lambda: _requests(server) >= 2)
            with (home / "s1.jsonl").open("a") as log:
                log.write(claude_line("m3", 9))
            os.utime(home / "s1.jsonl", (1_790_000_000, 1_790_000_000))  # quiet for long
            _until(lambda: _requests(server) == 3)
            process.send_signal(sent)
            out, _ = process.communicate(timeout=60)
            assert process.returncode == 0
        assert "stored 1\n" in out
    assert outlay("verify", "--data", str(tmp_path / "data")).returncode == 0


def _requests(server: LiveOutlay) -> int:
    return int(server.usage(measures="requests", r="2026-10")["totals"]["requests"])


def _until(holds: Callable[[], bool]) -> None:
    end = monotonic() + 60
    while not holds():
        assert monotonic() < end, "it did not come"
        sleep(0.2)
