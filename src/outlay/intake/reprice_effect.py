"""What a repricing or a move changes, counted by month and model: a preview to decide on, and a record.

Whole numbers of picodollars in, exact decimal texts out. An event without a price has no cost: it is counted apart and
adds nothing to either side.
"""

from datetime import date
from typing import Any, Final

from msgspec import Struct

from outlay.intake.reprice_rows import Known, Standing
from outlay.kit.money import as_usd, plain
from outlay.usage import LLM

MOST_LINES: Final = 400


class Money(Struct, frozen=True, kw_only=True):
    """What some events cost before and after, in dollars, exact; `unpriced_…` are those of them without a price."""

    events: int
    old: str
    new: str
    difference: str
    unpriced_before: int
    unpriced_after: int
    requests: int = 0  # of records from before there were moves, too
    tokens: int = 0


class Line(Money, frozen=True, kw_only=True):
    """Events that change in one month of one model, or of one service that has no model. Those that move to another
    team are told by month alone, and have no model here.
    """

    month: str
    provider: str | None
    model: str


class Effect(Money, frozen=True, kw_only=True):
    """All that changes. `looked_at` are the events in the scope, `kept` those left because they were repriced again
    since, `refused` those that can't cost what they would. Of more lines than MOST_LINES the largest are listed.
    """

    looked_at: int
    kept: int
    refused: int
    lines: list[Line]
    unlisted: int


class _Sum:
    def __init__(self) -> None:
        self.events = self.old = self.new = self.unpriced_before = self.unpriced_after = 0
        self.requests = self.tokens = 0

    def add(self, known: Known, new: Standing) -> None:
        old = known.standing
        self.events += 1
        self.requests += known.requests
        self.tokens += known.event.tokens.total or 0
        self.old += old.pico or 0
        self.new += new.pico or 0
        self.unpriced_before += old.pico is None
        self.unpriced_after += new.pico is None

    def figures(self) -> dict[str, Any]:
        """Return the fields of Money."""
        return {
            "events": self.events,
            "old": plain(as_usd(self.old)),
            "new": plain(as_usd(self.new)),
            "difference": plain(as_usd(self.new - self.old)),
            "unpriced_before": self.unpriced_before,
            "unpriced_after": self.unpriced_after,
            "requests": self.requests,
            "tokens": self.tokens,
        }


class Counting:
    """Counts changes as they are found."""

    def __init__(self) -> None:
        self.looked_at = self.kept = self.refused = 0
        self._all = _Sum()
        self._sums: dict[tuple[str, str | None, str], _Sum] = {}

    @property
    def events(self) -> int:
        return self._all.events

    def add(self, day: date, known: Known, wanted: Standing) -> None:
        event = known.event
        model = event.model or event.model_raw or ("" if event.service == LLM else event.service)
        moves = known.standing.team != wanted.team
        key = (f"{day:%Y-%m}", None, "") if moves else (f"{day:%Y-%m}", event.provider, model)
        for each in (self._all, self._sums.setdefault(key, _Sum())):
            each.add(known, wanted)

    def effect(self) -> Effect:
        largest = sorted(self._sums.items(), key=lambda each: abs(each[1].new - each[1].old), reverse=True)
        listed = sorted(largest[:MOST_LINES], key=lambda each: (each[0][0], each[0][1] or "", each[0][2]))
        lines = [
            Line(month=month, provider=provider, model=model, **each.figures())
            for (month, provider, model), each in listed
        ]
        return Effect(
            looked_at=self.looked_at,
            kept=self.kept,
            refused=self.refused,
            lines=lines,
            unlisted=len(self._sums) - len(lines),
            **self._all.figures(),
        )
