"""`/settings/audit`: who changed what, the newest first, with filters in the address; and the same as a file.

A file is sent as it is read, a few hundred entries at a time, and never cut.
"""

from contextlib import ExitStack
from typing import Final

from msgspec import Struct
from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.roles import Capability
from outlay.audit.entries import every_entry, look_for
from outlay.control.database import Control
from outlay.errors import NotFound
from outlay.kit.period import parse_zone
from outlay.web.export.sending import FileResponse, Outgoing
from outlay.web.forms import Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.audit.lines import csv_pieces, json_pieces
from outlay.web.pages.audit.place import BELOW, EXPORT, TRAIL, Place, place_of
from outlay.web.pages.audit.view import Choice, Shown, chips, choices, shown
from outlay.web.pages.by_members import ByMembers
from outlay.web.render import Notice

PER_PAGE: Final = 50
NEEDS: Final[Capability] = "see_audit_trail"

_TYPES: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


class TrailView(Struct, frozen=True):
    """What the page shows. `newest_href` leads back to the first page, `older_href` to the next; empty at an end.

    Where the search was `looked` so far and no further, `further_href` goes on with it.
    """

    entries: tuple[Shown, ...]
    place: Place
    choices: tuple[Choice, ...]
    chips: tuple[tuple[str, str], ...]
    newest_href: str
    older_href: str
    further_href: str
    looked: str
    exports: tuple[tuple[str, str], ...]


class AuditPage:
    def __init__(self, frame: Frame, forms: Forms, control: Control) -> None:
        self._frame = frame
        self._forms = forms
        self._control = control
        self._outgoing = Outgoing()

    def routes(self) -> list[Route]:
        admins = ByMembers(self._frame, self._forms, NEEDS)
        return [
            Route(TRAIL, admins.shown(self._show), methods=["GET"]),
            Route(EXPORT, admins.shown(self._export), methods=["GET"]),
        ]

    def _show(self, request: Request, who: SignedIn) -> Response:
        zone = parse_zone(self._frame.zone_of(who))
        place = place_of(request.query_params, zone)
        looked = look_for(self._control, who.member.organisation, place.wanted, place.below, PER_PAGE + 1)
        page, url = looked.entries[:PER_PAGE], self._frame.renderer.url
        below = looked.below(PER_PAGE)
        more = url(TRAIL, {**place.fields, BELOW: str(below)}) if below is not None else ""
        cut = len(looked.entries) <= PER_PAGE
        view = TrailView(
            entries=tuple(shown(each, zone, self._frame.renderer) for each in page),
            place=place,
            choices=choices(),
            chips=chips(place.fields, self._frame.renderer),
            newest_href=url(TRAIL, place.fields) if place.below is not None else "",
            older_href="" if cut else more,
            further_href=more if cut else "",
            looked=f"Looked through the entries {looked.first:,} to {looked.newest:,}." if cut else "",
            exports=tuple((ending.upper(), url(EXPORT.format(ending=ending), place.fields)) for ending in _TYPES),
        )
        notices = tuple(Notice("warn", each) for each in place.notices)
        shell = self._frame.shell(request, who, "Audit trail", "audit", notices)
        return self._frame.page("settings/audit.html", shell, 200, view=view)

    def _export(self, request: Request, who: SignedIn) -> Response:
        ending = request.path_params["ending"]
        if ending not in _TYPES:
            raise NotFound("the audit trail is exported as CSV or JSON")
        place = place_of(request.query_params, parse_zone(self._frame.zone_of(who)))
        entries = every_entry(self._control, who.member.organisation, place.wanted)
        with ExitStack() as stack:
            stack.enter_context(self._outgoing.one_more(who.viewer))
            over = stack.pop_all().close
        pieces = csv_pieces(entries) if ending == "csv" else json_pieces(entries)
        named = {"content-disposition": f'attachment; filename="audit-trail.{ending}"'}
        return FileResponse(iterate_in_threadpool(pieces), _TYPES[ending], named, over)
