"""A gigabyte of Claude Code's logs: the first import, priced and stored, and the reports after it.

The logs are made to order, in the proportions of real ones: some 6 kB a call, told on one to three lines, among what
was said and what tools answered. `OUTLAY_BENCH_CCUSAGE` names the command that runs ccusage (npm), to measure it on the
same files in the same run: it reads everything for each report. `OUTLAY_BENCH_LOGS_MB` makes less of them. Python's
bytecode is there before the measuring begins, as on every machine where Outlay was started once.
"""

import os
import random
import shlex
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from outlay.app import open_desk, open_ledger
from outlay.capture.agent_logs.tools import tool_named
from outlay.config import load_settings
from outlay.control.agent_logs import LogMemory
from outlay.intake.agent_logs import LogImporter
from outlay.intake.importing import Watcher
from outlay.intake.log_files import Attribution, LogSource
from outlay.kit.clock import SystemClock
from tests.bench.report import Report, Stopwatch, Target

MEGABYTE: Final = 1_000_000
SESSION_BYTES: Final = 4 * MEGABYTE
BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
MODELS: Final = ("claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101", "claude-haiku-4-5-20251001")
_RUN: Final = [sys.executable, "-c", "from outlay.cli import main; main()"]
_WORDS: Final = "the quick brown fox reads src/outlay/usage.py and changes one line of it\\n"


def run(report: Report) -> None:
    size = int(os.environ.get("OUTLAY_BENCH_LOGS_MB", "1000")) * MEGABYTE
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        calls = make_logs(root / "claude" / "projects", size)
        report.note(f"{size / MEGABYTE:,.0f} MB of logs, {calls:,} calls")
        environ = {**os.environ, "CLAUDE_CONFIG_DIR": str(root / "claude"), "OUTLAY_DATA": str(root / "data")}
        environ = _with_bytecode(environ, root)
        first = _seconds([*_RUN, "import", "claude-code", "--user", "ada"], environ)
        report.figure("first import, process start included", first, "s")
        report.figure("read, priced and stored", size / MEGABYTE / first, "MB/s")
        again = _seconds([*_RUN, "import", "claude-code", "--user", "ada"], environ)
        report.figure("import with nothing new, process start included", again, "s")
        later = _later_report(root)
        report.figure("later report: new lines of one log, and a month by day", later * 1e3, "ms")
        command = os.environ.get("OUTLAY_BENCH_CCUSAGE")
        if not command:
            report.note("ccusage is not there: OUTLAY_BENCH_CCUSAGE names its command")
            assumed = size / 470e6
            report.note(
                f"at 470 MB/s it were {first / assumed:.1f} x as long, and {assumed / later:.0f} x faster later"
            )
            return
        theirs = _seconds([*shlex.split(command), "daily", "--json", "--offline"], environ)
        report.figure("ccusage, each report", theirs, "s")
        report.figure("first import, times ccusage", first / theirs, "x", Target(at_most=3))
        report.figure("later report, times faster than ccusage", theirs / later, "x", Target(at_least=50))


def _with_bytecode(environ: dict[str, str], root: Path) -> dict[str, str]:
    """Return the surroundings of a command that find all modules compiled already."""
    compiled = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled["PYTHONPYCACHEPREFIX"] = str(root / "compiled")
    make_logs(root / "few" / "projects", MEGABYTE)
    few = compiled | {"CLAUDE_CONFIG_DIR": str(root / "few"), "OUTLAY_DATA": str(root / "few-data")}
    _seconds([*_RUN, "import", "claude-code"], few)
    return compiled


def make_logs(folder: Path, size: int) -> int:
    """Write so many bytes of logs, and return how many calls they tell of."""
    made = random.Random(20261120)
    calls = 0
    for number in range(max(1, size // SESSION_BYTES)):
        project = folder / f"-home-ada-project-{number % 12}"
        project.mkdir(parents=True, exist_ok=True)
        with (project / f"session-{number}.jsonl").open("wb") as log:
            moment = BEGIN + timedelta(hours=number)
            while log.tell() < min(SESSION_BYTES, size):
                calls += 1
                moment += timedelta(seconds=made.randrange(5, 90))
                log.write(_call(made, number, calls, moment))
    return calls


def _call(made: random.Random, session: int, call: int, moment: datetime) -> bytes:
    """Return the lines of one call: what was asked, the pieces of the answer, what a tool said to it."""
    shared = {"sessionId": f"session-{session}", "cwd": f"/home/ada/project-{session % 12}", "isSidechain": False}
    lines: list[object] = []
    output = made.randrange(20, 900)
    usage = {
        "input_tokens": made.randrange(1, 20),
        "cache_creation_input_tokens": made.randrange(100, 4000),
        "cache_read_input_tokens": made.randrange(10_000, 120_000),
        "service_tier": "standard",
    }
    for piece in range(made.choice((1, 2, 2, 3))):
        told = usage | {"output_tokens": output if piece else made.randrange(1, 20)}
        message = {
            "id": f"msg_{call:024d}",
            "type": "message",
            "role": "assistant",
            "model": MODELS[session % 3],
            "content": [{"type": "text", "text": _WORDS * made.randrange(2, 12)}],
            "usage": told,
        }
        at = (moment + timedelta(seconds=piece)).isoformat().replace("+00:00", "Z")
        lines.append(
            {"type": "assistant", "timestamp": at, "requestId": f"req_{call:020d}", "message": message} | shared
        )
    answer = {"type": "tool_result", "content": _WORDS * made.randrange(10, 80)}
    said = {"type": "user", "timestamp": moment.isoformat(), "message": {"role": "user", "content": [answer]}}
    lines.append(said | shared)
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def _seconds(command: list[str], environ: dict[str, str]) -> float:
    with Stopwatch() as watch:
        subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL)
    return watch.seconds


def _later_report(root: Path) -> float:
    """Return the seconds that a running process takes for new lines of one log, and the month by day and model."""
    tool = tool_named("claude-code")
    if tool is None:
        raise LookupError("claude-code")
    clock = SystemClock()
    with open_desk(load_settings(overrides={"data": str(root / "data")}), clock) as desk, open_ledger(desk) as outlay:
        whose = Attribution(desk.organisation, "import:claude-code", {"user": "ada"}, {})
        source = LogSource(tool, lambda: [root / "claude" / "projects"], whose, clock)
        memory = LogMemory(desk.control, desk.organisation, "import:claude-code", clock)
        importer = LogImporter(source, outlay.intake, desk.prices, memory, Watcher())
        importer.run()
        newest = max((root / "claude").rglob("*.jsonl"))
        with newest.open("ab") as log:
            for call in range(20):
                log.write(_call(random.Random(call), 0, 10**9 + call, datetime.now(UTC)))
        with Stopwatch() as watch:
            stored = importer.run().stored
            with outlay.ledger.snapshot() as snapshot:
                snapshot.rows(
                    "SELECT day, model, sum(requests), sum(output), sum(cost) FROM usage_day GROUP BY ALL ORDER BY ALL"
                )
        if stored != 20:
            raise ValueError(f"{stored} of 20 new calls were stored")
    return watch.seconds
