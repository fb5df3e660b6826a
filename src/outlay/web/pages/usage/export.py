"""The file of the Usage page: cards, chart and table of a state, from the page's own questions.

The table has all rows, not a page of them; the models of each are read some thousand rows at a time.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.control.entities import Registry
from outlay.query.ask import Query
from outlay.query.parse import Asked, write
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.query.sql import Answered
from outlay.web.export import (
    Column,
    ExportFile,
    ExportTable,
    Kind,
    Record,
    manifest_of,
    measure_columns,
    previous,
    table_of,
)
from outlay.web.pages.usage.activity import ACTIVE, NO_TEAM, OTHERS, team_keys, values_of
from outlay.web.pages.usage.figures import (
    SEEN,
    activity,
    headline,
    models_of,
    nobody_of,
    rows_asked,
    total_of,
    trend_of,
    uses_of,
)
from outlay.web.pages.usage.place import USAGE, UsagePlace, read_usage
from outlay.web.pages.usage.proof import makes_total
from outlay.web.pages.usage.ranking import all_keys, filters_of, matched_by
from outlay.web.pages.usage.rows import NOBODY
from outlay.web.pages.usage.standouts import Standout, TrendMeasure, standouts
from outlay.web.view.groups import Figures, summed
from outlay.web.view.names import Label, Names
from outlay.web.view.timeline import shown_steps

AT_ONCE: Final = 2_000
_NAMED: Final = (Column("id", "text", "Id"), Column("name", "text", "Name"))
_PERSON: Final = (Column("email", "text", "E-mail"), Column("team", "text", "Team"))
_STEP: Final = (Column("step", "text", "Step"), Column("begins", "time", "Begins (UTC)"))


class People(Struct, frozen=True):
    """Who is in the table, in its order, with all that a row says beside its models."""

    keys: tuple[str, ...]
    figures: Mapping[str, Figures]
    seen: Mapping[str, Mapping[str, Answered]]
    labels: Mapping[str | None, Label]
    standouts: Mapping[str, Standout]


class UsageExport:
    path = USAGE

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def check(self, viewer: Viewer) -> None:
        require(viewer, "see_usage")

    def export(self, asking: Asking, url_query: str) -> ExportFile:
        place = read_usage(asking, url_query)
        names = Names(self._registry, place.viewer.organisation)
        head = headline(asking, place)
        tables = (_summary(head), _activity(asking, place, names, head), _people(asking, place, names, head))
        asked = write(Asked(place.query, search=place.search, own=_words(place)), Query(place.viewer))
        notes = tuple(each.text for each in place.place.notices)
        return ExportFile(f"usage-by-{place.subject}", tables, manifest_of(asking, USAGE, asked, head, notes))


def _words(place: UsagePlace) -> dict[str, str]:
    """Return the page's own words that say something of the file: not which page of the table is shown."""
    own = place.place.own
    return {key: value for key, value in own.items() if key != "page" and value != place.place.ground.own[key]}


def _summary(head: Result) -> ExportTable:
    """Return the cards: one row, beside what it is compared with."""
    measures = head.query.measures
    row: dict[str, Answered] = dict(head.numbers(head.totals))
    row |= {previous(measure): head.total_before(measure) for measure in measures}
    columns = (*measure_columns(measures), *measure_columns(measures, before=True))
    return table_of("summary", "Summary", columns, [row])


def _activity(asking: Asking, place: UsagePlace, names: Names, head: Result) -> ExportTable:
    """Return the chart as it is drawn: the biggest teams by name, the others together."""
    result = activity(asking, place)
    (measure,) = result.query.measures
    values, steps = values_of(result), shown_steps(result)
    rows: list[Record] = []

    def add(groups: Sequence[tuple[str | None, bool]], **named: str | None) -> None:
        several = [values[each] for each in groups]
        rows.extend(
            {
                "step": step.label,
                "begins": step.start,
                measure: summed(each[at] for each in several if at in each),
                **named,
            }
            for at, step in enumerate(steps)
            if any(at in each for each in several)
        )

    if place.subject == "user":
        if values:
            add([(None, False)])
        title, columns = ACTIVE[measure], (*_STEP, *measure_columns((measure,)))
        # Those of several days are not added up: most are the same people.
        total = {measure: head.total(measure)} if measure == "requests" else None
        return table_of("activity", title, columns, rows, total, adds_up=_adds_up(rows, total, measure))
    named, folded = team_keys(result)
    labels = names.of("team", named)
    for key in named:
        add([(key, False)], id=key, name=labels[key].name)
    if (None, False) in values:
        add([(None, False)], kind="none", name=NO_TEAM)
    if folded:
        add(folded, kind="other", name=OTHERS)
    total = {measure: head.total(measure)}
    columns = (*_STEP, *_NAMED, *measure_columns((measure,)))
    return table_of("activity", "Requests by team", columns, rows, total, adds_up=_adds_up(rows, total, measure))


