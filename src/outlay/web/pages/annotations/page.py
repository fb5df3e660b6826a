"""Notes on the time axis: whoever sees usage may write one, for everybody of the organisation or for themselves.

Their author changes and deletes them, admins what is shared; `view/happenings.py` brings them onto charts.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.control.annotations import (
    Annotation,
    annotate,
    annotation_in_hands,
    annotations_for,
    change_annotation,
    delete_annotation,
)
from outlay.control.member_names import MemberNames
from outlay.errors import InputError
from outlay.kit.clock import Clock
from outlay.kit.period import local_day, parse_zone
from outlay.web import format as text
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame, reader_of
from outlay.web.gate import SignedIn
from outlay.web.pages.annotations.draft import Draft, Refused, draft_from, draft_of, note_asked_for
from outlay.web.pages.by_members import ByMembers
from outlay.web.parts import Pager
from outlay.web.render import Notice
from outlay.web.view.saved import id_in
from outlay.web.way_back import way_back

NOTES: Final = "/annotations"
NEW: Final = "/annotations/new"
EDIT: Final = "/annotations/{note}/edit"
DELETE: Final = "/annotations/{note}/delete"
PER_PAGE: Final = 50
_LONGEST_PAGE_NUMBER: Final = 6
_DONE: Final = {"kept": "The note is kept.", "deleted": "The note is deleted."}

Errors = Mapping[str, str]


class NoteRow(Struct, frozen=True, kw_only=True):
    """One note of the list; the hrefs are empty where the reader may not change it."""

    id: str
    when: str
    text: str
    seen: str
    by: str
    edit_href: str = ""
    delete_href: str = ""


class AnnotationsPage:
    def __init__(self, frame: Frame, forms: Forms, clock: Clock) -> None:
        self._frame = frame
        self._forms = forms
        self._clock = clock

    def routes(self) -> list[Route]:
        members = ByMembers(self._frame, self._forms, "see_usage")
        return [
            Route(NOTES, members.shown(self._list), methods=["GET"]),
            Route(NEW, members.shown(self._ask), methods=["GET"]),
            Route(NEW, members.done(self._write), methods=["POST"]),
            Route(EDIT, members.shown(self._edit), methods=["GET"]),
            Route(EDIT, members.done(self._change), methods=["POST"]),
            Route(DELETE, members.shown(self._confirm), methods=["GET"]),
            Route(DELETE, members.done(self._delete), methods=["POST"]),
        ]

    def _list(self, request: Request, who: SignedIn) -> Response:
        reader = reader_of(who)
        page = _page_number(request)
        notes, count = annotations_for(self._frame.control, reader, page * PER_PAGE, PER_PAGE)
        members = MemberNames(self._frame.control, reader.organisation)
        done = _DONE.get(request.query_params.get("done", ""), "")
        shell = self._frame.shell(request, who, "Notes", "annotations", (Notice("good", done),) if done else ())
        rows = tuple(self._row(who, each, members) for each in notes)
        return self._frame.page("notes.html", shell, 200, rows=rows, pager=self._pager(page, len(rows), count))

    def _row(self, who: SignedIn, note: Annotation, members: Mapping[str, str]) -> NoteRow:
        mine = note.member == who.member.id
        changes = mine or reader_of(who).tends
        url = self._frame.renderer.url
        return NoteRow(
            id=note.id,
            when=text.day_long(note.day) + ("" if note.clock is None else f", {note.clock:%H:%M}"),
            text=note.text,
            seen="everybody" if note.shared else "only you",
            by="you" if mine else members.get(note.member, "a former member"),
            edit_href=url(f"{NOTES}/{note.id}/edit") if changes else "",
            delete_href=url(f"{NOTES}/{note.id}/delete") if changes else "",
        )

    def _pager(self, page: int, shown: int, count: int) -> Pager | None:
        if count <= PER_PAGE:
            return None

        def href(number: int) -> str:
            return self._frame.renderer.url(NOTES, {"p": str(number + 1)} if number else None)

        first = page * PER_PAGE
        return Pager(
            label=f"{first + 1:,}–{first + shown:,} of {count:,}" if shown else f"{count:,} in all",  # noqa: RUF001
            previous_href=href(page - 1) if page else "",
            next_href=href(page + 1) if first + shown < count and shown else "",
        )

    def _ask(self, request: Request, who: SignedIn) -> Response:
        day = request.query_params.get("day", "")
        return self._form(request, who, Draft(day=day, next=request.query_params.get("next", "")), {})

    def _form(self, request: Request, who: SignedIn, draft: Draft, errors: Errors, status: int = 200) -> Response:
        shell = self._frame.shell(request, who, "Add a note", "annotations")
        if not draft.day and not errors:
            today = local_day(self._clock.now(), parse_zone(shell.zone))
            draft = replace(draft, day=today.isoformat())
        back = self._back_to(draft.next) or self._frame.renderer.url(NOTES)
        values = {"draft": draft, "errors": errors, "back_href": back, "action": self._frame.renderer.url(NEW)}
        return self._frame.page("note-form.html", shell, status, **values)

    def _write(self, request: Request, who: SignedIn, form: Form) -> Response:
        draft = draft_of(form)
        asked = note_asked_for(draft)
        if isinstance(asked, Refused):
            return self._form(request, who, draft, asked.errors, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            annotate(self._frame.control, reader_of(who), asked, self._clock.now())
        except InputError as error:
            return self._form(request, who, draft, {"text": as_sentence(error.message)}, error.status)
        back = self._back_to(draft.next)
        return RedirectResponse(back, HTTPStatus.SEE_OTHER) if back else self._to_list("kept")

    def _edit(self, request: Request, who: SignedIn) -> Response:
        note = self._note(request, who)
        return self._editing(request, who, (note, draft_from(note)), {})

    def _editing(
        self, request: Request, who: SignedIn, edited: tuple[Annotation, Draft], errors: Errors, status: int = 200
    ) -> Response:
        note, draft = edited
        url = self._frame.renderer.url
        shell = self._frame.shell(request, who, "Edit note", "annotations")
        values = {"draft": draft, "errors": errors, "back_href": url(NOTES), "action": url(f"{NOTES}/{note.id}/edit")}
        return self._frame.page("note-form.html", shell, status, **values)

    def _change(self, request: Request, who: SignedIn, form: Form) -> Response:
        note = self._note(request, who)
        draft = draft_of(form)
        asked = note_asked_for(draft)
        if isinstance(asked, Refused):
            return self._editing(request, who, (note, draft), asked.errors, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            by = actor_of(request, who)
            change_annotation(self._frame.control, reader_of(who), note.id, asked, by, self._clock.now())
        except InputError as error:
            return self._editing(request, who, (note, draft), {"text": as_sentence(error.message)}, error.status)
        return self._to_list("kept")

    def _confirm(self, request: Request, who: SignedIn) -> Response:
        note = self._note(request, who)
        shell = self._frame.shell(request, who, "Delete this note?", "annotations")
        action = self._frame.renderer.url(f"{NOTES}/{note.id}/delete")
        return self._frame.page("note-delete.html", shell, 200, note=note, action=action)

    def _delete(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        by = actor_of(request, who)
        delete_annotation(self._frame.control, reader_of(who), id_in(request, "note"), by, self._clock.now())
        return self._to_list("deleted")

    def _note(self, request: Request, who: SignedIn) -> Annotation:
        return annotation_in_hands(self._frame.control, reader_of(who), id_in(request, "note"))

    def _back_to(self, written: str) -> str | None:
        return way_back(written, self._frame.renderer.root_path) if written else None

    def _to_list(self, done: str) -> Response:
        return RedirectResponse(self._frame.renderer.url(NOTES, {"done": done}), HTTPStatus.SEE_OTHER)


def _page_number(request: Request) -> int:
    """Return the page asked for, from 0; the first one for anything that is none."""
    asked = request.query_params.get("p", "1")
    known = asked.isascii() and asked.isdigit() and len(asked) <= _LONGEST_PAGE_NUMBER
    return max(0, int(asked) - 1) if known else 0
