"""The bar above a page of figures: range, comparison, granularity, filters, live and export.

Everything in it is a link or a form that leads to another state of the page, so it works without script. What is typed
or picked in its forms comes back under names of its own (`view/typed.py`, `view/picks.py`) and is led to the state.
"""

from typing import Final
from urllib.parse import parse_qsl

from msgspec import Struct

from outlay.query.buckets import Grain
from outlay.query.catalogue import dimension_label
from outlay.query.notation import write_dimension, write_range
from outlay.query.questions import Asking
from outlay.query.timerange import Fiscal, LastDays, LastHours, TimeRange, span_of
from outlay.web import format as text
from outlay.web.export import export_actions
from outlay.web.parts import Months, PanelAction, Tab
from outlay.web.view.chips import Chip, chips_of
from outlay.web.view.names import Names
from outlay.web.view.picks import written
from outlay.web.view.place import Links, Place
from outlay.web.view.ranges import range_text
from outlay.web.view.steps import days_of, stepped

FILTER_PATH: Final = "/filter"
RANGES: Final[tuple[tuple[str, TimeRange], ...]] = (
    ("24 h", LastHours(24)),
    ("7 d", LastDays(7)),
    ("14 d", LastDays(14)),
    ("30 d", LastDays(30)),
)
COMPARISONS: Final = (
    ("none", "Nothing"),
    ("prev", "The period before"),
    ("weekdays", "The same weekdays before"),
    ("year", "The same period last year"),
)
GRAIN_NAMES: Final[dict[Grain, str]] = {
    "15m": "15 minutes",
    "hour": "Hour",
    "day": "Day",
    "week": "Week",
    "month": "Month",
}
_MOST_BUCKETS: Final = 750
_HOURS: Final[dict[Grain, float]] = {"15m": 0.25, "hour": 1, "day": 24, "week": 168, "month": 672}


class Menu(Struct, frozen=True):
    """A choice of one: its name, what is chosen, and the options."""

    name: str
    chosen: str
    options: tuple[Tab, ...]
    changed: bool = False


class Offer(Struct, frozen=True):
    """What a page's bar offers beside the range: `views` as tabs, `menus` of its own; `months` stand in its place."""

    views: tuple[Tab, ...] = ()
    menus: tuple[Menu, ...] = ()
    months: Months | None = None
    pickers: tuple[str, ...] = ()  # dimensions with a control of their own
    more: tuple[str, ...] = ()  # dimensions behind "More filters"
    comparison: bool = False
    grain: bool = False
    live: bool = True
    export: bool = True


class Ranges(Struct, frozen=True):
    """The range control: presets, the neighbours, and what its form starts from."""

    tabs: tuple[Tab, ...]
    label: str
    chosen: bool  # whether the range is none of the presets
    previous_href: str
    next_href: str
    typed: str
    first: str
    last: str
    zone: str
    fiscal: tuple[Tab, ...] = ()


class Picker(Struct, frozen=True):
    """A filter control: the page behind `href` lists the values; `count` are chosen."""

    label: str
    href: str
    count: int = 0


class Bar(Struct, frozen=True, kw_only=True):
    action: str
    views: tuple[Tab, ...] = ()
    menus: tuple[Menu, ...] = ()
    months: Months | None = None  # in place of the ranges
    state: tuple[tuple[str, str], ...]  # the state as hidden fields
    ranges: Ranges | None
    comparison: Menu | None = None
    against: str = ""  # the custom comparison as written
    grain: Menu | None = None
    pickers: tuple[Picker, ...] = ()
    more: tuple[Picker, ...] = ()
    chips: tuple[Chip, ...] = ()
    clear_href: str = ""
    live: bool = False
    live_href: str = ""
    exports: tuple[PanelAction, ...] = ()

    def state_without(self, *names: str) -> tuple[tuple[str, str], ...]:
        """Return the hidden fields of a form that sets these words itself."""
        return tuple((name, value) for name, value in self.state if name not in names)


