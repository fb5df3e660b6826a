"""The answer: rows, totals, what they are compared with, and the proof that the parts make the whole.

Money, quantities and ratios are Decimal, moments datetimes in UTC, all other figures int; None is unknown, which is not
zero.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct

from outlay.query.ask import Key, Query
from outlay.query.baseline import Baseline
from outlay.query.buckets import Bucket
from outlay.query.catalogue import MEASURES
from outlay.query.sql import Answered, Value, divided
from outlay.query.timerange import Span


class Column(Struct, frozen=True):
    """What a column of the rows holds. `kind` is `time`, `dimension`, or the kind of a measure."""

    id: str
    label: str
    kind: str
    unit: str


class Row(Struct, frozen=True):
    """The figures of one group (of one bucket): `bucket` is an index into the result's buckets, `key` has one value for
    each dimension (None: the events have none). `other` marks the remainder that a limit folded together; its key is
    all None. `before` are the figures of the same group (and bucket number) in the baseline; None: it has none.
    """

    key: Key
    figures: tuple[Answered, ...]
    bucket: int | None = None
    other: bool = False
    before: tuple[Answered, ...] | None = None


class Sum(Struct, frozen=True):
    """One additive measure: what its rows make together, beside the total figured from the events themselves."""

    measure: str
    parts: Value
    total: Value

    @property
    def holds(self) -> bool:
        return self.parts == self.total


class AddsUp(Struct, frozen=True):
    """The proof. `reason` says why rows need not make the total: `tags` (an event counts with each of its tags) or
    `cut` (not all groups were asked for); `untotalled` that no totals were, so that nothing is proven.
    """

    sums: tuple[Sum, ...]
    reason: Literal["tags", "cut", "untotalled"] | None = None

    @property
    def holds(self) -> bool:
        return self.reason != "untotalled" and all(each.holds for each in self.sums)


class Compared(Struct, frozen=True):
    """The same question over the baseline: all its rows, its totals, its own buckets and proof."""

    baseline: Baseline
    rows: tuple[Row, ...]
    totals: tuple[Answered, ...]
    buckets: tuple[Bucket, ...]
    adds_up: AddsUp


NoteCode = Literal[
    "baseline_capped",
    "baseline_running",
    "baseline_uneven",
    "baseline_unfinished",
    "no_baseline",
    "tags_repeat",
    "tags_split",
    "rest_cut",
]


class Note(Struct, frozen=True):
    """Something a reader must know to read the figures right; `code` never changes."""

    code: NoteCode
    text: str


class Change(Struct, frozen=True):
    """How a figure moved: `ratio` is amount / |before|; `new` when there was nothing before."""

    amount: int | Decimal
    ratio: Decimal | None
    new: bool


class Result(Struct, frozen=True):
    """The answer to one question. `query` is the refined question, `zone` the one its days and hours are counted in.
    `groups` is how many groups there are, those not listed included, where that was asked; `next` is the `after` of the
    page that follows, None on the last one.
    """

    query: Query
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Answered, ...]
    adds_up: AddsUp
    span: Span
    zone: str
    watermark: int
    buckets: tuple[Bucket, ...] = ()
    compared: Compared | None = None
    notes: tuple[Note, ...] = ()
    groups: int | None = None
    next: str | None = None

    def total(self, measure: str) -> Value:
        return _number(self.totals[self.query.measures.index(measure)])

    def total_before(self, measure: str) -> Value:
        return None if self.compared is None else _number(self.compared.totals[self.query.measures.index(measure)])

    def figure(self, row: Row, measure: str) -> Value:
        return _number(row.figures[self.query.measures.index(measure)])

    def figure_before(self, row: Row, measure: str) -> Value:
        return None if row.before is None else _number(row.before[self.query.measures.index(measure)])

    def moment(self, row: Row, measure: str) -> datetime | None:
        """Return the figure of a measure of the kind `time`, in UTC."""
        return _moment(row.figures[self.query.measures.index(measure)])

    def numbers(self, figures: Sequence[Answered]) -> dict[str, Value]:
        """Return the figures of a row or of the totals by their measures; none of those may be of the kind `time`."""
        return {measure: _number(each) for measure, each in zip(self.query.measures, figures, strict=True)}

    def total_moment(self, measure: str) -> datetime | None:
        return _moment(self.totals[self.query.measures.index(measure)])

    def change(self, measure: str) -> Change | None:
        """Return how the total of a measure moved against the baseline; None when that can't be said."""
        return change_between(self.total_before(measure), self.total(measure))

    def row_change(self, row: Row, measure: str) -> Change | None:
        return change_between(self.figure_before(row, measure), self.figure(row, measure))

    @property
    def running_bucket(self) -> Bucket | None:
        return next((bucket for bucket in self.buckets if bucket.state == "running"), None)

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the rows keyed by the ids of dimensions and measures; `bucket` is the bucket's label."""
        return [self._as_dict(row, self.buckets) for row in self.rows]

    def as_dicts_before(self) -> list[dict[str, Any]]:
        """Return the rows of the baseline in the same form."""
        compared = self.compared
        return [] if compared is None else [self._as_dict(row, compared.buckets) for row in compared.rows]

    def _as_dict(self, row: Row, buckets: Sequence[Bucket]) -> dict[str, Any]:
        found: dict[str, Any] = {} if row.bucket is None else {"bucket": buckets[row.bucket].label}
        found |= zip(self.query.dimensions, row.key, strict=True)
        found |= zip(self.query.measures, row.figures, strict=True)
        if row.other:
            found["other"] = True
        return found


def change_between(before: Value, now: Value) -> Change | None:
    """Return the change from one figure to another; None when either is unknown."""
    if before is None or now is None:
        return None
    if isinstance(now, int) and isinstance(before, int):
        amount: int | Decimal = now - before
    else:
        amount = Decimal(now) - Decimal(before)
    return Change(amount, divided(amount, before if before > 0 else -before), new=before == 0 and now != 0)


def proof(
    query: Query, rows: Sequence[Row], totals: Sequence[Answered], reason: Literal["tags", "cut"] | None
) -> AddsUp:
    """Add up the rows of every additive measure and set them beside the totals."""
    sums = []
    for at, measure in enumerate(query.measures):
        # Requests count with each tag even where cost and tokens are split: they are no part of the proof.
        if MEASURES[measure].additive and (query.tags == "repeat" or MEASURES[measure].divisible):
            known = [value for row in rows if (value := _number(row.figures[at])) is not None]
            # No row at all, of what counts from zero, makes zero.
            parts = sum(known, start=known[0] * 0) if known else _nothing(measure)
            sums.append(Sum(measure, parts, _number(totals[at])))
    return AddsUp(tuple(sums), reason)


def _nothing(measure: str) -> Value:
    return 0 if MEASURES[measure].kind == "count" else None


def _number(figure: Answered) -> Value:
    if isinstance(figure, datetime):
        raise TypeError("this measure is a time, not a number")
    return figure


def _moment(figure: Answered) -> datetime | None:
    if figure is None or isinstance(figure, datetime):
        return figure
    raise TypeError("this measure is a number, not a time")
