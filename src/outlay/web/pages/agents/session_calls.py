"""The calls of a session in order: what each cost and all up to it, how long was waited before it, and its run."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from msgspec import Struct

from outlay.query.rows import EventRow
from outlay.web import format as text

PAGE_CALLS: Final = 50


class Step(Struct, frozen=True):
    """One call. `waited` is from the latest end of those before (None: they were still running, or it is the
    first), `spent` what all up to it cost (None: nothing of it is known).
    """

    row: EventRow
    waited: timedelta | None
    spent: Decimal | None
    opens_run: bool


class RunPart(Struct, frozen=True):
    """What the calls of one run make together; `continued` where another run came between them."""

    id: str | None
    calls: int
    cost: Decimal | None
    continued: bool = False


def steps_of(rows: Sequence[EventRow]) -> tuple[Step, ...]:
    """Return the calls with what lies between and before them."""
    found: list[Step] = []
    ended: datetime | None = None
    spent: Decimal | None = None
    for at, row in enumerate(rows):
        waited = None if ended is None or row.time < ended else row.time - ended
        if row.cost is not None:
            spent = row.cost if spent is None else spent + row.cost
        found.append(Step(row, waited, spent, at == 0 or rows[at - 1].run_id != row.run_id))
        ends = end_of(row)
        ended = ends if ended is None else max(ended, ends)
    return tuple(found)


def end_of(row: EventRow) -> datetime:
    return row.time + timedelta(milliseconds=row.latency_ms or 0)


def run_parts(rows: Sequence[EventRow]) -> Iterator[tuple[int, RunPart]]:
    """Yield each run where its calls begin or go on, with the number of the call."""
    calls: dict[str | None, int] = {}
    costs: dict[str | None, Decimal | None] = {}
    for row in rows:
        calls[row.run_id] = calls.get(row.run_id, 0) + 1
        known = costs.get(row.run_id)
        costs[row.run_id] = known if row.cost is None else row.cost + (known or 0)
    seen: set[str | None] = set()
    for at, row in enumerate(rows):
        if at == 0 or rows[at - 1].run_id != row.run_id:
            yield at, RunPart(row.run_id, calls[row.run_id], costs[row.run_id], row.run_id in seen)
            seen.add(row.run_id)


def waited_text(step: Step, *, first: bool) -> str:
    """Return how long was waited: nothing before the first, `meanwhile` where calls overlap."""
    if first:
        return ""
    return "meanwhile" if step.waited is None else text.lasting(step.waited)
