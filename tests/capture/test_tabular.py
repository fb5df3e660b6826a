"""CSV and JSONL from bytes: sound rows come through whole, bad ones are rejected by themselves."""

import csv
import gzip
import io
from datetime import timedelta

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from outlay.capture.rowmap import DEFAULT_START
from outlay.capture.tabular import MAX_CELL_CHARS, MAX_LINE_BYTES, MAX_ROW_LINES, ReadRow
from outlay.capture.traces import Format
from outlay.errors import ImportFailed
from outlay.usage import UsageEvent
from tests.capture.reading import events, mapping_of, own_mapping, plain_bytes, read, rejected

CALLS = mapping_of(
    {"time": "at", "user": "who", "tokens.input": "in", "tokens.output": "out"}, optional=("who", "in", "out")
)
HEAD = b"at,who,in,out\n"
GOOD = b"2026-10-01T10:00:00Z,ann,5,7\n"
GOOD_JSON = b'{"at": "2026-10-01T10:00:00Z", "who": "ann", "in": 5, "out": 7}\n'


def users(rows: list[ReadRow]) -> list[str | None]:
    return [event.user for event in events(rows)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(HEAD + GOOD, ["ann"], id="plain"),
        pytest.param(HEAD + GOOD.rstrip(b"\n"), ["ann"], id="no final newline"),
        pytest.param((HEAD + GOOD).replace(b"\n", b"\r\n"), ["ann"], id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + HEAD + GOOD, ["ann"], id="BOM"),
        pytest.param(b"\n\n" + HEAD + b"\n" + GOOD + b"  \r\n" + GOOD, ["ann", "ann"], id="blank lines"),
        pytest.param(b"out,x,who,at,in\n7,?,ann,2026-10-01T10:00:00Z,5\n", ["ann"], id="other order, more columns"),
        pytest.param(b' at , who,in ,"out"\n"2026-10-01T10:00:00Z", ann ,"5","7"\n', ["ann"], id="spaces and quotes"),
        pytest.param(HEAD + b'2026-10-01T10:00:00Z,"a ""b"", c",5,7\n', ['a "b", c'], id="quotes in a quoted cell"),
        pytest.param(HEAD + b'2026-10-01T10:00:00Z,"a\nb",5,7\n' + GOOD, ["a\nb", "ann"], id="a cell of two lines"),
        pytest.param(HEAD + b"2026-10-01T10:00:00Z,,,\n", [None], id="empty cells"),
        pytest.param(HEAD, [], id="header only"),
        pytest.param(HEAD + "2026-10-01T10:00:00Z,Zoë,5,7\n".encode(), ["Zoë"], id="not ASCII"),
    ],
)
def test_a_sound_csv_is_read(data: bytes, expected: list[str | None]) -> None:
    rows = read(data, CALLS)
    assert users(rows) == expected
    assert not rejected(rows)


