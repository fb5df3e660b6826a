"""Sign-ins on their way: the first factor is shown, and an organisation or a second factor is asked for.

What is known so far stays here; the browser holds a random token for it, another one after each step. Ten minutes later
it is forgotten, and it leads into one session at most.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select

from outlay.access.only_sign_on import is_only
from outlay.access.sign_in_ways import Way
from outlay.access.tokens import digest, new_token
from outlay.control.database import Control
from outlay.control.members import Member, member_of_id
from outlay.control.organisations import are_served
from outlay.control.sign_in_tables import sign_in_steps
from outlay.errors import NotFound, SignInFailed

LASTS: Final = timedelta(minutes=10)
_START_AGAIN: Final = "this sign-in took too long or is done already; start again"


class SignInStep(Struct, frozen=True):
    """As whom a person may go on, whom of them they `chose`, how they came, and the page they wanted."""

    members: tuple[Member, ...]
    chosen: Member | None
    way: Way
    wanted: str

    @property
    def others(self) -> tuple[Member, ...]:
        """Return the members of the other organisations."""
        return tuple(each for each in self.members if each != self.chosen)


def first_step(members: Sequence[Member], way: Way, wanted: str) -> SignInStep:
    """Return the step after the first factor. `wanted` is the final link of the page they are led to at the end."""
    return SignInStep(tuple(members), members[0] if len(members) == 1 else None, way, wanted)


class SignInSteps:
    def __init__(self, control: Control) -> None:
        self._control = control

    def open(self, step: SignInStep, now: datetime, replacing: str = "") -> str:
        """Keep a step; return its token. The one the browser had before, `replacing`, counts no more."""
        token = new_token()
        row: dict[str, Any] = {
            "token_hash": digest(token),
            "members": [[each.organisation, each.id] for each in step.members],
            "chosen": None if step.chosen is None else step.chosen.organisation,
            "way": step.way,
            "wanted": step.wanted,
            "created_at": now,
            "expires_at": now + LASTS,
        }
        over = or_(sign_in_steps.c.expires_at <= now, sign_in_steps.c.token_hash == digest(replacing))
        with self._control.begin() as connection:
            connection.execute(delete(sign_in_steps).where(over))
            connection.execute(insert(sign_in_steps).values(row))
        return token

    def of(self, token: str, now: datetime) -> SignInStep:
        """Return the step; SignInFailed when it is over. Who was disabled meanwhile, or is of an
        organisation that was suspended, is none of its members.
        """
        with self._control.read() as connection:
            row = connection.execute(select(sign_in_steps).where(_this(token, now))).one_or_none()
        if row is None:
            raise SignInFailed(_START_AGAIN)
        members = tuple(each for each in self._members(row.members) if self._counts(each, row.way))
        chosen = next((each for each in members if each.organisation == row.chosen), None)
        if not members or (chosen is None) != (row.chosen is None):
            raise SignInFailed(_START_AGAIN)
        return SignInStep(members, chosen, row.way, row.wanted)

    def finish(self, token: str, now: datetime) -> None:
        """End it: of any number of simultaneous calls one returns, all others raise SignInFailed."""
        with self._control.begin() as connection:
            if connection.execute(delete(sign_in_steps).where(_this(token, now))).rowcount != 1:
                raise SignInFailed(_START_AGAIN)

    def _counts(self, member: Member, way: Way) -> bool:
        """Whether they may still come in like this; a link, of an admin, may where single sign-on is the only way."""
        return way != "password" or not is_only(self._control, member.organisation)

    def _members(self, pairs: Sequence[Sequence[str]]) -> tuple[Member, ...]:
        found = []
        for organisation, member in pairs:
            try:
                found.append(member_of_id(self._control, organisation, member))
            except NotFound:  # removed meanwhile
                continue
        served = are_served(self._control, {each.organisation for each in found})
        return tuple(each for each in found if each.disabled_at is None and each.organisation in served)


def end_steps(connection: Connection, member: Member) -> None:
    """End every sign-in on its way in which this member is one of those to go on as, wherever it was begun."""
    asked = select(sign_in_steps.c.token_hash, sign_in_steps.c.members)
    pair = [member.organisation, member.id]
    # Few ever wait, ten minutes each, and only who has shown a first factor begins one.
    theirs = [row.token_hash for row in connection.execute(asked) if pair in row.members]
    if theirs:
        connection.execute(delete(sign_in_steps).where(sign_in_steps.c.token_hash.in_(theirs)))


def _this(token: str, now: datetime) -> ColumnElement[bool]:
    return and_(sign_in_steps.c.token_hash == digest(token), sign_in_steps.c.expires_at > now)
