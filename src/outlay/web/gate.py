"""Finds out who asks: an API key in one of the headers clients use, or a browser's session cookie.

A key always wins over a cookie, and a cookie never authorises sending events: another site could make a browser do it.
"""

from collections.abc import Collection, Mapping
from typing import Final

from msgspec import Struct
from starlette.requests import Request

from outlay.access.key_ring import KeyRing
from outlay.access.keys import ApiKey, Scope
from outlay.access.proof import require_recent_proof
from outlay.access.roles import require_admin_key, require_operator_key, viewer_of, viewer_of_key
from outlay.access.sessions import Session, Sessions
from outlay.access.standing import Standing
from outlay.access.viewer import Viewer
from outlay.control.database import Control
from outlay.control.members import Member
from outlay.control.organisations import organisation_of
from outlay.errors import Forbidden, NotSignedIn, SecondFactorNeeded
from outlay.kit.clock import Clock

SESSION_COOKIE: Final = "outlay_session"
KEY_HEADERS: Final = ("x-api-key", "api-key", "x-goog-api-key")
SECOND_FACTOR_PATH: Final = "/account/second-factor"
PROOF_PATH: Final = "/account/proof"
_OPEN_TO_DEBTORS: Final = frozenset({SECOND_FACTOR_PATH, PROOF_PATH, "/sign-out", "/theme"})
_NEEDS_KEY: Final = "send an API key: Authorization: Bearer outlay_… (make one with `outlay keys create`)"


class SignedIn(Struct, frozen=True):
    """A browser's member, session and what they may see."""

    member: Member
    session: Session
    viewer: Viewer


class Gate:
    def __init__(self, control: Control, keys: KeyRing, sessions: Sessions, clock: Clock) -> None:
        self._control = control
        self._standing = Standing(control)
        self._keys = keys
        self._sessions = sessions
        self._clock = clock

    def key_of(self, request: Request, scope: Scope) -> ApiKey:
        """Return the request's API key; NotSignedIn without one, KeyInvalid, or Forbidden without the scope."""
        plaintext = key_text(request)
        if plaintext is None:
            raise NotSignedIn(_NEEDS_KEY)
        address = request.client.host if request.client else None
        key = self._keys.resolve(plaintext, self._clock.now(), address)
        self._standing.require(key.organisation, self._clock.now())
        if scope not in key.scopes:
            name = organisation_of(self._control, key.organisation).name
            raise Forbidden(f"the key {key.name!r} has no scope {scope}. Ask an admin of {name} for one that has.")
        return key

    def admin_of(self, request: Request) -> ApiKey:
        """Return the key of an administrative request; a cookie opens none, another site could make a browser send it.

        Raises NotSignedIn, KeyInvalid, or Forbidden without the scope `admin`, or where its user is no admin any more.
        """
        key = self.key_of(request, "admin")
        require_admin_key(self._control, key)
        return key

    def operator_of(self, request: Request) -> ApiKey:
        """Return the key of a request about whole organisations: one of the operators' own, and no cookie.

        Raises NotSignedIn, KeyInvalid, or Forbidden for every other key, or where its user is no operator any more.
        """
        key = self.key_of(request, "admin")
        require_operator_key(self._control, key)
        return key

    def viewer_of(self, request: Request) -> Viewer:
        """Return for whom the request asks, by key or by session; NotSignedIn with neither."""
        if key_text(request) is not None:
            return viewer_of_key(self._control, self.key_of(request, "read"))
        if not request.cookies.get(SESSION_COOKIE):
            raise NotSignedIn(_NEEDS_KEY)
        return self.member_of(request).viewer

    def member_of(self, request: Request) -> SignedIn:
        """Return who is signed in with this browser.

        Raises NotSignedIn when nobody is, SecondFactorNeeded when they must set one up before anything else.
        """
        token = request.cookies.get(SESSION_COOKIE)
        if not token:
            raise NotSignedIn("sign in to see this page")
        member, session = self._sessions.member_of(token, self._clock.now())
        self._standing.require(member.organisation, self._clock.now())
        if session.owes_second_factor and not _leads_to_second_factor(request):
            raise SecondFactorNeeded("your organisation asks for a second factor; set one up to go on")
        return SignedIn(member, session, viewer_of(member))

    def require_proof(self, who: SignedIn, back: str) -> None:
        """Raise ProofNeeded unless this browser's member has shown who they are a short while ago.

        `back` is the path of the page that leads on afterwards.
        """
        require_recent_proof(who.session, self._clock.now(), back)

    def viewers_of(self, tokens: Collection[str]) -> Mapping[str, Viewer]:
        """Return for whom each of these session tokens asks now; those that open nothing any more are left out."""
        now = self._clock.now()
        members = self._sessions.members_of(tokens, now)
        served = {each.organisation: self._standing.serves(each.organisation, now) for each in members.values()}
        return {token: viewer_of(member) for token, member in members.items() if served[member.organisation]}


def _leads_to_second_factor(request: Request) -> bool:
    path: str = request.scope["outlay_path"]
    return path in _OPEN_TO_DEBTORS or path.startswith(f"{SECOND_FACTOR_PATH}/")


def key_text(request: Request) -> str | None:
    """Return the API key as sent, in whichever header; None without one."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credentials:
        return credentials.strip()
    for name in KEY_HEADERS:
        if request.headers.get(name):
            return request.headers[name]
    return None
