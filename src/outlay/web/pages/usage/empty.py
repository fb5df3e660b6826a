"""Why the page has nothing to show, and the way out: to the first event, to the last usage, or past the filters."""

from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from outlay.query.ask import Query
from outlay.query.extent import last_day_with_data
from outlay.query.questions import Asking
from outlay.query.timerange import Days
from outlay.web import format as text
from outlay.web.pages.usage.figures import UsageFigures
from outlay.web.pages.usage.parts import Told
from outlay.web.view.panels import Empty

_SHOWN_DAYS: Final = timedelta(days=29)  # before the last one


def empty_of(asking: Asking, told: Told, figures: UsageFigures) -> Empty | None:
    """Return what stands in place of the page; None when there is something to show."""
    head = figures.head
    if head.total("requests") or any(head.total(each) is not None for each in ("tokens", "cost")):
        return None
    place, links = told.place.place, told.links
    last = last_day_with_data(place.viewer, asking.snapshot)
    if last is None:
        return _nothing_ever(told)
    if place.query.filters and _has_any(asking, Query(place.viewer, ("requests",), range=place.query.range)):
        passes = "passes the filter" if len(place.query.filters) == 1 else "passes all the filters"
        return Empty(
            "filter",
            f"Nothing {passes}",
            "There is usage in this range, but none that matches.",
            links.asking(filters=()),
            "Clear filters",
        )
    there = replace(place, query=replace(place.query, range=Days(last - _SHOWN_DAYS, last)))
    return Empty(
        "range", "No usage in this range", f"The last usage was on {text.day(last)}.", links.to(there), "Go there"
    )


def _nothing_ever(told: Told) -> Empty:
    if told.place.viewer.sees_all:
        return Empty("nothing", "No usage yet", "Send the first event, and this page shows it at once.")
    whose = "of yours" if told.place.alone else "of your teams or yours"
    return Empty("range", "No usage yet", f"Calls {whose} show here as soon as they come in.")


def _has_any(asking: Asking, asked: Query) -> bool:
    return bool(asking.run(asked).total("requests"))
