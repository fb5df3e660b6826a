"""The questions of one agent's page. Sums come from sums per day; runs, sessions and percentiles from the events."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.query.ask import Order
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.web.pages.agents.place import AgentsPlace
from outlay.web.pages.agents.runs import RunFigures, run_figures
from outlay.web.pages.agents.told import compared, question
from outlay.web.view.groups import Figures

SUMS: Final = (
    "requests",
    "tokens",
    "cost",
    "unpriced_requests",
    "estimated_requests",
    "errors",
    "error_rate",
)
TIMES: Final = (
    "sessions",
    "runs",
    "latency_p50",
    "latency_p95",
    "latency_p99",
    "first_token_p50",
    "first_token_p95",
)
LATENCIES: Final = ("latency_p50", "latency_p95", "latency_p99")
PARTS: Final = ("model", "user")
LISTED: Final = 10


class PartFigures(Struct, frozen=True):
    """The agent's figures by one dimension: the dearest groups, and all others together; `p95` of the same groups."""

    dimension: str
    sums: Result
    p95: Result


class AgentFigures(Struct, frozen=True):
    """`head` and `times` are the whole range beside its baseline; `days` and `paces` are over time."""

    head: Result
    times: Result
    days: Result
    paces: Result
    parts: tuple[PartFigures, ...]
    table: RunFigures

    @property
    def head_figures(self) -> Figures:
        """Return the totals that rows are held against, with the agent's own p95 beside them."""
        return {
            **self.head.numbers(self.head.totals),
            "latency_p95": self.times.total("latency_p95"),
        }


def agent_figures(asking: Asking, place: AgentsPlace) -> AgentFigures:
    """Ask all that the page shows."""
    head = asking.run(compared(place, question(place, SUMS)))
    times = asking.run(compared(place, question(place, TIMES)))
    days, paces = over_time(asking, place)
    return AgentFigures(
        head,
        times,
        days,
        paces,
        tuple(part_of(asking, place, each) for each in PARTS),
        run_figures(asking, place, times),
    )


def over_time(asking: Asking, place: AgentsPlace) -> tuple[Result, Result]:
    """Ask for cost and requests over time, and for how fast the agent was."""
    asked = replace(question(place, ("cost", "requests", "unpriced_requests")), grain=place.grain)
    return asking.run(asked), asking.run(replace(asked, measures=LATENCIES, totals=False))


def part_of(asking: Asking, place: AgentsPlace, dimension: str, limit: int | None = LISTED) -> PartFigures:
    """Ask for the dearest groups of a dimension; without a limit, for all."""
    asked = replace(question(place, SUMS, dimension), order=Order("cost", descending=True), limit=limit, totals=True)
    sums = asking.run(asked)
    keys = tuple(row.key for row in sums.rows if not row.other)
    has_rest = any(row.other for row in sums.rows)
    beside = replace(asked, measures=("latency_p95",), order=None, limit=None, totals=False)
    return PartFigures(dimension, sums, asking.run(replace(beside, keys=keys, rest="other" if has_rest else "cut")))