BAD_ROWS = [
    pytest.param(b"2026-10-01T10:00:00Z,ann,5\n", "row_ragged", id="too few cells"),
    pytest.param(b"2026-10-01T10:00:00Z,ann,5,7,9\n", "row_ragged", id="too many cells"),
    pytest.param(b'2026-10-01T10:00:00Z,"ann",5\n', "row_ragged", id="too few cells, quoted"),
    pytest.param(b"2026-10-01T10:00:00Z,a\xffn,5,7\n", "row_not_utf8", id="not UTF-8"),
    pytest.param(b'2026-10-01T10:00:00Z,"a\xffn",5,7\n', "row_not_utf8", id="not UTF-8, quoted"),
    pytest.param(b"2026-10-01T10:00:00Z,a\0n,5,7\n", "row_unreadable", id="NUL"),
    pytest.param(b'2026-10-01T10:00:00Z,"a\0n",5,7\n', "row_unreadable", id="NUL, quoted"),
    pytest.param(b'2026-10-01T10:00:00Z,"ann,5,7\n', "row_unreadable", id="a quote that is never closed"),
    pytest.param(b'2026-10-01T10:00:00Z,"a"n,5,7\n', "row_unreadable", id="text after a closing quote"),
    pytest.param(b"2026-10-01T10:00:00Z," + b"a" * (MAX_CELL_CHARS + 1) + b",5,7\n", "row_too_long", id="a huge cell"),
    pytest.param(b"2026-10-01T10:00:00Z," + b"a" * MAX_LINE_BYTES + b",5,7\n", "row_too_long", id="a huge line"),
    pytest.param(b"x" * (3 * MAX_LINE_BYTES) + b"\n", "row_too_long", id="a line of three times the most"),
    pytest.param(b"tomorrow,ann,5,7\n", "field_invalid", id="no time"),
    pytest.param(b",ann,5,7\n", "field_invalid", id="empty time"),
    pytest.param(b"2026-10-01T10:00:00Z,ann,-5,7\n", "field_invalid", id="negative count"),
    pytest.param(b"2026-10-01T10:00:00Z,ann,5.5,7\n", "field_invalid", id="half a token"),
    pytest.param(b"2026-10-01T10:00:00Z,ann,1_000,7\n", "field_invalid", id="a number as Python writes it"),
    pytest.param(
        "2026-10-01T10:00:00Z,ann,\N{ARABIC-INDIC DIGIT FIVE},7\n".encode(),
        "field_invalid",
        id="a digit of another script",
    ),
    pytest.param(b"2026-10-01T10:00:00Z,ann," + b"9" * 40 + b",7\n", "field_invalid", id="a count beyond reason"),
    pytest.param(b"2026-10-01T10:00:00Z,ann,1e999999999,7\n", "field_invalid", id="an exponent beyond reason"),
]


@pytest.mark.parametrize(("bad", "code"), BAD_ROWS)
def test_a_bad_csv_row_is_rejected_alone(bad: bytes, code: str) -> None:
    rows = read(HEAD + GOOD + bad + GOOD + GOOD, CALLS)
    assert users(rows) == ["ann"] * 3
    assert [(found.line, found.code) for found in rejected(rows)] == [(3, code)]
    assert [line for line, _ in rows] == [2, 3, 4, 5]


def test_a_stray_quote_costs_its_own_row_only_however_long_the_file_goes_on() -> None:
    stray = b'2026-10-01T10:00:00Z,"ann,5,7\n'
    rows = read(HEAD + stray + GOOD * (MAX_ROW_LINES * 2) + stray + GOOD, CALLS)
    assert len(events(rows)) == MAX_ROW_LINES * 2 + 1
    assert [found.line for found in rejected(rows)] == [2, MAX_ROW_LINES * 2 + 3]


def test_a_stray_quote_does_not_hide_behind_another_bad_row() -> None:
    rows = read(HEAD + b'2026-10-01T10:00:00Z,"ann,5,7\n' + GOOD + b'2026-10-01T10:00:00Z,"\xff,5,7\n' + GOOD, CALLS)
    assert len(events(rows)) == 2
    assert [found.line for found in rejected(rows)] == [2, 4]


def test_a_bad_row_of_several_lines_is_one_row() -> None:
    rows = read(HEAD + b'2026-10-01T10:00:00Z,"a\n\xff\0\nb",5,7\n' + GOOD, CALLS)
    assert [(found.line, found.code) for found in rejected(rows)] == [(2, "row_not_utf8")]
    assert len(events(rows)) == 1


def test_a_rejected_row_says_what_is_wrong_with_it() -> None:
    found = rejected(read(HEAD + b"2026-10-01T10:00:00Z,ann,five,\x1b[31m\n", CALLS))[0]
    assert found.message == "tokens.input is 'five'; it must be a number"
    assert found.excerpt == "2026-10-01T10:00:00Z,ann,five,\N{REPLACEMENT CHARACTER}[31m"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "empty", id="no bytes"),
        pytest.param(b"\n\n", "empty", id="only blank lines"),
        pytest.param(b"\xff\xfea\x00t\x00", "UTF-16", id="UTF-16"),
        pytest.param(b"\xffat,who\n", "header", id="header not UTF-8"),
        pytest.param(b"when,who,in,out\n" + GOOD, "no column 'at'.*The columns are 'when', 'who'", id="no such column"),
        pytest.param(b"at,at,who,in,out\n", "2 columns 'at'", id="a mapped column twice"),
    ],
)
def test_a_csv_that_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(ImportFailed, match=reason):
        read(data, CALLS)


