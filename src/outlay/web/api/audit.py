"""`GET /api/v1/audit`: the audit trail of the key's organisation, the newest first."""

from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, Final

from msgspec import Struct

from outlay.audit.entries import LOOKED_THROUGH, Entry, Wanted, look_for
from outlay.control.database import Control
from outlay.control.trail_actions import ACTIONS
from outlay.errors import QueryInvalid
from outlay.web.api.administration import Administration, Asked, Operation
from outlay.web.api.endpoint import Endpoint, Parameter
from outlay.web.api.paging import PAGING, page_asked, write_cursor

_TIMES: Final = (
    Parameter("from", "Only entries from this instant on.", "2026-10-01T00:00:00Z"),
    Parameter("to", "Only entries before this instant.", "2026-11-01T00:00:00Z"),
)
_FILTERS: Final = (
    Parameter("who", "An actor's id or address, or part of a name.", "ada"),
    Parameter("action", "One action, or its noun for all of them.", "key.revoke"),
    Parameter("subject", "What it was done to: an id, or part of a name.", "ci"),
    Parameter("text", "Text that stands anywhere in an entry.", "billing"),
)


class TrailEntry(Struct, frozen=True):
    """One entry. `before` and `after` hold what differs; `hash` is of the entry and, through `previous`, all before."""

    number: int
    at: datetime
    actor_kind: str
    actor: str | None
    actor_name: str
    address: str | None
    action: str
    kind: str
    subject: str
    name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    previous: str
    hash: str


class TrailPage(Struct, frozen=True):
    entries: list[TrailEntry]
    next: str | None


class AuditApi:
    def __init__(self, administration: Administration, control: Control) -> None:
        self._administration = administration
        self._control = control

    def endpoints(self) -> list[Endpoint]:
        return [
            self._administration.endpoint(
                Operation(
                    method="GET",
                    path="/api/v1/audit",
                    name="list_audit_entries",
                    summary="Who changed what",
                    description=(
                        "Lists the audit trail, the newest entry first. Entries are only ever added; each carries the "
                        "hash of the one before, so what is fetched once proves later that nothing was altered. With "
                        f"`who`, `subject` or `text` one answer looks through {LOOKED_THROUGH:,} entries: it may hold "
                        "few or none, and `next` goes on with the search."
                    ),
                    do=self._list,
                    answer=TrailPage,
                    parameters=(*_TIMES, *_FILTERS, *PAGING),
                )
            )
        ]

    def _list(self, asked: Asked[None]) -> TrailPage:
        query = asked.query
        wanted = Wanted(
            start=_instant("from", query.get("from")),
            end=_instant("to", query.get("to")),
            who=query.get("who", ""),
            action=_action(query.get("action", "")),
            subject=query.get("subject", ""),
            text=query.get("text", ""),
        )
        page = page_asked(query, int)
        looked = look_for(self._control, asked.organisation, wanted, page.after, page.limit + 1)
        below = looked.below(page.limit)
        shown = [_as_sent(each) for each in looked.entries[: page.limit]]
        return TrailPage(shown, None if below is None else write_cursor(below))


def _instant(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not MINYEAR < found.year < MAXYEAR:
        raise QueryInvalid(f"{name} is an instant with its zone, such as 2026-10-01T00:00:00Z")
    return found


def _action(text: str) -> str:
    if text and text not in ACTIONS and text not in {each.partition(".")[0] for each in ACTIONS}:
        raise QueryInvalid("action is one of those that the reference lists, or the noun of some")
    return text


def _as_sent(entry: Entry) -> TrailEntry:
    return TrailEntry(
        number=entry.number,
        at=entry.at,
        actor_kind=entry.by.kind,
        actor=entry.by.id,
        actor_name=entry.by.name,
        address=entry.by.address,
        action=entry.action,
        kind=entry.kind,
        subject=entry.subject,
        name=entry.name,
        before=entry.before,
        after=entry.after,
        previous=entry.previous,
        hash=entry.hash,
    )
