"""The ids of imported rows: the same for the same row in any file, different for rows that are different calls."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.capture.mapping import Mapping
from tests.capture.reading import events, mapping_of, own_mapping, read

AZURE = b"TIMESTAMP,ContextTokens,GeneratedTokens\n"
ROWS = [b"2023-11-16 18:15:46.6805900,374,44", b"2023-11-16 18:15:46.6805901,374,44", b"2023-11-16 18:15:46.1,1,1"]
CALLS = mapping_of({"time": "at", "model": "model"}, optional=("model",))


def ids(data: bytes, mapping: Mapping = CALLS) -> list[str]:
    return [event.id for event in events(read(data, mapping))]


def azure_ids(rows: list[bytes]) -> list[str]:
    return ids(AZURE + b"\n".join(rows), own_mapping("azure"))


def test_two_rows_of_the_same_microsecond_stay_two() -> None:
    first, second, _ = events(read(AZURE + b"\n".join(ROWS), own_mapping("azure")))
    assert first.time == second.time
    assert first.id != second.id


def test_identical_rows_are_numbered() -> None:
    one, two, three = azure_ids([ROWS[0]] * 3)
    assert (two, three) == (f"{one}-2", f"{one}-3")


def test_an_id_is_made_of_the_row_and_stays_what_it_is() -> None:
    """Were it to change in a later version, every file imported again would be stored twice."""
    assert azure_ids(ROWS[:1]) == ["16f05ae83be7830dc47184d3"]


@given(st.lists(st.sampled_from(ROWS), max_size=12), st.integers(0, 12))
def test_a_grown_file_keeps_the_ids_of_its_beginning(rows: list[bytes], cut: int) -> None:
    whole = azure_ids(rows)
    assert len(set(whole)) == len(rows)
    assert azure_ids(rows[:cut]) == whole[:cut]


@given(st.lists(st.sampled_from(ROWS), max_size=12))
def test_the_order_of_rows_changes_no_id(rows: list[bytes]) -> None:
    assert sorted(azure_ids(rows)) == sorted(azure_ids(rows[::-1]))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(gzip.compress(b"at,model,x\n2026-10-01T10:00:00Z,gpt-4o,1\n"), id="gzip"),
        pytest.param(b'\xef\xbb\xbfat,model,x\r\n"2026-10-01T10:00:00Z", gpt-4o ,"1"', id="BOM, CRLF, quotes, spaces"),
        pytest.param(b"x,model,at\n1,gpt-4o,2026-10-01T10:00:00Z\n", id="columns in another order"),
        pytest.param(b"at,model,x,y\n2026-10-01T10:00:00Z,gpt-4o,1,\n", id="one more empty column"),
    ],
)
def test_how_a_row_is_written_changes_no_id(other: bytes) -> None:
    assert ids(other) == ids(b"at,model,x\n2026-10-01T10:00:00Z,gpt-4o,1\n")


def test_a_column_that_is_not_mapped_still_tells_rows_apart() -> None:
    first = ids(b"at,request\n2026-10-01T10:00:00Z,r1\n")
    second = ids(b"at,request\n2026-10-01T10:00:00Z,r2\n")
    assert first != second


def test_with_an_identity_only_its_columns_count() -> None:
    mapping = mapping_of({"time": "at"}, identity=("at", "request"))
    assert ids(b"at,request,x\n2026-10-01T10:00:00Z,r1,1\n", mapping) == ids(
        b"request,at\nr1,2026-10-01T10:00:00Z\n", mapping
    )


def test_the_identity_of_json_ignores_order_of_keys_and_space() -> None:
    first = read(b'{"at": "2026-10-01T10:00:00Z", "usage": {"a": 1, "b": 2}}', CALLS, "jsonl")
    second = read(b'{"usage":{"b":2,"a":1},"at":"2026-10-01T10:00:00Z"}', CALLS, "jsonl")
    assert [event.id for event in events(first)] == [event.id for event in events(second)]


def test_mooncake_rows_with_other_blocks_are_other_calls() -> None:
    line = b'{"timestamp": 0, "input_length": 10, "output_length": 2, "hash_ids": [%d]}\n'
    first, second = (events(read(line % block, own_mapping("mooncake"), "jsonl"))[0].id for block in (0, 1))
    assert first != second


def test_a_column_can_give_the_id() -> None:
    mapping = mapping_of({"time": "at", "id": "request"})
    found = ids(b"at,request\n2026-10-01T10:00:00Z,r1\n2026-10-01T10:00:00Z,\n", mapping)
    assert found[0] == "r1"
    assert len(found[1]) == 24


def test_rejected_rows_take_no_number() -> None:
    mapping = mapping_of({"time": "at", "tokens.input": "n"}, identity=("at",))
    whole = ids(b"at,n\n2026-10-01T10:00:00Z,x\n2026-10-01T10:00:00Z,1\n", mapping)
    assert whole == ids(b"at,n\n2026-10-01T10:00:00Z,1\n", mapping)
