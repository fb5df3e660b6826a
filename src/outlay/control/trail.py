"""The audit trail as it is written: each administrative change leaves an entry in the transaction that makes it.

An organisation's entries form a chain: each carries the hash of the one before. The head, one row for each chain, makes
writers wait for each other, so write down last; a notary signs it with a key that is not in the database.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal, Protocol

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from outlay.control.conflict import insert_unless_there
from outlay.control.database import after_commit
from outlay.control.storable import storable
from outlay.control.trail_actions import ACTIONS
from outlay.control.trail_tables import audit_entries, audit_heads

INSTALLATION: Final = ""  # the chain of what concerns no organisation, or all of them
VERSION: Final = 1  # of the encoding that is hashed
NO_HASH: Final = bytes(32)  # what the first entry follows
MOST_CHARS: Final = 500  # of a name
MOST_DETAIL_CHARS: Final = 32_000  # of each side of a change, as JSON
NOTARY: Final = "outlay_notary"  # the execution option that holds the notary

ActorKind = Literal["member", "key", "terminal", "scim", "sso", "system"]


class Actor(Struct, frozen=True):
    """Who did it, as known then: names change, the entry does not. `address` is where a request came from."""

    kind: ActorKind
    id: str | None
    name: str
    address: str | None = None

    @property
    def member(self) -> str | None:
        """The member's id, for a row that keeps who made it; None where it was no member."""
        return self.id if self.kind == "member" else None


class Change(Struct, frozen=True):
    """What was done (one of ACTIONS), to what kind of thing, which one, and what it is called.

    `before` and `after` hold only what differs. Secrets are left out, or masked by `masked`.
    """

    action: str
    kind: str
    subject: str
    name: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


class Head(Struct, frozen=True):
    """The end of a chain: how many entries there are, and the hash of the last."""

    organisation: str
    number: int
    hash: bytes


class Signature(Struct, frozen=True):
    key: str
    mac: bytes


class Notary(Protocol):
    """Knows what the database does not: `audit.notary.TrailNotary`."""

    def sign(self, head: Head) -> Signature: ...

    def vouches(self, head: Head, signature: Signature) -> bool: ...

    def contradicts(self, head: Head) -> bool:
        """Whether a chain that ends so is not the one that was seen: one that was cut, or put back."""

    def saw(self, head: Head, *, anew: bool = False) -> None:
        """Remember outside the database that the chain reached this head; called once it is committed. `anew` where
        what was seen before is none of it, as the chain itself says by now.
        """


SYSTEM: Final = Actor("system", None, "Outlay")


def masked(secret_end: str) -> str:
    """Return how a secret stands in the trail: by its last characters, which may be shown."""
    return f"••••{secret_end}"


def differing(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both sides of a change without what is the same on both."""
    left, right = before or {}, after or {}
    return (
        {name: value for name, value in left.items() if name not in right or right[name] != value},
        {name: value for name, value in right.items() if name not in left or left[name] != value},
    )


def write_down(connection: Connection, organisation: str, by: Actor, change: Change, now: datetime) -> None:
    """Add an entry to the organisation's chain (or INSTALLATION's), in the transaction that makes the change.

    Until that commits, nobody else writes into this chain: call it after the change itself. An action that ACTIONS
    does not list is a ValueError.
    """
    if change.action not in ACTIONS:
        raise ValueError(f"{change.action!r} is no action of the audit trail; add it to ACTIONS")
    notary = _notary_of(connection)
    head, broken = _held(connection, organisation, notary)
    if broken:
        found = Change("trail.break", "trail", organisation, f"entry {head.number}")
        head = _append(connection, head, SYSTEM, found, now)
    head = _append(connection, head, by, change, now)
    _sign(connection, head, notary)
    if notary is not None:
        after_commit(connection, partial(notary.saw, head, anew=broken))


def trusted_heads(connection: Connection) -> list[Head]:
    """Return the heads that bear the signature they should, held against writers, before another key is in force."""
    notary = _notary_of(connection)
    if notary is None:
        return []
    rows = connection.execute(select(audit_heads).order_by(audit_heads.c.organisation).with_for_update()).all()
    return [Head(row.organisation, row.number, row.hash) for row in rows if vouched(row, notary)]


def sign_heads(connection: Connection, heads: Sequence[Head]) -> None:
    """Sign them with the key in force now; no others, since a new signature would hide what was done to them."""
    for head in heads:
        _sign(connection, head, _notary_of(connection))


def _notary_of(connection: Connection) -> Notary | None:
    found: Notary | None = connection.get_execution_options().get(NOTARY)
    return found


def _sign(connection: Connection, head: Head, notary: Notary | None) -> None:
    """Store a head as it is now, signed where there is a notary."""
    signed = None if notary is None else notary.sign(head)
    values: dict[str, Any] = {"number": head.number, "hash": head.hash}
    values |= {"key": signed and signed.key, "mac": signed and signed.mac}
    connection.execute(update(audit_heads).where(audit_heads.c.organisation == head.organisation).values(values))


def vouched(row: Any, notary: Notary) -> bool:  # noqa: ANN401 - a row of audit_heads
    """Whether a stored head bears the notary's signature; an empty chain needs none."""
    if row.number == 0 and row.hash == NO_HASH:
        return True
    if row.key is None or row.mac is None:
        return False
    return notary.vouches(Head(row.organisation, row.number, row.hash), Signature(row.key, row.mac))


