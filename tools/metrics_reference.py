"""The text of docs/reference/metrics.md: what `/metrics` really answers after an event was stored."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from outlay.access.key_changes import create_key
from outlay.access.keys import NewKey
from outlay.app import open_outlay
from outlay.config import Settings
from outlay.control.trail import SYSTEM
from outlay.control.upstream_checks import UpstreamSettings
from outlay.wiring.site import assemble

_NOBODY: Final = "http://127.0.0.1:9"
_HEAD: Final = """\
# Metrics

`GET /metrics` answers in the Prometheus text format. Everyone who can reach the port sees how intake, gateway and live
mode work. Tokens and cost, those of the key's organisation, are shown only to an API key of scope `read` that sees all
of it.

Counters begin at 0 with every start, count what *this* process stored, and leave out adjustments: they are for rates
and alarms, not for accounts. For accounts ask `GET /api/v1/usage`. Users are never labels.

| Metric | Kind | Labels | Meaning | For |
| --- | --- | --- | --- | --- |
"""

_REST: Final = """
| Label | Values |
| --- | --- |
| `source` | `api`: through `POST /v1/events`; `gateway`: model calls; `import`: `outlay import` beside this server |
| `status` | how a call ended: `ok`, `error`, `cancelled` |
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
    everyone, reader = _answers()
    seen = {family.name for family in everyone}
    return _HEAD + "".join(_row(each, "everyone" if each.name in seen else "key") for each in reader) + _REST


def _answers() -> tuple[list[Metric], list[Metric]]:
    """Return what `/metrics` of a site that was used answers to everyone, and to a key that may read."""
    with TemporaryDirectory() as scratch, open_outlay(Settings(data=str(Path(scratch) / "data"))) as outlay:
        _, key = create_key(outlay.control, outlay.organisation, NewKey(name="docs"), SYSTEM, outlay.clock.now())
        nobody = UpstreamSettings(name="ollama", provider="ollama", base_url=_NOBODY, auth="none", allow_private=True)
        outlay.upstreams.add(outlay.organisation, nobody, by=SYSTEM)
        with TestClient(assemble(outlay).site) as client:
            event = {"id": "1", "model": "gpt-4o", "tokens": {"input": 1}}
            client.post("/v1/events", json=event, headers={"x-api-key": key}).raise_for_status()
            call = {"model": "gpt-4o", "messages": []}
            client.post("/ollama/v1/chat/completions", json=call, headers={"x-api-key": key})
            everyone = client.get("/metrics").text
            reader = client.get("/metrics", headers={"x-api-key": key}).text
    return list(text_string_to_metric_families(everyone)), list(text_string_to_metric_families(reader))


def _row(family: Metric, reader: str) -> str:
    name = f"{family.name}_total" if family.type == "counter" else family.name
    labels = ", ".join(f"`{label}`" for label in family.samples[0].labels if label != "le")
    return f"| `{name}` | {family.type} | {labels} | {family.documentation} | {reader} |\n"
