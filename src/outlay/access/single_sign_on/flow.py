"""Single sign-on from the button to the member: the browser goes to its provider and comes back, once.

Which provider an answer belongs to is in its address and in its state, and both must agree; a state is taken once, in
whichever process, and only from the browser that asked.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import delete

from outlay.access.single_sign_on.admission import admitted
from outlay.access.single_sign_on.conversation import Answer, Asking, Conversation, Party, Proofs
from outlay.access.single_sign_on.discovery import Discovery
from outlay.access.single_sign_on.state import LASTS, Begun, new_secret, new_state, nonce_of, read_state, verifier_of
from outlay.access.standing import Standing
from outlay.access.tokens import digest
from outlay.control.conflict import insert_unless_there
from outlay.control.database import Control
from outlay.control.directory_tables import sign_on_answers
from outlay.control.members import Member
from outlay.control.sign_on_providers import ProviderBook, SignOnProvider
from outlay.errors import NotFound, SignInFailed, SignOnFailed, Unavailable
from outlay.kit.clock import Clock

AT_ONCE: Final = 50  # conversations with providers
_GONE: Final = "this sign-on provider is not there any more, or switched off"
_USED: Final = "this sign-in was finished already; begin again"


class Sent(Struct, frozen=True):
    """Where the browser goes, and the secret that it keeps until it is back."""

    address: str
    secret: str
    lasting: timedelta = LASTS


class SignedOn(Struct, frozen=True):
    """Who signed in, the page they want, and when they showed their provider who they are."""

    member: Member
    way: str
    shown_at: datetime


class Returned(Struct, frozen=True, kw_only=True):
    """What a browser brings back: in its address bar, in its cookie, and from where."""

    provider: str
    state: str
    secret: str
    answer: Answer
    callback: str
    address: str


class SingleSignOn:
    """One for the whole process; lives on its event loop."""

    def __init__(self, control: Control, book: ProviderBook, clock: Clock) -> None:
        self._control = control
        self._book = book
        self._standing = Standing(control)
        self._clock = clock
        self._conversation = Conversation(Discovery())
        self._here = 0

    async def begin(self, provider: str, way: str, callback: str, asking: Asking = Asking()) -> Sent:  # noqa: B008 - frozen
        """Return where the browser goes; `way` is where it leads afterwards, `callback` the address it comes back to.

        Raises SignOnFailed, OrganisationSuspended, NotFound for a provider that is not there, Unavailable.
        """
        found, secret, now = await asyncio.to_thread(self._book.enabled, provider), new_secret(), self._clock.now()
        await asyncio.to_thread(self._standing.require, found.organisation, now)
        state = new_state(secret, provider, way, now)
        proofs = Proofs(state, nonce_of(secret, state), verifier_of(secret, state))
        with self._counted():
            party = Party(found.id, found.settings, None, callback)
            address = await self._conversation.address_for(party, proofs, now, asking)
        return Sent(address, secret)

    async def finish(self, returned: Returned) -> SignedOn:
        """Return who came back, and where they want to go.

        Raises SignOnFailed, SignInFailed, OrganisationSuspended, Unavailable.
        """
        now = self._clock.now()
        begun = read_state(returned.secret, returned.state, now)
        if begun.provider != returned.provider:
            raise SignOnFailed("another provider answered than was asked")
        found = await asyncio.to_thread(self._taken, returned, begun)
        await asyncio.to_thread(self._standing.require, found.organisation, now)
        secret = await asyncio.to_thread(self._book.secret_of, found)
        party = Party(found.id, found.settings, secret, returned.callback)
        state = returned.state
        proofs = Proofs(state, nonce_of(returned.secret, state), verifier_of(returned.secret, state))
        with self._counted():
            claims = await self._conversation.claims_behind(party, returned.answer, proofs, now)
        member = await asyncio.to_thread(admitted, self._control, found, claims, returned.address, now)
        return SignedOn(member, begun.way, now if claims.shown_at is None else min(now, claims.shown_at))

    async def looked_at(self, provider: SignOnProvider) -> int:
        """Ask a provider for its configuration and keys anew, as a test; return how many keys it has. SignOnFailed."""
        discovery = Discovery()
        with self._counted():
            keys = await discovery.keys_of(provider.id, provider.settings, self._clock.now())
        listed = keys.get("keys")
        return len(listed) if isinstance(listed, list) else 0

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Bound how much is asked of providers at once: whoever begins many sign-ons must not use up the process."""
        if self._here >= AT_ONCE:
            raise Unavailable("too many single sign-ons at this moment; try again shortly")
        self._here += 1
        try:
            yield
        finally:
            self._here -= 1

    def _taken(self, returned: Returned, begun: Begun) -> SignOnProvider:
        """Use the state up and return the provider; SignInFailed for everyone but the first."""
        now = self._clock.now()
        row = {"state_hash": digest(returned.state), "expires_at": now + LASTS}
        with self._control.begin() as connection:
            connection.execute(delete(sign_on_answers).where(sign_on_answers.c.expires_at <= now))
            if connection.execute(insert_unless_there(sign_on_answers).values(row)).rowcount != 1:
                raise SignInFailed(_USED)
        try:
            return self._book.enabled(begun.provider)
        except NotFound:
            raise SignOnFailed(_GONE) from None
