"""Asks a question: refine it, plan where to read, read the rows and the totals, and the same for the baseline.

Rows and totals are read by separate statements from one snapshot, so that adding up proves something.
"""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import QueryInvalid
from outlay.ledger.store import Snapshot
from outlay.query import sql
from outlay.query.ask import Key, Query
from outlay.query.buckets import Bucket, buckets_of
from outlay.query.catalogue import MEASURES, dimension_label
from outlay.query.dialect import Dialect, dialect_of
from outlay.query.group_pages import Place, read_place, write_place
from outlay.query.plan import Plan, plan_for
from outlay.query.refine import Moment, asked_span, keys_say_which, partitions, refine, zone_of
from outlay.query.result import AddsUp, Column, Compared, Note, NoteCode, Result, Row, proof
from outlay.query.source import Reading
from outlay.query.sql import Answered
from outlay.query.statement import Sql
from outlay.query.timerange import Span

MOST_ROWS: Final = 200_000


def run(query: Query, snapshot: Snapshot, zone: ZoneInfo, now: datetime, kept_from: datetime | None = None) -> Result:
    """Answer a question from one state of the ledger. `zone` is the organisation's: the one the rollup is kept in. With
    what lies before `kept_from` nothing is compared.

    Raises QueryInvalid when the answer would have more than MOST_ROWS rows: it is never silently cut.
    """
    asked = refine(query, Moment(zone, now, kept_from))
    if asked.after is not None:
        # All pages are of the span that the first one had.
        now = read_place(asked.after, asked, now).asked_at
        asked = refine(query, Moment(zone, now, kept_from))
    engine = Engine(snapshot, zone, now, dialect_of(snapshot))
    answer = read(asked, asked_span(asked), asked.buckets, engine)
    compared = read_baseline(asked, answer, engine)
    return Result(
        query=asked,
        columns=columns_of(asked),
        rows=with_before(answer.rows, compared),
        totals=answer.totals,
        adds_up=proof_of(asked, answer),
        span=asked_span(asked),
        zone=zone_of(asked).key,
        watermark=snapshot.watermark,
        buckets=asked.buckets,
        compared=compared,
        notes=notes_on(asked),
        groups=answer.groups,
        next=answer.next,
    )


class Engine(Struct, frozen=True):
    """What a question is answered from."""

    snapshot: Snapshot
    zone: ZoneInfo
    now: datetime
    dialect: Dialect

    def plan(self, asked: Query, span: Span) -> Plan:
        return plan_for(asked, span, self.zone, self.snapshot)

    def rows(self, statement: Sql) -> list[tuple[Any, ...]]:
        return self.snapshot.rows(statement.text, statement.parameters)


class Answer(Struct, frozen=True):
    """Rows and totals over one span; `kept` are the groups that the question limits or names (None: all of them).
    `next` and `groups` are as in a Result.
    """

    rows: tuple[Row, ...]
    totals: tuple[Answered, ...]
    kept: tuple[Key, ...] | None = None
    next: str | None = None
    groups: int | None = None


def read(asked: Query, span: Span, buckets: tuple[Bucket, ...], engine: Engine) -> Answer:
    """Read rows and totals of one span of a refined question."""
    reading = Reading(asked, engine.plan(asked, span), buckets, engine.dialect)
    if not asked.dimensions and not buckets:
        totals = _read_totals(reading, span, engine)
        return Answer((Row((), totals),), totals)
    totals = _read_totals(reading, span, engine) if asked.totals else (None,) * len(asked.measures)
    if asked.keys is not None:
        parts = [_read_folded(part, asked.keys, _kept_part(asked), engine) for part in _apart(reading, span, engine)]
        rows = parts[0] if len(parts) == 1 else _beside(asked, *parts)
        return Answer(rows, totals, asked.keys, groups=_count_groups(reading, span, engine))
    if asked.limit is not None:
        return _read_limited(reading, span, totals, engine)
    rows = _read_groups(reading, engine)
    return Answer(rows, totals, groups=len({row.key for row in rows}) if asked.count_groups else None)


def read_baseline(asked: Query, answer: Answer, engine: Engine) -> Compared | None:
    """Read the baseline for the same groups; those that a limit folded here are folded there too."""
    if asked.baseline is None:
        return None
    span = asked.baseline.span
    buckets = buckets_of(asked.grain, span, zone_of(asked), now=span.end)
    # The groups of the answer, whatever order and place they came from.
    again = (
        asked if answer.kept is None else replace(keys_say_which(replace(asked, keys=answer.kept)), count_groups=False)
    )
    earlier = read(again, span, buckets, engine)
    return Compared(asked.baseline, earlier.rows, earlier.totals, buckets, proof_of(asked, earlier))


