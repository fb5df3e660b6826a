"""What every page shares: who looks at it, its frame, its answer headers, and errors shown as pages."""

from http import HTTPStatus
from typing import Final, Literal, cast
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from outlay.access.csrf import csrf_token
from outlay.access.roles import may
from outlay.control.database import Control
from outlay.control.members import admins_of
from outlay.control.organisations import organisation_of
from outlay.control.saved_views import start_view_of
from outlay.control.sharing import Reader
from outlay.errors import (
    AccessError,
    CsrfFailed,
    Forbidden,
    NotFound,
    NotSignedIn,
    OutlayError,
    ProofNeeded,
    SecondFactorNeeded,
)
from outlay.web.forms import as_sentence
from outlay.web.gate import PROOF_PATH, SECOND_FACTOR_PATH, Gate, SignedIn
from outlay.web.menu import entry_at, first_page_of, is_setting, menu_of, settings_of
from outlay.web.parts import Tab
from outlay.web.problems import request_id_of
from outlay.web.render import NavItem, Notice, Renderer, Shell, ShellMember, Theme
from outlay.web.way_back import way_back

THEME_COOKIE: Final = "outlay_theme"
THEMES: Final = ("light", "dark", "system")
MOST_GRANTORS: Final = 5
_OUR_FAULT: Final = 500  # and what follows: trying again may help


class ToldFailure(Struct, frozen=True):
    """What people are told of an error; `on_href` leads on from it, where anything does."""

    title: str
    message: str
    request_id: str
    on_href: str
    on_label: str


class Frame:
    """Builds frames and answers for pages. One per process."""

    def __init__(self, renderer: Renderer, control: Control, gate: Gate) -> None:
        self.renderer = renderer
        self.control = control
        self._gate = gate

    def signed_in(self, request: Request) -> SignedIn:
        return self._gate.member_of(request)

    def require_proof(self, who: SignedIn, back: str) -> None:
        """Raise ProofNeeded when it is a while ago that they showed who they are; `back` is the path to go on at."""
        self._gate.require_proof(who, back)

    def shell(
        self, request: Request, who: SignedIn, title: str, active: str, notices: tuple[Notice, ...] = ()
    ) -> Shell:
        """Return the frame of a signed-in page."""
        organisation = organisation_of(self.control, who.member.organisation)
        return Shell(
            title=title,
            active="settings" if is_setting(active) else active,
            nav=self._menu(who),
            tabs=self._tabs(who, active),
            theme=theme_of(request),
            zone=organisation.zone,
            organisation=organisation.name,
            member=ShellMember(who.member.name or "", who.member.email, who.viewer.role),
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
        return first_page_of(who.viewer.role)

    def grantors(self, organisation: str) -> tuple[tuple[str, str], ...]:
        """Return name and e-mail of some who can give others rights and keys."""
        return tuple((each.called, each.email) for each in admins_of(self.control, organisation, MOST_GRANTORS))

    def failure(self, request: Request, error: OutlayError) -> Response:
        """Return the page for an error: the sign-in page, the forbidden page, or what went wrong."""
        target = self._way_on(request, error)
        if target is not None:
            if "hx-request" in request.headers:
                # A script would follow a redirect and put the sign-in page inside the page that is shown.
                return Response(headers={"hx-redirect": target})
            return RedirectResponse(target, HTTPStatus.SEE_OTHER)
        if isinstance(error, Forbidden | NotFound):
            shown = self._refused(request, error)
            if shown is not None:
                return shown
        told = self._told(request, error)
        shell = self.plain(request, told.title)
        return self.page("errors/error.html", shell, error.status, told=told, status=error.status)

    def _told(self, request: Request, error: OutlayError) -> ToldFailure:
        """Say what went wrong, and which way leads on: a form that was refused leads back to the page it is on."""
        message, title = as_sentence(error.message), HTTPStatus(error.status).phrase.capitalize()
        on, label = "", ""
        sent_from = self._sent_from(request)
        if isinstance(error, NotSignedIn):
            title, message = "You are signed out", "Nothing was saved. Sign in, and send the form once more."
            on, label = self.renderer.url("/sign-in", {"next": sent_from} if sent_from else None), "Sign in"
        elif isinstance(error, CsrfFailed):
            title, on, label = "Nothing was saved", sent_from, "Reload the page"
        elif error.status >= _OUR_FAULT and request.method == "GET":
            on, label = self.own_path(request), "Try again"
        return ToldFailure(title, message, request_id_of(request), on, label)

    def _sent_from(self, request: Request) -> str:
        """Return the page that a form was sent from, as the browser says; only ever one of ours."""
        said = urlsplit(request.headers.get("referer", ""))
        path = said.path + (f"?{said.query}" if said.query else "")
        return way_back(path, self.renderer.root_path) or ""

    def _way_on(self, request: Request, error: OutlayError) -> str | None:
        """Return the page that people go through first, which then leads to what they asked for."""
        if isinstance(error, ProofNeeded):
            return self.renderer.url(PROOF_PATH, {"next": self.renderer.url(error.back)})
        if isinstance(error, SecondFactorNeeded):
            return self.renderer.url(SECOND_FACTOR_PATH)
        if isinstance(error, NotSignedIn) and request.method == "GET":
            return self.renderer.url("/sign-in", {"next": self.own_path(request)})
        return None

    def _refused(self, request: Request, error: Forbidden | NotFound) -> Response | None:
        """Return the page inside the frame for those signed in, whose way on is the menu."""
        try:
            who = self.signed_in(request)
        except AccessError:
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
            for entry in menu_of(who.viewer.role)
        )

    def _tabs(self, who: SignedIn, active: str) -> tuple[Tab, ...]:
        """Return the tabs of the settings, on their pages alone."""
        if not is_setting(active):
            return ()
        tabs = settings_of(who.viewer.role)
        return tuple(Tab(each.label, self.renderer.url(each.path), each.id == active) for each in tabs)


def reader_of(who: SignedIn) -> Reader:
    """Return the member as reader and writer of what members keep and share."""
    return Reader(who.member.organisation, who.member.id, may(who.viewer.role, "manage_shared"))


def theme_of(request: Request) -> Theme:
    found = request.cookies.get(THEME_COOKIE, "")
    return cast("Theme", found) if found in THEMES else "system"


Wanted = Literal["page", "problem"]


def wants(request: Request) -> Wanted:
    """Say whether an error is shown as a page or told to a program."""
    path: str = request.scope.get("outlay_path", request.url.path)
    for_programs = path.startswith(("/api/", "/v1/", "/scim/")) or path in {"/healthz", "/readyz", "/metrics"}
    accepts_html = "text/html" in request.headers.get("accept", "")
    return "problem" if for_programs or not accepts_html else "page"