def bar_of(asking: Asking, place: Place, links: Links, names: Names, offer: Offer) -> Bar:
    """Return the bar of a page's state."""
    written = place.query.comparison
    against = "" if isinstance(written, str) else write_range(written)
    return Bar(
        action=links.at(place.ground.path, ""),
        state=tuple(parse_qsl(place.written, keep_blank_values=True)),
        views=offer.views,
        menus=offer.menus,
        months=offer.months,
        ranges=None if offer.months else _ranges(asking, place, links),
        comparison=_comparisons(place, links, against) if offer.comparison else None,
        against=against,
        grain=_grains(asking, place, links) if offer.grain else None,
        pickers=tuple(_picker(each, place, links) for each in offer.pickers),
        more=tuple(_picker(each, place, links) for each in offer.more),
        chips=chips_of(asking, place.query, names, links.without),
        clear_href=links.asking(filters=()),
        live=place.live,
        live_href=links.living(live=not place.live) if offer.live else "",
        exports=export_actions(lambda ending: links.beside(f"/export.{ending}")) if offer.export else (),
    )


def fitting_grain(asked: TimeRange, asking: Asking) -> Grain:
    """Return the granularity that a range is best read in: hours up to two days, days up to a quarter, then longer."""
    span = span_of(asked, asking.zone, asking.now)
    days = (span.end - span.start).total_seconds() / 86_400
    if days <= 2.1:
        return "hour"
    return "day" if days <= 93 else "week" if days <= 400 else "month"


def _ranges(asking: Asking, place: Place, links: Links) -> Ranges:
    asked = place.query.range
    first, last = days_of(asked, asking.zone, asking.now)
    before, after = (stepped(asked, asking.zone, asking.now, back=back) for back in (True, False))
    presets = {each for _, each in RANGES}
    return Ranges(
        tabs=tuple(Tab(label, links.over(each), each == asked) for label, each in RANGES),
        label=range_text(asked, span_of(asked, asking.zone, asking.now), asking.zone),
        chosen=asked not in presets,
        previous_href=links.over(before) if before else "",
        next_href=links.over(after) if after else "",
        typed=write_range(asked),
        first=first.isoformat(),
        last=last.isoformat(),
        zone=text.zone_name(asking.zone, asking.now),
        fiscal=tuple(Tab(label, links.over(each), each == asked) for label, each in _fiscal(asking.fiscal_month)),
    )


def _fiscal(starts: int) -> tuple[tuple[str, TimeRange], ...]:
    return (
        ("Fiscal quarter", Fiscal("quarter", starts)),
        ("Last fiscal quarter", Fiscal("quarter", starts, 1)),
        ("Fiscal year", Fiscal("year", starts)),
        ("Last fiscal year", Fiscal("year", starts, 1)),
    )


def _comparisons(place: Place, links: Links, against: str) -> Menu:
    chosen = place.query.comparison
    options = tuple(Tab(label, links.asking(comparison=each), each == chosen) for each, label in COMPARISONS)
    label = against or next((each.label for each in options if each.current), "")
    return Menu("Compare", label, options, changed=chosen != place.ground.default.comparison)


def _grains(asking: Asking, place: Place, links: Links) -> Menu:
    span = span_of(place.query.range, asking.zone, asking.now)
    hours = (span.end - span.start).total_seconds() / 3600
    auto = fitting_grain(place.query.range, asking)
    chosen = place.query.grain if place.query.grain != "none" else auto
    options = tuple(
        Tab(name, links.asking(grain="none" if each == auto else each), each == chosen)
        for each, name in GRAIN_NAMES.items()
        if each == chosen or hours / _HOURS[each] <= _MOST_BUCKETS
    )
    return Menu("By", GRAIN_NAMES[chosen], options, changed=chosen != auto)


def _picker(dimension: str, place: Place, links: Links) -> Picker:
    chosen = [each for each in place.query.filters if each.dimension == dimension]
    count = sum(max(1, len(each.values)) for each in chosen)
    opened = (("for", place.ground.path), ("dim", write_dimension(dimension)), ("over", write_range(place.query.range)))
    query = "&".join(part for part in (written(opened), place.written) if part)
    return Picker(_plural(dimension), links.at(FILTER_PATH, query), count)


def _plural(dimension: str) -> str:
    label = dimension_label(dimension)
    return label if label.endswith(("s", "type")) or "tatus" in label else f"{label}s"