def with_before(rows: tuple[Row, ...], compared: Compared | None) -> tuple[Row, ...]:
    """Set beside every row what the same group had in the bucket of the same number of the baseline."""
    if compared is None:
        return rows
    before = {(row.bucket, row.key, row.other): row.figures for row in compared.rows}
    return tuple(replace(row, before=before.get((row.bucket, row.key, row.other))) for row in rows)


def proof_of(asked: Query, answer: Answer) -> AddsUp:
    if not asked.totals and (asked.dimensions or asked.buckets):
        return AddsUp((), "untotalled")
    if (asked.limit is not None or asked.keys is not None) and asked.rest == "cut":
        return proof(asked, answer.rows, answer.totals, "cut")
    return proof(asked, answer.rows, answer.totals, None if partitions(asked) or asked.tags == "split" else "tags")


def columns_of(asked: Query) -> tuple[Column, ...]:
    """Return what the columns of the answer are: bucket, dimensions, measures."""
    bucket = (Column("bucket", asked.grain.capitalize(), "time", ""),) if asked.grain != "none" else ()
    groups = tuple(Column(each, dimension_label(each), "dimension", "") for each in asked.dimensions)
    measures = (MEASURES[each] for each in asked.measures)
    return bucket + groups + tuple(Column(each.id, each.label, each.kind, each.unit) for each in measures)


def notes_on(asked: Query) -> tuple[Note, ...]:
    """Return what a reader must know to read the answer right."""
    notes = notes_on_comparison(asked)
    if asked.tags == "split":
        split = (
            "Cost and tokens of what has several tags are divided evenly among them; everything else counts with each."
        )
        notes.append(Note("tags_split", split))
    elif not partitions(asked):
        notes.append(Note("tags_repeat", "What has several tags counts with each; rows may make more than the total."))
    if asked.rest == "cut" and (asked.keys is not None or asked.offset or asked.after):
        notes.append(Note("rest_cut", "Only some groups are listed; totals stand for all."))
    elif asked.rest == "cut" and asked.limit is not None:
        notes.append(Note("rest_cut", f"Only the first {asked.limit} groups are listed; totals stand for all."))
    return tuple(notes)


def notes_on_comparison(asked: Query) -> list[Note]:
    if asked.baseline is None:
        nothing = (
            "There is nothing to compare with: the range, or the one it is compared with, has not begun, or is "
            "not kept as a whole any more."
        )
        return [] if asked.comparison == "none" else [Note("no_baseline", nothing)]
    found: list[tuple[bool, NoteCode, str]] = [
        (asked.baseline.running, "baseline_running", "Compared with the same elapsed part of the other period."),
        (asked.baseline.capped, "baseline_capped", "The other period is shorter than what has elapsed of this one."),
        (asked.baseline.uneven, "baseline_uneven", "The periods differ in length; their figures are not scaled."),
        (asked.baseline.unfinished, "baseline_unfinished", "The period compared with is not over yet."),
    ]
    return [Note(code, text) for holds, code, text in found if holds]


def _read_totals(reading: Reading, span: Span, engine: Engine) -> tuple[Answered, ...]:
    found: dict[str, Answered] = {}
    for part in _apart(reading, span, engine):
        figures = sql.read_figures(part.query.measures, engine.rows(sql.totals(part))[0])
        found |= zip(part.query.measures, figures, strict=True)
    return tuple(found[measure] for measure in reading.query.measures)


def _apart(reading: Reading, span: Span, engine: Engine) -> tuple[Reading, ...]:
    """Return the question as one for runs and one for all else, where runs alone need no look at the events: together
    they would be read from whatever serves both.
    """
    asked = reading.query
    runs = tuple(each for each in asked.measures if MEASURES[each].of_runs)
    rest = tuple(each for each in asked.measures if each not in runs)
    if not runs or not rest:
        return (reading,)
    of_runs, of_rest = (replace(asked, measures=each, order=None) for each in (runs, rest))
    plan = engine.plan(of_runs, span)
    if not plan.runs:
        return (reading,)
    return (
        replace(reading, query=of_rest, plan=engine.plan(of_rest, span)),
        replace(reading, query=of_runs, plan=plan),
    )


