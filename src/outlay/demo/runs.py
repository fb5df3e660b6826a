"""A run of an agent, made into events: its calls one after the other, its searches and pages, its sub-agent.

The inner loop of the generator: whatever can be decided before an event is decided in `traffic`. Events collect in
`pending` as `(microsecond, number, event)` and are taken out in order by `generate`.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from msgspec import Struct

from outlay.demo.calls import MAX_INPUT, Drawn, counted
from outlay.demo.models import Model
from outlay.demo.organisation import DemoSpec
from outlay.demo.outcomes import BASE_ERROR_RATE, Outcomes
from outlay.demo.traffic import Link, Models
from outlay.kit.period import as_micros
from outlay.usage import LLM, UsageEvent

SOURCE: Final = "demo"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SAME_SESSION_US: Final = 40 * 60 * 1_000_000
_NEW_SESSION: Final = 0.35  # how often somebody begins anew though the last conversation is still warm
_QUANTITIES: Final = tuple(Decimal(count) for count in range(41))
_WORTH_A_CREDIT: Final = 4_000  # tokens billed for a call that failed
_OCR: Final = "ocr"


class Run(Struct):
    """A run under way: whose, on which model, where it is in time and how long its context has grown."""

    link: Link
    model: Model
    run_id: str
    session_id: str | None
    task: str | None
    tags: tuple[str, ...]
    at_us: int
    parent: str | None = None
    context: int = 0


class RunWriter:
    """Writes runs into `pending`.

    `day` is that of the hour being written; `failed` and `scanned` are recent events worth an adjustment.
    """

    def __init__(self, spec: DemoSpec, organisation: str) -> None:
        rng = spec.random("calls")
        self.organisation = organisation
        self.rand = rng.random
        self.outcomes = Outcomes(rng)
        self.last_us = as_micros(spec.end)
        self.pending: list[tuple[int, int, UsageEvent]] = []
        self.day: date = date.min
        self.failed: UsageEvent | None = None
        self.scanned: UsageEvent | None = None
        self._digest = spec.digest
        self._models = Models()
        self._events = 0
        self._runs = 0
        self._sessions = 0

    def write(self, link: Link, at_us: int, limit: int) -> int:
        """Write one run that begins at `at_us`, at most `limit` events of it; return how many they were."""
        run = self._open(link, at_us)
        used = self._calls(run, limit)
        if link.sub is not None and used < limit and self.rand() < link.plan.sub_agent_share:
            within = self._open(link.sub, run.at_us, run)
            used += self._calls(within, limit - used)
            run.at_us = within.at_us
        link.session_until_us = run.at_us + _SAME_SESSION_US
        return used

    def next_id(self) -> str:
        self._events += 1
        return f"{self._digest}-{self._events:x}"

    def add(self, at_us: int, event: UsageEvent) -> None:
        self.pending.append((at_us, self._events, event))

    def _open(self, link: Link, at_us: int, parent: Run | None = None) -> Run:
        rand = self.rand
        picked = rand()
        choices = self._models.of(link.plan, self.day)
        choice = next((choice for reach, choice in choices if picked < reach), choices[-1][1])
        model = choice.model if choice.share >= 1 or rand() < choice.share else choice.before
        task, tags = link.kinds[int(rand() ** 1.6 * len(link.kinds))]
        self._runs += 1
        run_id = f"run-{self._digest}-{self._runs:x}"
        if parent is None:
            return Run(link, model, run_id, self._session(link, at_us), task, tags, at_us)
        return Run(link, model, run_id, parent.session_id, task, tags, at_us, parent.link.plan.id)

    def _session(self, link: Link, at_us: int) -> str | None:
        """Continue the link's conversation if it was a moment ago; single calls of products have no session."""
        if link.plan.calls[1] == 1:
            return None
        if link.session_id is None or at_us > link.session_until_us or self.rand() < _NEW_SESSION:
            self._sessions += 1
            link.session_id = f"ses-{self._digest}-{self._sessions:x}"
        return link.session_id

    def _calls(self, run: Run, limit: int) -> int:
        rand = self.rand
        lengths = run.link.lengths
        wanted = min(limit, lengths[int(rand() * len(lengths))])
        used = 0
        while used < wanted:
            self._call(run)
            used += 1
            for service, chance in run.link.plan.services:
                if used < wanted and rand() < chance:
                    self._serve(run, service)
                    used += 1
        return used

    def _call(self, run: Run) -> None:
        drawn = self._drawn(run)
        link, model = run.link, run.model
        plan = link.plan
        tokens = counted(model, drawn, caches=plan.cached > 0, long_cache=plan.long_cache)
        metered = self.outcomes.of_call(model, tokens)
        if metered.status == "ok":
            run.context = drawn[0] + drawn[1]
        time = instant(run.at_us)
        event = UsageEvent(
            organisation=self.organisation,
            source=SOURCE,
            id=self.next_id(),
            time=time,
            received_at=time,
            user=link.user,
            team=link.team,
            api_key=link.api_key,
            agent=plan.id,
            agent_type=plan.agent_type,
            parent_agent=run.parent,
            run_id=run.run_id,
            session_id=run.session_id,
            pod=plan.pod,
            task=run.task,
            tags=run.tags,
            service=LLM,
            operation="chat" if model.writes else "embeddings",
            provider=model.provider,
            model=model.name,
            model_raw=model.name,
            status=metered.status,
            latency_ms=metered.latency_ms,
            first_token_ms=metered.first_token_ms,
            tokens=metered.tokens,
            metadata=metered.metadata,
        )
        if metered.status == "error" and model.provider == "openai" and (metered.tokens.total or 0) > _WORTH_A_CREDIT:
            self.failed = event
        self.add(run.at_us, event)
        self._pass(run, metered.latency_ms)

    def _drawn(self, run: Run) -> Drawn:
        """Draw a call: the first of a run as the trace has it, the next ones with what the run has said so far."""
        rand = self.rand
        plan = run.link.plan
        total, output, seen, reasoning = run.link.draw()
        context = run.context
        if context:
            total = min(context + int(plan.step * (0.2 + 1.6 * rand())), MAX_INPUT)
            seen = min(context, total)
        return total, output, seen if rand() < plan.cached else 0, reasoning

    def _serve(self, run: Run, service: str) -> None:
        """Write what another service did beside a call: pages read or searches made."""
        rand = self.rand
        pages = service == _OCR
        quantity = 1 + int(rand() ** 3 * 40 if pages else rand() ** 2 * 5)
        latency_ms = self.outcomes.around(400 + quantity * 350 if pages else quantity * 620)
        time = instant(run.at_us)
        link = run.link
        event = UsageEvent(
            organisation=self.organisation,
            source=SOURCE,
            id=self.next_id(),
            time=time,
            received_at=time,
            user=link.user,
            team=link.team,
            api_key=link.api_key,
            agent=link.plan.id,
            agent_type=link.plan.agent_type,
            parent_agent=run.parent,
            run_id=run.run_id,
            session_id=run.session_id,
            pod=link.plan.pod,
            task=run.task,
            tags=run.tags,
            service=service,
            operation="read" if pages else "search",
            status="error" if rand() < BASE_ERROR_RATE else "ok",
            latency_ms=latency_ms,
            quantity=_QUANTITIES[quantity],
            unit="pages" if pages else "searches",
        )
        if pages and event.status == "ok":
            self.scanned = event
        self.add(run.at_us, event)
        self._pass(run, latency_ms)

    def _pass(self, run: Run, latency_ms: int) -> None:
        """Move the run's time on past an answer and a pause, and never past the end."""
        pause_ms = self.rand() * (1_500 if run.link.plan.agent_type == "api" else 14_000)
        step = latency_ms * 1_000 + int(pause_ms * 1_000)
        left = self.last_us - run.at_us
        run.at_us += step if step < left else left // 5


def instant(at_us: int) -> datetime:
    return _EPOCH + timedelta(0, 0, at_us)
