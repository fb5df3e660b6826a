"""What happened beside the figures, in the viewer's sight: notes, changes of price, new models, revoked keys, imports.

Only notes are kept for this alone: prices come from the price book, models from the ledger, keys and imports from the
control database. Each source is asked at most once for a chart.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.access.key_search import keys_revoked_between
from outlay.access.roles import may
from outlay.control.annotations import Annotation, annotations_between
from outlay.control.database import Control
from outlay.control.import_runs import ImportRun, imports_between
from outlay.control.sharing import Reader
from outlay.kit.period import day_start, local_day
from outlay.pricing.book import PriceBook, PriceChange, PriceLine
from outlay.query.ask import Filter, Order, Query
from outlay.query.parse import Asked, write
from outlay.query.questions import Asking
from outlay.query.timerange import Days, Span
from outlay.web import format as text
from outlay.web.charts import MarkKind
from outlay.web.render import Renderer
from outlay.web.view.names import Names

MOST_READ: Final = 500  # of each kind, the newest
MOST_NAMED: Final = 3  # things of one kind that happened at once; more are told together
NO_MEMBER: Final = ""

_MICROSECOND: Final = datetime.resolution
_METERS: Final = (("input_uncached", "input"), ("output", "output"))


class Happening(Struct, frozen=True):
    """`at` is an instant; `day` is set where it is about a whole local day, which begins then."""

    at: datetime
    kind: MarkKind
    text: str
    href: str = ""
    day: date | None = None


class Sight(Struct, frozen=True):
    """Whose chart it is, over which time, narrowed by which filters."""

    asking: Asking
    span: Span
    filters: tuple[Filter, ...] = ()

    @property
    def days(self) -> tuple[date, date]:
        """Return the first and the last local day of the span."""
        zone = self.asking.zone
        return local_day(self.span.start, zone), local_day(self.span.end - _MICROSECOND, zone)

    def lets_through(self, dimension: str, value: str) -> bool:
        """Say whether the filters on one dimension leave this value in the chart."""
        return all(
            (value in each.values) == (each.operator == "is")
            for each in self.filters
            if each.dimension == dimension and each.operator in {"is", "not"}
        )


def notes(control: Control, sight: Sight, renderer: Renderer) -> Iterator[Happening]:
    """Yield what people wrote down; private notes only where one member alone looks (`Asking.member`)."""
    reader = Reader(sight.asking.viewer.organisation, sight.asking.member or NO_MEMBER)
    for each in annotations_between(control, reader, *sight.days, MOST_READ):
        day = each.day if each.clock is None else None
        yield Happening(moment_of(each, sight.asking.zone), "note", each.text, renderer.url("/annotations"), day)


def moment_of(note: Annotation, zone: ZoneInfo) -> datetime:
    """Return the instant a note is about: its local time, or where its local day begins."""
    if note.clock is None or note.clock == time.min:
        return day_start(note.day, zone)
    return datetime.combine(note.day, note.clock, tzinfo=zone).astimezone(UTC)


def revoked_keys(control: Control, sight: Sight, renderer: Renderer) -> Iterator[Happening]:
    """Yield the end of API keys: of all for who manages them, of their own for others."""
    viewer = sight.asking.viewer
    manages = may(viewer.role, "manage_keys")
    if not manages and viewer.user is None:
        return
    user = None if manages else viewer.user
    href = renderer.url("/keys", {"show": "ended"}) if manages else ""
    for key in keys_revoked_between(control, viewer.organisation, sight.span.start, sight.span.end, user):
        if key.revoked_at is not None and sight.lets_through("api_key", key.id):
            yield Happening(key.revoked_at, "key", f"API key “{key.name}” revoked", href)


def imports(control: Control, sight: Sight) -> Iterator[Happening]:
    """Yield the imports that ran, for those who see the whole organisation: an import belongs to nobody else."""
    viewer = sight.asking.viewer
    if viewer.sees_all:
        for run in imports_between(control, viewer.organisation, sight.span.start, sight.span.end, MOST_READ):
            yield Happening(run.ran_at, "import", _import_text(run, sight.asking.zone))


def new_models(
    firsts: Mapping[str, date], sight: Sight, names: Names, renderer: Renderer, known: Collection[str] = ()
) -> Iterator[Happening]:
    """Yield models that were used for the first time, but not those of the very first day: then all of them are new.

    `firsts` is the first day of each model, in the viewer's sight; of those `known` earlier ones are not kept any more.
    """
    first, last = sight.days
    began = min(firsts.values(), default=first)
    by_day: defaultdict[date, list[str]] = defaultdict(list)
    for model, day in sorted(firsts.items()):
        if first <= day <= last and day != began and model not in known and sight.lets_through("model", model):
            by_day[day].append(model)
    labels = names.of("model", [model for models in by_day.values() for model in models]) if by_day else {}
    for day, models in by_day.items():
        at = day_start(day, sight.asking.zone)
        if len(models) <= MOST_NAMED:
            for model in models:
                href = _calls(renderer, sight, model, day)
                yield Happening(at, "model", f"{labels[model].name} used for the first time", href, day)
        else:
            yield Happening(
                at, "model", f"Used for the first time: {_several([labels[each].name for each in models])}", "", day
            )


def price_changes(
    prices: PriceBook, firsts: Mapping[str, date], sight: Sight, names: Names, renderer: Renderer
) -> Iterator[Happening]:
    """Yield the changes of the prices of models that were used in the span, but none from before their first call."""
    found: defaultdict[datetime, list[tuple[str, PriceChange]]] = defaultdict(list)
    for provider, model in models_used(sight):
        if model is not None and model in firsts and sight.lets_through("model", model):
            start = max(sight.span.start, day_start(firsts[model], sight.asking.zone))
            for change in prices.changes_between(provider, model, start, sight.span.end):
                found[change.at].append((model, change))
    labels = names.of("model", {model for changes in found.values() for model, _ in changes}) if found else {}
    for at, changes in found.items():
        day = local_day(at, sight.asking.zone)
        if len(changes) <= MOST_NAMED:
            for model, change in changes:
                told = f"{labels[model].name}: {price_text(change)}"
                yield Happening(at, "price", told, _calls(renderer, sight, model, day))
        else:
            named = _several([labels[model].name for model, _ in changes])
            yield Happening(at, "price", f"Prices of {len(changes)} models changed: {named}")


def models_used(sight: Sight) -> list[tuple[str | None, ...]]:
    """Return provider and model of what was used on the local days of the span, in the viewer's sight, by name."""
    asked = Query(
        sight.asking.viewer,
        ("requests",),
        ("provider", "model"),
        range=Days(*sight.days),
        order=Order("model"),
        totals=False,
    )
    return [row.key for row in sight.asking.run(asked).rows]


