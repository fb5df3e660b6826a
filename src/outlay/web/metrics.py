"""Prometheus metrics of this process. How intake works is for everyone who can reach the port; what was spent is not.

Sums are kept as whole numbers and become floating point only in the exposition format, which knows nothing else. User
ids and e-mails are never labels.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from outlay import __version__
from outlay.kit.money import PICO_PER_USD
from outlay.usage import PricedEvent
from outlay.web.live.counters import LiveCounters

_UNKNOWN: Final = "unknown"
_TOKEN_TYPES: Final = ("input_uncached", "cache_read", "cache_write", "output")


class UsageCounters(Collector):
    """Tokens, cost and unpriced requests of everything this process stored."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # (provider, model, team) -> picodollars, then tokens in the order of _TOKEN_TYPES
        self._sums: dict[tuple[str | None, ...], list[int]] = {}
        self._unpriced = 0

    def add(self, events: Sequence[PricedEvent]) -> None:
        """Count events that were stored; an intake listener."""
        with self._lock:
            for priced in events:
                if priced.event.adjusts is None:  # a correction may lower a sum, which a counter must never do
                    self._add(priced)

    def _add(self, priced: PricedEvent) -> None:
        event, pico = priced.event, priced.cost.pico
        labels = (event.provider, event.model, event.team)
        sums = self._sums.get(labels)
        if sums is None:
            sums = self._sums[labels] = [0] * (1 + len(_TOKEN_TYPES))
        if pico is None:
            self._unpriced += 1
        else:
            sums[0] += pico
        tokens = event.tokens
        sums[1] += tokens.input_uncached or 0
        sums[2] += tokens.cache_read or 0
        sums[3] += tokens.cache_write or 0
        sums[4] += tokens.output or 0

    def collect(self) -> Iterable[Metric]:
        tokens = CounterMetricFamily("outlay_tokens", "Tokens stored.", labels=("provider", "model", "type"))
        cost = CounterMetricFamily("outlay_cost_usd", "Cost stored, in USD.", labels=("provider", "model", "team"))
        counts: Counter[tuple[str, str, str]] = Counter()
        with self._lock:
            for labels, (pico, *parts) in self._sums.items():
                provider, model, team = (label or _UNKNOWN for label in labels)
                cost.add_metric((provider, model, team), pico / PICO_PER_USD)
                for kind, count in zip(_TOKEN_TYPES, parts, strict=True):
                    counts[provider, model, kind] += count
            unpriced = CounterMetricFamily("outlay_unpriced_requests", "Requests without a price.", self._unpriced)
        for token_labels, count in counts.items():
            tokens.add_metric(token_labels, count)
        return [tokens, cost, unpriced]


class EveryUsage:
    """The counters of each organisation, apart: what one spends is nobody else's business."""

    def __init__(self) -> None:
        self._of: dict[str, UsageCounters] = {}

    def add(self, events: Sequence[PricedEvent]) -> None:
        """Count events that were stored; an intake listener."""
        organisations = {priced.event.organisation for priced in events}
        for organisation in organisations:
            one = len(organisations) == 1
            theirs = events if one else [each for each in events if each.event.organisation == organisation]
            self._of.setdefault(organisation, UsageCounters()).add(theirs)

    def of(self, organisation: str) -> UsageCounters:
        return self._of.get(organisation) or UsageCounters()


class IntakeCounters(Collector):
    """How many events came in with which result, and how many wait."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._lock = threading.Lock()
        self._results: Counter[tuple[str, str]] = Counter()
        self._waiting = waiting

    def add(self, source: str, result: str, number: int) -> None:
        """Count `number` events of a kind of source (`api`, `gateway` …) that were stored, duplicates or rejected."""
        if number:
            with self._lock:
                self._results[source, result] += number

    def collect(self) -> Iterable[Metric]:
        events = CounterMetricFamily("outlay_ingest_events", "Events received.", labels=("source", "result"))
        with self._lock:
            for labels, number in self._results.items():
                events.add_metric(labels, number)
        waiting = GaugeMetricFamily("outlay_ingest_waiting_events", "Events waiting for a commit.", self._waiting())
        build = GaugeMetricFamily("outlay_build_info", "Version of this Outlay.", labels=("version",))
        build.add_metric((__version__,), 1)
        return [events, waiting, build]


class Metrics:
    """How intake and live mode work, and what each organisation uses."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self.intake = IntakeCounters(waiting)
        self.usage = EveryUsage()
        self.live = LiveCounters()
        self._open = CollectorRegistry()
        self._open.register(self.intake)
        self._open.register(self.live)

    def also(self, counters: Collector) -> None:
        """Give out further counters that everyone may read."""
        self._open.register(counters)

    def exposition(self, organisation: str | None) -> bytes:
        """Return the text format, with what an organisation used for those who may read it."""
        if organisation is None:
            return generate_latest(self._open)
        used = CollectorRegistry()
        used.register(self.usage.of(organisation))
        return generate_latest(self._open) + generate_latest(used)