def test_an_unknown_column_gets_a_hint() -> None:
    with pytest.raises(ImportFailed, match="Did you mean 'created_at'"):
        read(b"created_at,model\n", mapping_of({"time": "createdat"}))


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        pytest.param(b"{\n", "row_unreadable", id="no JSON"),
        pytest.param(b"[1]\n", "row_unreadable", id="no object"),
        pytest.param(b"null\n", "row_unreadable", id="null"),
        pytest.param(b"[" * 100_000 + b"\n", "row_unreadable", id="very deep"),
        pytest.param(b'{"at": "\xff"}\n', "row_not_utf8", id="not UTF-8"),
        pytest.param(b'{"at": "' + b"x" * MAX_LINE_BYTES + b'"}\n', "row_too_long", id="too long"),
        pytest.param(b"{}\n", "field_invalid", id="no time"),
        pytest.param(b'{"at": 5}\n', "field_invalid", id="a number for a text time"),
        pytest.param(b'{"at": "2026-10-01T10:00:00Z", "in": true}\n', "field_invalid", id="true for a count"),
        pytest.param(b'{"at": "2026-10-01T10:00:00Z", "in": [1]}\n', "field_invalid", id="a list for a count"),
        pytest.param(b'{"at": "2026-10-01T10:00:00Z", "who": {"a": 1}}\n', "field_invalid", id="an object for a text"),
        pytest.param(b'{"at": "2026-10-01T10:00:00Z", "in": 1e400}\n', "field_invalid", id="1e400"),
    ],
)
def test_a_bad_json_line_is_rejected_alone(bad: bytes, code: str) -> None:
    rows = read(GOOD_JSON + bad + b"\r\n" + GOOD_JSON.rstrip(), CALLS, "jsonl")
    assert users(rows) == ["ann"] * 2
    assert [(found.line, found.code) for found in rejected(rows)] == [(2, code)]


def test_a_mapped_key_that_no_object_has_is_an_error_that_lists_the_keys() -> None:
    with pytest.raises(ImportFailed, match=r"no column 'model'.*The columns are 'at', 'who', 'in', 'out'"):
        read(GOOD_JSON, mapping_of({"time": "at", "model": "model"}), "jsonl")


def test_a_key_may_be_missing_in_some_objects() -> None:
    rows = read(GOOD_JSON + b'{"at": "2026-10-01T10:00:00Z", "in": null}\n', mapping_of(CALLS.columns), "jsonl")
    assert users(rows) == ["ann", None]


def zstd_frames(data: bytes) -> bytes:
    half = len(data) // 2
    return zstandard.compress(data[:half]) + zstandard.compress(data[half:])


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(gzip.compress(HEAD + GOOD * 50), id="gzip"),
        pytest.param(gzip.compress(HEAD) + gzip.compress(GOOD * 50), id="gzip in two members"),
        pytest.param(zstandard.compress(HEAD + GOOD * 50), id="zstd"),
        pytest.param(zstd_frames(HEAD + GOOD * 50), id="zstd in two frames"),
    ],
)
def test_compression_changes_nothing(packed: bytes) -> None:
    assert read(packed, CALLS) == read(HEAD + GOOD * 50, CALLS)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_cut_off_file_is_noticed(pack: "type[bytes]") -> None:
    whole = pack(HEAD + b"".join(b"2026-10-01T10:00:00Z,u%d,5,7\n" % number for number in range(5000)))
    with pytest.raises((EOFError, zstandard.ZstdError)):
        plain_bytes(whole[:-20])


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@given(data=st.binary(max_size=400))
def test_no_bytes_break_the_reader(form: Format, data: bytes) -> None:
    start = HEAD if form == "csv" else GOOD_JSON
    for _, found in read(start + data, CALLS, form):
        assert found is not None


_CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=20)


@given(cells=st.lists(st.tuples(_CELL, _CELL), max_size=12), terminator=st.sampled_from(["\n", "\r\n"]))
def test_what_the_csv_module_writes_is_read_cell_by_cell(cells: list[tuple[str, str]], terminator: str) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator=terminator)
    writer.writerow(["at", "who", "job"])
    writer.writerows([["2026-10-01T10:00:00Z", who, job] for who, job in cells])
    rows = read(written.getvalue().encode(), mapping_of({"time": "at", "user": "who", "task": "job"}))
    assert [(event.user, event.task) for event in events(rows)] == [
        (who.strip() or None, job.strip() or None) for who, job in cells
    ]


@given(fields=st.dictionaries(st.sampled_from(["at", "who", "in", "out"]), st.integers() | st.text() | st.floats()))
def test_no_json_object_breaks_the_reader(fields: dict[str, object]) -> None:
    for _, found in read(GOOD_JSON + msgspec.json.encode(fields) + b"\n", CALLS, "jsonl"):
        if isinstance(found, UsageEvent):
            found.tokens.check()


def test_what_an_aider_log_may_look_like() -> None:
    data = (
        b'aider_version,cost,time,"main_model",user_id,completion_tokens,prompt_tokens,total_tokens,note\n'
        b'0.1,1e-05,1723560043,"gpt-4o, mini",u1,25,638,663,"x, y"\n'
        b"0.1,,1723560043,,,25,638,663,\n"
        b"0.1,0.0001107000000000004,1723560043.5,None,,25,638,,\n"
        b"0.1,-0.1,1723560043,gpt-4o,u1,25,638,663,\n"
        b"0.1,0.1,1723560043,gpt-4o,u1,25,638,664,\n"
        b"0.1,nan,1723560043,gpt-4o,u1,25,638,663,\n"
    )
    rows = read(data, own_mapping("aider"))
    costs = [event.reported_cost and (event.reported_cost.pico, event.reported_cost.by) for event in events(rows)]
    assert costs == [(10_000_000, "tool"), None, (110_700_000, "tool")]
    assert [event.model for event in events(rows)] == ["gpt-4o, mini", None, None]
    assert {event.agent_type for event in events(rows)} == {"framework"}
    assert [(found.code, found.message) for found in rejected(rows)] == [
        ("field_invalid", "cost is '-0.1'; a call can't cost less than nothing"),
        ("tokens_contradict", "tokens.total is 664 but input and output make 663"),
        ("field_invalid", "cost is 'nan'; it must be a finite number"),
    ]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("2023-11-16 18:15:46.6805999", "2023-11-16T18:15:46.680599+00:00"),
        ("2024-05-10 00:00:00.009930+00:00", "2024-05-10T00:00:00.009930+00:00"),
        ("2024-05-12 00:00:00+00:00", "2024-05-12T00:00:00+00:00"),
        ("2024-05-12 02:00:00+02:00", "2024-05-12T00:00:00+00:00"),
    ],
)
def test_the_times_of_azure_traces(stated: str, expected: str) -> None:
    data = f"TIMESTAMP,ContextTokens,GeneratedTokens\n{stated},374,44".encode()
    (event,) = events(read(data, own_mapping("azure")))
    assert event.time.isoformat() == expected
    assert (event.model, event.tokens.input_total, event.tokens.output) == (None, 374, 44)


@pytest.mark.parametrize(
    ("stated", "micros"), [("0", 0), ("27482", 27_482_000), ("3000.5", 3_000_500), ('"40"', 40_000), ("1.0", 1000)]
)
def test_the_times_of_mooncake_traces(stated: str, micros: int) -> None:
    data = b'{"timestamp": %s, "input_length": 10, "output_length": 2}' % stated.encode()
    (event,) = events(read(data, own_mapping("mooncake"), "jsonl"))
    assert event.time - DEFAULT_START == timedelta(microseconds=micros)