def price_text(change: PriceChange) -> str:
    """Return a change in words: `input $3.00 → $2.50, output $15.00 → $12.50 / 1M` where it is that simple."""
    if change.after is None:
        return "has no price from here on"
    after = _stated(change.after)
    if change.before is None:
        told = ", ".join(f"{name} {text.price(after[meter])}" for meter, name in _METERS if meter in after)
        return f"has a price from here on: {told} / 1M" if told else "has a price from here on"
    before = _stated(change.before)
    moved = [
        f"{name} {text.price(before[meter])} → {text.price(after[meter])}"
        for meter, name in _METERS
        if meter in before and meter in after and before[meter] != after[meter]
    ]
    return f"{', '.join(moved)} / 1M" if moved else "price changed"


def _stated(lines: Iterable[PriceLine]) -> dict[str, Decimal]:
    """Return the dollars per million tokens of each meter, for calls of any size."""
    return {each.meter: each.usd for each in lines if each.above_input_tokens is None and each.per == 1_000_000}


def _several(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _import_text(run: ImportRun, zone: ZoneInfo) -> str:
    count = "1 event" if run.stored == 1 else f"{run.stored:,} events"
    period = ""
    if run.first is not None and run.last is not None:
        period = f" of {text.days(local_day(run.first, zone), local_day(run.last, zone))}"
    return f"Import of {count}{period} ({run.source.removeprefix('import:')})"


def _calls(renderer: Renderer, sight: Sight, model: str, day: date) -> str:
    """Return the link to a model's calls on a day; like every link it keeps the filters."""
    default = Query(sight.asking.viewer)
    filters = (*sight.filters, Filter("model", "is", (model,)))
    asked = Query(sight.asking.viewer, range=Days(day, day), filters=filters)
    return f"{renderer.url('/calls')}?{write(Asked(asked), default)}"
