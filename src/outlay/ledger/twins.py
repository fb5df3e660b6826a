"""Finds, inside a commit, the events that report a call which another event reported already, and keeps both sources.

The first report is the event; a later one is answered as a duplicate and kept as a sighting. Names are compared only
within an hour, because a provider's id is worth no more than the provider's word, and old ones are forgotten.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import duckdb
from arro3.core import Array, DataType, Table
from msgspec import Struct

from outlay.ledger.columns import Staged
from outlay.ledger.reports import Report, from_gateway
from outlay.ledger.schema import CALL_NAMES, CALL_NAMES_COLUMNS, SIGHTINGS, SIGHTINGS_COLUMNS

WINDOW_MICROS: Final = 3_600 * 1_000_000
SLACK_MICROS: Final = 1_000_000
KEPT_DAYS: Final = 7
MOST_HOLDERS: Final = 50  # events that a name is looked for at: only one that tells nothing has more

FORGET_OLD_NAMES: Final = f"""DELETE FROM {CALL_NAMES}
    WHERE time < (SELECT max(time) - INTERVAL {KEPT_DAYS} DAYS FROM {CALL_NAMES})"""

_TEXT: Final = DataType.utf8()
_INT: Final = DataType.int64()
# The bounds let the engine skip every row group of other times; numbers are looked up many times faster than texts.
_CLAIMED: Final = f"""
    SELECT c.organisation, c.name, c.source, c.id, epoch_us(c.time), epoch_us(c.ended) FROM {CALL_NAMES} c
    JOIN asked a ON c.number = md5_number_lower(a.name) AND c.name = a.name AND c.organisation = a.organisation
    WHERE c.time BETWEEN make_timestamp(?) AND make_timestamp(?)
    QUALIFY row_number() OVER (PARTITION BY c.organisation, c.name ORDER BY c.time DESC) <= {MOST_HOLDERS}
    ORDER BY c.time
"""
# What was told to be a known call once is that for ever, also when the names it was known by are forgotten.
_SIGHTED: Final = f"""
    SELECT b.seq FROM batch b JOIN {SIGHTINGS} s ON s.by_time = make_timestamp(b.time) AND s.by_id = b.id
        AND s.by_source = b.source AND s.organisation = b.organisation
    WHERE s.by_time BETWEEN make_timestamp(?) AND make_timestamp(?)
