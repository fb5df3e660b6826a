"""Who else reported a call: its event came from one source, and others told of the same call."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from outlay.ledger.reports import told_by_several
from outlay.ledger.schema import SIGHTINGS
from outlay.ledger.store import Snapshot

_FOUND: Final = f"""SELECT DISTINCT source, id, time, by_source FROM {SIGHTINGS}
    WHERE organisation = ? AND time BETWEEN ? AND ? AND by_source <> source AND id IN ({{ids}})"""

Identity = tuple[str, str, datetime]  # source, id and time


class Listed(Protocol):
    """What this asks of an event."""

    @property
    def organisation(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def id(self) -> str: ...

    @property
    def time(self) -> datetime: ...


def other_sources(events: Sequence[Listed], snapshot: Snapshot) -> Mapping[Identity, tuple[str, ...]]:
    """Return the other sources of those of these events (of one organisation) that have any, in alphabetical order."""
    asked = [event for event in events if told_by_several(event.source)]
    found: dict[Identity, set[str]] = defaultdict(set)
    if asked:
        times = [event.time.replace(tzinfo=None) for event in asked]
        statement = _FOUND.format(ids=", ".join("?" * len(asked)))
        bounds = (asked[0].organisation, min(times), max(times))
        for source, event, time, by_source in snapshot.rows(statement, (*bounds, *(each.id for each in asked))):
            found[source, event, time].add(by_source)
    return {identity: tuple(sorted(sources)) for identity, sources in found.items()}
