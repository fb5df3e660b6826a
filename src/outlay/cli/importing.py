"""`outlay import`: files of usage into the ledger. What is for people goes to stderr, the figures go to stdout.

Exit codes: 0 done (rejected rows are told, not fatal), 1 failed or not a single usable row, 2 wrong use.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Final

import click
from msgspec import Struct
from msgspec.structs import replace

from outlay.app import open_desk
from outlay.capture.agent_logs.tools import TOOLS, tool_named
from outlay.capture.cells import START_FORMATS
from outlay.capture.mapping import Mapping, check_mapping, parse_mapping
from outlay.capture.rowmap import FileOrigin
from outlay.capture.sources import files_at, rows_of_file, rows_of_stream
from outlay.capture.traces import KINDS, Kind
from outlay.cli.agent_logs import Given, LogRequest, import_logs, tags_of
from outlay.cli.import_view import ImportView, summary
from outlay.cli.options import FAILED, at_terminal, data_option, exits_cleanly, interruptible, opened_report
from outlay.cli.reaching import ReachedLedger
from outlay.config import Settings, load_settings
from outlay.control.import_runs import ImportRun, note_import
from outlay.errors import ImportFailed
from outlay.intake.handover import GO_ON
from outlay.intake.import_report import ImportReport, summed
from outlay.intake.importing import ControlProgress, Importer, ImportFile, NoProgress, Sink, TrialSink
from outlay.kit.clock import SystemClock
from outlay.usage import AGENT_TYPES

STDIN: Final = "-"
_REPLACES: Final = {"name": "source", "zone": "zone", "start": "start"}  # key of a mapping: option
_FILL_INS: Final = ("provider", "model", "user", "team", "agent", "agent_type", "pod")
_HELP: Final = """\
Import the file or folder PATH (- for standard input), plain or as gzip or zstd. KIND is one of:

\b
  claude-code, codex, gemini-cli, opencode, pi, qwen-code,
  dsh, open-design, swe-agent
                       the logs of a coding agent; without PATH from where it
                       keeps them, with --follow also what it writes from now on
  aider                the analytics log of aider (CSV)
  azure                a request trace of Azure (CSV)
  mooncake             a request trace of Mooncake (JSON lines)
  openai-usage, openai-costs, anthropic-usage, anthropic-costs,
  openrouter, openrouter-activity, cursor
                       what these consoles export (CSV)
  litellm              LiteLLM's spend logs (CSV or JSON)
  csv, jsonl, parquet  any other table; --mapping says which column is what

The least that a mapping says:

\b
  [columns]
  time = "created_at"
  model = "model"
  tokens.input = "prompt_tokens"
  tokens.output = "completion_tokens"

A row that was imported before is not stored again, also from a renamed, compressed or longer file; an import that
was interrupted goes on where it stopped. A server may be running on the data directory. --dry-run shows what would
become of the rows.
"""


class _Files(Struct, frozen=True):
    """What is imported, from where, and how its rows are read."""

    kind: Kind
    mapping: Mapping
    paths: list[Path]  # empty: standard input
    trial: bool
    report_file: Path | None

    @property
    def source(self) -> str:
        return f"import:{self.mapping.name or self.kind.name}"


def _fill_in_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add one option for each field that a file may leave open."""
    for field in reversed(_FILL_INS):
        name = f"--{field.replace('_', '-')}"
        kind = click.Choice(AGENT_TYPES) if field == "agent_type" else None
        words = field.replace("_", " ")
        metavar = None if kind else words.upper()
        told = f"The {words} of rows that name none."
        command = click.option(name, field, type=kind, metavar=metavar, help=told)(command)
    return command


@click.command("import", help=_HELP)
@click.argument(
    "kind", metavar="KIND", type=click.Choice([*(kind.name for kind in KINDS), *(tool.name for tool in TOOLS)])
)
@click.argument("path", metavar="[PATH]", required=False)
@click.option(
    "--mapping",
    "mapping_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file that says which column is what; csv, jsonl and parquet need one.",
)
@click.option("--source", metavar="NAME", help="Keep these events apart from others of the kind, as import:NAME.")
@_fill_in_options
@click.option("--tag", "tags", multiple=True, metavar="KEY:VALUE", help="A tag for every row; may be repeated.")
@click.option("--zone", metavar="ZONE", help="Time zone of times that state none, such as Europe/Berlin; else UTC.")
@click.option(
    "--start", metavar="TIME", help="When times that are counted from a start begin; else 2024-01-01T00:00:00Z."
)
@click.option("--follow", is_flag=True, help="Coding agents: go on with what is written from now on, until Ctrl-C.")
@click.option("--again", is_flag=True, help="Coding agents: read logs from their start, not from where they were left.")
@click.option("--dry-run", is_flag=True, help="Read, check and price, but store nothing.")
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write every rejected row to this file, as one JSON object a line.",
)
@data_option
@exits_cleanly
def import_command(
    *,
    kind: str,
    path: str | None,
    mapping_file: Path | None,
    dry_run: bool,
    report_file: Path | None,
    data: str | None,
    **given: str | tuple[str, ...] | bool | None,
) -> None:
    settings = load_settings(overrides={"data": data})
    tool = tool_named(kind)
    if tool is not None:
        if mapping_file is not None or given["zone"] or given["start"]:
            raise click.UsageError(f"the logs of {tool.title} state what they mean: no --mapping, --zone or --start")
        import_logs(LogRequest(tool, path, given, dry_run, report_file), settings)
        return
    if given["follow"] or given["again"]:
        raise click.UsageError("--follow and --again are for the logs of coding agents")
    if path is None:
        raise click.UsageError(f"{kind} needs a PATH: a file, a folder or - for standard input")
    chosen = next(each for each in KINDS if each.name == kind)
    mapping = _with_options(_mapping_of(chosen, mapping_file), given)
    _import_files(_Files(chosen, mapping, _paths(chosen, path), dry_run, report_file), settings)


