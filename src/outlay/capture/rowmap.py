"""Applies a mapping to rows: one row in, one UsageEvent or RowRejected out.

Everything that can be decided once per file is decided when a RowReader is made; what is left per row is a short
list of steps. A row that can't be an event is given back as rejected and never stops its neighbours.
"""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any, Final, cast

from msgspec import Struct

from outlay.capture.cells import (
    Cell,
    Cells,
    Row,
    as_text,
    parse_count,
    parse_milliseconds,
    parse_number,
    parse_pico,
    shown,
    time_reader,
)
from outlay.capture.columns import nothing
from outlay.capture.identity import Content, RowIds
from outlay.capture.mapping import CHOICE_FIELDS, COST_SOURCES, DURATION_FIELDS, TEXT_FIELDS, Mapping, parse_start
from outlay.capture.wire import WireTokens, as_tokens
from outlay.errors import EventRejected, FieldInvalid
from outlay.kit.period import parse_zone
from outlay.usage import NO_TOKENS, CostSource, ReportedCost, Tokens, UsageEvent, check_quantity

DEFAULT_START: Final = datetime(2024, 1, 1, tzinfo=UTC)

_EVENT_FIELDS: Final = {"requests": "calls"}

Step = tuple[str, Cell, Callable[[str, object], object]]


class RowRejected(Struct, frozen=True):
    """One row that can't be an event: where it is, why, and how it begins."""

    line: int
    code: str
    message: str
    excerpt: str


class FileOrigin(Struct, frozen=True):
    """Whose a file is, what its events' source is called, and when it is read."""

    organisation: str
    source: str
    received_at: datetime


class RowReader:
    """Makes events of the rows of one file. `cells` finds a column's cell in a row, `content` is what identifies it."""

    def __init__(self, mapping: Mapping, origin: FileOrigin, cells: Cells, content: Content) -> None:
        columns = mapping.columns
        cells = mapping.cells(cells)
        self._refusal = mapping.refusal(cells, origin.received_at)
        self._content = content
        self._ids = RowIds()
        self._base: dict[str, Any] = {
            "organisation": origin.organisation,
            "source": origin.source,
            "received_at": origin.received_at,
            **mapping.defaults,
        }
        self._read_time = time_reader(mapping.time_format, _zone(mapping), _start(mapping))
        self._time_column = columns["time"]
        self._time = cells(self._time_column)
        self._id = cells(columns["id"]) if "id" in columns else None
        self._steps = _steps(mapping, cells)
        self._tokens = _tokens_reader(mapping, cells)
        self._cost = _cost_reader(mapping, cells)
        self._tags = _tags_reader(mapping, cells)
        self._metadata = [(key, cells(column)) for key, column in mapping.metadata.items()]
        self._has_quantity = "quantity" in columns

    def read(self, row: Row, line: int, excerpt: Callable[[], str]) -> UsageEvent | RowRejected:
        try:
            refused = self._refusal(row) if self._refusal is not None else None
            if refused is None:
                return self._event(row)
            code, message = refused
        except EventRejected as error:
            code, message = error.code, error.message
        return RowRejected(line, code, message, excerpt())

    def _event(self, row: Row) -> UsageEvent:
        time = self._read_time(self._time(row))
        if time is None:
            raise FieldInvalid(f"time (column {self._time_column!r}) is empty; an imported row needs its own time")
        fields = self._base.copy()
        for field, cell, parse in self._steps:
            value = parse(field, cell(row))
            if value is not None:
                fields[field] = value
        if "model" in fields:
            fields["model_raw"] = fields["model"]
        if self._tags is not None:
            fields["tags"] = self._tags(row)
        if self._cost is not None:
            fields["reported_cost"] = self._cost(row)
        if self._metadata:
            fields["metadata"] = _stated_metadata(self._metadata, row)
        if self._has_quantity:
            check_quantity(fields.get("quantity"), fields.get("unit"), adjusting=fields.get("adjusts") is not None)
        tokens = self._tokens(row)
        # Only now, when nothing can reject the row any more, does it count among its identical ones.
        given = as_text("id", self._id(row)) if self._id else None
        return UsageEvent(id=given or self._ids.id_for(self._content(row)), time=time, tokens=tokens, **fields)


def _zone(mapping: Mapping) -> tzinfo:
    return UTC if mapping.zone in {None, "UTC"} else parse_zone(str(mapping.zone))


def _start(mapping: Mapping) -> datetime:
    return DEFAULT_START if mapping.start is None else parse_start(mapping.start)


