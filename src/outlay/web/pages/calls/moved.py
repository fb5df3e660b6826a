"""The moves of calls to other teams, in words: from which team, to which, when, and who decided on it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.control.database import Control
from outlay.control.members import names_of
from outlay.control.repricings import movers_of
from outlay.query.rows import EventRow
from outlay.web import format as text
from outlay.web.view.names import Names

_NOBODY: Final = "the command line"


class Movers(Protocol):
    """Who decided on moves, by the moves' ids."""

    def __call__(self, moves: Collection[str]) -> Mapping[str, str]: ...


class MoveText(Struct, frozen=True):
    """One move of a call in words; `by` is empty for who is no member any more."""

    old: str
    new: str
    day: str
    moment: str
    by: str


class Moved(Struct, frozen=True):
    """That a call was moved here: shortly, and when and by whom."""

    mark: str
    told: str


def movers(control: Control, organisation: str, moves: Collection[str]) -> dict[str, str]:
    """Return who decided on these moves; who is no member any more is left out."""
    who = movers_of(control, organisation, moves)
    names = names_of(control, organisation, who.values())
    told = {move: _NOBODY if member is None else names.get(member, "") for move, member in who.items()}
    return {move: name for move, name in told.items() if name}


def moves_told(rows: Sequence[EventRow], zone: ZoneInfo, names: Names, who: Movers) -> dict[int, tuple[MoveText, ...]]:
    """Return the moves of those rows that have any, the first one first, by the rows' numbers."""
    moved = [(row.seq, each) for row in rows for each in row.moves]
    if not moved:
        return {}
    teams = names.of("team", [team for _, each in moved for team in (each.old, each.new)])
    by = who({each.move for _, each in moved})
    found: dict[int, tuple[MoveText, ...]] = {}
    for seq, each in moved:
        day, moment = text.day(each.at.astimezone(zone).date()), text.local_time(each.at, zone)
        told = MoveText(teams[each.old].name, teams[each.new].name, day, moment, by.get(each.move, ""))
        found[seq] = (*found.get(seq, ()), told)
    return found


def moved_mark(moves: Sequence[MoveText]) -> Moved | None:
    if not moves:
        return None
    last = moves[-1]
    return Moved(f"moved from {last.old}", f"Moved from {last.old} to {last.new} on {last.day}{_by(last)}")


def history_of(moves: Sequence[MoveText]) -> Iterator[tuple[str, str]]:
    """Yield which teams a call was of, the first one first: what became so, and when."""
    if moves:
        yield "Came in for", moves[0].old
    for each in moves:
        yield f"Moved to {each.new}", f"{each.moment}{_by(each)}"


def _by(move: MoveText) -> str:
    return f" by {move.by}" if move.by else ""
