"""Mail that waits to be sent, kept in the control database until the server took it: a crash loses none.

Letters are sealed, since the links in them open accounts, and forgotten once sent or given up. A letter is taken by one
process at a time, for as long as its lease lasts: who dies while sending delays it, and at worst sends it twice.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from outlay.control.database import Control
from outlay.control.organisations import is_served
from outlay.control.sealed import SealedColumn, Seals
from outlay.control.sign_in_tables import outgoing_mail
from outlay.errors import SecretUnreadable
from outlay.kit.ids import new_id
from outlay.kit.sealing import Sealed

LEASE: Final = timedelta(minutes=2)
REMEMBERED: Final = timedelta(days=7)
RETRIES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1))

_log = logging.getLogger(__name__)


class Due(Struct, frozen=True):
    """A letter to be sent now, as it was put."""

    id: str
    letter: str
    attempts: int
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Due(id={self.id!r})"  # the link in a letter opens an account


class Outbox:
    """Safe to use from several threads and beside other processes."""

    def __init__(self, control: Control, seals: Seals) -> None:
        self._control = control
        self._seals = seals

    def put(self, organisation: str, kind: str, letter: str, now: datetime, lasting: timedelta) -> str:
        """Keep a letter until it is sent, or its time is over; return its id."""
        mail = new_id("mail")
        with self._control.begin() as connection:
            sealed = self._seals.seal(letter, _context(organisation, mail))
            connection.execute(
                insert(outgoing_mail).values(
                    id=mail,
                    organisation=organisation,
                    kind=kind,
                    letter=sealed.content,
                    letter_key=sealed.key,
                    attempts=0,
                    due_at=now,
                    created_at=now,
                    expires_at=now + lasting,
                )
            )
        return mail

    def take(self, now: datetime) -> Due | None:
        """Return the letter that waited longest, for this process alone until its lease ends; None when none waits."""
        self._give_up_old(now)
        while True:
            with self._control.read() as connection:
                waiting = select(outgoing_mail).where(_waiting(now)).order_by(outgoing_mail.c.due_at).limit(1)
                row = connection.execute(waiting).one_or_none()
            if row is None:
                return None
            # The condition is part of the UPDATE: of several processes one takes it.
            this = and_(outgoing_mail.c.id == row.id, _waiting(now), outgoing_mail.c.due_at == row.due_at)
            taken = {"due_at": now + LEASE, "attempts": row.attempts + 1}
            with self._control.begin() as connection:
                if connection.execute(update(outgoing_mail).where(this).values(taken)).rowcount != 1:
                    continue
            try:
                text = self._seals.unseal(Sealed(row.letter_key, row.letter), _context(row.organisation, row.id))
            except SecretUnreadable as error:
                self.give_up(row.id, error.message)
                continue
            return Due(row.id, text, row.attempts + 1, row.expires_at)

    def sent(self, mail: str, now: datetime) -> None:
        self._finish(mail, {"sent_at": now, "failure": None})

    def give_up(self, mail: str, reason: str) -> None:
        """Keep no more than that it could not be sent, and why."""
        _log.error("a mail can't be sent", extra={"fields": {"mail": mail, "reason": reason}})
        self._finish(mail, {"failure": reason})

    def put_off(self, due: Due, reason: str, now: datetime) -> None:
        """Try again later, while there is time."""
        later = now + RETRIES[min(due.attempts, len(RETRIES)) - 1]
        if later >= due.expires_at:
            self.give_up(due.id, reason)
            return
        _log.warning("a mail waits", extra={"fields": {"mail": due.id, "attempts": due.attempts, "reason": reason}})
        values = {"due_at": later, "failure": reason}
        with self._control.begin() as connection:
            connection.execute(update(outgoing_mail).where(outgoing_mail.c.id == due.id).values(values))

    def _finish(self, mail: str, values: dict[str, datetime | str | None]) -> None:
        done = {"letter": None, "letter_key": None} | values
        with self._control.begin() as connection:
            connection.execute(update(outgoing_mail).where(outgoing_mail.c.id == mail).values(done))

    def _give_up_old(self, now: datetime) -> None:
        table = outgoing_mail
        with self._control.read() as connection:
            late = and_(table.c.letter.is_not(None), table.c.expires_at <= now)
            over = select(table.c.id, table.c.failure).where(late)
            rows = connection.execute(over).all()
            old = connection.execute(select(table.c.id).where(table.c.created_at <= now - REMEMBERED).limit(1)).all()
        for row in rows:
            self.give_up(row.id, row.failure or "it was not sent in time")
        if old:
            with self._control.begin() as connection:
                connection.execute(delete(table).where(table.c.created_at <= now - REMEMBERED))


LETTERS: Final = SealedColumn(outgoing_mail, "letter", "letter_key", lambda row: _context(row.organisation, row.id))


def _waiting(now: datetime) -> ColumnElement[bool]:
    table = outgoing_mail
    # That of a suspended organisation waits until it is served again, or is of no use any more.
    useful = and_(table.c.expires_at > now, is_served(table.c.organisation))
    return and_(table.c.letter.is_not(None), table.c.due_at <= now, useful)


def _context(organisation: str, mail: str) -> str:
    return f"mail:{organisation}:{mail}"
