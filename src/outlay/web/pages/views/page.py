"""Saved views: the list of all, the forms that save and change one, and the choice of the page one starts with.

A view is opened by a plain link to the page and state it keeps, which reads it anew and asks in the reader's own sight;
so nothing here knows what a view shows. The path that a form sends must be one of our own pages of figures.
"""

from http import HTTPStatus
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.roles import require
from outlay.control.member_names import MemberNames
from outlay.control.saved_views import (
    Changes,
    NewView,
    SavedView,
    change_view,
    delete_view,
    save_view,
    start_view_of,
    start_with,
    view_for,
    views_for,
)
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.clock import Clock
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame, reader_of
from outlay.web.gate import SignedIn
from outlay.web.menu import entry_at
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.views.listed import listed, may_open, state_words
from outlay.web.render import Notice
from outlay.web.view.saved import NEW_VIEW, VIEWS, checked_id, href_of, id_in, state_of

OPEN: Final = "/views/{view}"
EDIT: Final = "/views/{view}/edit"
DELETE: Final = "/views/{view}/delete"
START: Final = "/views/start"
_DONE: Final = {"deleted": "The view is deleted.", "start": "This is where you start from now on."}


class Draft(Struct, frozen=True, kw_only=True):
    """The form of a view as filled in; `error` stands beside the name, `taken` offers to replace what has it."""

    name: str = ""
    path: str = ""
    state: str = ""
    shared: bool = False
    error: str = ""
    taken: bool = False


class ViewsPage:
    def __init__(self, frame: Frame, forms: Forms, clock: Clock) -> None:
        self._frame = frame
        self._forms = forms
        self._clock = clock

    def routes(self) -> list[Route]:
        members = ByMembers(self._frame, self._forms, "see_usage")
        return [
            Route(VIEWS, members.shown(self._list), methods=["GET"]),
            Route(NEW_VIEW, members.shown(self._ask), methods=["GET"]),
            Route(NEW_VIEW, members.done(self._save), methods=["POST"]),
            Route(START, members.done(self._start), methods=["POST"]),
            Route(OPEN, members.shown(self._open), methods=["GET"]),
            Route(EDIT, members.shown(self._edit), methods=["GET"]),
            Route(EDIT, members.done(self._change), methods=["POST"]),
            Route(DELETE, members.shown(self._confirm), methods=["GET"]),
            Route(DELETE, members.done(self._delete), methods=["POST"]),
        ]

    def _list(self, request: Request, who: SignedIn) -> Response:
        reader = reader_of(who)
        control = self._frame.control
        start = start_view_of(control, reader)
        starting = start.id if start is not None and may_open(start, who.viewer) else ""
        members = MemberNames(control, reader.organisation)
        found = listed(self._frame, who, reader, views_for(control, reader), (starting, members))
        done = _DONE.get(request.query_params.get("done", ""), "")
        notices = (Notice("good", done),) if done else ()
        shell = self._frame.shell(request, who, "Saved views", "views", notices)
        return self._frame.page("views.html", shell, 200, listed=found)

    def _ask(self, request: Request, who: SignedIn) -> Response:
        asked = request.query_params
        return self._form(request, who, Draft(path=asked.get("page", ""), state=asked.get("state", "")))

    def _form(self, request: Request, who: SignedIn, draft: Draft, status: int = 200) -> Response:
        _check_path(who, draft.path)
        shell = self._frame.shell(request, who, "Save this view", "views")
        back = self._frame.renderer.url(draft.path) + (f"?{draft.state}" if draft.state else "")
        return self._frame.page("view-new.html", shell, status, draft=draft, back_href=back)

    def _save(self, request: Request, who: SignedIn, form: Form) -> Response:
        draft = Draft(
            name=form.text("name"), path=form.text("page"), state=form.text("state"), shared=form.text("shared") == "1"
        )
        _check_path(who, draft.path)
        wanted = NewView(name=draft.name, path=draft.path, query=state_of(draft.state), shared=draft.shared)
        replacing = form.text("replace") == "1"
        try:
            view = save_view(self._frame.control, reader_of(who), wanted, self._clock.now(), replacing=replacing)
        except (InputError, Conflict) as error:
            told = _told(draft, as_sentence(error.message), taken=isinstance(error, Conflict))
            return self._form(request, who, told, error.status)
        return RedirectResponse(href_of(self._frame, view), HTTPStatus.SEE_OTHER)

    def _open(self, request: Request, who: SignedIn) -> Response:
        view = self._view(request, who)
        _check_path(who, view.path)
        return RedirectResponse(href_of(self._frame, view), HTTPStatus.SEE_OTHER)

    def _edit(self, request: Request, who: SignedIn) -> Response:
        view = self._own(request, who)
        return self._editing(request, who, view, Draft(name=view.name, shared=view.shared))

    def _editing(self, request: Request, who: SignedIn, view: SavedView, draft: Draft, status: int = 200) -> Response:
        shell = self._frame.shell(request, who, f"Edit “{view.name}”", "views")
        values = {"view": view, "draft": draft, "state": state_words(who.viewer, view)}
        return self._frame.page("view-edit.html", shell, status, **values)

    def _change(self, request: Request, who: SignedIn, form: Form) -> Response:
        view = self._own(request, who)
        draft = Draft(name=form.text("name"), shared=form.text("shared") == "1")
        changes = Changes(name=draft.name, shared=draft.shared)
        try:
            change_view(self._frame.control, reader_of(who), view.id, changes, self._clock.now())
        except (InputError, Conflict) as error:
            return self._editing(request, who, view, _told(draft, as_sentence(error.message)), error.status)
        return self._back_to_list()

    def _confirm(self, request: Request, who: SignedIn) -> Response:
        view = self._view(request, who)
        shell = self._frame.shell(request, who, f"Delete “{view.name}”?", "views")
        return self._frame.page("view-delete.html", shell, 200, view=view, mine=view.member == who.member.id)

    def _delete(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        by = actor_of(request, who)
        delete_view(self._frame.control, reader_of(who), id_in(request, "view"), by, self._clock.now())
        return self._back_to_list("deleted")

    def _start(self, request: Request, who: SignedIn, form: Form) -> Response:
        del request
        view = checked_id(form.text("view")) or None
        start_with(self._frame.control, reader_of(who), view)
        return self._back_to_list("start" if view else "")

    def _view(self, request: Request, who: SignedIn) -> SavedView:
        return view_for(self._frame.control, reader_of(who), id_in(request, "view"))

    def _own(self, request: Request, who: SignedIn) -> SavedView:
        view = self._view(request, who)
        if view.member != who.member.id:
            raise NotFound("there is no such view of yours")
        return view

    def _back_to_list(self, done: str = "") -> Response:
        target = self._frame.renderer.url(VIEWS, {"done": done} if done else None)
        return RedirectResponse(target, HTTPStatus.SEE_OTHER)


def _check_path(who: SignedIn, path: str) -> None:
    """Raise InputError where a path leads to none of our pages of figures, Forbidden where not for this role."""
    entry = entry_at(path)
    if entry is None:
        raise InputError("only pages of figures can be saved as a view")
    require(who.viewer, entry.needs)


def _told(draft: Draft, error: str, *, taken: bool = False) -> Draft:
    return Draft(name=draft.name, path=draft.path, state=draft.state, shared=draft.shared, error=error, taken=taken)
