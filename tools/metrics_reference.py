"""The text of docs/reference/metrics.md: what `/metrics` really answers after an event was stored."""

from datetime import UTC, datetime
from typing import Final

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from outlay.usage import Cost, PricedEvent, Tokens, UsageEvent
from outlay.web.metrics import Metrics

_HEAD: Final = """\
# Metrics

`GET /metrics` answers in the Prometheus text format. Everyone who can reach the port sees how intake works; tokens and
cost are shown only to an API key of scope `read` that sees the whole organisation. Counters begin at 0 with every
start, count what *this* process stored, and leave out adjustments: they are for rates and alarms, not for accounts. For
accounts ask `GET /api/v1/usage`. Users are never labels.

| Metric | Kind | Labels | Meaning | For |
| --- | --- | --- | --- | --- |
"""

_REST: Final = """
| Label | Values |
| --- | --- |
| `source` | `api`: events that came through `POST /v1/events` |
| `result` | `stored`, `duplicate`, `rejected` |
| `type` | `input_uncached`, `cache_read`, `cache_write`, `output`: disjoint, so they add up to all tokens |
| `provider`, `model`, `team` | as in the events; `unknown` where not stated |
| `version` | the version that runs |

```yaml
scrape_configs:
  - job_name: outlay
    authorization:
      credentials_file: /etc/prometheus/outlay.key
    static_configs:
      - targets: ["127.0.0.1:8400"]
```
"""


def metrics_page() -> str:
    """Return docs/reference/metrics.md."""
    metrics = Metrics(lambda: 0)
    metrics.intake.add("api", "stored", 1)
    metrics.usage.add([_priced()])
    everyone = {family.name for family in _families(metrics, with_usage=False)}
    rows = [_row(each, "everyone" if each.name in everyone else "key") for each in _families(metrics, with_usage=True)]
    return _HEAD + "".join(rows) + _REST


def _families(metrics: Metrics, *, with_usage: bool) -> list[Metric]:
    text = metrics.exposition(with_usage=with_usage).decode()
    return list(text_string_to_metric_families(text))


def _row(family: Metric, reader: str) -> str:
    name = f"{family.name}_total" if family.type == "counter" else family.name
    labels = ", ".join(f"`{label}`" for label in family.samples[0].labels)
    return f"| `{name}` | {family.type} | {labels} | {family.documentation} | {reader} |\n"


def _priced() -> PricedEvent:
    at = datetime(2026, 10, 1, tzinfo=UTC)
    event = UsageEvent(organisation="o", source="s", id="1", time=at, received_at=at, tokens=Tokens(output=1))
    return PricedEvent(event, Cost("priced", 1))
