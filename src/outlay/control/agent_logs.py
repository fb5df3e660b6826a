"""What is remembered of the logs of coding agents: how far each file is read, and the calls that were met in them.

Both are written in one transaction per batch. Calls are kept under a hash of 64 bits: among ten million calls, two meet
with a chance of 1 in 370,000.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from outlay.control.conflict import insert_or_replace
from outlay.control.database import Control
from outlay.control.log_marks import KnownCall, LogMark, hashed
from outlay.control.log_tables import agent_logs, logged_calls
from outlay.kit.clock import Clock

_KEYS_PER_STATEMENT: Final = 5_000  # SQLite takes 32,766 parameters, Postgres 65,535
_ROWS_PER_STATEMENT: Final = 50
_MOST_HELD: Final = 1_000_000  # keys, some 100 MB


class LogMemory:
    """What is remembered of one organisation's logs of one source.

    A first import looks only for what it kept itself: `_possible` are all keys there are, None where that is not known.
    """

    def __init__(self, control: Control, organisation: str, source: str, clock: Clock) -> None:
        self._control = control
        self._organisation = organisation
        self._source = source
        self._clock = clock
        self._log = hashed(organisation, source)
        self._possible: set[int] | None = None

    def marks(self) -> dict[str, LogMark]:
        """Return what is known of each file, by its path. A run begins with it: others may have imported meanwhile."""
        self._possible = None if self._any() else set()
        names = [agent_logs.c[name] for name in LogMark.__struct_fields__]
        with self._control.read() as connection:
            rows = connection.execute(select(*names).where(self._mine()))
            return {row.path: LogMark(*row) for row in rows}

    def last_event(self) -> bytes | None:
        """Return the event that was stored last of all."""
        newest = select(agent_logs.c.last_event).where(self._mine(), agent_logs.c.last_event.is_not(None))
        with self._control.read() as connection:
            return connection.execute(newest.order_by(agent_logs.c.noted_at.desc()).limit(1)).scalar()

    def find(self, keys: Collection[int]) -> dict[int, KnownCall]:
        """Return those of the calls that are known."""
        wanted = list(keys if self._possible is None else self._possible.intersection(keys))
        if not wanted:
            return {}
        names = [logged_calls.c[name] for name in ("call", *KnownCall._fields)]
        found = {}
        with self._control.read() as connection:
            for start in range(0, len(wanted), _KEYS_PER_STATEMENT):
                some = wanted[start : start + _KEYS_PER_STATEMENT]
                for key, *rest in connection.execute(select(*names).where(logged_calls.c.call.in_(some))):
                    found[key] = KnownCall(*rest)
        return found

    def intend(self, marks: Iterable[LogMark]) -> None:
        """Note where the batch ends that is about to be committed: only `intended` of the marks becomes new."""
        self._note(marks, ("intended",))

    def keep(self, marks: Iterable[LogMark], calls: Mapping[int, KnownCall]) -> None:
        """Note what is committed now."""
        names = tuple(name for name in LogMark.__struct_fields__ if name != "path")
        self._note(marks, names, calls)

    def forget_places(self) -> None:
        """Let every log be read from its start again; calls that were met stay known."""
        with self._control.begin() as connection:
            connection.execute(delete(agent_logs).where(self._mine()))

    def forget(self) -> None:
        """Let every log be read as if for the first time."""
        with self._control.begin() as connection:
            connection.execute(delete(agent_logs).where(self._mine()))
            connection.execute(delete(logged_calls).where(logged_calls.c.log == self._log))
        self._possible = set()

    def _note(
        self, marks: Iterable[LogMark], replaced: tuple[str, ...], calls: Mapping[int, KnownCall] | None = None
    ) -> None:
        now = self._clock.now()
        base = {"organisation": self._organisation, "source": self._source, "noted_at": now}
        rows = [base | {name: getattr(mark, name) for name in mark.__struct_fields__} for mark in marks]
        known = calls or {}
        with self._control.note() as connection:
            if rows:
                connection.execute(insert_or_replace(agent_logs, *replaced, "noted_at"), rows)
            if known:
                # In the order of the index, which then reads each of its pages once.
                self._insert(connection, [(key, self._log, *known[key]) for key in sorted(known)])
        if self._possible is not None:
            self._possible.update(known)
            if len(self._possible) > _MOST_HELD:
                self._possible = None

    @staticmethod
    def _insert(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
        columns = ("call", "log", *KnownCall._fields)
        if connection.dialect.name != "sqlite":  # which takes them in few statements
            named = [dict(zip(columns, row, strict=True)) for row in rows]
            connection.execute(insert_or_replace(logged_calls, *columns[1:]), named)
            return
        # SQLite's driver takes tuples, best of many rows: with a dict for each row it takes four times as long.
        row = f"({', '.join('?' * len(columns))})"
        into = f"INSERT INTO {logged_calls.name} ({', '.join(columns)}) VALUES "  # noqa: S608 - names of our own tables
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        for count, packs in _packed(rows):
            statement = f"{into}{', '.join([row] * count)} ON CONFLICT (call) DO UPDATE SET {changes}"
            connection.exec_driver_sql(statement, packs)

    def _any(self) -> bool:
        with self._control.read() as connection:
            found = connection.execute(select(logged_calls.c.call).limit(1)).first()
        return found is not None

    def _mine(self) -> ColumnElement[bool]:
        return and_(agent_logs.c.organisation == self._organisation, agent_logs.c.source == self._source)


def _packed(rows: list[tuple[Any, ...]]) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
    """Yield the rows as the values of statements that take so many of them at once, then those of what is left."""
    whole = len(rows) - len(rows) % _ROWS_PER_STATEMENT
    if whole:
        starts = range(0, whole, _ROWS_PER_STATEMENT)
        yield _ROWS_PER_STATEMENT, [tuple(chain.from_iterable(rows[at : at + _ROWS_PER_STATEMENT])) for at in starts]
    if whole < len(rows):
        yield 1, rows[whole:]
