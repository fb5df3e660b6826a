"""The files of the Agents pages: every row of every table and chart, from the pages' own questions, with totals.

The table of sessions (or runs) may have a million rows: it is read some thousand at a time, from one snapshot.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.control.entities import Registry
from outlay.query.ask import Query
from outlay.query.catalogue import MEASURES
from outlay.query.parse import Asked, write
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.query.sql import Answered
from outlay.web.export import (
    Column,
    ExportFile,
    ExportTable,
    Record,
    manifest_of,
    measure_columns,
    previous,
    table_of,
)
from outlay.web.pages.agents import list_figures, one_figures, runs
from outlay.web.pages.agents.list_figures import Line
from outlay.web.pages.agents.paging import page_of
from outlay.web.pages.agents.place import AGENT, AGENTS, AgentsPlace, By, read_agent, read_agents
from outlay.web.pages.agents.told import compared, question
from outlay.web.view.names import Names

AT_ONCE: Final = 5_000
_NAMED: Final = (Column("id", "text", "Id"), Column("name", "text", "Name"))
_STEP: Final = (Column("step", "text", "Step"), Column("begins", "time", "Begins (UTC)"))


class AgentsExport:
    path = AGENTS

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def check(self, viewer: Viewer) -> None:
        require(viewer, "see_usage")

    def export(self, asking: Asking, url_query: str) -> ExportFile:
        place = read_agents(asking, url_query)
        names = Names(self._registry, place.viewer.organisation)
        head = asking.run(compared(place, question(place, list_figures.SUMS)))
        tables = (
            _summary(head, asking.run(question(place, list_figures.TIMES))),
            _days_by_agent(list_figures.days_of(asking, place), names),
            _agents(asking, place, names, head),
        )
        return ExportFile("agents", tables, manifest_of(asking, AGENTS, _asked(place), head, _notes(place)))


class AgentExport:
    path = AGENT

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def check(self, viewer: Viewer) -> None:
        require(viewer, "see_usage")

    def export(self, asking: Asking, url_query: str) -> ExportFile:
        place = read_agent(asking, url_query)
        names = Names(self._registry, place.viewer.organisation)
        head = asking.run(compared(place, question(place, one_figures.SUMS)))
        times = asking.run(compared(place, question(place, one_figures.TIMES)))
        tables = (
            _summary(head, times),
            _days(asking, place, head),
            *(_part(asking, place, names, each) for each in one_figures.PARTS),
            _runs(asking, place, head, times),
        )
        return ExportFile("agent", tables, manifest_of(asking, AGENT, _asked(place), head, _notes(place)))


def _asked(place: AgentsPlace) -> str:
    """Return the canonical question, without which page of the table is shown."""
    own = place.place.own
    kept = {key: value for key, value in own.items() if key != "page" and value != place.place.ground.own[key]}
    return write(Asked(place.query, search=place.place.search, own=kept), Query(place.viewer))


def _notes(place: AgentsPlace) -> tuple[str, ...]:
    return tuple(each.text for each in place.place.notices)


def _summary(*asked: Result) -> ExportTable:
    """Return the cards: one row, beside what it is compared with."""
    row: dict[str, Answered] = {}
    columns: list[Column] = []
    for result in asked:
        row |= result.numbers(result.totals)
        columns += measure_columns(result.query.measures)
    for result in asked:
        if result.compared is not None:
            row |= {previous(each): result.total_before(each) for each in result.query.measures}
            columns += measure_columns(result.query.measures, before=True)
    return table_of("summary", "Summary", columns, [row])


def _days_by_agent(days: Result, names: Names) -> ExportTable:
    labels = names.of("agent", [row.key[0] for row in days.rows])
    rows: list[Record] = [
        {
            "kind": "other" if row.other else "none" if row.key[0] is None else "row",
            **_step(days, row.bucket),
            "id": row.key[0],
            "name": "Other agents" if row.other else labels[row.key[0]].name,
            **days.numbers(row.figures),
        }
        for row in days.rows
        if row.bucket is not None
    ]
    columns = (*_STEP, *_NAMED, *measure_columns(days.query.measures))
    return table_of(
        "cost_over_time", "Cost over time by agent", columns, rows, _total(days), adds_up=days.adds_up.holds
    )


def _agents(asking: Asking, place: AgentsPlace, names: Names, head: Result) -> ExportTable:
    matched = names.search("agent", place.place.search) if place.place.search else None
    keys = tuple(list_figures.all_agents(asking, place, names, matched)) if matched != () else ()
    labels = names.of("agent", keys)
    rows = [
        _agent_row(line, labels[line.key].name)
        for at in range(0, len(keys), AT_ONCE)
        for line in list_figures.lines_of(asking, place, keys[at : at + AT_ONCE])
    ]
    nobody = None if matched is not None else list_figures.nobody_of(asking, place)
    if nobody is not None:
        rows.append(_agent_row(nobody, "No agent"))
    total = list_figures.total_of(asking, place, matched)
    measures = (*list_figures.SUMS, *list_figures.TIMES)
    columns = (*_NAMED, Column("agent_types", "list"), *measure_columns(measures))
    if head.compared is not None:
        columns = (*columns, *measure_columns(("cost", "requests"), before=True))
    record = {**_agent_row(total, "Total"), "kind": "total"}
    return table_of("agents", "Agents", columns, rows, record, adds_up=_make_total(rows, record, list_figures.SUMS))


def _agent_row(line: Line, name: str) -> Record:
    before = {} if line.before is None else {previous(each): line.before.get(each) for each in ("cost", "requests")}
    return {
        "kind": "row" if line.key is not None else "none",
        "id": line.key,
        "name": name,
        "agent_types": list(line.types),
        **line.figures,
        **before,
    }


def _days(asking: Asking, place: AgentsPlace, head: Result) -> ExportTable:
    """Return both charts over time in one table."""
    days, paces = one_figures.over_time(asking, place)
    pace_of = {row.bucket: paces.numbers(row.figures) for row in paces.rows}
    rows: list[Record] = [
        {**_step(days, row.bucket), **days.numbers(row.figures), **pace_of.get(row.bucket, {})} for row in days.rows
    ]
    columns = (*_STEP, *measure_columns((*days.query.measures, *paces.query.measures)))
    total = {each: head.total(each) for each in days.query.measures}
    return table_of("over_time", "Over time", columns, rows, total, adds_up=days.adds_up.holds)


def _part(asking: Asking, place: AgentsPlace, names: Names, dimension: str) -> ExportTable:
    part = one_figures.part_of(asking, place, dimension, None)
    labels = names.of(dimension, [row.key[0] for row in part.sums.rows])
    paces = {row.key: part.p95.figure(row, "latency_p95") for row in part.p95.rows}
    rows: list[Record] = [
        {
            "kind": "none" if row.key[0] is None else "row",
            "id": row.key[0],
            "name": labels[row.key[0]].name,
            **part.sums.numbers(row.figures),
            "latency_p95": paces.get(row.key),
        }
        for row in part.sums.rows
    ]
    columns = (*_NAMED, *measure_columns((*part.sums.query.measures, "latency_p95")))
    title = f"{dimension.capitalize()}s"
    return table_of(f"{dimension}s", title, columns, rows, _total(part.sums), adds_up=part.sums.adds_up.holds)


def _runs(asking: Asking, place: AgentsPlace, head: Result, times: Result) -> ExportTable:
    """Return all sessions or runs, in the order of the page, and what has none."""
    by = runs.by_shown(place, times)
    count = page_of(asking, runs.ranking(place, by), 1).count
    nobody = runs.nobody_of(asking, place, by)
    total: Record = {
        **{each: head.total(each) for each in runs.NUMBERS if each in head.query.measures},
        "latency_p95": times.total("latency_p95"),
    }
    columns = (
        Column("id", "text", by.capitalize()),
        *measure_columns(runs.MOMENTS),
        Column("users", "list"),
        Column("models_used", "list"),
        *measure_columns(runs.NUMBERS),
    )
    rows = _all_runs(asking, place, by, nobody)
    return ExportTable(f"{by}s", f"{by.capitalize()}s", columns, rows, count + (nobody is not None), total)


def _all_runs(asking: Asking, place: AgentsPlace, by: By, nobody: runs.RunLine | None) -> Iterator[Record]:
    after: str | None = None
    asked = replace(runs.ranking(place, by), measures=(*runs.NUMBERS, *runs.MOMENTS), limit=AT_ONCE, rest="cut")
    while True:
        page = asking.run(replace(asked, after=after))
        keys = tuple(key for row in page.rows if (key := row.key[0]) is not None)
        users, models = runs.beside(asking, place, by, keys)
        for row in page.rows:
            yield _run_row(runs.line_of(page, row), users, models)
        after = page.next
        if after is None:
            break
    if nobody is not None:
        yield {**_run_row(nobody, {}, {}), "kind": "none"}


def _run_row(line: runs.RunLine, users: Mapping[str, Sequence[str]], models: Mapping[str, Sequence[str]]) -> Record:
    key = line.id or ""
    return {
        "id": line.id,
        "first_time": line.begun,
        "last_time": line.last,
        "users": list(users.get(key, ())),
        "models_used": list(models.get(key, ())),
        **line.figures,
    }


def _make_total(rows: Sequence[Record], total: Record, measures: Sequence[str]) -> bool:
    """Say whether the rows make the total of every measure that adds up."""
    for measure in measures:
        if MEASURES[measure].additive:
            known = [value for row in rows if isinstance(value := row[measure], int | Decimal)]
            if sum(known) != (total[measure] or 0):
                return False
    return True


def _step(days: Result, bucket: int | None) -> Record:
    return {} if bucket is None else {"step": days.buckets[bucket].label, "begins": days.buckets[bucket].start}


def _total(result: Result) -> Record:
    return result.numbers(result.totals)
