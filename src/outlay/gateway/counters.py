"""How the gateway works, as Prometheus metrics: calls by provider and end, what is on its way, how recording fares."""

from collections import Counter
from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class GatewayCounters(Collector):
    """Written on the event loop, read by whoever asks for metrics."""

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str]] = Counter()
        self._spent = [0] * (len(_BOUNDS) + 1)
        self._spent_seconds = 0.0
        self.open_calls = 0
        self.waiting_calls = 0
        self.journal_failures = 0
        self.lost_events = 0
        self.replayed_calls = 0

    def ended(self, provider: str, status: str) -> None:
        self._calls[provider, status] += 1

    def admitted(self, seconds: float) -> None:
        """Count how long Outlay itself took until a call went out to its provider."""
        self._spent[next((place for place, bound in enumerate(_BOUNDS) if seconds <= bound), len(_BOUNDS))] += 1
        self._spent_seconds += seconds

    def journal_failed(self) -> None:
        self.journal_failures += 1

    def collect(self) -> Iterable[Metric]:
        calls = CounterMetricFamily("outlay_gateway_calls", "Model calls that ended.", labels=("provider", "status"))
        for labels, number in list(self._calls.items()):
            calls.add_metric(labels, number)
        spent = HistogramMetricFamily(
            "outlay_gateway_admission_seconds", "Time Outlay took before a call went out to its provider."
        )
        sums = [sum(self._spent[: place + 1]) for place in range(len(self._spent))]
        buckets = [(str(bound), number) for bound, number in zip((*_BOUNDS, "+Inf"), sums, strict=True)]
        spent.add_metric((), buckets, self._spent_seconds)
        return [
            calls,
            spent,
            GaugeMetricFamily("outlay_gateway_open_calls", "Model calls on their way.", self.open_calls),
            GaugeMetricFamily("outlay_gateway_waiting_calls", "Ended calls not in the ledger yet.", self.waiting_calls),
            CounterMetricFamily(
                "outlay_gateway_journal_failures", "Records the journal could not write.", self.journal_failures
            ),
            CounterMetricFamily("outlay_gateway_lost_events", "Events the ledger refused for good.", self.lost_events),
            CounterMetricFamily(
                "outlay_gateway_replayed_calls", "Calls taken from the journal after a restart.", self.replayed_calls
            ),
        ]
