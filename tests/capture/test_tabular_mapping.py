"""Mappings: what they make of rows, and how a mistake in one is told."""

from decimal import Decimal

import pytest

from outlay.capture.mapping import FIELDS, Mapping, parse_mapping
from outlay.errors import ImportFailed
from outlay.usage import ReportedCost, Tokens, UsageEvent
from tests.capture.reading import events, mapping_of, read, rejected

TIME = 'columns.time = "at"\n'


def one(columns: dict[str, str], cells: dict[str, str], **more: object) -> UsageEvent:
    """Return the event of a one-row table that has the time and these cells."""
    mapping = mapping_of({"time": "at", **columns}, **more)
    header = ",".join(["at", *cells])
    row = ",".join(["2026-10-01T12:00:00Z", *(f'"{cell}"' for cell in cells.values())])
    rows = read(f"{header}\n{row}\n".encode(), mapping)
    assert not rejected(rows), rows
    return events(rows)[0]


def why_not(columns: dict[str, str], cells: dict[str, str], **more: object) -> tuple[str, str]:
    mapping = mapping_of({"time": "at", **columns}, **more)
    header = ",".join(["at", *cells])
    (found,) = rejected(read(f"{header}\n2026-10-01T12:00:00Z,{','.join(cells.values())}\n".encode(), mapping))
    return found.code, found.message


@pytest.mark.parametrize(
    ("columns", "cells", "more", "tokens"),
    [
        pytest.param(
            {"tokens.input": "i", "tokens.cache_read": "r", "tokens.output": "o"},
            {"i": "100", "r": "80", "o": "5"},
            {},
            Tokens(input_uncached=20, cache_read=80, output=5),
            id="the input includes the cache",
        ),
        pytest.param(
            {"tokens.input": "i", "tokens.cache_read": "r", "tokens.cache_write_5m": "w"},
            {"i": "100", "r": "80", "w": "7"},
            {"input_includes_cache": False},
            Tokens(input_uncached=100, cache_read=80, cache_write_5m=7),
            id="the input does not include the cache",
        ),
        pytest.param(
            {"tokens.input": "i", "tokens.output": "o"},
            {"i": "100", "o": "5"},
            {"input_includes_cache": False},
            Tokens(input_uncached=100, output=5),
            id="no cache column at all",
        ),
        pytest.param(
            {"tokens.output": "o", "tokens.reasoning": "t"},
            {"o": "5", "t": "3"},
            {},
            Tokens(output=5, reasoning=3),
            id="the output includes reasoning",
        ),
        pytest.param(
            {"tokens.output": "o", "tokens.reasoning": "t"},
            {"o": "5", "t": "3"},
            {"output_includes_reasoning": False},
            Tokens(output=8, reasoning=3),
            id="the output does not include reasoning",
        ),
        pytest.param({"tokens.input": "i"}, {"i": ""}, {}, Tokens(), id="an empty count is unknown, not zero"),
        pytest.param(
            {"tokens.input": "i", "tokens.output": "o", "tokens.total": "t"},
            {"i": "1", "o": "2", "t": "3"},
            {},
            Tokens(input_uncached=1, output=2),
            id="a total that agrees",
        ),
    ],
)
def test_tokens(columns: dict[str, str], cells: dict[str, str], more: dict[str, object], tokens: Tokens) -> None:
    assert one(columns, cells, **more).tokens == tokens


@pytest.mark.parametrize(
    ("columns", "cells", "reason"),
    [
        ({"tokens.input": "i", "tokens.cache_read": "r"}, {"i": "1", "r": "2"}, "tokens.input is 1 but its parts"),
        ({"tokens.output": "o", "tokens.reasoning": "t"}, {"o": "1", "t": "2"}, "tokens.reasoning is 2"),
        ({"tokens.input": "i", "tokens.total": "t"}, {"i": "1", "t": "2"}, "tokens.total is 2"),
    ],
)
def test_contradicting_counts_are_rejected(columns: dict[str, str], cells: dict[str, str], reason: str) -> None:
    code, message = why_not(columns, cells)
    assert code == "tokens_contradict"
    assert message.startswith(reason)


def test_costs() -> None:
    assert one({"cost": "usd"}, {"usd": "$1,000.5"}).reported_cost == ReportedCost(1_000_500_000_000_000, "provider")
    assert one({"cost": "usd"}, {"usd": "0.1"}, cost_by="tool").reported_cost == ReportedCost(10**11, "tool")
    assert one({"cost": "usd", "currency": "c"}, {"usd": "0.1", "c": "usd"}).reported_cost is not None
    assert one({"cost": "usd", "currency": "c"}, {"usd": "", "c": "EUR"}).reported_cost is None
    assert (
        why_not({"cost": "usd", "currency": "c"}, {"usd": "1", "c": "EUR"})[1] == "currency is 'EUR'; costs are in USD"
    )


