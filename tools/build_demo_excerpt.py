"""Build the excerpt of public traces that the demo organisation is drawn from.

    python tools/build_demo_excerpt.py TRACES_DIRECTORY

Reads ServeGen's client rates and token quantiles and the Mooncake request traces; writes src/outlay/demo/data/
excerpt.json.gz. The same input gives the same bytes. What is kept and what is left out is said in the README there.
"""

import argparse
import gzip
import json
import random
from pathlib import Path
from typing import Any, Final

import duckdb

TARGET: Final = Path(__file__).resolve().parent.parent / "src" / "outlay" / "demo" / "data" / "excerpt.json.gz"
CLIENTS_KEPT: Final = {"m-large": 110, "m-small": 30, "deepseek-r1": 50}
CALLS_KEPT: Final = 1_500
BLOCK_TOKENS: Final = 512  # one entry of Mooncake's hash_ids
TABLES: Final = {"rates": "servegen_client_rates.parquet", "quantiles": "servegen_token_quantiles.parquet"}

CLIENTS_SQL: Final = """
WITH totals AS (
    SELECT model, client, sum(rate) AS total FROM rates GROUP BY ALL HAVING sum(rate) > 0
), kept AS (
    SELECT *, total / sum(total) OVER (PARTITION BY model) AS share,
           row_number() OVER (PARTITION BY model ORDER BY total DESC, client) AS rank
    FROM totals WHERE (model, client) IN (SELECT (model, client) FROM quantiles)
)
SELECT model, client, share FROM kept ORDER BY model, rank
"""
SHAPE_SQL: Final = """
SELECT t_s // $width % $buckets AS bucket, sum(rate) FROM rates
WHERE model = $model AND client = $client GROUP BY ALL ORDER BY bucket
"""
QUANTILES_SQL: Final = """
SELECT quantiles32 FROM quantiles
WHERE model = $model AND client = $client AND field = $field AND len(quantiles32) = 32 ORDER BY t_s
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("traces", type=Path)
    traces = parser.parse_args().traces
    excerpt = {
        "clients": servegen_clients(traces),
        "calls": {
            "conversation": mooncake_calls(traces / "mooncake_conversation_first_half.jsonl.gz"),
            "synthetic": mooncake_calls(traces / "mooncake_synthetic_trace.jsonl.gz"),
        },
    }
    text = json.dumps(excerpt, separators=(",", ":")).encode()
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes, {len(excerpt['clients'])} clients")


def servegen_clients(traces: Path) -> list[dict[str, Any]]:
    """Return the busiest clients of each kind: share of requests, hours and days, token quantiles."""
    store = duckdb.connect()
    for table, file in TABLES.items():
        store.read_parquet(str(traces / file)).create(table)
    found: list[dict[str, Any]] = []
    taken = dict.fromkeys(CLIENTS_KEPT, 0)
    for model, client, share in store.execute(CLIENTS_SQL).fetchall():
        if taken.get(model, 0) >= CLIENTS_KEPT.get(model, 0):
            continue
        one = {"model": model, "client": client}
        inputs = mean_quantiles(store, one, "input_tokens")
        outputs = mean_quantiles(store, one, "output_tokens")
        if not (inputs and outputs and max(inputs) > 1):
            continue
        taken[model] += 1
        ratios = mean_quantiles(store, one, "reason_ratio", scale=1000)
        found.append(
            one
            | {
                "share_ppm": max(1, round(share * 1_000_000)),
                "hours": shape(store, one, width=3600, buckets=24),
                "days": shape(store, one, width=86_400, buckets=14),
                "input": inputs,
                "output": outputs,
                "reason_permille": ratios,
            }
        )
    return found


def shape(store: duckdb.DuckDBPyConnection, one: dict[str, Any], *, width: int, buckets: int) -> list[int]:
    """Return the mean-100 profile of a client's rate over `buckets` of `width` seconds; flat where nothing is known."""
    rows = dict(store.execute(SHAPE_SQL, {"width": width, "buckets": buckets} | one).fetchall())
    mean = sum(rows.values()) / len(rows)
    return [round(100 * rows[bucket] / mean) if bucket in rows else 100 for bucket in range(buckets)]


def mean_quantiles(store: duckdb.DuckDBPyConnection, one: dict[str, Any], field: str, scale: int = 1) -> list[int]:
    """Return 32 quantiles: the mean over the measured windows of each; empty when none was measured."""
    windows = [row[0] for row in store.execute(QUANTILES_SQL, {"field": field} | one).fetchall()]
    return [round(scale * sum(column) / len(windows)) for column in zip(*windows, strict=True)]


def mooncake_calls(path: Path) -> list[list[int]]:
    """Return a sample of `[input, output, cached]` where cached is the longest prefix already seen in the trace."""
    seen: set[int] = set()
    calls: list[list[int]] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            request = json.loads(line)
            blocks = request["hash_ids"]
            known = next((n for n, block in enumerate(blocks) if block not in seen), len(blocks))
            seen.update(blocks)
            length = request["input_length"]
            calls.append([length, request["output_length"], min(known * BLOCK_TOKENS, length)])
    settled = calls[len(calls) // 4 :]  # the cache of the trace is empty at first, which is no property of the calls
    return sorted(random.Random(0).sample(settled, min(CALLS_KEPT, len(settled))))  # noqa: S311 -- a sample, no secret


if __name__ == "__main__":
    main()
