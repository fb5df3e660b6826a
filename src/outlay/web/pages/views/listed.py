"""How saved views are listed: one row a view, with its page and state in words, and what its reader may do with it."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from outlay.access.roles import may
from outlay.access.viewer import Viewer
from outlay.control.saved_views import SavedView
from outlay.control.sharing import Reader
from outlay.kit.period import Month
from outlay.query.ask import Query
from outlay.query.parse import parse
from outlay.query.timerange import Between, Days, Fiscal, LastDays, LastHours, MonthToDate, OneMonth, TimeRange
from outlay.web import format as text
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.menu import entry_at
from outlay.web.view.saved import href_of

_NO_OWN_RANGE: Final = "the page's own range"


class ViewRow(Struct, frozen=True, kw_only=True):
    """One view. `by` names who shares it (empty: it is one's own); an href is empty where that may not be done."""

    id: str
    name: str
    href: str
    page: str
    state: str
    shared: bool
    by: str
    starts: bool
    edit_href: str
    delete_href: str


class Listed(Struct, frozen=True):
    """The views of the list: one's own, and those that others share."""

    mine: tuple[ViewRow, ...]
    shared: tuple[ViewRow, ...]


def listed(
    frame: Frame, who: SignedIn, reader: Reader, views: Sequence[SavedView], told: tuple[str, Mapping[str, str]]
) -> Listed:
    """Return the rows of views whose pages the reader may see. `told` is the id they start with, and members' names."""
    shown = [each for each in views if may_open(each, who.viewer)]
    rows = [(each.member == reader.member, _row(frame, who, reader, each, told)) for each in shown]
    return Listed(tuple(row for mine, row in rows if mine), tuple(row for mine, row in rows if not mine))


def may_open(view: SavedView, viewer: Viewer) -> bool:
    """Say whether the view's page is one of ours, and for the viewer's role."""
    entry = entry_at(view.path)
    return entry is not None and may(viewer.role, entry.needs)


def state_words(viewer: Viewer, view: SavedView) -> str:
    """Return a state in a few words, of what all pages share: `last 7 days, 2 filters, by model`."""
    default = Query(viewer)
    asked = parse(view.query, default, lenient=True).query
    says_range = f"&{view.query}".find("&r=") >= 0
    words = [_range_words(asked.range) if says_range else _NO_OWN_RANGE]
    if asked.filters:
        words.append("1 filter" if len(asked.filters) == 1 else f"{len(asked.filters)} filters")
    if asked.comparison != default.comparison:
        words.append("compared")
    return ", ".join(words)


def _row(frame: Frame, who: SignedIn, reader: Reader, view: SavedView, told: tuple[str, Mapping[str, str]]) -> ViewRow:
    start, members = told
    entry = entry_at(view.path)
    mine = view.member == reader.member
    url = frame.renderer.url
    return ViewRow(
        id=view.id,
        name=view.name,
        href=href_of(frame, view),
        page=entry.label if entry else view.path,
        state=state_words(who.viewer, view),
        shared=view.shared,
        by="" if mine else members.get(view.member, "a former member"),
        starts=view.id == start,
        edit_href=url(f"/views/{view.id}/edit") if mine else "",
        delete_href=url(f"/views/{view.id}/delete") if mine or reader.tends else "",
    )


def _range_words(asked: TimeRange) -> str:  # noqa: PLR0911 - one for each kind of range
    match asked:
        case LastDays(days):
            return f"last {days} days"
        case LastHours(hours):
            return f"last {hours} hours"
        case MonthToDate():
            return "this month"
        case Fiscal(unit, _, back):
            return f"fiscal {unit} {back} back" if back else f"this fiscal {unit}"
        case OneMonth(year, month):
            return text.month(Month(year, month))
        case Days(first, last):
            return text.days(first, last)
        case Between(start, end):
            return text.days(start.date(), end.date())
