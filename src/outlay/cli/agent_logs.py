"""`outlay import` for the logs of coding agents: where they are, whose they are, and how they are followed."""

import collections.abc
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final

import click
from msgspec import Struct

from outlay.app import Desk, open_desk
from outlay.capture.agent_logs.tools import Tool, usual_places
from outlay.capture.mapping import Mapping, check_mapping
from outlay.cli.import_view import ImportView, summary
from outlay.cli.options import FAILED, at_terminal, interruptible, opened_report
from outlay.cli.reaching import ReachedLedger
from outlay.config import Settings
from outlay.control.agent_logs import LogMemory
from outlay.control.import_runs import ImportRun, note_import
from outlay.errors import ImportFailed, Unavailable
from outlay.intake.agent_logs import LogImporter
from outlay.intake.handover import GO_ON
from outlay.intake.import_report import ImportReport, Rejection, summed
from outlay.intake.importing import Sink, TrialSink, Watcher
from outlay.intake.log_files import Attribution, LogSource
from outlay.intake.log_memory import Memory, OneRunMemory
from outlay.kit.clock import SystemClock

POLL_SECONDS: Final = 2.0
LOCK_FILE: Final = "agent-logs.lock"
WAIT_SECONDS: Final = 0.5  # Ctrl-C is heard after so long
AGENT_TYPE: Final = "framework"
_OF_EVERY_CALL: Final = ("user", "team", "agent", "agent_type", "pod")
_WHERE_NOT_NAMED: Final = ("provider", "model")

Alone = Callable[[], AbstractContextManager[None]]
Given = collections.abc.Mapping[str, str | tuple[str, ...] | bool | None]


class LogRequest(Struct, frozen=True):
    """What is asked for. Without `path` the logs are looked for where the tool keeps them."""

    tool: Tool
    path: str | None
    given: Given
    dry_run: bool
    report_file: Path | None

    @property
    def source(self) -> str:
        return f"import:{self.given['source'] or self.tool.name}"


def import_logs(request: LogRequest, settings: Settings) -> None:
    """Import what is asked for, and with `follow` go on until Ctrl-C. Exits with 1 where a log could not be read."""
    if request.given["follow"] and request.dry_run:
        raise click.UsageError("--follow goes on for ever and --dry-run keeps nothing; use one of them")
    clock = SystemClock()
    with ExitStack() as stack, interruptible(GO_ON):
        rejects = stack.enter_context(opened_report(request.report_file)) if request.report_file else None
        desk = stack.enter_context(open_desk(settings, clock))
        source = _source(request, desk)
        reached = stack.enter_context(ReachedLedger(desk))
        sink: Sink = TrialSink() if request.dry_run else reached
        watcher = _LogWatcher(stack.enter_context(ImportView(clock, rejects)), source)
        importer = LogImporter(source, sink, desk.books.book_of(desk.organisation), _memory(request, desk), watcher)
        alone = nullcontext if request.dry_run else partial(_alone, settings.data_dir)
        with alone():
            report = importer.run(settled=not request.given["follow"])
        _note(desk, request, report)
        _tell(request, report)
        if request.given["follow"]:
            later = _follow(importer, reached, alone)
            _note(desk, request, later)
            _tell(request, later)
    if report.failed:
        raise click.exceptions.Exit(FAILED)


def _follow(importer: LogImporter, sink: ReachedLedger, alone: Alone) -> ImportReport:
    """Import what is new every two seconds. Ctrl-C ends it; then the last calls are taken as they stand."""
    click.echo("following; Ctrl-C ends it", err=True)
    total = ImportReport()
    with _stopped_as_by_ctrl_c():
        try:
            while True:
                sink.let_go()
                time.sleep(POLL_SECONDS)
                with alone():
                    total = summed([total, _round(importer)])
        except KeyboardInterrupt:
            with alone():
                return summed([total, importer.run()])


