"""What every page shares: who looks at it, its frame, its answer headers, and errors shown as pages."""

import re
from http import HTTPStatus
from typing import Final, Literal, cast
from urllib.parse import unquote

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from outlay.access.csrf import csrf_token
from outlay.access.roles import Capability, may
from outlay.control.database import Control
from outlay.control.members import Member, members_of
from outlay.control.organisations import organisation_of
from outlay.control.saved_views import start_view_of
from outlay.control.sharing import Reader
from outlay.errors import Forbidden, NotFound, NotSignedIn, OutlayError
from outlay.web.forms import as_sentence
from outlay.web.gate import Gate, SignedIn
from outlay.web.problems import request_id_of
from outlay.web.render import NavItem, Notice, Renderer, Shell, ShellMember, Theme

THEME_COOKIE: Final = "outlay_theme"
THEMES: Final = ("light", "dark", "system")
MOST_GRANTORS: Final = 5
_OUR_FAULT: Final = 500  # and what follows: trying again may help
_STEP: Final = re.compile(r"[A-Za-z0-9._~%!$&'()*+,;=:@-]+")


class MenuEntry(Struct, frozen=True):
    """One page in the navigation; who lacks the capability does not see the entry.

    `saves` says which states can be saved as views: none, those of the page, or also those of the pages right below it.
    """

    id: str
    label: str
    path: str
    icon: str
    needs: Capability
    saves: Literal["none", "page", "below"] = "none"


MENU: Final[tuple[MenuEntry, ...]] = (
    MenuEntry("consumption", "Consumption", "/consumption", "bars", "see_consumption", "page"),
    MenuEntry("usage", "Usage", "/usage", "people", "see_usage", "page"),
    MenuEntry("explorer", "Explorer", "/explorer", "pie", "see_usage", "page"),
    MenuEntry("agents", "Agents", "/agents", "cube", "see_usage", "below"),
    MenuEntry("calls", "Calls", "/calls", "rows", "see_usage", "page"),
    MenuEntry("exports", "Exports", "/exports", "download", "see_consumption"),
    MenuEntry("prices", "Prices", "/prices", "tag", "see_consumption"),
    MenuEntry("gateway", "Gateway", "/gateway", "gateway", "see_usage"),
    MenuEntry("imports", "Imports", "/imports", "upload", "import_files"),
    MenuEntry("keys", "API keys", "/keys", "key", "manage_keys"),
)


