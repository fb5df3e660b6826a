"""Finds what was done to an audit trail behind Outlay's back: any entry changed, removed, added, swapped or cut off.

It believes nothing that is stored: numbers must follow each other, every hash is made again, the end must bear the
signature, and the chain must hold what this machine saw of it. A row that can't even be read is a finding too.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, select
from sqlalchemy.exc import OperationalError

from outlay.control.database import Control
from outlay.control.tables import organisations
from outlay.control.trail import INSTALLATION, NO_HASH, VERSION, Head, Notary, entry_hash, vouched, words_of
from outlay.control.trail_tables import audit_entries, audit_heads
from outlay.errors import InputError

MOST_FINDINGS: Final = 100
_BATCH: Final = 1_000
# SQLite keeps values of any type in any column, and text that is no UTF-8: reading them fails in all these ways.
_UNREADABLE: Final = (TypeError, ValueError, OverflowError, OperationalError)


class Witness(Notary, Protocol):
    def witnessed(self, organisation: str) -> Head | None: ...

    def chains(self) -> set[str]: ...


class Finding(Struct, frozen=True):
    """What is wrong with one entry; of the chain as a whole where `number` is None."""

    number: int | None
    text: str


class Verified(Struct, frozen=True):
    """What a chain is: its length, its last hash, and what is wrong with it; at most MOST_FINDINGS are told."""

    organisation: str
    entries: int
    hash: bytes
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return not self.findings


def chains_of(control: Control, witness: Witness) -> list[str]:
    """Return every chain there is or was: the installation's, each organisation's, and those seen on this machine."""
    with control.read() as connection:
        stored = {
            str(found)
            for column in (organisations.c.id, audit_heads.c.organisation, audit_entries.c.organisation)
            for (found,) in connection.execute(select(column).distinct())
        }
    return sorted(stored | witness.chains() | {INSTALLATION})


def verify_chain(control: Control, organisation: str, witness: Witness, expected: Head | None = None) -> Verified:
    """Walk through a chain in one snapshot; it takes memory for a thousand entries, however many there are.

    `expected` is an end that somebody kept elsewhere: the chain must still hold it.
    """
    with control.read() as connection:
        return verify_in(connection, organisation, witness, expected)


def verify_in(connection: Connection, organisation: str, witness: Witness, expected: Head | None = None) -> Verified:
    """Walk through a chain as a transaction sees it."""
    walk = _Walk()
    walk.must_hold(organisation, witness, expected)
    try:
        for row in _rows(connection, organisation):
            walk.step(row)
    except _UNREADABLE:
        walk.lost()
    walk.end(connection, organisation, witness)
    return Verified(organisation, walk.count, walk.hash, tuple(walk.findings[:MOST_FINDINGS]))


class _Walk:
    """How far the chain was followed, and what was found on the way."""

    def __init__(self) -> None:
        self.number = 0  # of the entry before
        self.hash = NO_HASH  # of the entry before
        self.count = 0
        self.findings: list[Finding] = []
        self._known: list[tuple[Head, str]] = []

    def must_hold(self, organisation: str, witness: Witness, expected: Head | None) -> None:
        """Take in what is known of the chain from outside the database."""
        if expected is not None:
            self._known.append((expected, "was expected"))
        try:
            seen = witness.witnessed(organisation)
        except InputError as error:
            self._find(None, error.message)
        else:
            if seen is not None:
                self._known.append((seen, "this machine saw"))

    def step(self, row: Mapping[str, Any]) -> None:
        number = row["number"]
        if not isinstance(number, int) or number <= self.number:
            self._find(None, f"an entry has the number {number!r}, which no entry can have")
            return
        follows = number == self.number + 1
        if not follows:
            self._find(number, f"what was before it is missing: {_span(self.number + 1, number - 1)}")
        self._check(number, row, follows=follows)
        self.number, self.count = number, self.count + 1
        self.hash = row["hash"] if isinstance(row.get("hash"), bytes) else NO_HASH
        for known, by in self._known:
            if number == known.number and self.hash != known.hash:
                self._find(number, f"it is not the one that {by}")

    def lost(self) -> None:
        """Note that not even the numbers of what follows can be read."""
        self._find(None, f"what is behind entry {self.number} can't be read")

    def end(self, connection: Connection, organisation: str, witness: Witness) -> None:
        """Check the head against the last entry, its signature, and what is known of it."""
        for known, by in self._known:
            if known.number > self.number:
                self._find(None, f"the end is cut off: entry {known.number}, that {by}, is missing")
        row = connection.execute(select(audit_heads).where(audit_heads.c.organisation == organisation)).one_or_none()
        if row is None:
            if self.count:
                self._find(None, "the head of the chain is missing")
        elif (row.number, row.hash) != (self.number, self.hash):
            self._find(None, f"the chain ends with entry {self.number}, but its head says entry {row.number}")
        elif not vouched(row, witness):
            self._find(None, f"its end, entry {self.number}, is not signed with a secret key of this Outlay")

    def _check(self, number: int, row: Mapping[str, Any], *, follows: bool) -> None:
        if "hash" not in row:
            self._find(number, "it can't be read")
        elif row["version"] != VERSION:
            self._find(number, f"it is of the version {row['version']!r}, which this Outlay does not know")
        elif not _holds(row):
            self._find(number, "it was altered")
        elif follows and row["previous"] != self.hash:
            self._find(number, f"it does not follow entry {number - 1}: one of the two was altered")
        elif row["action"] == "trail.break":
            self._find(number, f"Outlay found here that the chain up to entry {number - 1} was altered")

    def _find(self, number: int | None, text: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(number, text))


def _holds(row: Mapping[str, Any]) -> bool:
    """Whether an entry is what was hashed; values of another type than the column's make no hash at all."""
    try:
        return bool(row["hash"] == entry_hash(row) and row["search_text"] == words_of(row))
    except (AttributeError, TypeError, ValueError):
        return False


def _span(first: int, last: int) -> str:
    return f"entry {first}" if first == last else f"the entries {first} to {last}"


def _rows(connection: Connection, organisation: str) -> Iterator[Mapping[str, Any]]:
    """Give the entries by number; of one that can't be read the number alone."""
    mine, number = audit_entries.c.organisation == organisation, audit_entries.c.number
    numbers = _numbers(connection, mine)
    while numbers:
        within = and_(mine, number >= numbers[0], number <= numbers[-1])
        try:
            found = _read(connection, within)
        except _UNREADABLE:
            found = [_alone(connection, and_(mine, number == each), each) for each in numbers]
        yield from found
        numbers = _numbers(connection, and_(mine, number > numbers[-1]))


def _numbers(connection: Connection, condition: ColumnElement[bool]) -> list[Any]:
    number = audit_entries.c.number
    return list(connection.execute(select(number).where(condition).order_by(number).limit(_BATCH)).scalars())


def _read(connection: Connection, condition: ColumnElement[bool]) -> list[Mapping[str, Any]]:
    wanted = select(audit_entries).where(condition).order_by(audit_entries.c.number)
    return [dict(row) for row in connection.execute(wanted).mappings()]


def _alone(connection: Connection, condition: ColumnElement[bool], number: object) -> Mapping[str, Any]:
    try:
        return _read(connection, condition)[0]
    except _UNREADABLE:
        return {"number": number}