@contextmanager
def _stopped_as_by_ctrl_c() -> Iterator[None]:
    """Have the signals that stop a process end the block, also where a shell (`&`) had Ctrl-C ignored."""
    before = {each: signal.signal(each, signal.default_int_handler) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _round(importer: LogImporter) -> ImportReport:
    try:
        report = importer.run(settled=False)
    except Unavailable as error:  # the server was stopped, or starts just now: the same is read again
        click.echo(error.message, err=True)
        return ImportReport()
    if report.stored or report.corrected or report.rejected_rows:
        told = f"stored {report.stored:,}, corrected {report.corrected:,}, rejected {report.rejected_rows:,}"
        click.echo(told, err=True)
    report.failed = []  # told once, by the first reading; it would be told again every two seconds
    return report


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Wait until no other process imports logs, then keep others waiting, for as long as this process lives at most.

    Two that meet the same call while it grows would each store what it saw, and neither correct it.
    """
    with closing(sqlite3.connect(data_dir / LOCK_FILE, timeout=WAIT_SECONDS, isolation_level=None)) as lock:
        told = False
        while True:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise Unavailable(f"can't use {data_dir / LOCK_FILE}: {error}") from None
                if not told:
                    click.echo("waiting for another import of logs to end", err=True)
                told = True
            else:
                break
        yield


class _LogWatcher(Watcher):
    """Shows all logs together as one file: there are thousands, and most are small."""

    def __init__(self, view: ImportView, source: LogSource) -> None:
        self._view = view
        self._source = source
        self._begun = False

    def rows_read(self, rows: int) -> None:
        if not self._begun:
            self._begun = True
            self._view.file_begins(self._source.tool.title, self._source.bytes_to_read)
            self._view.opened(self._source)
        self._view.rows_read(rows)

    def rejected(self, rejection: Rejection) -> None:
        self._view.rejected(rejection)


def _source(request: LogRequest, desk: Desk) -> LogSource:
    given = request.given
    tool = request.tool
    fields: dict[str, Any] = {"agent": tool.name, "agent_type": AGENT_TYPE}
    fields |= {name: given[name] for name in _OF_EVERY_CALL if given[name]}
    fills = {name: str(given[name]) for name in _WHERE_NOT_NAMED if given[name]}
    tags = tags_of(given)
    _check(request, tags)
    whose = Attribution(desk.organisation, request.source, fields, fills, tags)
    return LogSource(tool, partial(_places, request), whose, desk.clock)


def tags_of(given: Given) -> tuple[str, ...]:
    """Return what `--tag` was given, once or several times."""
    tags = given["tags"]
    return tags if isinstance(tags, tuple) else ()


def _check(request: LogRequest, tags: tuple[str, ...]) -> None:
    """Refuse a source or a tag that no event can have."""
    name = request.given["source"]
    try:
        check_mapping(Mapping(columns={"time": "timestamp"}, name=str(name) if name else None, default_tags=tags))
    except ImportFailed as error:
        raise click.UsageError(error.message) from None


def _places(request: LogRequest) -> list[Path]:
    """Return where the logs are. Wrong use where there are none and no place is named."""
    if request.path is not None:
        if not Path(request.path).exists():
            raise click.UsageError(f"there is no file or folder {request.path}")
        return [Path(request.path)]
    places = usual_places(request.tool, os.environ, Path.home())
    if places or (request.given["follow"] and request.tool.homes):
        return places
    if not request.tool.homes:
        raise click.UsageError(f"{request.tool.title} has no usual place for its logs; name the file or folder")
    raise click.UsageError(f"there are no logs of {request.tool.title} where it keeps them; name the file or folder")


def _memory(request: LogRequest, desk: Desk) -> Memory:
    if request.dry_run:
        return OneRunMemory()
    memory = LogMemory(desk.control, desk.organisation, request.source, desk.clock)
    if request.given["again"]:
        memory.forget_places()
    return memory


def _note(desk: Desk, request: LogRequest, report: ImportReport) -> None:
    if report.stored and not request.dry_run:
        run = ImportRun(request.source, report.stored, report.first, report.last, desk.clock.now())
        note_import(desk.control, desk.organisation, run, at_terminal())


def _tell(request: LogRequest, report: ImportReport) -> None:
    for line in summary(report, trial=request.dry_run):
        click.echo(line)
    for message in report.failed:
        click.echo(f"Error: {message}", err=True)
