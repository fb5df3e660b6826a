"""The calls of a session on a line of time: a bar for each, as long as it took, a lane for each agent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from outlay.query.rows import EventRow
from outlay.web.pages.agents.session_calls import end_of
from outlay.web.view.names import Label

MOST_LANES: Final = 6
MOST_BARS: Final = 600
_LANE: Final = 26
_BAR: Final = 14
_LEAST_PERCENT: Final = 0.35  # so that a short call in a long session is still seen


class Bar(Struct, frozen=True):
    """`x` and `width` are percentages of the line, `y` pixels."""

    x: str
    width: str
    y: int
    kind: str
    title: str


class Lane(Struct, frozen=True):
    name: str
    y: int


class Lanes(Struct, frozen=True):
    """The drawing. The table of calls says all that it shows, so it is one picture with a name."""

    label: str
    height: int
    lanes: tuple[Lane, ...]
    bars: tuple[Bar, ...]
    begin: str
    end: str


def lanes_of(
    rows: Sequence[EventRow], labels: dict[str | None, Label], titles: Sequence[str], said: tuple[str, str, str]
) -> Lanes | None:
    """Draw the calls; None of one call alone, or of too many to tell apart. `said`: name, first and last moment."""
    if not 2 <= len(rows) <= MOST_BARS:
        return None
    begin, end = rows[0].time, max(end_of(row) for row in rows)
    if begin == end:
        return None
    agents = list(dict.fromkeys(row.agent for row in rows))
    lane_of = {agent: min(at, MOST_LANES - 1) for at, agent in enumerate(agents)}
    named = [labels[each].name for each in agents[:MOST_LANES]]
    if len(agents) > MOST_LANES:
        named[-1] = f"{len(agents) - MOST_LANES + 1} other agents"
    return Lanes(
        label=said[0],
        height=_LANE * len(named),
        lanes=tuple(Lane(name, at * _LANE) for at, name in enumerate(named)),
        bars=tuple(
            _bar(row, lane_of[row.agent], labels[row.agent], title, (begin, end))
            for row, title in zip(rows, titles, strict=True)
        ),
        begin=said[1],
        end=said[2],
    )


def _bar(row: EventRow, lane: int, label: Label, title: str, whole: tuple[datetime, datetime]) -> Bar:
    begin, end = whole
    length = (end - begin).total_seconds()
    x = 100 * (row.time - begin).total_seconds() / length
    width = max(_LEAST_PERCENT, 100 * (end_of(row) - row.time).total_seconds() / length)
    kind = "failed" if row.status == "error" else "c-other" if label.slot is None else f"c{label.slot % 7}"
    x = min(x, 100 - width)
    return Bar(f"{x:.2f}%", f"{width:.2f}%", lane * _LANE + (_LANE - _BAR) // 2, kind, title)