def _steps(mapping: Mapping, cells: Cells) -> list[Step]:
    parsers: dict[str, Callable[[str, object], object]] = {
        **dict.fromkeys(TEXT_FIELDS, as_text),
        **dict.fromkeys(DURATION_FIELDS, parse_milliseconds),
        **{field: partial(_choice, choices) for field, choices in CHOICE_FIELDS.items()},
        "quantity": parse_number,
        "requests": parse_count,
    }
    steps: list[Step] = []
    for field, column in mapping.columns.items():
        if field in parsers:
            cell = cells(column)
            if field in mapping.values:
                cell = _translated(cell, field, mapping.values[field])
            steps.append((_EVENT_FIELDS.get(field, field), cell, parsers[field]))
    return steps


def _tokens_reader(mapping: Mapping, cells: Cells) -> Callable[[Row], Tokens]:
    parts = {
        field.removeprefix("tokens."): (field, cells(column))
        for field, column in mapping.columns.items()
        if field.startswith("tokens.")
    }
    if not parts:
        return lambda _: NO_TOKENS
    if not mapping.input_includes_cache and "input" in parts and "input_uncached" not in parts:
        parts["input_uncached"] = parts.pop("input")
    if parts.keys() <= {"input", "output"}:
        return _whole_counts(parts.get("input"), parts.get("output"))
    add_reasoning = not mapping.output_includes_reasoning

    def read(row: Row) -> Tokens:
        wire = WireTokens(**{name: parse_count(field, cell(row)) for name, (field, cell) in parts.items()})
        if add_reasoning and wire.output is not None:
            wire.output += wire.reasoning or 0
        return as_tokens(wire, adjusting=False)

    return read


def _whole_counts(given: tuple[str, Cell] | None, made: tuple[str, Cell] | None) -> Callable[[Row], Tokens]:
    """Return the short way for files that state nothing but input and output: nothing there can contradict."""
    _, input_cell = given or ("", nothing)
    _, output_cell = made or ("", nothing)

    def read(row: Row) -> Tokens:
        return Tokens(
            input_uncached=parse_count("tokens.input", input_cell(row)),
            output=parse_count("tokens.output", output_cell(row)),
        )

    return read


def _cost_reader(mapping: Mapping, cells: Cells) -> Callable[[Row], ReportedCost | None] | None:
    if "cost" not in mapping.columns:
        return None
    cell = cells(mapping.columns["cost"])
    currency = cells(mapping.columns["currency"]) if "currency" in mapping.columns else nothing
    stated_by = cells(mapping.columns["cost_by"]) if "cost_by" in mapping.columns else nothing

    def read(row: Row) -> ReportedCost | None:
        pico = parse_pico("cost", cell(row))
        if pico is None:
            return None
        stated = as_text("currency", currency(row))
        if stated is not None and stated.upper() != "USD":
            raise FieldInvalid(f"currency is {shown(stated)}; costs are in USD")
        by = _choice(COST_SOURCES, "cost_by", stated_by(row)) or mapping.cost_by
        return ReportedCost(pico, cast("CostSource", by))

    return read


def _tags_reader(mapping: Mapping, cells: Cells) -> Callable[[Row], tuple[str, ...]] | None:
    whole = cells(mapping.columns["tags"]) if "tags" in mapping.columns else nothing
    keyed = [(key, cells(column)) for key, column in mapping.tags.items()]
    always = mapping.default_tags
    if whole is nothing and not keyed:
        return (lambda _: always) if always else None

    def read(row: Row) -> tuple[str, ...]:
        found = _listed_tags(whole(row))
        for key, cell in keyed:
            value = as_text(f"tags.{key}", cell(row))
            if value is not None:
                found.append(f"{key}:{value}")
        return tuple(dict.fromkeys([*found, *always]))

    return read


def _listed_tags(cell: object) -> list[str]:
    """Read the tags of one cell: `team:a, env:prod`, a list of such texts, or an object of keys and values."""
    if isinstance(cell, dict):
        parts: list[object] = [f"{key}:{as_text('tags', value) or ''}" for key, value in cell.items()]
    elif isinstance(cell, list | tuple):
        parts = list(cell)
    else:
        parts = list((as_text("tags", cell) or "").split(","))
    texts = [text for part in parts if (text := as_text("tags", part))]
    for text in texts:
        key, colon, value = text.partition(":")
        if not (key and colon and value):
            raise FieldInvalid(f"tag {shown(text)} is not of the form key:value")
    return texts


def _stated_metadata(columns: list[tuple[str, Cell]], row: Row) -> dict[str, Any] | None:
    stated = {key: text for key, cell in columns if (text := as_text(f"metadata.{key}", cell(row))) is not None}
    return stated or None


def _choice(choices: tuple[str, ...], field: str, cell: object) -> str | None:
    text = as_text(field, cell)
    if text is not None and text not in choices:
        raise FieldInvalid(f"{field} is {shown(text)}; it is one of {', '.join(choices)}")
    return text


def _translated(cell: Cell, field: str, values: dict[str, str]) -> Cell:
    def translated(row: Row) -> object:
        text = as_text(field, cell(row))
        return None if text is None else values.get(text, text)

    return translated