def _adds_up(rows: Sequence[Record], total: Mapping[str, Answered] | None, measure: str) -> bool | None:
    return None if total is None else (sum(int(str(row[measure])) for row in rows) == (total[measure] or 0))


def _people(asking: Asking, place: UsagePlace, names: Names, head: Result) -> ExportTable:
    matched = matched_by(place, names)
    nobody = nobody_of(asking, place) if matched is None else None
    people = _found(asking, place, names, (matched, trend_of(head)))
    total: Figures = {}
    if matched != ():
        whole = head if matched is None else total_of(asking, place, filters_of(place, matched))
        total = whole.numbers(whole.totals)
    return ExportTable(
        f"{place.subject}s",
        f"{place.subject.capitalize()}s",
        _columns(place, people, trend_of(head)),
        _rows(asking, place, people, nobody),
        len(people.keys) + (nobody is not None),
        {"name": "Total", **total},
        makes_total([*people.figures.values(), *([nobody] if nobody else [])], total) if total else None,
    )


def _columns(place: UsagePlace, people: People, trend: TrendMeasure) -> tuple[Column, ...]:
    kind: Kind = "money" if trend == "cost" else "tokens"
    return (
        *_NAMED,
        *(_PERSON if place.subject == "user" else ()),
        Column("model_names", "list", "Models used"),
        *measure_columns((*rows_asked(place, ()).measures, "models", *(SEEN if people.seen else ()))),
        Column("spike_day", "day", "Spike on"),
        Column("spike_value", kind, "Spike"),
        Column("spike_usual", kind, "Usual before the spike"),
    )


def _found(
    asking: Asking, place: UsagePlace, names: Names, told: tuple[tuple[str, ...] | None, TrendMeasure]
) -> People:
    matched, trend = told
    if matched == ():
        return People((), {}, {}, {}, {})
    found = standouts(asking, place, trend)
    filters = filters_of(place, matched)
    keys = all_keys(asking, place, names, filters, {key: each.above for key, each in found.items()})
    asked = rows_asked(place, filters)
    result = asking.run(asked)
    seen = asking.run(replace(asked, measures=SEEN)) if place.has("first_time") or place.has("last_time") else None
    return People(
        keys,
        {str(row.key[0]): result.numbers(row.figures) for row in result.rows},
        {str(row.key[0]): dict(zip(SEEN, row.figures, strict=True)) for row in seen.rows} if seen else {},
        names.of(place.subject, keys),
        found,
    )


def _rows(asking: Asking, place: UsagePlace, people: People, nobody: Figures | None) -> Iterator[Record]:
    for start in range(0, len(people.keys), AT_ONCE):
        some = people.keys[start : start + AT_ONCE]
        uses = uses_of(models_of(asking, place, some))
        for key in some:
            label, standout = people.labels[key], people.standouts.get(key)
            yield {
                "id": key,
                "name": label.name,
                "email": label.email or None,
                "team": label.team,
                "models": len(uses.get(key, ())),
                "model_names": [each.model for each in uses.get(key, ())],
                **people.figures[key],
                **people.seen.get(key, {}),
                **(_spike(standout) if standout else {}),
            }
    if nobody is not None:
        yield {"kind": "none", "name": NOBODY[place.subject][0], **nobody}


def _spike(found: Standout) -> Record:
    return {"spike_day": found.day, "spike_value": found.spike.value, "spike_usual": found.spike.usual}
