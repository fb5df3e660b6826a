"""`/welcome`: three steps to the first event. A key is made in place and shown once; the event appears by itself.

The page asks for its third step every second, which costs a look at the ledger's watermark, until something arrived.
Without script the same is a link.
"""

from contextlib import suppress
from http import HTTPStatus
from itertools import chain, count
from pathlib import Path
from typing import Final

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from outlay.access.key_changes import create_key
from outlay.access.keys import NewKey
from outlay.access.roles import may, require
from outlay.control.organisations import every_organisation
from outlay.control.trail import Actor
from outlay.errors import Conflict
from outlay.kit.clock import Clock
from outlay.query.extent import months_with_data
from outlay.query.questions import Asking, Questions
from outlay.web.acting import actor_of
from outlay.web.forms import Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn
from outlay.web.pages.welcome.arrival import REFUSED_WITHIN, Waiting, waiting
from outlay.web.pages.welcome.ways import Sender, Way, ways_for
from outlay.web.refusals import Refusal, Refusals
from outlay.web.render import Shell

WELCOME: Final = "/welcome"
KEY: Final = "/welcome/key"
ARRIVAL: Final = "/welcome/arrival"
KEY_NAME: Final = "first-steps"
_LONGEST_WATERMARK: Final = 18


class Made(Struct, frozen=True):
    """A key that was made just now, with its text."""

    name: str
    plaintext: str

    def __repr__(self) -> str:
        return f"Made(name={self.name!r})"


class Welcome(Struct, frozen=True):
    """All that the page shows. Without the right to make keys, `admins` [(name, e-mail)] are whom to ask for one."""

    ways: tuple[Way, ...]
    chosen: str
    may_make_keys: bool
    made: Made | None
    admins: tuple[tuple[str, str], ...]
    waiting: Waiting
    check_href: str
    is_empty: bool


class Setting(Struct, frozen=True):
    """Where and when this Outlay runs."""

    clock: Clock
    directory: Path


class Asked(Struct, frozen=True):
    """The way that is chosen, and the watermark that the wait began at, as the browser says them."""

    way: str
    since: str


class WelcomePage:
    def __init__(self, frame: Frame, forms: Forms, questions: Questions, refusals: Refusals, setting: Setting) -> None:
        self._frame = frame
        self._forms = forms
        self._questions = questions
        self._refusals = refusals
        self._setting = setting

    def routes(self) -> list[Route]:
        return [
            Route(WELCOME, self.show, methods=["GET"]),
            Route(KEY, self.make_key, methods=["POST"]),
            Route(ARRIVAL, self.arrival, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        return await run_in_threadpool(self._show, request)

    async def arrival(self, request: Request) -> Response:
        return await run_in_threadpool(self._arrival, request)

    async def make_key(self, request: Request) -> Response:
        who, form = await self._forms.posted_by_member(request)
        return await run_in_threadpool(self._make_key, request, who, Asked(form.text("way"), form.text("since")))

    def _show(self, request: Request) -> Response:
        who = self._frame.signed_in(request)
        asked = request.query_params
        return self._page(request, who, Asked(asked.get("way", ""), asked.get("since", "")))

    def _make_key(self, request: Request, who: SignedIn, asked: Asked) -> Response:
        require(who.viewer, "manage_keys", self._shell(request, who).organisation)
        self._frame.require_proof(who, WELCOME)
        return self._page(request, who, asked, self._made(who, actor_of(request, who)))

    def _page(self, request: Request, who: SignedIn, asked: Asked, made: Made | None = None) -> Response:
        shell = self._shell(request, who)
        sender = self._sender(request, who, made)
        welcome = self._questions.ask(who.viewer, lambda asking: self._welcome(who, asking, asked, sender, made))
        status = HTTPStatus.OK if made is None else HTTPStatus.CREATED
        return self._frame.page("welcome.html", shell, status, welcome=welcome)

    def _sender(self, request: Request, who: SignedIn, made: Made | None) -> Sender:
        here = f"{self._forms.own_origin(request)}{self._frame.renderer.url('')}"
        return Sender(
            url=f"{here}/v1/events",
            gateway=here,
            key=made.plaintext if made else "",
            user=who.member.user or who.member.email,
            directory=str(self._setting.directory.resolve()),
            now=self._setting.clock.now(),
        )

    def _welcome(self, who: SignedIn, asking: Asking, asked: Asked, sender: Sender, made: Made | None) -> Welcome:
        may_make_keys = may(who.viewer.role, "manage_keys")
        # The directory of the server is nobody's business but of those who run it.
        ways = tuple(each for each in ways_for(sender) if each.needs_key or may_make_keys)
        chosen = asked.way if asked.way in {each.id for each in ways} else ways[0].id
        state = self._waiting(who, asking, _watermark(asked.since, asking.snapshot.watermark))
        return Welcome(
            ways=ways,
            chosen=chosen,
            may_make_keys=may_make_keys,
            made=made,
            admins=() if may_make_keys else self._frame.grantors(who.member.organisation),
            waiting=state,
            check_href=self._frame.renderer.url(WELCOME, {"way": chosen, "since": str(state.since)}),
            is_empty=not months_with_data(who.viewer, asking.snapshot),
        )

    def _arrival(self, request: Request) -> Response:
        """Answer the third step alone, or nothing while it is as the asking page has it."""
        who = self._frame.signed_in(request)
        asked = request.query_params
        since = _watermark(asked.get("since", ""), 0)
        state = self._questions.ask(who.viewer, lambda asking: self._waiting(who, asking, since))
        if str(state.mark) == asked.get("mark"):
            return Response(status_code=HTTPStatus.NO_CONTENT)
        check_href = self._frame.renderer.url(WELCOME, {"since": str(state.since)})
        return HTMLResponse(self._frame.renderer.part("macros/welcome.html", "arrival", state, check_href))

    def _waiting(self, who: SignedIn, asking: Asking, since: int) -> Waiting:
        return waiting(asking, since, self._refused(who), self._frame.renderer)

    def _refused(self, who: SignedIn) -> tuple[Refusal, ...]:
        """Return what was refused lately; a reason may tell of other people's events, so it is for who makes keys."""
        if not may(who.viewer.role, "manage_keys"):
            return ()
        alone = len(every_organisation(self._frame.control)) == 1
        return self._refusals.since(self._setting.clock.now() - REFUSED_WITHIN, who.member.organisation, alone=alone)

    def _made(self, who: SignedIn, by: Actor) -> Made:
        """Make a key that may only send and call, under the first name that is free."""
        control, organisation, now = self._frame.control, who.member.organisation, self._setting.clock.now()
        for name in chain((KEY_NAME,), (f"{KEY_NAME}-{number}" for number in count(2))):
            wanted = NewKey(name=name, scopes=frozenset({"send", "gateway"}))
            with suppress(Conflict):
                key, plaintext = create_key(control, organisation, wanted, by, now)
                break
        return Made(key.name, plaintext)

    def _shell(self, request: Request, who: SignedIn) -> Shell:
        return self._frame.shell(request, who, "Send an event", "welcome")


def _watermark(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_WATERMARK else default
