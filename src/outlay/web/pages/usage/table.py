"""The table as its template shows it: columns to sort by, rows, pages, search, and the chooser of columns."""

from urllib.parse import parse_qsl

from msgspec import Struct

from outlay.web.pages.usage.columns import COLUMNS, MODELS, NAME, TREND
from outlay.web.pages.usage.figures import TableFigures, UsageFigures
from outlay.web.pages.usage.parts import Told
from outlay.web.pages.usage.place import USAGE
from outlay.web.pages.usage.proof import table_proof
from outlay.web.pages.usage.rows import UsageRow, rows_of
from outlay.web.pages.usage.standouts import TrendMeasure
from outlay.web.parts import Column, Pager
from outlay.web.view.panels import Proof


class Choice(Struct, frozen=True):
    """One box of the chooser of columns."""

    id: str
    label: str
    chosen: bool


class UsageTable(Struct, frozen=True, kw_only=True):
    """The whole panel. `state` are the hidden fields of its forms, without what each sets itself."""

    title: str
    subtitle: str
    page: int
    columns: tuple[Column, ...]
    rows: tuple[UsageRow, ...]
    total: UsageRow
    pager: Pager | None
    status: str
    proof: Proof
    search: str
    searchable: bool
    placeholder: str
    nobody: str  # what is said in place of rows
    clear_href: str
    choices: tuple[Choice, ...]
    spikes: str  # how many had one
    spikes_href: str
    action: str
    state: tuple[tuple[str, str], ...]

    def state_without(self, *names: str) -> tuple[tuple[str, str], ...]:
        """Return the hidden fields of a form that sets these words itself."""
        return tuple((name, value) for name, value in self.state if name not in names)


def table_of(told: Told, figures: UsageFigures) -> UsageTable:
    """Return the table of one page."""
    place, table = told.place, figures.table
    rows, total = rows_of(told, figures)
    ranked, subject = table.ranked, place.subject
    last = ranked.first + len(table.lines) - 1
    label = f"{ranked.first:,}\N{EN DASH}{last:,} of {ranked.count:,}"
    return UsageTable(
        title="Your usage" if place.alone else f"{subject.capitalize()}s",
        subtitle=_subtitle(told, table),
        page=ranked.page,
        columns=_columns(told, figures.trend),
        rows=rows,
        total=total,
        pager=_pager(told, table, label) if ranked.pages > 1 else None,
        status=_status(told, table, label),
        proof=table_proof(told, table),
        search=place.search,
        searchable=ranked.matched is not None or ranked.count > 1,
        placeholder="Find by name or e-mail" if subject == "user" else "Find by name",
        nobody=f"No {subject} is called “{place.search}”" if place.search else f"No {subject} has any usage here",
        clear_href=told.links.searching(""),
        choices=tuple(Choice(each.id, each.label, place.has(each.id)) for each in COLUMNS),
        spikes="" if place.search or place.alone else _spikes_text(told, figures),
        spikes_href=told.links.here(s=f"-{TREND}", page="1"),
        action=told.links.at(USAGE, ""),
        state=tuple(parse_qsl(place.place.written, keep_blank_values=True)),
    )


def _columns(told: Told, trend: TrendMeasure) -> tuple[Column, ...]:
    place = told.place
    name = Column(id=NAME, label=place.subject.capitalize(), href=_sorted_by(told, NAME), sort=place.sort_of(NAME))
    labels = {TREND: f"Trend of {trend}"}
    others = (
        Column(
            id=each.id,
            label=labels.get(each.id, each.label),
            numeric=each.id not in {MODELS, TREND},
            href=_sorted_by(told, each.id),
            sort=place.sort_of(each.id),
            hide_narrow=each.wide,
        )
        for each in place.columns
    )
    return (name, *others)


def _sorted_by(told: Told, column: str) -> str:
    """Return the link that sorts by a column: the other way round where it is so sorted already."""
    now = told.place.sort_of(column)
    descending = column != NAME if now == "none" else now == "ascending"
    return told.links.here(s=f"{'-' if descending else ''}{column}", page="1")


def _pager(told: Told, table: TableFigures, label: str) -> Pager:
    ranked = table.ranked
    return Pager(
        label=label,
        previous_href=told.links.here(page=str(ranked.page - 1)) if ranked.page > 1 else "",
        next_href=told.links.here(page=str(ranked.page + 1)) if ranked.page < ranked.pages else "",
    )


def _subtitle(told: Told, table: TableFigures) -> str:
    ranked, subject = table.ranked, told.place.subject
    if told.place.alone:
        return ""
    count = f"{ranked.count:,} {subject}{'' if ranked.count == 1 else 's'}"
    return f"{count} found" if ranked.matched is not None else count


def _status(told: Told, table: TableFigures, label: str) -> str:
    """Say for those who don't see it what the table shows now."""
    if not table.lines:
        return f"No {told.place.subject} found"
    labels = {each.id: each.label for each in COLUMNS} | {NAME: "name"}
    direction = "descending" if told.place.descending else "ascending"
    sorted_by = f"sorted by {labels[told.place.sorted_by]}, {direction}"
    return f"{label} {told.place.subject}s, {sorted_by}"


def _spikes_text(told: Told, figures: UsageFigures) -> str:
    count, subject = len(figures.standouts), told.place.subject
    return f"{count:,} {subject}{'' if count == 1 else 's'} with a spike" if count else ""
