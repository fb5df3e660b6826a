"""The list of API keys, and the form that makes one. A new key's text is shown in one answer only.

That answer is the POST's own: the key stands in no address, and reloading asks to send the form again, which is refused
because the name is taken. Admins see all keys, other members those bound to themselves.
"""

from http import HTTPStatus
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.key_changes import create_key
from outlay.access.key_search import KeyPage, KeySearch, count_keys, find_keys
from outlay.access.keys import SCOPES, NewKey
from outlay.access.own_keys import KeyRights, let_members_make_keys, members_make_keys
from outlay.access.roles import require
from outlay.errors import Conflict, InputError
from outlay.kit.period import parse_zone
from outlay.web.acting import actor_of
from outlay.web.forms import Form, as_sentence
from outlay.web.gate import SignedIn
from outlay.web.pages.by_members import ByMembers
from outlay.web.pages.keys.desk import Desk
from outlay.web.pages.keys.draft import Draft, Refused, draft_of, key_asked_for
from outlay.web.pages.keys.table import Told, key_table, makers_of, rights_of
from outlay.web.pages.settings.paging import PER_PAGE, page_number, pager_of
from outlay.web.parts import Pager, Tab, Table
from outlay.web.render import Notice
from outlay.web.view.names import Names

KEYS: Final = "/keys"
NEW: Final = "/keys/new"
MEMBERS: Final = "/keys/members"
NOBODYS: Final = ""  # what no key is bound to
_ALLOWED: Final = {"1": "Members may make keys of their own now.", "0": "Members make no keys of their own any more."}


class Made(Struct, frozen=True):
    """A key that was made or rotated just now, with its text."""

    name: str
    may: str
    plaintext: str

    def __repr__(self) -> str:
        return f"Made(name={self.name!r})"


class Listed(Struct, frozen=True):
    """What the list shows; without any key ever, `table` is None. `members_make` is None for who can't decide it."""

    table: Table | None
    tabs: tuple[Tab, ...]
    pager: Pager | None
    text: str
    scope: str
    ended: bool
    makes: bool
    members_make: bool | None


