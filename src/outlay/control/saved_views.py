"""Saved views: a page and its question under a name, private or shared, and the one a member starts with.

A view keeps the state as text and never what the state showed: who opens it asks again, in their own sight. Which paths
and words are good is decided where they are opened; here they are text.
"""

from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from outlay.control.conflict import insert_or_replace
from outlay.control.database import Control
from outlay.control.saved_tables import saved_views, start_pages
from outlay.control.sharing import Reader, in_hands, in_sight, parse_line
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.ids import new_id

MOST_NAME_CHARS: Final = 80
MOST_PATH_CHARS: Final = 300
MOST_QUERY_CHARS: Final = 8_000
MOST_OF_MEMBER: Final = 100
MOST_SHARED: Final = 300  # in one organisation


class NewView(Struct, frozen=True, kw_only=True):
    """`path` is the page's without root path, `query` its canonical words without `?`."""

    name: str
    path: str
    query: str
    shared: bool = False


class Changes(Struct, frozen=True, kw_only=True):
    """What is to be otherwise; None leaves it."""

    name: str | None = None
    shared: bool | None = None


class SavedView(Struct, frozen=True, kw_only=True):
    """`member` made it; `path` and `query` are as in NewView."""

    id: str
    member: str
    name: str
    path: str
    query: str
    shared: bool
    created_at: datetime
    changed_at: datetime


def save_view(
    control: Control, reader: Reader, wanted: NewView, now: datetime, *, replacing: bool = False
) -> SavedView:
    """Keep a view; Conflict when the member has one of this name, unless it is to be replaced.

    Raises InputError for a name, path or query that can't be kept, and beyond the most there may be.
    """
    name = parse_line(wanted.name, MOST_NAME_CHARS, "the name of a view")
    _check_place(wanted)
    row = {"path": wanted.path, "query": wanted.query, "shared": wanted.shared, "changed_at": now, "name": name}
    mine = and_(_of_member(reader), saved_views.c.name_key == name.casefold())
    with control.begin() as connection:
        known = connection.execute(select(saved_views.c.id).where(mine)).scalar_one_or_none()
        if known is not None and not replacing:
            raise Conflict(f"you have a view {name!r} already")
        _check_room(connection, reader, is_new=known is None, to_share=wanted.shared)
        if known is None:
            known = new_id("view")
            fixed = {"id": known, "organisation": reader.organisation, "member": reader.member, "created_at": now}
            connection.execute(insert(saved_views).values(row | fixed | {"name_key": name.casefold()}))
        else:
            connection.execute(update(saved_views).where(mine).values(row))
        return _one(connection, _this(reader, known))


def views_for(control: Control, reader: Reader, path: str | None = None) -> list[SavedView]:
    """Return the reader's own views and those that are shared, by name; of one page only where `path` is given."""
    wanted = in_sight(saved_views, reader)
    if path is not None:
        wanted = and_(wanted, saved_views.c.path == path)
    by_name = (saved_views.c.name_key, saved_views.c.id)
    with control.read() as connection:
        return [_as_view(row) for row in connection.execute(select(saved_views).where(wanted).order_by(*by_name))]


def view_for(control: Control, reader: Reader, view: str) -> SavedView:
    """Return a view in the reader's sight; NotFound when there is none."""
    with control.read() as connection:
        return _one(connection, and_(in_sight(saved_views, reader), _named(reader, view)))


def change_view(control: Control, reader: Reader, view: str, changes: Changes, now: datetime) -> SavedView:
    """Rename, share or unshare one's own view; Conflict when another of one's own has the name.

    NotFound when it is not one's own: what an admin tends is deleted, not renamed.
    """
    values: dict[str, Any] = {"changed_at": now}
    with control.begin() as connection:
        known = _one(connection, _this(reader, view))
        if changes.name is not None:
            line = parse_line(changes.name, MOST_NAME_CHARS, "the name of a view")
            taken = and_(_of_member(reader), saved_views.c.name_key == line.casefold(), saved_views.c.id != view)
            if connection.execute(select(saved_views.c.id).where(taken)).first() is not None:
                raise Conflict(f"you have a view {line!r} already")
            values |= {"name": line, "name_key": line.casefold()}
        if changes.shared is not None and changes.shared != known.shared:
            _check_room(connection, reader, is_new=False, to_share=changes.shared)
            values["shared"] = changes.shared
        connection.execute(update(saved_views).where(_this(reader, view)).values(values))
        return _one(connection, _this(reader, view))


