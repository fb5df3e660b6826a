"""What `/metrics` tells of live mode: how many watch how many pages, and what that costs."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class LiveCounters(Collector):
    """Counted on the event loop alone; read from any thread."""

    def __init__(self) -> None:
        self.viewers = 0
        self.pages = 0
        self.renderings = 0
        self.rendering_seconds = 0.0
        self.updates = 0
        self.refused = 0

    def collect(self) -> Iterable[Metric]:
        return [
            GaugeMetricFamily("outlay_live_viewers", "Open live pages.", self.viewers),
            GaugeMetricFamily("outlay_live_pages", "Different pages among them: each is figured once.", self.pages),
            CounterMetricFamily("outlay_live_renderings", "Times a live page was figured.", self.renderings),
            CounterMetricFamily("outlay_live_rendering_seconds", "Seconds that took.", self.rendering_seconds),
            CounterMetricFamily("outlay_live_updates", "Updates sent to viewers.", self.updates),
            CounterMetricFamily("outlay_live_refused", "Live pages beyond the limits.", self.refused),
        ]
