"""Which teams a call was of before: what a move put into a team is listed as the call that it is, with its history.

The row that counts has all that figures are made of; what names the call is in the row it came in as.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from msgspec import Struct

from outlay.ledger.schema import EVENTS
from outlay.ledger.store import Snapshot


class Moved(Struct, frozen=True):
    """That a call became another team's (None: no team's) at a moment, by the move of this id."""

    move: str
    at: datetime
    old: str | None
    new: str | None


class CameIn(Struct, frozen=True):
    """A moved call as it came in, and its moves since, the first one first."""

    id: str
    adjusts: str | None
    received_at: datetime
    moves: tuple[Moved, ...]


class Listed(Protocol):
    """What this asks of an event."""

    @property
    def seq(self) -> int: ...

    @property
    def organisation(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def time(self) -> datetime: ...

    @property
    def adjusts(self) -> str | None: ...

    @property
    def repricing(self) -> str | None: ...

    @property
    def team(self) -> str | None: ...


Identity = tuple[str, str, datetime]  # source, id and stored time
_Took = tuple[int, str, datetime, str | None]  # number, move, when it was written, and the team it took a call out of
_CAME_IN: Final = f"""SELECT source, id, time, adjusts, received_at FROM {EVENTS} WHERE {{within}}
    AND repricing IS NULL AND id IN (SELECT unnest(CAST(? AS VARCHAR[])))"""
_TAKEN_OUT: Final = f"""SELECT source, adjusts, time, seq, repricing, received_at, team FROM {EVENTS} WHERE {{within}}
    AND moved_by = seq AND adjusts IN (SELECT unnest(CAST(? AS VARCHAR[]))) ORDER BY seq"""
_WITHIN: Final = "organisation = ? AND time BETWEEN ? AND ? AND seq <= ?"


def moved_among(rows: Sequence[Listed], snapshot: Snapshot, watermark: int) -> Mapping[int, CameIn]:
    """Return, by their numbers, those of these rows (of one organisation) that a move wrote; as of a watermark."""
    asked = [row for row in rows if row.repricing is not None and row.adjusts is not None]
    if not asked:
        return {}
    times = [row.time.replace(tzinfo=None) for row in asked]
    ids = tuple(sorted({row.adjusts or "" for row in asked}))  # what is remembered of a page needs a hash
    bounds = (asked[0].organisation, min(times), max(times), watermark, ids)
    taken: dict[Identity, list[_Took]] = defaultdict(list)
    for source, event, time, *took in snapshot.rows(_TAKEN_OUT.format(within=_WITHIN), bounds):
        taken[source, event, time].append((took[0], took[1], took[2], took[3]))
    if not taken:
        return {}
    first = {
        (source, event, time): (adjusts, received_at)
        for source, event, time, adjusts, received_at in snapshot.rows(_CAME_IN.format(within=_WITHIN), bounds)
    }
    found: dict[int, CameIn] = {}
    for row in asked:
        identity = (row.source, row.adjusts or "", row.time.replace(tzinfo=None))
        earlier = [each for each in taken.get(identity, ()) if each[0] < row.seq]
        if earlier and earlier[-1][1] == row.repricing and identity in first:
            adjusts, received_at = first[identity]
            found[row.seq] = CameIn(identity[1], adjusts, received_at.replace(tzinfo=UTC), _moves(earlier, row.team))
    return found


def _moves(earlier: Sequence[_Took], team: str | None) -> tuple[Moved, ...]:
    teams = [*(old for _, _, _, old in earlier), team]
    return tuple(
        Moved(move, at.replace(tzinfo=UTC), old, new)
        for (_, move, at, old), new in zip(earlier, teams[1:], strict=True)
    )