def delete_view(control: Control, reader: Reader, view: str, by: Actor, now: datetime) -> None:
    """Delete a view that is in the reader's hands; whoever started with it starts with the first page again.

    The trail has it where it was another's.
    """
    this = and_(in_hands(saved_views, reader), _named(reader, view))
    starting = and_(start_pages.c.organisation == reader.organisation, start_pages.c.view == view)
    with control.begin() as connection:
        known = _one(connection, this)
        connection.execute(delete(start_pages).where(starting))
        connection.execute(delete(saved_views).where(this))
        if known.member != reader.member:
            what = {"of": known.member, "path": known.path, "query": known.query}
            change = Change("view.delete", "view", known.id, known.name, before=what)
            write_down(connection, reader.organisation, by, change, now)


def start_with(control: Control, reader: Reader, view: str | None) -> None:
    """Make a view in the reader's sight their start page; None: the first page they may see."""
    mine = and_(start_pages.c.organisation == reader.organisation, start_pages.c.member == reader.member)
    with control.begin() as connection:
        if view is None:
            connection.execute(delete(start_pages).where(mine))
            return
        _one(connection, and_(in_sight(saved_views, reader), _named(reader, view)))
        row = {"organisation": reader.organisation, "member": reader.member, "view": view}
        connection.execute(insert_or_replace(start_pages, "view").values(row))


def start_view_of(control: Control, reader: Reader) -> SavedView | None:
    """Return the view a member starts with; None when none was chosen, or it is no longer in their sight."""
    chosen = select(start_pages.c.view).where(
        start_pages.c.organisation == reader.organisation, start_pages.c.member == reader.member
    )
    seen = and_(in_sight(saved_views, reader), saved_views.c.id.in_(chosen))
    with control.read() as connection:
        row = connection.execute(select(saved_views).where(seen)).one_or_none()
    return None if row is None else _as_view(row)


def _check_place(wanted: NewView) -> None:
    sizes = ((wanted.path, MOST_PATH_CHARS, "path"), (wanted.query, MOST_QUERY_CHARS, "state"))
    for text, most, what in sizes:
        if len(text) > most or not text.isprintable():
            raise InputError(f"the {what} of a view has at most {most:,} printable characters")
    if not wanted.path.startswith("/"):
        raise InputError("the path of a view begins with /")


def _check_room(connection: Connection, reader: Reader, *, is_new: bool, to_share: bool) -> None:
    def count(condition: ColumnElement[bool]) -> int:
        return connection.execute(select(func.count()).select_from(saved_views).where(condition)).scalar_one()

    if is_new and count(_of_member(reader)) >= MOST_OF_MEMBER:
        raise InputError(f"you have {MOST_OF_MEMBER} views already; delete one first")
    shared = and_(saved_views.c.organisation == reader.organisation, saved_views.c.shared)
    if to_share and count(shared) >= MOST_SHARED:
        raise InputError(f"{MOST_SHARED} views are shared already; delete one of them, or keep this one to yourself")


def _this(reader: Reader, view: str) -> ColumnElement[bool]:
    return and_(_of_member(reader), saved_views.c.id == view)


def _named(reader: Reader, view: str) -> ColumnElement[bool]:
    return and_(saved_views.c.organisation == reader.organisation, saved_views.c.id == view)


def _of_member(reader: Reader) -> ColumnElement[bool]:
    return and_(saved_views.c.organisation == reader.organisation, saved_views.c.member == reader.member)


def _one(connection: Connection, condition: ColumnElement[bool]) -> SavedView:
    row = connection.execute(select(saved_views).where(condition)).one_or_none()
    if row is None:
        raise NotFound("there is no such view")
    return _as_view(row)


def _as_view(row: Row[Any]) -> SavedView:
    return SavedView(
        id=row.id,
        member=row.member,
        name=row.name,
        path=row.path,
        query=row.query,
        shared=row.shared,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