"""
_CLAIM: Final = f"""INSERT INTO {CALL_NAMES}
    SELECT organisation, md5_number_lower(name), name, source, id, make_timestamp(time), make_timestamp(ended)
    FROM claimed ORDER BY time"""
_SIGHT: Final = f"""INSERT INTO {SIGHTINGS}
    SELECT organisation, source, id, make_timestamp(time), by_source, by_id, make_timestamp(by_time) FROM sighted
    EXCEPT SELECT * FROM {SIGHTINGS} WHERE by_time BETWEEN make_timestamp(?) AND make_timestamp(?)"""


class _Known(Struct, frozen=True, gc=False):
    """An event that holds a name."""

    source: str
    id: str
    time: int
    ended: int


class _Found(Struct):
    """What is to be written down: names of events, and what reported them again."""

    names: list[tuple[str, str, _Known]]
    sightings: list[tuple[Report, _Known]]
    repeated: set[int]


def repeated_calls(
    connection: duckdb.DuckDBPyConnection, several: Sequence[Staged], first_seq: int, known: set[int]
) -> set[int]:
    """Return the numbers of the rows that report a call again, and write their names and sightings.

    Part of the transaction of the commit; `known` are rows that are there already, as themselves.
    """
    reports = [(number, report) for number, report in _numbered(several, first_seq) if number not in known]
    if not reports:
        return set()
    first = min(report.time for _, report in reports) - WINDOW_MICROS
    last = max(report.time for _, report in reports) + WINDOW_MICROS
    sighted = {seq for (seq,) in connection.execute(_SIGHTED, [first, last]).fetchall()}
    reports = [(number, report) for number, report in reports if number not in sighted]
    if not reports:
        return sighted
    found = _told_apart(reports, _claimed(connection, [report for _, report in reports], first, last))
    if found.names:
        connection.register("claimed", _names_table(found.names))
        connection.execute(_CLAIM)
    if found.sightings:
        connection.register("sighted", _sightings_table(found.sightings))
        connection.execute(_SIGHT, [first, last])
    return found.repeated | sighted


def create_twins(connection: duckdb.DuckDBPyConnection) -> None:
    for table, columns in ((CALL_NAMES, CALL_NAMES_COLUMNS), (SIGHTINGS, SIGHTINGS_COLUMNS)):
        declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({declared})")


def _numbered(several: Sequence[Staged], first_seq: int) -> Iterator[tuple[int, Report]]:
    for staged in several:
        for report in staged.reports:
            yield first_seq + report.row, report
        first_seq += len(staged.keys)


def _claimed(
    connection: duckdb.DuckDBPyConnection, reports: Iterable[Report], first: int, last: int
) -> dict[tuple[str, str], list[_Known]]:
    asked = sorted({(report.organisation, name) for report in reports for name in report.asks})
    organisations, names = zip(*asked, strict=True)
    connection.register("asked", Table.from_pydict({"organisation": _texts(organisations), "name": _texts(names)}))
    claimed: dict[tuple[str, str], list[_Known]] = defaultdict(list)
    for organisation, name, source, event, time, ended in connection.execute(_CLAIMED, [first, last]).fetchall():
        claimed[organisation, name].append(_Known(source, event, time, ended))
    return claimed


def _told_apart(reports: Iterable[tuple[int, Report]], claimed: dict[tuple[str, str], list[_Known]]) -> _Found:
    found = _Found([], [], set())
    for number, report in reports:
        event = _same_call(report, claimed)
        if event is None:
            event = _Known(report.source, report.id, report.time, report.ended)
        else:
            found.repeated.add(number)
            found.sightings.append((report, event))
        for name in report.claims:
            holders = claimed[report.organisation, name]
            if event not in holders[-MOST_HOLDERS:]:
                holders.append(event)
                found.names.append((report.organisation, name, event))
    return found


def _same_call(report: Report, claimed: dict[tuple[str, str], list[_Known]]) -> _Known | None:
    return next(
        (
            event
            for name in report.asks
            for event in claimed[report.organisation, name][-MOST_HOLDERS:]
            if _is_told_of(event, report, by_span=name.startswith(("at:", "in:")))
        ),
        None,
    )


def _is_told_of(event: _Known, report: Report, *, by_span: bool) -> bool:
    """Say whether a report is of an event that holds one of its names.

    The gateway counts every call once, and its clock is not the program's. Two tools watch the same call only while it
    lasts: later, the same id is another call of a server that has no ids of its own, or of a recording.
    """
    if not -WINDOW_MICROS <= event.time - report.time <= WINDOW_MICROS:
        return False
    if from_gateway(event.source) or from_gateway(report.source):
        return event.source != report.source
    together = event.time <= report.ended + SLACK_MICROS and report.time <= event.ended + SLACK_MICROS
    return by_span or together


def _names_table(names: Sequence[tuple[str, str, _Known]]) -> Table:
    return Table.from_pydict(
        {
            "organisation": _texts([organisation for organisation, _, _ in names]),
            "name": _texts([name for _, name, _ in names]),
            "source": _texts([event.source for _, _, event in names]),
            "id": _texts([event.id for _, _, event in names]),
            "time": _ints([event.time for _, _, event in names]),
            "ended": _ints([event.ended for _, _, event in names]),
        }
    )


def _sightings_table(sightings: Sequence[tuple[Report, _Known]]) -> Table:
    return Table.from_pydict(
        {
            "organisation": _texts([report.organisation for report, _ in sightings]),
            "source": _texts([event.source for _, event in sightings]),
            "id": _texts([event.id for _, event in sightings]),
            "time": _ints([event.time for _, event in sightings]),
            "by_source": _texts([report.source for report, _ in sightings]),
            "by_id": _texts([report.id for report, _ in sightings]),
            "by_time": _ints([report.time for report, _ in sightings]),
        }
    )


def _texts(values: Sequence[str]) -> Array:
    return Array(values, _TEXT)


def _ints(values: Sequence[int]) -> Array:
    return Array(values, _INT)