def test_quantities() -> None:
    event = one({"quantity": "n", "unit": "u", "service": "s"}, {"n": "2.5", "u": "pages", "s": "ocr"})
    assert (event.quantity, event.unit, event.service) == (Decimal("2.5"), "pages", "ocr")
    assert "without a unit" in why_not({"quantity": "n"}, {"n": "2.5"})[1]


def test_defaults_stand_where_the_row_says_nothing() -> None:
    defaults = {"model": "gpt-4o", "team": "growth"}
    event = one({"model": "m", "team": "t"}, {"m": "", "t": "core"}, defaults=defaults)
    assert (event.model, event.model_raw, event.team) == ("gpt-4o", "gpt-4o", "core")
    assert one({}, {"m": "x"}, defaults=defaults).model == "gpt-4o"


def test_words_for_nothing() -> None:
    event = one({"model": "m", "user": "u"}, {"m": "None", "u": " n/a "}, empty=("None", "n/a"))
    assert (event.model, event.model_raw, event.user) == (None, None, None)


def test_values_are_translated() -> None:
    values = {"status": {"200": "ok", "500": "error"}}
    assert one({"status": "code"}, {"code": "500"}, values=values).status == "error"
    assert why_not({"status": "code"}, {"code": "404"}, values=values)[1].startswith("status is '404'; it is one of ok")


def test_tags_and_metadata() -> None:
    event = one(
        {"tags": "t"},
        {"t": "env:prod, env:prod,tier:1", "cc": "K1", "region": "eu", "note": ""},
        tags={"cost-centre": "cc"},
        metadata={"region": "region", "note": "note"},
        default_tags=("import:1",),
    )
    assert event.tags == ("env:prod", "tier:1", "cost-centre:K1", "import:1")
    assert event.metadata == {"region": "eu"}
    assert "not of the form key:value" in why_not({"tags": "t"}, {"t": "prod"})[1]


def test_nested_keys_are_reached_by_a_path() -> None:
    mapping = mapping_of({"time": "meta.at", "tokens.input": "usage.input", "tags": "labels", "user": "a.b"})
    line = b'{"meta": {"at": "2026-10-01T12:00:00Z"}, "usage": {"input": 5}, "labels": ["a:1"], "a.b": "ann"}'
    (event,) = events(read(line, mapping, "jsonl"))
    assert (event.tokens.input_total, event.tags, event.user) == (5, ("a:1",), "ann")


def test_a_tab_or_semicolon_can_part_the_cells() -> None:
    mapping = mapping_of({"time": "at", "user": "u"}, delimiter=";")
    assert events(read(b'at;u\n2026-10-01T12:00:00Z;"a;b,c"\n', mapping))[0].user == "a;b,c"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("columns = 5", "columns"),
        ("", "columns"),
        ("[columns", "not valid TOML"),
        ("[columns]\nmodel = 'm'", "no column feeds the time"),
        (TIME + 'columns.modle = "m"', "unknown field 'modle'; did you mean model"),
        (TIME + 'columns.tokens.inptu = "m"', r"unknown field 'tokens.inptu'; did you mean tokens\.input"),
        (TIME + 'defaults.cost = "1"', "defaults.*unknown field 'cost'"),
        (TIME + 'defaults.status = "fine"', "status can't be 'fine'; it is one of ok"),
        (TIME + 'values.status.200 = "fine"', "status can't be 'fine'"),
        (TIME + 'colour = "red"', "colour.*the keys are columns"),
        (TIME + 'time_format = "iso"', "time_format is 'iso'; it is one of rfc3339"),
        (TIME + 'time_format = "%Q"', "time_format is '%Q'"),
        (TIME + 'time_format = "%H:%M"', "time_format is '%H:%M'"),
        (TIME + 'zone = "Mars/Base"', "zone: 'Mars/Base' is no IANA time zone"),
        (TIME + 'start = "yesterday"', "start: time is 'yesterday'"),
        (TIME + 'start = ""', "start is empty"),
        (TIME + 'delimiter = "||"', "delimiter"),
        (TIME + 'name = "a b"', "the name 'a b'"),
        (TIME + 'default_tags = ["prod"]', "tag 'prod' is not of the form key:value"),
        (TIME + 'cost_by = "me"', "me"),
        (TIME + "columns.model = 5", "columns"),
    ],
)
def test_a_mistake_in_a_mapping_is_named(text: str, reason: str) -> None:
    with pytest.raises(ImportFailed, match=f"(?s)^mine.toml.*{reason}"):
        parse_mapping(text, "mine.toml")


def test_every_field_can_be_mapped() -> None:
    mapping = Mapping(columns=dict.fromkeys(FIELDS, "time"))
    assert set(mapping.columns) == set(FIELDS)
    read(b"time\n2026-10-01T12:00:00Z\n", mapping)
