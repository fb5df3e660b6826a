"""Sends mail beside everything else: what is put into the outbox goes out within seconds, from whichever process.

Without a mail server nothing is sent, and `configured` tells the pages to show people links to hand over instead.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec

from outlay.control.outgoing_mail import Due, Outbox
from outlay.errors import InputError, OutlayError
from outlay.kit.clock import Clock
from outlay.kit.mail_server import MailServer
from outlay.notify.letter import Letter
from outlay.notify.smtp import NotSent, send

LASTS: Final = timedelta(hours=24)
_LOOKS_EVERY_SECONDS: Final = 10  # for what other processes put there, and what is to be tried again

_log = logging.getLogger(__name__)


class Mail:
    """One for the process. `server` is None where the operator set none."""

    def __init__(self, outbox: Outbox, server: MailServer | None, sender: str, clock: Clock) -> None:
        self._outbox = outbox
        self._server = server
        self._sender = sender
        self._clock = clock
        self._sending: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()

    @property
    def configured(self) -> bool:
        return self._server is not None

    def send(self, organisation: str, kind: str, letter: Letter, lasting: timedelta = LASTS) -> None:
        """Have a letter sent soon, and tried again for as long as it is of use; nothing happens without a server."""
        if self._server is None:
            return
        self._outbox.put(organisation, kind, msgspec.json.encode(letter).decode(), self._clock.now(), lasting)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    def start(self) -> None:
        if self._server is not None:
            self._loop = asyncio.get_running_loop()
            self._sending = asyncio.create_task(self._send_all(self._server))

    async def close(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            with suppress(asyncio.CancelledError):
                await self._sending

    async def _send_all(self, server: MailServer) -> None:
        while True:
            try:
                while await asyncio.to_thread(self.send_next, server):
                    pass
            except OutlayError:
                _log.exception("can't look for mail to send; trying again")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _LOOKS_EVERY_SECONDS)
            self._woken.clear()

    def send_next(self, server: MailServer) -> bool:
        """Send one letter that waits; return whether there was one."""
        now = self._clock.now()
        due = self._outbox.take(now)
        if due is None:
            return False
        self._send(server, due, now)
        return True

    def _send(self, server: MailServer, due: Due, now: datetime) -> None:
        try:
            send(server, self._sender, msgspec.json.decode(due.letter, type=Letter), now)
        except InputError as error:
            self._outbox.give_up(due.id, error.message)
        except NotSent as error:
            if error.permanent:
                self._outbox.give_up(due.id, error.reason)
            else:
                self._outbox.put_off(due, error.reason, now)
        else:
            self._outbox.sent(due.id, now)