class Frame:
    """Builds frames and answers for pages. One per process."""

    def __init__(self, renderer: Renderer, control: Control, gate: Gate) -> None:
        self.renderer = renderer
        self.control = control
        self._gate = gate

    def signed_in(self, request: Request) -> SignedIn:
        return self._gate.member_of(request)

    def shell(
        self, request: Request, who: SignedIn, title: str, active: str, notices: tuple[Notice, ...] = ()
    ) -> Shell:
        """Return the frame of a signed-in page."""
        organisation = organisation_of(self.control, who.member.organisation)
        return Shell(
            title=title,
            active=active,
            nav=self._menu(who),
            theme=theme_of(request),
            zone=organisation.zone,
            organisation=organisation.name,
            member=ShellMember(who.member.name or "", who.member.email, who.member.role),
            csrf=csrf_token(who.session),
            path=self.own_path(request),
            notices=notices,
        )

    def zone_of(self, who: SignedIn) -> str:
        return organisation_of(self.control, who.member.organisation).zone

    def plain(self, request: Request, title: str, notices: tuple[Notice, ...] = ()) -> Shell:
        """Return the frame of a page for people who are not signed in."""
        return Shell(title=title, theme=theme_of(request), path=self.own_path(request), notices=notices)

    def own_path(self, request: Request) -> str:
        """Return this request's path and query as a final link."""
        query = request.url.query
        return self.renderer.url(request.scope["outlay_path"]) + (f"?{query}" if query else "")

    def page(self, template: str, shell: Shell, status: int = 200, /, **values: object) -> HTMLResponse:
        return HTMLResponse(self.renderer.page(template, shell, **values), status)

    def home_of(self, who: SignedIn) -> str:
        """Return the view this member chose to start with, as path and query; else the first page they may see."""
        chosen = start_view_of(self.control, reader_of(who))
        entry = None if chosen is None else entry_at(chosen.path)
        if chosen is not None and entry is not None and may(who.viewer.role, entry.needs):
            return f"{chosen.path}?{chosen.query}" if chosen.query else chosen.path
        return next((entry.path for entry in MENU if may(who.viewer.role, entry.needs)), "/calls")

    def grantors(self, organisation: str) -> tuple[tuple[str, str], ...]:
        """Return name and e-mail of some who can give others rights and keys."""
        admins = [each for each in members_of(self.control, organisation) if _can_grant(each)]
        return tuple((each.name or each.email, each.email) for each in admins[:MOST_GRANTORS])

    def failure(self, request: Request, error: OutlayError) -> Response:
        """Return the page for an error: the sign-in page, the forbidden page, or what went wrong."""
        if isinstance(error, NotSignedIn) and request.method == "GET":
            target = self.renderer.url("/sign-in", {"next": self.own_path(request)})
            if "hx-request" in request.headers:
                # A script would follow a redirect and put the sign-in page inside the page that is shown.
                return Response(headers={"hx-redirect": target})
            return RedirectResponse(target, HTTPStatus.SEE_OTHER)
        if isinstance(error, Forbidden | NotFound):
            shown = self._refused(request, error)
            if shown is not None:
                return shown
        shell = self.plain(request, HTTPStatus(error.status).phrase.capitalize())
        values = {"status": error.status, "message": as_sentence(error.message), "request_id": request_id_of(request)}
        retry = self.own_path(request) if error.status >= _OUR_FAULT and request.method == "GET" else ""
        return self.page("errors/error.html", shell, error.status, **values, retry_href=retry)

    def _refused(self, request: Request, error: Forbidden | NotFound) -> Response | None:
        """Return the page inside the frame for those signed in, whose way on is the menu."""
        try:
            who = self.signed_in(request)
        except NotSignedIn:
            return None
        values = {"message": as_sentence(error.message), "request_id": request_id_of(request)}
        if isinstance(error, NotFound):
            shell = self.shell(request, who, "Not found", "")
            return self.page("errors/missing.html", shell, error.status, **values)
        grantors = self.grantors(who.member.organisation)
        shell = self.shell(request, who, "Not for your role", "")
        return self.page("errors/forbidden.html", shell, error.status, **values, grantors=grantors)

    def _menu(self, who: SignedIn) -> tuple[NavItem, ...]:
        return tuple(
            NavItem(entry.id, entry.label, self.renderer.url(entry.path), entry.icon)
            for entry in MENU
            if may(who.viewer.role, entry.needs)
        )


def reader_of(who: SignedIn) -> Reader:
    """Return the member as reader and writer of what members keep and share."""
    return Reader(who.member.organisation, who.member.id, may(who.viewer.role, "manage_shared"))


def entry_at(path: str) -> MenuEntry | None:
    """Return the page whose state a view of this path keeps; None where the path is none of our pages of figures."""
    for entry in MENU:
        below = path.removeprefix(f"{entry.path}/") if entry.saves == "below" else path
        if entry.saves != "none" and (path == entry.path or (below != path and _is_one_step(below))):
            return entry
    return None


def _is_one_step(step: str) -> bool:
    """Whether the text is one step of a path, as it stands in an address, and leads to a page rather than to a file."""
    return bool(_STEP.fullmatch(step)) and unquote(step) not in {".", ".."} and not step.startswith("export.")


def _can_grant(member: Member) -> bool:
    return member.role == "admin" and member.disabled_at is None


def theme_of(request: Request) -> Theme:
    found = request.cookies.get(THEME_COOKIE, "")
    return cast("Theme", found) if found in THEMES else "system"


Wanted = Literal["page", "problem"]


def wants(request: Request) -> Wanted:
    """Say whether an error is shown as a page or told to a program."""
    path: str = request.scope.get("outlay_path", request.url.path)
    for_programs = path.startswith(("/api/", "/v1/")) or path in {"/healthz", "/readyz", "/metrics"}
    accepts_html = "text/html" in request.headers.get("accept", "")
    return "problem" if for_programs or not accepts_html else "page"
