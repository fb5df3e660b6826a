"""What comes at fixed hours whatever the traffic: hosting of knowledge graphs by the GB-hour, and adjustments."""

from collections import deque
from datetime import timedelta
from decimal import Decimal
from typing import Final

from outlay.demo.agents import AGENTS, KNOWLEDGE_GRAPHS, KnowledgeGraph
from outlay.demo.organisation import DemoSpec
from outlay.demo.rhythm import Hour, grown_by
from outlay.demo.runs import SOURCE, RunWriter, instant
from outlay.kit.period import as_micros
from outlay.usage import AgentType, ReportedCost, UsageEvent

_STEPS: Final = (1, 3, 6, 12, 24, 72, 168, 720)
_HOSTING_PART: Final = 50  # hosting makes at most one event in fifty
_GB_A_DAILY_EVENT: Final = 0.0045
_LEAST_GB: Final = 0.2
_ADJUSTMENTS_FROM: Final = 1_000
_PICO_PER_MILLI_USD: Final = 10**9
_MOST_CREDIT_MILLI_USD: Final = 12
_AFTER_US: Final = 60 * 1_000_000

_TYPES: Final[dict[str | None, AgentType]] = {plan.id: plan.agent_type for plan in AGENTS}


class Timetable:
    def __init__(self, spec: DemoSpec, hours: list[Hour]) -> None:
        self._rng = spec.random("timetable")
        self._hours = hours
        self._hosting = hosting_hours(spec.events, len(hours))
        self._adjusting = deque(adjusting_hours(spec.events, len(hours)))
        self._days = max(1.0, (spec.end - spec.start) / timedelta(days=1))
        # What is hosted at the end, for as many events as there are then.
        grown = sum(grown_by(self._days - day) for day in range(int(self._days))) / self._days or 1.0
        self._gb = max(_LEAST_GB, _GB_A_DAILY_EVENT * spec.events / self._days / grown)

    @property
    def fixed(self) -> int:
        """How many events it will write."""
        return len(self._hosting) * len(KNOWLEDGE_GRAPHS) + len(self._adjusting)

    def write(self, number: int, writer: RunWriter) -> int:
        """Write what is due in an hour; return how many events could not be made and have to be made good for."""
        hour = self._hours[number]
        at_us = as_micros(hour.start)
        if number in self._hosting:
            gb_hours = self._gb * grown_by(self._days - hour.day_number) * self._hosting.step
            for graph in KNOWLEDGE_GRAPHS:
                writer.add(at_us, _hosted(graph, writer, at_us, gb_hours * graph.part))
        owed = 0
        while self._adjusting and self._adjusting[0] <= number:
            self._adjusting.popleft()
            owed += not self._adjust(writer, at_us + int(self._rng.random() * hour.length_us))
        return owed

    def _adjust(self, writer: RunWriter, at_us: int) -> bool:
        """Write by turns a provider's credit and pages counted twice; False where no recent event calls for it."""
        credit_first = len(self._adjusting) % 2 == 0
        if writer.failed is not None and (credit_first or writer.scanned is None):
            target, writer.failed = writer.failed, None
        elif writer.scanned is not None:
            target, writer.scanned = writer.scanned, None
        else:
            return False
        at_us = min(max(at_us, as_micros(target.time) + _AFTER_US), writer.last_us)
        credit = self._rng.randint(1, _MOST_CREDIT_MILLI_USD) * _PICO_PER_MILLI_USD
        writer.add(at_us, _correction(target, writer, at_us, credit))
        return True


def hosting_hours(events: int, hours: int) -> range:
    """Return the hours in which hosting is metered: each for large demos, fewer where it would drown the rest."""
    for step in _STEPS:
        found = range(step, hours, step)
        if len(found) * len(KNOWLEDGE_GRAPHS) * _HOSTING_PART <= events:
            return found
    return range(0)


def adjusting_hours(events: int, hours: int) -> list[int]:
    if events < _ADJUSTMENTS_FROM:
        return []
    count = min(60, max(4, events // 40_000))
    return [hours * 3 // 10 + (hours * 7 // 10 - 1) * at // count for at in range(1, count + 1)]


def _hosted(graph: KnowledgeGraph, writer: RunWriter, at_us: int, gb_hours: float) -> UsageEvent:
    time = instant(at_us)
    return UsageEvent(
        organisation=writer.organisation,
        source=SOURCE,
        id=writer.next_id(),
        time=time,
        received_at=time,
        team=graph.team,
        agent=graph.agent,
        agent_type=_TYPES.get(graph.agent),
        tags=("env:prod", f"graph:{graph.id}"),
        service="knowledge_graph",
        operation="hosting",
        quantity=Decimal(max(1, round(gb_hours * 1000))).scaleb(-3),
        unit="GB-hours",
    )


def _correction(target: UsageEvent, writer: RunWriter, at_us: int, credit: int) -> UsageEvent:
    time = instant(at_us)
    pages = target.quantity is not None
    return UsageEvent(
        organisation=writer.organisation,
        source=SOURCE,
        id=writer.next_id(),
        time=time,
        received_at=time,
        adjusts=target.id,
        user=target.user,
        team=target.team,
        api_key=target.api_key,
        agent=target.agent,
        agent_type=target.agent_type,
        pod=target.pod,
        task=target.task,
        tags=target.tags,
        service=target.service,
        operation=target.operation,
        provider=target.provider,
        model=target.model,
        model_raw=target.model_raw,
        quantity=None if target.quantity is None else -target.quantity,
        unit=target.unit,
        reported_cost=None if pages else ReportedCost(-credit),
        metadata={"reason": "pages counted twice" if pages else "credit from the provider after an outage"},
    )
