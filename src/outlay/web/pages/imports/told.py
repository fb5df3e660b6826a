"""What an upload's page shows: cards, tables and what to mind, from a preview or from what was stored."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.control.import_runs import ImportRun
from outlay.intake.import_report import ImportReport, Rejection
from outlay.intake.preview import Figures, Preview
from outlay.kit.money import as_usd
from outlay.kit.period import local_day
from outlay.query.ask import Filter
from outlay.query.notation import write_filter, write_range
from outlay.query.overlap import Beside
from outlay.query.timerange import Days
from outlay.web import format as text
from outlay.web.pages.imports.reading import KIND_NAMES
from outlay.web.pages.imports.work import Looked
from outlay.web.parts import Card, Cell, Column, Row, Table
from outlay.web.render import Notice, Renderer

MOST_DAYS: Final = 400
MOST_MODELS: Final = 100
_FIGURES: Final = (
    Column(id="requests", label="Requests", numeric=True),
    Column(id="tokens", label="Tokens", numeric=True),
    Column(id="cost", label="Cost", numeric=True),
)


class Shown(Struct, frozen=True):
    """What the page shows of an upload; tables that would be empty are None."""

    notices: tuple[Notice, ...]
    cards: tuple[Card, ...]
    days: Table | None
    models: Table | None
    refused: Table | None
    beside: Table | None
    calls_href: str = ""


def shown_preview(looked: Looked, renderer: Renderer) -> Shown:
    preview = looked.preview
    return Shown(
        notices=tuple(_notices(looked)),
        cards=tuple(_cards(preview)),
        days=_days(preview.days),
        models=_models(preview),
        refused=_refused(preview.examples, preview.refused_rows),
        beside=_beside(looked, renderer),
    )


def shown_report(report: ImportReport, looked: Looked, renderer: Renderer) -> Shown:
    """Return what became of a file that was stored."""
    refused = [each for examples in report.examples.values() for each in examples]
    notices = tuple(Notice("bad", f"Not read to its end: {each}") for each in report.failed)
    cards = (
        Card(label="Stored", value=text.counted(report.stored), note="events that were not there yet"),
        Card(label="There already", value=text.counted(report.duplicates), note="stored by an earlier import"),
        Card(label="Refused", value=text.counted(report.rejected_rows), note="rows with a reason each"),
    )
    calls = calls_of(looked.source, _span(looked), renderer)
    return Shown(notices, cards, None, None, _refused(refused, report.rejected_rows), None, calls)


def runs_table(runs: Iterable[ImportRun], zone: ZoneInfo, renderer: Renderer) -> Table | None:
    """Return the imports that were done, the newest first."""
    rows = tuple(
        Row(
            cells=(
                Cell(text=text.local_time(run.ran_at, zone)),
                Cell(
                    text=kind_name(run.source), sub=run.source, href=calls_of(run.source, _days_of(run, zone), renderer)
                ),
                Cell(text=_period(run, zone)),
                Cell(text=f"{text.counted(run.stored)} {'event' if run.stored == 1 else 'events'}"),
            )
        )
        for run in runs
    )
    columns = (
        Column(id="ran", label="When"),
        Column(id="source", label="What"),
        Column(id="period", label="Usage of"),
        Column(id="stored", label="Stored", numeric=True),
    )
    return Table(caption="Imports, newest first", columns=columns, rows=rows) if rows else None


def kind_name(source: str) -> str:
    """Return what a source of imports is called: by its kind, or by the name that a mapping gave it."""
    name = source.removeprefix("import:")
    return KIND_NAMES.get(name, name)


def calls_of(source: str, days: tuple[date, date] | None, renderer: Renderer) -> str:
    """Return the link to the calls of a source in some days, first and last."""
    asked = {"r": write_range(Days(*days))} if days is not None else {}
    return renderer.url("/calls", asked | {"f": write_filter(Filter("source", "is", (source,)))})


def size_text(size: int) -> str:
    """Return the size of a file: `1.2 MB`."""
    if size < 1000:
        return f"{size} bytes"
    for unit in ("kB", "MB"):
        scaled = Decimal(size) / (1000 if unit == "kB" else 1_000_000)
        if scaled < 1000:
            return f"{scaled:.1f} {unit}"
    return f"{Decimal(size) / 1_000_000_000:.2f} GB"


def _period(run: ImportRun, zone: ZoneInfo) -> str:
    days = _days_of(run, zone)
    return text.DASH if days is None else text.days(*days)


def _days_of(run: ImportRun, zone: ZoneInfo) -> tuple[date, date] | None:
    if run.first is None or run.last is None:
        return None
    return local_day(run.first, zone), local_day(run.last, zone)


def _span(looked: Looked) -> tuple[date, date] | None:
    days = looked.preview.file_days
    return (min(days), max(days)) if days else None


def _notices(looked: Looked) -> Iterable[Notice]:
    preview = looked.preview
    if preview.failed:
        yield Notice("bad", f"Only the part before this could be read: {preview.failed}.")
    if preview.rows == 0:
        yield Notice("warn", "The file has no rows.")
    elif not preview.total.events and preview.duplicates:
        yield Notice("good", "All of it is stored already. There is nothing to do.")
    others = sum(each.events for each in looked.beside) - preview.duplicates
    if others > 0 and preview.total.events:
        yield Notice(
            "warn",
            "The ledger has other usage of the same provider in the same days, see below. If that is of the same "
            "calls, storing this counts them twice.",
        )
    if looked.kind == "anthropic-usage" and preview.total.events:
        yield Notice("info", "The file does not say how many requests its rows stand for: each counts as one.")


def _cards(preview: Preview) -> Iterable[Card]:
    total = preview.total
    cost = as_usd(total.cost)
    unpriced = (
        f"{text.counted(total.unpriced)} of {text.counted(total.events)} without a price" if total.unpriced else ""
    )
    estimated = f"{text.counted(total.estimated)} of them estimated" if total.estimated else ""
    known = total.events > total.unpriced
    yield Card(label="New events", value=text.counted(total.events), note=f"of {text.counted(preview.rows)} rows")
    yield Card(label="Requests", value=text.counted(total.requests), note="that these stand for")
    yield Card(label="Tokens", value=text.tokens(total.tokens), exact=f"{total.tokens:,}")
    yield Card(
        label="Cost",
        value=text.usd(cost) if known else text.DASH,
        exact=text.usd_exact(cost) if known else "",
        note=unpriced or estimated,
    )
    yield Card(label="There already", value=text.counted(preview.duplicates), note="not stored again")
    yield Card(
        label="Refused", value=text.counted(preview.refused_rows), note="see why below" if preview.refused else ""
    )


def _days(days: dict[date, Figures]) -> Table | None:
    ordered = sorted(days, reverse=True)[:MOST_DAYS]
    rows = _figure_rows([(Cell(text=text.day_long(day)), days[day]) for day in ordered])
    columns = (Column(id="day", label="Day"), *_FIGURES)
    return Table(caption="What would be stored, by day", columns=columns, rows=rows) if rows else None


def _models(preview: Preview) -> Table | None:
    ranked = sorted(preview.models.items(), key=lambda item: (-item[1].cost, -item[1].tokens, item[0][1] or ""))
    cells = [(_model_cell(*key, figures), figures) for key, figures in ranked[:MOST_MODELS]]
    columns = (Column(id="model", label="Model"), *_FIGURES)
    rows = _figure_rows(cells)
    return Table(caption="What would be stored, by model", columns=columns, rows=rows) if rows else None


def _model_cell(provider: str | None, model: str | None, figures: Figures) -> Cell:
    chip = "unpriced" if figures.unpriced else "est." if figures.estimated else ""
    return Cell(text=model or "No model", sub=provider or "", chip=chip, kind="warn" if figures.unpriced else "")


def _figure_rows(found: list[tuple[Cell, Figures]]) -> tuple[Row, ...]:
    amounts = [as_usd(each.cost) if each.events > each.unpriced else None for _, each in found]
    costs = text.usd_column(amounts)
    return tuple(
        Row(
            cells=(
                head,
                Cell(text=text.counted(figures.requests)),
                Cell(text=text.tokens(figures.tokens), title=f"{figures.tokens:,}"),
                Cell(text=cost, title=text.usd_exact(amount) if amount is not None else ""),
            )
        )
        for (head, figures), cost, amount in zip(found, costs, amounts, strict=True)
    )


def _refused(examples: list[Rejection], count: int) -> Table | None:
    if not examples:
        return None
    rows = tuple(
        Row(cells=(Cell(text=f"{each.line:,}"), Cell(text=each.message, sub=each.code), Cell(text=each.excerpt or "")))
        for each in examples
    )
    first = (
        f"The first {len(rows)} of {count:,} rows that are not stored"
        if count > len(rows)
        else "Rows that are not stored"
    )
    columns = (
        Column(id="line", label="Line"),
        Column(id="reason", label="Why"),
        Column(id="excerpt", label="How it begins", hide_narrow=True),
    )
    return Table(caption=first, columns=columns, rows=rows)


def _beside(looked: Looked, renderer: Renderer) -> Table | None:
    if not looked.beside or sum(each.events for each in looked.beside) <= looked.preview.duplicates:
        return None
    costs = text.usd_column([each.cost for each in looked.beside])
    rows = tuple(_beside_row(each, cost, looked, renderer) for each, cost in zip(looked.beside, costs, strict=True))
    columns = (
        Column(id="source", label="Source"),
        Column(id="provider", label="Provider", hide_narrow=True),
        Column(id="requests", label="Requests", numeric=True),
        Column(id="cost", label="Cost", numeric=True),
    )
    return Table(caption="Usage of the same days, by source", columns=columns, rows=rows)


def _beside_row(each: Beside, cost: str, looked: Looked, renderer: Renderer) -> Row:
    own = "this kind of file" if each.source == looked.source else ""
    return Row(
        cells=(
            Cell(text=each.source, href=calls_of(each.source, _span(looked), renderer), chip=own),
            Cell(text=each.provider or text.DASH),
            Cell(text=text.counted(each.requests)),
            Cell(text=cost),
        )
    )
