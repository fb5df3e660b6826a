"""What an import shows: a progress bar (plain lines where no terminal is) while it runs, and its figures at the end."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import IO, Final, Protocol, Self

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn

from outlay.intake.import_report import ImportReport, ModelFigures, Rejection
from outlay.intake.importing import Watcher
from outlay.kit.clock import Clock
from outlay.kit.money import as_usd, plain

LINE_EVERY_SECONDS: Final = 5
MODELS_SHOWN: Final = 40
_CENT_OF_A_CENT: Final = 4


class Consumer(Protocol):
    """Counts the bytes it has read."""

    consumed: int


class ImportView(Watcher):
    """Follows an import on stderr, and writes every rejected row to `rejects` as one JSON object a line."""

    def __init__(self, clock: Clock, rejects: IO[bytes] | None) -> None:
        self._clock = clock
        self._rejects = rejects
        self._console = Console(stderr=True)
        self._stack = ExitStack()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._counted: Consumer | None = None
        self._name = ""
        self._size: int | None = None
        self._told = clock.now()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar = self._stack.enter_context(
                Progress(
                    SpinnerColumn(),
                    TextColumn("{task.description}"),
                    BarColumn(),
                    TextColumn("{task.percentage:>3.0f}% {task.fields[rows]:,} rows"),
                    TimeRemainingColumn(),
                    console=self._console,
                )
            )
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def file_begins(self, name: str, size: int | None) -> None:
        self._name, self._size, self._counted = name, size, None
        if self._bar is not None:
            self._task = self._bar.add_task(click.format_filename(name, shorten=True), total=size, rows=0)

    def opened(self, counted: Consumer) -> None:
        self._counted = counted

    def rows_read(self, rows: int) -> None:
        done = self._counted.consumed if self._counted else 0
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, rows=rows)
            return
        now = self._clock.now()
        if (now - self._told).total_seconds() >= LINE_EVERY_SECONDS:
            self._told = now
            part = f" ({100 * done // self._size} %)" if self._size and self._counted else ""
            click.echo(f"{self._name}: {rows:,} rows{part}", err=True)

    def rejected(self, rejection: Rejection) -> None:
        if self._rejects is not None:
            self._rejects.write(msgspec.json.encode(rejection) + b"\n")


def summary(report: ImportReport, *, trial: bool = False) -> Iterator[str]:
    """Yield the lines that say what the import did."""
    done = "could be stored" if trial else "stored"
    yield f"rows {report.rows:,}"
    yield f"{done} {report.stored:,}"
    if not trial:
        yield f"duplicates {report.duplicates:,}"
    if report.corrected:
        yield f"corrected {report.corrected:,}"
    yield f"rejected {report.rejected_rows:,}"
    for code, count in sorted(report.rejected.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {code} {count:,}"
        yield from (f"    {_place(each)}: {each.message}" for each in report.examples[code])
    if report.first is not None and report.last is not None:
        yield f"time {_moment(report.first)} to {_moment(report.last)}"
        yield from _costs(report)


def _place(rejection: Rejection) -> str:
    return f"{rejection.file} line {rejection.line}" if rejection.line else rejection.file


def _costs(report: ImportReport) -> Iterator[str]:
    total = report.total
    if total.calls > total.unpriced:
        yield f"cost by our prices ${_exact(total.cost)} for {_calls(total.calls - total.unpriced)}"
    if total.stated:
        yield f"cost stated in the file ${_exact(total.stated_cost)} for {_calls(total.stated)}"
    if total.both:
        yield f"where both are known ({_calls(total.both)}): {_compared(total)}"
    if total.stated:
        yield from _by_model(report.models)
    unpriced = report.unpriced_models()
    if unpriced:
        names = ", ".join(f"{name} ({count:,})" for name, count in unpriced.items())
        yield f"no price known for {_calls(total.unpriced)}: {names}"


def _by_model(models: dict[str, ModelFigures]) -> Iterator[str]:
    ranked = sorted(models.items(), key=lambda item: (-item[1].stated_cost, item[0]))
    for name, figures in ranked[:MODELS_SHOWN]:
        if figures.both:
            yield f"  {name}: {_calls(figures.both)}, {_compared(figures)}"
        elif figures.stated:
            yield f"  {name}: {_calls(figures.stated)}, no price of ours, ${_usd(figures.stated_cost)} stated"
    rest = ModelFigures()
    for _, figures in ranked[MODELS_SHOWN:]:
        rest.add(figures)
    if rest.stated:
        yield f"  {len(ranked) - MODELS_SHOWN} more models: {_calls(rest.stated)}, ${_usd(rest.stated_cost)} stated"


def _compared(figures: ModelFigures) -> str:
    ours, stated = figures.both_cost, figures.both_stated_cost
    sign = "-" if ours < stated else "+"
    return f"${_usd(ours)} ours, ${_usd(stated)} stated ({sign}${_usd(abs(ours - stated))})"


def _usd(pico: int) -> str:
    return f"{as_usd(pico):,.{_CENT_OF_A_CENT}f}"


def _exact(pico: int) -> str:
    return plain(as_usd(pico))


def _calls(count: int) -> str:
    return f"{count:,} call" if count == 1 else f"{count:,} calls"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"
