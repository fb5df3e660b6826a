"""Marks for a chart over time: what happened in its span, each in its bucket, in the viewer's sight and never too many.

Costs a few small statements over the day rollup and short reads of the control database, however long the chart is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from outlay.control.database import Control
from outlay.control.entities import Registry
from outlay.intake.price_books import PriceBooks
from outlay.query.ask import Filter
from outlay.query.buckets import Bucket, bucket_at
from outlay.query.firsts import first_days
from outlay.query.questions import Asking
from outlay.query.timerange import Span
from outlay.web import format as text
from outlay.web.charts import Mark
from outlay.web.render import Renderer
from outlay.web.view.happenings import (
    Happening,
    Sight,
    imports,
    new_models,
    notes,
    price_changes,
    revoked_keys,
)
from outlay.web.view.names import Names

MOST_IN_BUCKET: Final = 8
MOST_BUCKETS: Final = 60  # that have marks; of more, the latest


class Marks:
    """Makes the marks of charts; one for the whole process."""

    def __init__(self, control: Control, registry: Registry, books: PriceBooks, renderer: Renderer) -> None:
        self._control = control
        self._registry = registry
        self._books = books
        self._renderer = renderer

    def of(self, asking: Asking, filters: tuple[Filter, ...] = ()) -> Callable[[Sequence[Bucket]], tuple[Mark, ...]]:
        """Begin to look; return what tells what happened in the span of the buckets of a chart, in order of time.

        `filters` are the question's own: of models and keys that they leave out nothing is told.
        """
        firsts = asking.start(lambda: first_days(asking.viewer, asking.snapshot))

        def told(buckets: Sequence[Bucket]) -> tuple[Mark, ...]:
            if not buckets:
                return ()
            sight = Sight(asking, Span(buckets[0].start, buckets[-1].end), filters)
            return marks_of(self._happenings(sight, firsts()), buckets, asking)

        return told

    def _happenings(self, sight: Sight, firsts: Mapping[str, date]) -> Iterable[Happening]:
        organisation, kept_from = sight.asking.viewer.organisation, sight.asking.kept_from
        names = Names(self._registry, organisation)
        yield from notes(self._control, sight, self._renderer)
        book = self._books.book_of(organisation)
        yield from price_changes(book, firsts, sight, names, self._renderer)
        known = set() if kept_from is None else self._registry.known_before(organisation, "model", kept_from)
        yield from new_models(firsts, sight, names, self._renderer, known)
        yield from revoked_keys(self._control, sight, self._renderer)
        yield from imports(self._control, sight)


def marks_of(happenings: Iterable[Happening], buckets: Sequence[Bucket], asking: Asking) -> tuple[Mark, ...]:
    """Return each in its bucket. Of a bucket that has too many the last are told together, of a chart the first."""
    by_bucket: dict[int, list[Happening]] = {}
    for each in sorted(happenings, key=lambda each: each.at):
        bucket = _bucket_of(each, buckets)
        if bucket is not None:
            by_bucket.setdefault(bucket, []).append(each)
    marked = sorted(by_bucket)
    early, late = marked[:-MOST_BUCKETS], marked[-MOST_BUCKETS:]
    found = [mark for bucket in late for mark in _marks(bucket, by_bucket[bucket], asking)]
    if early:
        count = sum(len(by_bucket[bucket]) for bucket in early)
        first = by_bucket[early[0]][0]
        told = f"{count} earlier marks; shorten the range to see them"
        found.insert(0, Mark(bucket=early[0], kind=first.kind, text=told, when=_when(first, asking)))
    return tuple(found)


def _marks(bucket: int, several: list[Happening], asking: Asking) -> Iterable[Mark]:
    shown = several if len(several) <= MOST_IN_BUCKET else several[: MOST_IN_BUCKET - 1]
    for each in shown:
        yield Mark(bucket=bucket, kind=each.kind, text=each.text, href=each.href, when=_when(each, asking))
    rest = several[len(shown) :]
    if rest:
        yield Mark(bucket=bucket, kind=rest[0].kind, text=f"{len(rest)} more", when=_when(rest[0], asking))


def _bucket_of(happening: Happening, buckets: Sequence[Bucket]) -> int | None:
    """Return the bucket of an instant; of a day that began before the chart does, the first one."""
    if happening.day is not None and happening.at < buckets[0].start:
        return 0
    return bucket_at(happening.at, buckets)


def _when(happening: Happening, asking: Asking) -> str:
    local = happening.at.astimezone(asking.zone)
    day = happening.day or local.date()
    shown = text.day_short(day) if day.year == asking.now.astimezone(asking.zone).year else text.day(day)
    return shown if happening.day is not None else f"{shown}, {local:%H:%M}"
