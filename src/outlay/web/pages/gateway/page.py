"""`/gateway`: how programs are pointed at it, for everybody; its upstreams and their credentials, for admins.

A credential goes in and never comes out again: a page shows its last characters at most. Upstreams in the private
network are a matter of whoever runs the machine: unless a setting says otherwise, a page only keeps what is there.
"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.roles import may, require
from outlay.access.upstream_probe import probe, told
from outlay.access.upstreams import as_called
from outlay.capture.readings.reading import APIS
from outlay.control.known_upstreams import KNOWN_UPSTREAMS, known_upstream
from outlay.control.member_names import MemberNames
from outlay.control.upstream import path_of
from outlay.control.upstreams import ConfiguredUpstream, UpstreamBook
from outlay.errors import Conflict, InputError, NotFound, UpstreamInvalid
from outlay.kit.period import parse_zone
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.gateway.draft import Draft, draft_for, draft_from, draft_of, settings_asked_for
from outlay.web.pages.gateway.listed import Listed, Told, listed
from outlay.web.pages.gateway.programs import Program, programs_for
from outlay.web.parts import Tab
from outlay.web.render import Notice, NoticeKind

GATEWAY: Final = "/gateway"
NEW: Final = "/gateway/new"
OWN_KEYS: Final = "/gateway/own-keys"
EDIT: Final = "/gateway/{name}/edit"
REMOVE: Final = "/gateway/{name}/remove"
TEST: Final = "/gateway/{name}/test"
OTHER: Final = "other"
NOTHING_WRONG: Final[Mapping[str, str]] = MappingProxyType({})
_LONGEST_NAME: Final = 40
_ALWAYS_SHOWN: Final = frozenset({"", "name", "base_url", "credential"})

_DONE: Final = {
    "added": "“{}” is there: calls may go through it.",
    "changed": "“{}” is changed. Calls follow within a second.",
    "removed": "“{}” is removed with its credential.",
    "allowed": "Callers may send keys of their own.",
    "refused": "Keys of their own that callers send are refused from now on.",
}
_WORK: Final = frozenset({"ready", "own keys"})
_COLOURS: Final[dict[str, NoticeKind]] = {"works": "good", "reached": "info"}


class GatewayView(Struct, frozen=True):
    """All that the page shows. `waiting` are upstreams that refuse calls, with the reason; `grantors` as in Frame."""

    rows: list[Listed]
    programs: tuple[Program, ...]
    waiting: dict[str, str]
    manages: bool
    own_keys: bool
    grantors: tuple[tuple[str, str], ...]


class Filled(Struct, frozen=True):
    """A form as it stands: of which known provider, the fields, what is wrong, and the upstream it changes, if any."""

    of: str
    draft: Draft
    errors: Mapping[str, str] = NOTHING_WRONG
    kept: ConfiguredUpstream | None = None

    @property
    def opens_more(self) -> bool:
        """Whether the fields that are usually right as they are need a look."""
        return self.of == OTHER or bool(self.errors.keys() - _ALWAYS_SHOWN)


class GatewayPage:
    def __init__(self, frame: Frame, forms: Forms, book: UpstreamBook, *, private: bool) -> None:
        """`private` is the setting: whether a page may open the private network."""
        self._frame = frame
        self._forms = forms
        self._book = book
        self._private = private

    def routes(self) -> list[Route]:
        everybody = ByMembers(self._frame, self._forms, "see_usage")
        admins = ByMembers(self._frame, self._forms, "manage_upstreams")
        return [
            Route(GATEWAY, everybody.shown(self._show), methods=["GET"]),
            Route(NEW, admins.shown(self._ask), methods=["GET"]),
            Route(NEW, admins.done(self._add), methods=["POST"]),
            Route(OWN_KEYS, admins.done(self._choose_own_keys), methods=["POST"]),
            Route(EDIT, admins.shown(self._edit), methods=["GET"]),
            Route(EDIT, admins.done(self._change), methods=["POST"]),
            Route(REMOVE, admins.shown(self._confirm), methods=["GET"]),
            Route(REMOVE, admins.done(self._remove), methods=["POST"]),
            Route(TEST, self.test, methods=["POST"]),
        ]

    async def test(self, request: Request) -> Response:
        """Ask the upstream for its models and show the page with what it said."""
        who, _ = await self._forms.posted_by_member(request)
        require(who.viewer, "manage_upstreams")
        kept = await run_in_threadpool(self._named, request, who)
        # A credential that can't be read is told as an error, which says what to do.
        credential = await run_in_threadpool(self._book.credential_of, kept)
        upstream = as_called(kept, credential, allow_pass_through=False)
        probed = await probe(upstream)
        notice = Notice(_COLOURS.get(probed.verdict, "bad"), told(upstream, probed))
        return await run_in_threadpool(self._page, request, who, (notice,))

    def _show(self, request: Request, who: SignedIn) -> Response:
        done, name = _DONE.get(request.query_params.get("done", ""), ""), request.query_params.get("of", "")
        if not (name.replace("-", "").isalnum() and len(name) <= _LONGEST_NAME):
            name = "It"
        return self._page(request, who, (Notice("good", done.format(name)),) if done else ())

    def _page(self, request: Request, who: SignedIn, notices: tuple[Notice, ...]) -> Response:
        shell = self._frame.shell(request, who, "Gateway", "gateway", notices)
        return self._frame.page("gateway.html", shell, 200, view=self._view(request, who, parse_zone(shell.zone)))

    def _view(self, request: Request, who: SignedIn, zone: ZoneInfo) -> GatewayView:
        organisation, role = who.member.organisation, who.viewer.role
        manages = may(role, "manage_upstreams")
        own_keys = self._book.allows_pass_through(organisation)
        makers = MemberNames(self._frame.control, organisation)
        rows = listed(self._book, organisation, Told(self._frame.renderer, makers, zone, own_keys, manages))
        return GatewayView(
            rows=rows,
            programs=programs_for(f"{self._forms.own_origin(request)}{self._frame.renderer.url('')}"),
            waiting={each.name: f"{each.label}: {each.title}" for each in rows if each.state not in _WORK},
            manages=manages,
            own_keys=own_keys,
            grantors=() if manages else self._frame.grantors(organisation),
        )

    def _ask(self, request: Request, who: SignedIn) -> Response:
        of = request.query_params.get("of", "")
        known = known_upstream(of)
        draft = draft_for(known)
        return self._form(request, who, Filled(of if known else OTHER, draft))

    def _form(self, request: Request, who: SignedIn, filled: Filled, status: int = 200) -> Response:
        kept = filled.kept
        title = "Add an upstream" if kept is None else f"Edit “{kept.name}”"
        general = filled.errors.get("", "")
        shell = self._frame.shell(request, who, title, "gateway", (Notice("bad", general),) if general else ())
        url = self._frame.renderer.url
        tabs = (*((each.name, each.label) for each in KNOWN_UPSTREAMS), (OTHER, "Another"))
        values = {
            "filled": filled,
            "known": known_upstream(filled.of),
            "tabs": () if kept else tuple(Tab(label, url(NEW, {"of": of}), of == filled.of) for of, label in tabs),
            "action": url(NEW) if kept is None else url(f"{GATEWAY}/{kept.name}/edit"),
            "readings": [("", "The one its path tells"), *((each, each.replace("_", " ")) for each in APIS)],
            "private": self._private,
        }
        return self._frame.page("upstream-form.html", shell, status, **values)

    def _add(self, request: Request, who: SignedIn, form: Form) -> Response:
        draft, of = draft_of(form), form.text("of")
        credential = form.text("credential").strip() or None
        try:
            settings = settings_asked_for(draft, allow_private=self._private and bool(draft.private))
            made = self._book.add(who.member.organisation, settings, credential, by=actor_of(request, who))
        except (InputError, Conflict) as error:
            return self._form(request, who, Filled(of, draft, _errors_of(error)), error.status)
        return self._back("added", made.name)

    def _edit(self, request: Request, who: SignedIn) -> Response:
        kept = self._named(request, who)
        return self._form(request, who, Filled(kept.name, draft_from(kept.settings), kept=kept))

    def _change(self, request: Request, who: SignedIn, form: Form) -> Response:
        kept = self._named(request, who)
        draft = replace(draft_of(form), name=kept.name)
        credential = form.text("credential").strip() or ("" if draft.forget else None)
        try:
            settings = settings_asked_for(draft, allow_private=self._stays_private(kept, draft))
            self._book.change(who.member.organisation, kept.id, settings, credential, by=actor_of(request, who))
        except InputError as error:
            return self._form(request, who, Filled(kept.name, draft, _errors_of(error), kept), error.status)
        return self._back("changed", kept.name)

    def _stays_private(self, kept: ConfiguredUpstream, draft: Draft) -> bool:
        """Whether a changed upstream may lie in the private network: where the operator let it, and only there."""
        if self._private:
            return bool(draft.private)
        return kept.settings.allow_private and draft.base_url.strip().rstrip("/") == kept.settings.base_url

    def _confirm(self, request: Request, who: SignedIn) -> Response:
        kept = self._named(request, who)
        shell = self._frame.shell(request, who, f"Remove “{kept.name}”?", "gateway")
        known = known_upstream(kept.name)
        stays = known is not None and bool(known.base_url)
        return self._frame.page("upstream-remove.html", shell, 200, kept=kept, path=path_of(kept.name), stays=stays)

    def _remove(self, request: Request, who: SignedIn, form: Form) -> Response:
        del form
        kept = self._named(request, who)
        self._book.remove(who.member.organisation, kept.id, by=actor_of(request, who))
        return self._back("removed", kept.name)

    def _choose_own_keys(self, request: Request, who: SignedIn, form: Form) -> Response:
        allowed = form.text("allowed") == "1"
        self._book.allow_pass_through(who.member.organisation, allowed=allowed, by=actor_of(request, who))
        return self._back("allowed" if allowed else "refused")

    def _named(self, request: Request, who: SignedIn) -> ConfiguredUpstream:
        name = str(request.path_params["name"])
        if not name.isprintable():  # half a surrogate pair can't be sent to a database
            raise NotFound("there is no such upstream")
        return self._book.named(who.member.organisation, name)

    def _back(self, done: str, name: str = "") -> Response:
        query = {"done": done} | ({"of": name} if name else {})
        return RedirectResponse(self._frame.renderer.url(GATEWAY, query), HTTPStatus.SEE_OTHER)


def _errors_of(error: InputError | Conflict) -> dict[str, str]:
    """Return what is wrong, beside its field where it has one."""
    field = "name" if isinstance(error, Conflict) else error.field if isinstance(error, UpstreamInvalid) else ""
    return {field: as_sentence(error.message)}
