"""API keys: who may manage them lists, makes and revokes them here. A new key's text is shown in one answer only.

That answer is the POST's own: the key stands in no address, and reloading asks to send the form again, which is refused
because the name is taken.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from outlay.access.key_changes import create_key, revoke_key
from outlay.access.key_search import KeyPage, KeySearch, find_keys
from outlay.access.keys import ApiKey, NewKey, key_of_id
from outlay.access.roles import require
from outlay.control.database import Control
from outlay.control.entities import Registry
from outlay.control.member_names import MemberNames
from outlay.errors import Conflict, InputError, NotFound
from outlay.kit.clock import Clock
from outlay.kit.period import parse_zone
from outlay.web.acting import actor_of
from outlay.web.forms import Form, Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.keys.draft import Draft, Refused, draft_of, key_asked_for
from outlay.web.pages.keys.table import Told, key_table, rights_of
from outlay.web.parts import Pager, Tab, Table
from outlay.web.render import Notice, Shell
from outlay.web.view.names import Names

KEYS: Final = "/keys"
NEW: Final = "/keys/new"
REVOKE: Final = "/keys/{key}/revoke"
PER_PAGE: Final = 50
_LONGEST_PAGE_NUMBER: Final = 6


class Made(Struct, frozen=True):
    """A key that was made just now, with its text."""

    name: str
    may: str
    plaintext: str

    def __repr__(self) -> str:
        return f"Made(name={self.name!r})"


class Listed(Struct, frozen=True):
    """What the list shows; without any key ever, `table` is None."""

    table: Table | None
    tabs: tuple[Tab, ...]
    pager: Pager | None


class KeysPage:
    def __init__(self, frame: Frame, forms: Forms, control: Control, registry: Registry, clock: Clock) -> None:
        self._frame = frame
        self._forms = forms
        self._control = control
        self._registry = registry
        self._clock = clock

    def routes(self) -> list[Route]:
        return [
            Route(KEYS, self._shown_by(self._list), methods=["GET"]),
            Route(NEW, self._shown_by(self._ask), methods=["GET"]),
            Route(NEW, self.create, methods=["POST"]),
            Route(REVOKE, self._shown_by(self._confirm), methods=["GET"]),
            Route(REVOKE, self.revoke, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        who, form = await self._forms.posted_by_member(request)
        return await run_in_threadpool(self._create, request, who, form)

    async def revoke(self, request: Request) -> Response:
        who, _ = await self._forms.posted_by_member(request)
        return await run_in_threadpool(self._revoke, request, who)

    def _shown_by(self, show: Callable[[Request, SignedIn], Response]) -> Callable[[Request], Response]:
        # Starlette runs what is no coroutine in a thread.
        def answer(request: Request) -> Response:
            who = self._frame.signed_in(request)
            self._shell(request, who)
            return show(request, who)

        return answer

    def _shell(
        self, request: Request, who: SignedIn, title: str = "API keys", notices: tuple[Notice, ...] = ()
    ) -> Shell:
        """Return the frame; Forbidden for those who may not manage keys."""
        shell = self._frame.shell(request, who, title, "keys", notices)
        require(who.viewer, "manage_keys", shell.organisation)
        return shell

    def _list(self, request: Request, who: SignedIn) -> Response:
        keys = self._keys(who)
        revoked = [each for each in keys if each.id == request.query_params.get("revoked") and each.revoked_at]
        notices = tuple(Notice("good", f"“{each.name}” is revoked. Calls with it are refused.") for each in revoked)
        return self._listing(request, self._shell(request, who, notices=notices), who, keys)

    def _listing(
        self, request: Request, shell: Shell, who: SignedIn, keys: Sequence[ApiKey], made: Made | None = None
    ) -> Response:
        now = self._clock.now()
        in_force = [each for each in keys if each.in_force(now)]
        show_ended = request.query_params.get("show") == "ended" and made is None
        shown = [each for each in keys if not each.in_force(now)] if show_ended else in_force
        page = _page_number(request, len(shown))
        told = Told(
            self._frame.renderer,
            Names(self._registry, who.member.organisation),
            MemberNames(self._control, who.member.organisation),
            parse_zone(shell.zone),
            now,
        )
        caption = "Ended API keys" if show_ended else "API keys in force"
        listed = Listed(
            key_table(shown[page * PER_PAGE : (page + 1) * PER_PAGE], caption, told) if keys else None,
            self._tabs(len(in_force), len(keys) - len(in_force), show_ended=show_ended),
            self._pager(page, len(shown), show_ended=show_ended),
        )
        events_url = f"{self._forms.own_origin(request)}{self._frame.renderer.url('/v1/events')}"
        status = HTTPStatus.OK if made is None else HTTPStatus.CREATED
        return self._frame.page("keys.html", shell, status, listed=listed, made=made, events_url=events_url)

    def _tabs(self, in_force: int, ended: int, *, show_ended: bool) -> tuple[Tab, ...]:
        url = self._frame.renderer.url
        return (
            Tab(f"In force ({in_force})", url(KEYS), not show_ended),
            Tab(f"Ended ({ended})", url(KEYS, {"show": "ended"}), show_ended),
        )

    def _pager(self, page: int, count: int, *, show_ended: bool) -> Pager | None:
        if count <= PER_PAGE:
            return None
        first, end = page * PER_PAGE, min((page + 1) * PER_PAGE, count)

        def href(number: int) -> str:
            query = ({"show": "ended"} if show_ended else {}) | ({"p": str(number + 1)} if number else {})
            return self._frame.renderer.url(KEYS, query)

        return Pager(
            label=f"{first + 1:,}–{end:,} of {count:,}",  # noqa: RUF001 - an en dash, as in every range
            previous_href=href(page - 1) if page else "",
            next_href=href(page + 1) if end < count else "",
        )

    def _ask(self, request: Request, who: SignedIn) -> Response:
        return self._form(request, who, Draft(), {})

    def _form(
        self, request: Request, who: SignedIn, draft: Draft, errors: dict[str, str], status: int = 200
    ) -> Response:
        notices = (Notice("bad", errors[""]),) if "" in errors else ()
        shell = self._shell(request, who, "Create an API key", notices)
        return self._frame.page("key-new.html", shell, status, draft=draft, errors=errors)

    def _create(self, request: Request, who: SignedIn, form: Form) -> Response:
        shell = self._shell(request, who)
        draft = draft_of(form)
        asked = key_asked_for(draft, parse_zone(shell.zone), self._clock.now())
        if isinstance(asked, Refused):
            return self._form(request, who, draft, asked.errors, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            made = self._made(request, who, asked)
        except Conflict as error:
            return self._form(request, who, draft, {"name": as_sentence(error.message)}, error.status)
        except InputError as error:
            return self._form(request, who, draft, {"": as_sentence(error.message)}, error.status)
        return self._listing(request, shell, who, self._keys(who), made)

    def _made(self, request: Request, who: SignedIn, asked: NewKey) -> Made:
        key, plaintext = create_key(
            self._control, who.member.organisation, asked, actor_of(request, who), self._clock.now()
        )
        return Made(key.name, rights_of(key), plaintext)

    def _confirm(self, request: Request, who: SignedIn) -> Response:
        key = self._key(request, who)
        if key.revoked_at is not None:
            return self._after_revoking(key)
        shell = self._shell(request, who, f"Revoke “{key.name}”?")
        return self._frame.page("key-revoke.html", shell, 200, key=key)

    def _revoke(self, request: Request, who: SignedIn) -> Response:
        self._shell(request, who)
        key = self._key(request, who)
        if key.revoked_at is None:
            with suppress(NotFound):  # somebody else was faster: it is revoked
                revoke_key(self._control, who.member.organisation, key.id, actor_of(request, who), self._clock.now())
        return self._after_revoking(key)

    def _key(self, request: Request, who: SignedIn) -> ApiKey:
        return key_of_id(self._control, who.member.organisation, request.path_params["key"])

    def _keys(self, who: SignedIn) -> Sequence[ApiKey]:
        search = KeySearch(organisation=who.member.organisation, state="all")
        return find_keys(self._control, search, KeyPage(10_000), self._clock.now())

    def _after_revoking(self, key: ApiKey) -> Response:
        return RedirectResponse(self._frame.renderer.url(KEYS, {"revoked": key.id}), HTTPStatus.SEE_OTHER)


def _page_number(request: Request, count: int) -> int:
    """Return the page asked for, from 0; the nearest one when there is none such."""
    asked = request.query_params.get("p", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= _LONGEST_PAGE_NUMBER else 1
    return min(max(0, number - 1), max(0, (count - 1) // PER_PAGE))