def _import_files(files: _Files, settings: Settings) -> None:
    clock = SystemClock()
    with ExitStack() as stack, interruptible(GO_ON):
        rejects = stack.enter_context(opened_report(files.report_file)) if files.report_file else None
        desk = stack.enter_context(open_desk(settings, clock))
        sink: Sink = TrialSink() if files.trial else stack.enter_context(ReachedLedger(desk))
        view = stack.enter_context(ImportView(clock, rejects))
        progress = NoProgress() if files.trial else ControlProgress(desk.control, desk.organisation, clock)
        importer = Importer(desk.organisation, sink, desk.prices, progress, view)
        report = _import_all(files, importer, view, clock.now())
        if report.stored and not files.trial:
            run = ImportRun(files.source, report.stored, report.first, report.last, clock.now())
            note_import(desk.control, desk.organisation, run, at_terminal())
    _tell(report, files)
    if report.failed or (report.rows and not report.events):
        raise click.exceptions.Exit(FAILED)


def _tell(report: ImportReport, files: _Files) -> None:
    """Write the figures to standard output where there are any, and what went wrong to standard error."""
    if report.rows or not report.failed:
        for line in summary(report, trial=files.trial):
            click.echo(line)
    for message in report.failed:
        click.echo(f"Error: {message}", err=True)
    if not report.events and (report.rows or report.failed):
        kind = files.kind
        what = f"{kind.format} that fits the mapping" if kind.mapping is None else f"of the kind {kind.name}"
        click.echo(f"Not one row could be used. Is this really {what}? See outlay import --help", err=True)


def _mapping_of(kind: Kind, mapping_file: Path | None) -> Mapping:
    if kind.mapping is not None:
        if mapping_file is not None:
            raise click.UsageError(f"{kind.name} has its own mapping; use --mapping with csv, jsonl or parquet")
        return kind.mapping
    if mapping_file is None:
        raise click.UsageError(f"{kind.name} needs --mapping FILE; outlay import --help shows the least it says")
    try:
        text = mapping_file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFailed(f"can't read the mapping {mapping_file}: {error}") from None
    return parse_mapping(text, str(mapping_file))


def _with_options(mapping: Mapping, given: Given) -> Mapping:
    """Return the mapping with what the command line adds; a value there is wrong use, not a broken file."""
    fills = {field: str(value) for field in _FILL_INS if (value := given[field])}
    changes: dict[str, object] = {
        "defaults": {**mapping.defaults, **fills},
        "default_tags": (*mapping.default_tags, *tags_of(given)),
    }
    changes |= {key: given[option] for key, option in _REPLACES.items() if given[option]}
    if "start" in changes and mapping.time_format not in START_FORMATS:
        raise click.UsageError("--start is for times counted from a start; this file states whole times")
    changed = replace(mapping, **changes)
    try:
        check_mapping(changed)
    except ImportFailed as error:
        raise click.UsageError(error.message) from None
    return changed


def _paths(kind: Kind, path: str) -> list[Path]:
    if path == STDIN:
        if kind.format == "parquet":
            raise click.UsageError("Parquet can't be read from standard input; give the file")
        return []
    if not Path(path).exists():
        raise click.UsageError(f"there is no file or folder {path}")
    return files_at(Path(path), kind)


def _import_all(files: _Files, importer: Importer, view: ImportView, now: datetime) -> ImportReport:
    """Import every file; one that can't be read is told in the figures and leaves the others alone."""
    origin = FileOrigin(importer.organisation, files.source, now)
    if not files.paths:
        view.file_begins("standard input", None)
        piped = partial(rows_of_stream, sys.stdin.buffer, files.kind.format, files.mapping, origin, view.opened)
        return importer.run_import(ImportFile("standard input", None, piped))
    reports = []
    for path in files.paths:
        view.file_begins(str(path), path.stat().st_size)
        rows = partial(rows_of_file, path, files.kind.format, files.mapping, origin, view.opened)
        reports.append(importer.run_import(ImportFile(str(path), _import_id(files.source, path), rows)))
    return summed(reports)


def _import_id(source: str, path: Path) -> str:
    return blake2b(f"{source}\0{path.resolve()}".encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