def _beside(asked: Query, rest: tuple[Row, ...], runs: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return the rows of both parts of a question as rows of all its measures."""
    are_runs = [MEASURES[each].of_runs for each in asked.measures]
    counted = {(row.bucket, row.key, row.other): row.figures for row in runs}
    found = []
    for row in rest:
        here, there = iter(row.figures), iter(counted[row.bucket, row.key, row.other])
        found.append(replace(row, figures=tuple(next(there if each else here) for each in are_runs)))
    return tuple(found)


def _read_groups(reading: Reading, engine: Engine) -> tuple[Row, ...]:
    found = _not_too_many(engine.rows(sql.groups(reading, MOST_ROWS + 1)))
    return _group_rows(reading, found)


def _not_too_many(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    if len(found) > MOST_ROWS:
        raise QueryInvalid(
            f"the answer has more than {MOST_ROWS:,} rows; shorten the range, group by less, or limit it"
        )
    return found


def _read_limited(reading: Reading, span: Span, totals: tuple[Answered, ...], engine: Engine) -> Answer:
    """Find the first groups over the whole span; then, over time, read each bucket with the others folded."""
    asked, limit = reading.query, reading.query.limit or 0
    ranking = replace(reading, buckets=(), query=_only_order(asked) if reading.buckets else asked)
    after = None if asked.after is None else read_place(asked.after, asked, engine.now)
    counted = asked.count_groups and after is None
    found = engine.rows(sql.groups(ranking, limit + 1, sql.Page(asked.offset, after, counted)))
    first = _group_rows(ranking, found)
    groups = found[0][-1] if counted and found else _count_groups(reading, span, engine)
    shown, has_more, kept = first[:limit], len(first) > limit, tuple(row.key for row in first[:limit])
    if reading.buckets:
        shown_rows = _read_folded(reading, kept, "all" if has_more and asked.rest == "other" else "kept", engine)
    elif has_more and asked.rest == "other":
        shown_rows = shown + _read_folded(reading, kept, "rest", engine)
    else:
        shown_rows = shown
    last = _place_of(shown[-1], ranking.query, engine.now) if has_more and asked.rest == "cut" else None
    return Answer(shown_rows, totals, kept, write_place(last, asked) if last else None, groups)


def _place_of(row: Row, asked: Query, now: datetime) -> Place:
    by = asked.order.by if asked.order else ""
    ordered = dict(zip((*asked.dimensions, *asked.measures), (*row.key, *row.figures), strict=True))
    return Place(ordered[by], row.key, now)


def _count_groups(reading: Reading, span: Span, engine: Engine) -> int | None:
    """Read how many groups there are, from the rollup wherever their dimensions and the filters allow."""
    if not reading.query.count_groups:
        return None
    bare = replace(reading.query, measures=(), order=None)
    counting = Reading(bare, engine.plan(bare, span), (), reading.dialect)
    return int(engine.rows(sql.count_groups(counting))[0][0])


def _only_order(asked: Query) -> Query:
    """Return the question with the one measure that its groups are ranked by."""
    ranked_by = asked.order.by if asked.order else asked.measures[0]
    return replace(asked, measures=(ranked_by if ranked_by in MEASURES else asked.measures[0],))


def _kept_part(asked: Query) -> sql.Part:
    return "all" if asked.rest == "other" else "kept"


def _read_folded(reading: Reading, kept: tuple[Key, ...], part: sql.Part, engine: Engine) -> tuple[Row, ...]:
    if part == "kept" and not kept:
        return ()
    found = _not_too_many(engine.rows(sql.folded(reading, kept, part, MOST_ROWS + 1)))
    figures, others = sql.figures_reader(reading.query.measures), (None,) * len(reading.query.dimensions)
    at = 1 if reading.buckets else 0
    return tuple(
        Row(
            others if columns[at] is None else kept[columns[at]],
            figures(columns[at + 1 :]),
            columns[0] if at else None,
            other=columns[at] is None,
        )
        for columns in found
    )


def _group_rows(reading: Reading, found: list[tuple[Any, ...]]) -> tuple[Row, ...]:
    figures, at = sql.figures_reader(reading.query.measures), 1 if reading.buckets else 0
    end = at + len(reading.query.dimensions)
    return tuple(Row(columns[at:end], figures(columns[end:]), columns[0] if at else None) for columns in found)
