"""The menu of saved views in the bar of a page: one's own and the shared ones of this page, and which one is shown.

A view and a page are the same state when their path and their words are the same; so `state_of` writes both alike.
"""

from typing import Final
from urllib.parse import parse_qsl, quote

from msgspec import Struct
from starlette.requests import Request

from outlay.control.saved_views import SavedView, views_for
from outlay.errors import InputError, NotFound
from outlay.query.parse import MOST_PARAMETERS
from outlay.web.frame import Frame, reader_of
from outlay.web.gate import SignedIn
from outlay.web.view.place import PAGING

VIEWS: Final = "/views"
NEW_VIEW: Final = "/views/new"
MOST_LISTED: Final = 12


class SavedItem(Struct, frozen=True):
    """One view; `current` says that this is what the page shows."""

    name: str
    href: str
    current: bool = False


class SavedMenu(Struct, frozen=True, kw_only=True):
    """`current` names the view that the page shows (empty: none); `hidden` counts those that are not listed.

    `path` and `state` are what would be saved; `all_href` lists all views, `action` takes the form that saves one.
    """

    current: str
    mine: tuple[SavedItem, ...]
    shared: tuple[SavedItem, ...]
    hidden: int
    path: str
    state: str
    all_href: str
    action: str


def saved_menu(frame: Frame, who: SignedIn, path: str, query: str) -> SavedMenu:
    """Return the menu for a page; `path` is its path without root path, `query` the canonical words of its state."""
    state = state_of(query)
    views = views_for(frame.control, reader_of(who), path)
    mine = [each for each in views if each.member == who.member.id]
    shared = [each for each in views if each.member != who.member.id]
    current = next((each for each in (*mine, *shared) if each.query == state), None)

    def listed(several: list[SavedView]) -> tuple[SavedItem, ...]:
        first = sorted(several, key=lambda each: each is not current)[:MOST_LISTED]
        kept = [each for each in several if each in first]
        return tuple(SavedItem(each.name, href_of(frame, each), each is current) for each in kept)

    return SavedMenu(
        current=current.name if current else "",
        mine=listed(mine),
        shared=listed(shared),
        hidden=max(0, len(mine) - MOST_LISTED) + max(0, len(shared) - MOST_LISTED),
        path=path,
        state=state,
        all_href=frame.renderer.url(VIEWS),
        action=frame.renderer.url(NEW_VIEW),
    )


def href_of(frame: Frame, view: SavedView) -> str:
    """Return the final link to what a view shows now."""
    return frame.renderer.url(view.path) + (f"?{view.query}" if view.query else "")


def id_in(request: Request, name: str) -> str:
    """Return the id that stands in the path; NotFound where it can be none."""
    return checked_id(request.path_params[name])


def checked_id(text: str) -> str:
    """Return the text; NotFound where it can't be an id: half a surrogate pair or a zero no database takes."""
    if not (text.isascii() and text.isprintable()):
        raise NotFound("there is nothing under this id")
    return text


def state_of(query: str) -> str:
    """Return the words of a query string in one order and spelling, without how far down a table one is.

    Raises InputError where it has more words than any page reads.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="replace", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise InputError(f"a state has at most {MOST_PARAMETERS} words") from None
    kept = sorted((key, value) for key, value in pairs if key not in PAGING)
    return "&".join(f"{quote(key, safe='')}={quote(value, safe=':,')}" for key, value in kept)