def entry_hash(values: Mapping[str, Any]) -> bytes:
    """Return the hash of an entry from its columns: SHA-256 over a JSON array of them, in ASCII and without spaces."""
    written = [
        VERSION,
        values["organisation"],
        values["number"],
        values["at"].astimezone(UTC).isoformat(timespec="microseconds"),
        *(values[name] for name in _TEXTS),
        values["previous"].hex(),
    ]
    return hashlib.sha256(json.dumps(written, separators=(",", ":")).encode("ascii")).digest()


def words_of(values: Mapping[str, Any]) -> str:
    """Return what an entry is searched in: its texts, case-folded here because engines fold case differently."""
    sides = [_readable(values[name]) for name in ("before", "after") if values[name]]
    return "\n".join([*(values[name] for name in _SEARCHED if values[name]), *sides]).casefold()


def _readable(side: str) -> str:
    """Return one side of a change with its letters as people write them, where JSON in ASCII has escapes."""
    return json.dumps(json.loads(side), ensure_ascii=False).encode(errors="replace").decode()


_TEXTS: Final = (
    "actor_kind",
    "actor",
    "actor_name",
    "address",
    "action",
    "kind",
    "subject",
    "name",
    "before",
    "after",
)
_SEARCHED: Final = ("actor_name", "address", "action", "subject", "name")


def _held(connection: Connection, organisation: str, notary: Notary | None) -> tuple[Head, bool]:
    """Return the chain's head, made where there is none, and held against other writers until the end. And whether
    somebody altered it past Outlay, or put an older one back: signing it anew, or writing past it, would hide that.
    """
    fresh = {"organisation": organisation, "number": 0, "hash": NO_HASH}
    connection.execute(insert_unless_there(audit_heads).values(fresh))
    this = select(audit_heads).where(audit_heads.c.organisation == organisation).with_for_update()
    row = connection.execute(this).one()
    head = Head(row.organisation, row.number, row.hash)
    return head, notary is not None and (not vouched(row, notary) or notary.contradicts(head))


def _append(connection: Connection, head: Head, by: Actor, change: Change, now: datetime) -> Head:
    values: dict[str, Any] = {
        "organisation": head.organisation,
        "number": head.number + 1,
        "at": now,
        "actor_kind": by.kind,
        "actor": None if by.id is None else _line(by.id),
        "actor_name": _line(by.name),
        "address": None if by.address is None else _line(by.address),
        "action": change.action,
        "kind": change.kind,
        "subject": _line(change.subject),
        "name": _line(change.name),
        "before": _detail(change.before),
        "after": _detail(change.after),
        "previous": head.hash,
    }
    values |= {"version": VERSION, "hash": entry_hash(values), "search_text": words_of(values)}
    connection.execute(insert(audit_entries).values(values))
    return Head(head.organisation, head.number + 1, values["hash"])


def _line(text: str) -> str:
    """Return text that every engine keeps as it is: no zero character, no half of a character, and not without end."""
    return storable(text)[:MOST_CHARS]


def _detail(side: Mapping[str, Any] | None) -> str | None:
    """Return one side of a change as JSON in ASCII, its keys in order; one that is too long by size and hash alone."""
    if not side:
        return None
    plain = msgspec.to_builtins(side, str_keys=True, order="deterministic")
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    if len(text) <= MOST_DETAIL_CHARS:
        return text
    short = {"characters": len(text), "sha256": hashlib.sha256(text.encode("ascii")).hexdigest()}
    return json.dumps({"too long to keep": short}, separators=(",", ":"))
