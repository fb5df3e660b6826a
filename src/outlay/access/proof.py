"""Showing anew who one is, before what a browser left alone must not be able to do."""

from datetime import datetime, timedelta
from typing import Final

from outlay.access.sessions import Session
from outlay.errors import ProofNeeded

FRESH: Final = timedelta(minutes=15)


def require_recent_proof(session: Session, now: datetime, back: str) -> None:
    """Raise ProofNeeded unless the session's member has shown who they are a short while ago.

    `back` is the path of the page that leads on afterwards.
    """
    # A clock that was set back must not keep a proof fresh.
    if not session.proved_at <= now < session.proved_at + FRESH:
        raise ProofNeeded("show that it is you to go on", back)
