"""The real traces, read and compared with an independent fold over the csv and json modules."""

import csv
import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.capture.sources import files_at, rows_of_file
from outlay.capture.tabular import ReadRow
from outlay.errors import ImportFailed
from outlay.kit.money import as_usd
from tests.capture.reading import ORIGIN, events, kind_named, rejected
from tests.real_data import shared_data

AIDER = "traces/aider_calls.csv.gz"
AZURE = "traces/azure_llm_2023_conv.csv.gz"
MOONCAKE = ["traces/mooncake_conversation_first_half.jsonl.gz", "traces/mooncake_synthetic_trace.jsonl.gz"]


def read_file(path: Path, kind_name: str) -> list[ReadRow]:
    kind = kind_named(kind_name)
    assert kind.mapping is not None
    return list(rows_of_file(path, kind.format, kind.mapping, ORIGIN, lambda _: None))


def dict_rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def test_the_aider_log_agrees_with_an_independent_count() -> None:
    path = shared_data(AIDER)
    rows = read_file(path, "aider")
    found = events(rows)
    expected = list(dict_rows(path))
    assert len(found) == len(expected) == 2669
    assert not rejected(rows)
    assert len({event.id for event in found}) == len(found)
    assert sum(event.tokens.input_total or 0 for event in found) == sum(int(row["prompt_tokens"]) for row in expected)
    assert sum(event.tokens.output or 0 for event in found) == sum(int(row["completion_tokens"]) for row in expected)
    for event, row in zip(found, expected, strict=True):
        assert event.reported_cost is not None
        # The tool's floats have up to twenty decimals; ours has twelve, rounded once per call.
        assert abs(as_usd(event.reported_cost.pico) - Decimal(row["cost"])) <= Decimal("5e-13")
        assert event.time.timestamp() == int(row["time"])
        assert event.model_raw == {"None": None}.get(row["main_model"], row["main_model"])
        assert event.user == (row["user_id"] or None)


def test_the_azure_trace_has_every_call() -> None:
    path = shared_data(AZURE)
    rows = read_file(path, "azure")
    found = events(rows)
    expected = list(dict_rows(path))
    assert len(found) == len({event.id for event in found}) == len(expected) == 19_366
    assert not rejected(rows)
    assert sum(event.tokens.input_total or 0 for event in found) == sum(int(row["ContextTokens"]) for row in expected)
    assert sum(event.tokens.output or 0 for event in found) == sum(int(row["GeneratedTokens"]) for row in expected)
    assert [f"{event.time:%Y-%m-%d %H:%M:%S.%f}" for event in found] == [row["TIMESTAMP"][:26] for row in expected]


@pytest.mark.parametrize("name", MOONCAKE)
def test_the_mooncake_traces_have_every_call(name: str) -> None:
    path = shared_data(name)
    rows = read_file(path, "mooncake")
    found = events(rows)
    with gzip.open(path, "rt", encoding="utf-8") as text:
        expected: list[dict[str, Any]] = [json.loads(line) for line in text]
    assert len(found) == len({event.id for event in found}) == len(expected)
    assert not rejected(rows)
    assert [event.tokens.input_total for event in found] == [row["input_length"] for row in expected]
    assert [event.tokens.output for event in found] == [row["output_length"] for row in expected]
    assert {event.tokens.cache_read for event in found} == {None}


def test_a_folder_stands_for_the_files_of_its_kind(tmp_path: Path) -> None:
    for name in ("b.csv.gz", "a.CSV", "c.jsonl", "deep/d.csv.zst", ".hidden/e.csv", "f.csv.bak", "g.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    names = {kind: [path.name for path in files_at(tmp_path, kind_named(kind))] for kind in ("csv", "jsonl", "parquet")}
    assert names == {"csv": ["a.CSV", "b.csv.gz", "d.csv.zst"], "jsonl": ["c.jsonl"], "parquet": ["g.parquet"]}


def test_a_folder_without_such_a_file_is_an_error_that_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"ending in \.jsonl, \.ndjson, \.json \(also \.gz and \.zst\)"):
        files_at(tmp_path, kind_named("mooncake"))
    with pytest.raises(ImportFailed, match="no file or folder"):
        files_at(tmp_path / "none", kind_named("csv"))