class KeysPage:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._frame = desk.frame

    def routes(self) -> list[Route]:
        holders = ByMembers(self._frame, self._desk.forms, "hold_keys")
        return [
            Route(KEYS, holders.shown(self._list), methods=["GET"]),
            Route(NEW, holders.shown(self._ask, proof_on=NEW), methods=["GET"]),
            Route(NEW, holders.done(self._create, proof_on=NEW), methods=["POST"]),
            Route(MEMBERS, holders.done(self._let_members), methods=["POST"]),
        ]

    def _list(self, request: Request, who: SignedIn) -> Response:
        said = _ALLOWED.get(request.query_params.get("members", ""))
        return self._listing(request, who, (Notice("good", said),) if said else ())

    def _listing(
        self, request: Request, who: SignedIn, notices: tuple[Notice, ...] = (), made: Made | None = None
    ) -> Response:
        desk, rights, now = self._desk, self._desk.rights(who), self._desk.clock.now()
        shell = self._frame.shell(request, who, "API keys", "keys", notices)
        asked = {name: request.query_params.get(name, "") for name in ("show", "q", "scope")} if made is None else {}
        search = _search_of(asked, who, rights)
        page = page_number(request) if made is None else 0
        keys = find_keys(desk.control, search, KeyPage(PER_PAGE, offset=page * PER_PAGE), now)
        counts = {state: self._count(search, state == "ended") for state in ("in_force", "ended")}
        told = Told(
            self._frame.renderer,
            Names(desk.registry, who.member.organisation),
            makers_of(desk.control, who.member.organisation, keys),
            parse_zone(shell.zone),
            now,
        )
        caption = "Ended API keys" if search.state == "ended" else "API keys in force"
        ever = any(counts.values()) or bool(search.text or search.scope)
        listed = Listed(
            key_table(keys, caption, told) if ever else None,
            self._tabs(asked, counts),
            pager_of(self._frame.renderer, KEYS, asked, page, counts[search.state]),
            search.text,
            search.scope or "",
            search.state == "ended",
            rights.makes,
            members_make_keys(desk.control, who.member.organisation) if rights.manages else None,
        )
        here = f"{desk.forms.own_origin(request)}{self._frame.renderer.url('')}"
        status = HTTPStatus.OK if made is None else HTTPStatus.CREATED
        return self._frame.page("keys.html", shell, status, listed=listed, made=made, here=here, scopes=SCOPES)

    def _count(self, search: KeySearch, ended: bool) -> int:  # noqa: FBT001 - one of two states
        state = replace(search, state="ended" if ended else "in_force")
        return count_keys(self._desk.control, state, self._desk.clock.now())

    def _tabs(self, asked: dict[str, str], counts: dict[str, int]) -> tuple[Tab, ...]:
        url, ended = self._frame.renderer.url, asked.get("show") == "ended"
        kept = {name: value for name, value in asked.items() if value and name != "show"}
        return (
            Tab(f"In force ({counts['in_force']:,})", url(KEYS, kept), not ended),
            Tab(f"Ended ({counts['ended']:,})", url(KEYS, {"show": "ended"} | kept), ended),
        )

    def _ask(self, request: Request, who: SignedIn) -> Response:
        rights = self._desk.rights(who)
        rights.check(NewKey(name="", user=rights.user))
        return self._form(request, who, Draft(), {})

    def _form(
        self, request: Request, who: SignedIn, draft: Draft, errors: dict[str, str], status: int = 200
    ) -> Response:
        notices = (Notice("bad", errors[""]),) if "" in errors else ()
        rights = self._desk.rights(who)
        shell = self._frame.shell(request, who, "Create an API key", "keys", notices)
        values = {"draft": draft, "errors": errors, "rights": rights, "key": None}
        return self._frame.page("key-form.html", shell, status, **values)

    def _create(self, request: Request, who: SignedIn, form: Form) -> Response:
        desk, rights, now = self._desk, self._desk.rights(who), self._desk.clock.now()
        rights.check(NewKey(name="", user=None if rights.manages else rights.user))
        draft = draft_of(form)
        if not rights.manages:  # the form of a member has no such field
            draft = replace(draft, user=self._own_user(who))
        asked = key_asked_for(draft, parse_zone(self._frame.zone_of(who)), now)
        if isinstance(asked, Refused):
            return self._form(request, who, draft, asked.errors, HTTPStatus.UNPROCESSABLE_ENTITY)
        rights.check(asked)
        try:
            key, plaintext = create_key(desk.control, who.member.organisation, asked, actor_of(request, who), now)
        except Conflict as error:
            return self._form(request, who, draft, {"name": as_sentence(error.message)}, error.status)
        except InputError as error:
            return self._form(request, who, draft, {"": as_sentence(error.message)}, error.status)
        return self._listing(request, who, made=Made(key.name, rights_of(key), plaintext))

    def _own_user(self, who: SignedIn) -> str:
        rights = self._desk.rights(who)
        return "" if rights.manages else rights.user or ""

    def _let_members(self, request: Request, who: SignedIn, form: Form) -> Response:
        require(who.viewer, "manage_keys")
        allowed = form.text("allowed") == "1"
        desk, by = self._desk, actor_of(request, who)
        let_members_make_keys(desk.control, who.member.organisation, by, desk.clock.now(), allowed=allowed)
        address = self._frame.renderer.url(KEYS, {"members": str(int(allowed))})
        return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def _search_of(asked: dict[str, str], who: SignedIn, rights: KeyRights) -> KeySearch:
    scope = asked.get("scope", "")
    return KeySearch(
        organisation=who.member.organisation,
        text=asked.get("q", "").replace("\0", ""),
        state="ended" if asked.get("show") == "ended" else "in_force",
        scope=scope if scope in SCOPES else None,
        user=None if rights.manages else rights.user or NOBODYS,
    )
