"""Why a page of agents has nothing to show, and the way out: the first event, the last usage, past the filters, back.

An agent or session that the viewer may not see is told of in the very words of one that does not exist.
"""

from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from outlay.query.ask import Query
from outlay.query.extent import last_day_with_data
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.query.timerange import MOST_DAYS, Days, LastDays
from outlay.web import format as text
from outlay.web.pages.agents.place import AGENTS, AgentsPlace
from outlay.web.pages.agents.told import Told
from outlay.web.view.panels import Empty
from outlay.web.view.place import only

_SHOWN_DAYS: Final = timedelta(days=29)  # before the last one
_MOST_SHOWN: Final = 80  # characters of an id


def empty_of(asking: Asking, told: Told, head: Result) -> Empty | None:
    """Return what stands in place of the page; None when there is something to show."""
    if head.total("requests") or any(head.total(each) is not None for each in ("tokens", "cost")):
        return None
    place, links = told.place, told.links
    one = "agent" in place.place.own
    if one and not _ever(asking, place):
        return not_found("agent", place.agent, links.at(AGENTS, ""))
    last = last_day_with_data(place.viewer, asking.snapshot)
    if last is None:
        return _nothing_ever(place)
    if place.query.filters and _any(asking, place):
        return Empty(
            "filter",
            "Nothing passes the filters",
            "There is usage in this range, but none that matches.",
            links.asking(filters=()),
            "Clear filters",
        )
    if one:
        return Empty(
            "range",
            "No calls in this range",
            "This agent has calls at other times.",
            links.over(LastDays(366)),
            "Look at a whole year",
        )
    there = replace(place.place, query=replace(place.query, range=Days(last - _SHOWN_DAYS, last)))
    return Empty(
        "range", "No usage in this range", f"The last usage was on {text.day(last)}.", links.to(there), "Go there"
    )


def not_found(kind: str, named: str | None, href: str) -> Empty:
    """Say that there is none, as far as the viewer may see; only what their own link says is repeated."""
    if not named:
        return Empty("filter", f"No {kind} chosen", f"The address names no {kind} that has calls.", href, "All agents")
    shown = named if len(named) <= _MOST_SHOWN else f"{named[:_MOST_SHOWN]}…"
    return Empty(
        "filter",
        f"No such {kind}",
        f"There is no {kind} “{shown}”, or it is not among what you may see.",
        href,
        "All agents",
    )


def _nothing_ever(place: AgentsPlace) -> Empty:
    if place.viewer.sees_all:
        return Empty("nothing", "No usage yet", "Send the first event, and this page shows it at once.")
    return Empty("range", "No usage yet", "Calls that you may see show here as soon as they come in.")


def _any(asking: Asking, place: AgentsPlace) -> bool:
    """Say whether there is anything without the filters that the reader chose."""
    own = (only("agent", place.agent),) if "agent" in place.place.own else ()
    asked = Query(place.viewer, ("requests",), range=place.query.range, filters=own)
    return bool(asking.run(asked).total("requests"))


def _ever(asking: Asking, place: AgentsPlace) -> bool:
    asked = Query(place.viewer, ("requests",), range=LastDays(MOST_DAYS), filters=(only("agent", place.agent),))
    return bool(asking.run(asked).total("requests"))
