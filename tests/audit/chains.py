"""Chains as they are written, and what somebody who can write the database does to them."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from outlay.control.database import Control
from outlay.control.trail import Actor, Change, entry_hash, words_of, write_down
from outlay.control.trail_tables import audit_entries, audit_heads
from outlay.testing import FrozenClock

_ACTORS = (
    Actor("member", "mem_ada", "Ada", "192.0.2.7"),
    Actor("key", "key_ci", "ci (Ab12Cd34)", "2001:db8::1"),
    Actor("terminal", "0", "root"),
)


def written(control: Control, organisation: str, count: int, clock: FrozenClock) -> None:
    """Write so many entries, all different."""
    for number in range(count):
        change = Change("member.change", "member", f"mem_{number}", f"M{number}", {"n": number}, {"n": number + 1})
        with control.begin() as connection:
            write_down(connection, organisation, _ACTORS[number % len(_ACTORS)], change, clock.now())
        clock.move(timedelta(seconds=1))


class Tampering:
    """Does in a transaction what the database refuses to Outlay: its guards are taken away first."""

    def __init__(self, connection: Connection, organisation: str) -> None:
        self._connection = connection
        self._organisation = organisation
        if connection.dialect.name == "sqlite":
            for trigger in ("audit_entries_unchanged", "audit_entries_kept"):
                connection.execute(text(f"DROP TRIGGER {trigger}"))
        else:
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER ALL"))

    def leave(self) -> None:
        """Put the guards back, for who keeps what was done: on Postgres other tests use the database after this one."""
        if self._connection.dialect.name != "sqlite":
            self._connection.execute(text("ALTER TABLE audit_entries ENABLE TRIGGER ALL"))

    def rows(self) -> list[dict[str, Any]]:
        mine = audit_entries.c.organisation == self._organisation
        found = self._connection.execute(select(audit_entries).where(mine).order_by(audit_entries.c.number))
        return [dict(row) for row in found.mappings()]

    def put(self, rows: list[dict[str, Any]]) -> None:
        """Make these all the entries of the chain."""
        self._connection.execute(audit_entries.delete().where(audit_entries.c.organisation == self._organisation))
        if rows:
            self._connection.execute(insert(audit_entries), rows)

    def head(self) -> dict[str, Any]:
        mine = select(audit_heads).where(audit_heads.c.organisation == self._organisation)
        return dict(self._connection.execute(mine).mappings().one())

    def put_head(self, **values: Any) -> None:
        self._connection.execute(
            update(audit_heads).where(audit_heads.c.organisation == self._organisation).values(values)
        )


def chained(rows: list[dict[str, Any]], start: int) -> list[dict[str, Any]]:
    """Return the entries with everything made to fit from index `start` on: numbers, hashes, words."""
    made = [dict(row) for row in rows]
    for index in range(start, len(made)):
        previous = made[index - 1]["hash"] if index else bytes(32)
        made[index] |= {"number": index + 1, "previous": previous}
        made[index] |= {"hash": entry_hash(made[index]), "search_text": words_of(made[index])}
    return made
