"""A mapping says how the rows of a table become events: which column feeds which field, and in what form.

It is written by users as TOML (docs/reference/mapping.md) and checked here as a whole, before a row is read. The
built-in kinds (`traces.py`) are mappings as well; there is no second way to read a row.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated, Any, Final, get_args

import msgspec
from msgspec import Meta, Struct

from outlay.capture.cells import RFC3339, START_FORMATS, UNIX_EPOCH, UNIX_FORMATS, Cells, Refusal, time_reader
from outlay.capture.wire import WireTokens
from outlay.errors import FieldInvalid, ImportFailed
from outlay.kit.period import parse_zone
from outlay.usage import AGENT_TYPES, STATUSES, CostSource

TEXT_FIELDS: Final = (
    "user",
    "team",
    "api_key",
    "agent",
    "parent_agent",
    "run_id",
    "session_id",
    "pod",
    "task",
    "service",
    "operation",
    "provider",
    "model",
    "response_id",
    "unit",
    "variant",
)
CHOICE_FIELDS: Final = {"agent_type": AGENT_TYPES, "status": STATUSES}
COST_SOURCES: Final = get_args(CostSource)
DURATION_FIELDS: Final = ("latency_ms", "first_token_ms")
TOKEN_FIELDS: Final = tuple(f"tokens.{name}" for name in WireTokens.__struct_fields__)
OTHER_FIELDS: Final = ("id", "time", "requests", "quantity", "cost", "cost_by", "currency", "tags")
FIELDS: Final = (*OTHER_FIELDS, *TEXT_FIELDS, *CHOICE_FIELDS, *DURATION_FIELDS, *TOKEN_FIELDS)
DEFAULT_FIELDS: Final = (*TEXT_FIELDS, *CHOICE_FIELDS)

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Mapping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one kind of table is read. Every key is explained in docs/reference/mapping.md."""

    columns: dict[str, str]
    name: str | None = None
    time_format: str = RFC3339
    zone: str | None = None
    start: str | None = None
    input_includes_cache: bool = True
    output_includes_reasoning: bool = True
    cost_by: CostSource = "provider"
    empty: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","
    defaults: dict[str, str] = {}
    default_tags: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    metadata: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}

    def used_columns(self) -> Iterator[tuple[str, str]]:
        """Yield `(what it feeds, column)` for every column the mapping reads."""
        yield from self.columns.items()
        for section, columns in (("tags", self.tags), ("metadata", self.metadata)):
            for key, column in columns.items():
                yield f"{section}.{key}", column
        for column in self.identity:
            yield "identity", column

    def delimiter_in(self, header: str) -> str:
        """Return what stands between the cells of a file with this first line."""
        del header
        return self.delimiter

    def headers(self, found: list[str]) -> list[str]:
        """Return the columns of a file by the names that the mapping knows them by."""
        return found

    def cells(self, find: Cells) -> Cells:
        """Return what finds the cells of the mapping's columns, given what finds those of the file's."""
        return find

    def refusal(self, find: Cells, now: datetime) -> Refusal | None:
        """Return what says of a row why it is none to be stored, if such rows can be; `now` is when it is read."""
        del find, now
        return None


def parse_mapping(text: str, origin: str) -> Mapping:
    """Read a mapping from TOML; ImportFailed names `origin`, the key at fault and what it takes."""
    try:
        raw: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ImportFailed(f"{origin} is not valid TOML: {error}") from None
    if isinstance(raw.get("columns"), dict):
        raw["columns"] = dict(_flat(raw["columns"]))
    try:
        mapping = msgspec.convert(raw, Mapping)
    except msgspec.ValidationError as error:
        raise ImportFailed(f"{origin}: {error}; the keys are {', '.join(Mapping.__struct_fields__)}") from None
    try:
        check_mapping(mapping)
    except ImportFailed as error:
        raise ImportFailed(f"{origin}: {error.message}") from None
    return mapping


def check_mapping(mapping: Mapping) -> None:
    """Raise ImportFailed unless every field, default, zone and format of the mapping can be used."""
    for field in mapping.columns:
        _check_field(field, FIELDS, "columns")
    for field in mapping.defaults:
        _check_field(field, DEFAULT_FIELDS, "defaults")
    for field in mapping.values:
        _check_field(field, DEFAULT_FIELDS, "values")
    if "time" not in mapping.columns:
        raise ImportFailed('no column feeds the time; add a line such as time = "created_at" under [columns]')
    if mapping.delimiter in {'"', "\n", "\r", " "}:
        raise ImportFailed(f"delimiter is {mapping.delimiter!r}; it must be one character such as , or ;")
    if mapping.name is not None and not _NAME.fullmatch(mapping.name):
        raise ImportFailed(f"the name {mapping.name!r} is not made of up to 64 letters, digits, dots, - and _")
    _check_choices(mapping)
    _check_tags(mapping)
    _check_time(mapping)


def _flat(section: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in section.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _check_field(field: str, known: tuple[str, ...], section: str) -> None:
    if field not in known:
        near = get_close_matches(field, known, n=1)
        hint = f"; did you mean {near[0]}? All of" if near else ";"
        raise ImportFailed(f"[{section}] has the unknown field {field!r}{hint} the fields are {', '.join(known)}")


def _check_choices(mapping: Mapping) -> None:
    for field, choices in CHOICE_FIELDS.items():
        given = [*mapping.values.get(field, {}).values()]
        if field in mapping.defaults:
            given.append(mapping.defaults[field])
        for value in given:
            if value not in choices:
                raise ImportFailed(f"{field} can't be {value!r}; it is one of {', '.join(choices)}")


def _check_tags(mapping: Mapping) -> None:
    for tag in mapping.default_tags:
        key, colon, value = tag.partition(":")
        if not (key and colon and value):
            raise ImportFailed(f"the tag {tag!r} is not of the form key:value")


def _check_time(mapping: Mapping) -> None:
    try:
        parse_zone(mapping.zone or "UTC")
    except ValueError as error:
        raise ImportFailed(f"zone: {error}") from None
    if mapping.start is not None:
        parse_start(mapping.start)
    known = (RFC3339, *UNIX_FORMATS, *START_FORMATS)
    if mapping.time_format not in known and not _is_pattern(mapping.time_format):
        raise ImportFailed(
            f"time_format is {mapping.time_format!r}; it is one of {', '.join(known)}, "
            "or a pattern such as %d/%m/%Y %H:%M"
        )


def _is_pattern(form: str) -> bool:
    """Whether strptime reads back what strftime writes with this pattern, to the day at least."""
    moment = datetime(2024, 11, 25, 13, 45, 59, tzinfo=UTC)
    try:
        return datetime.strptime(moment.strftime(form), form).date() == moment.date()  # noqa: DTZ007 - a date is a date
    except ValueError:
        return False


def parse_start(text: str) -> datetime:
    """Read the instant that times counted from a start begin at; ImportFailed when it is none."""
    try:
        start = time_reader(RFC3339, UTC, UNIX_EPOCH)(text)
    except FieldInvalid as error:
        raise ImportFailed(f"start: {error.message}") from None
    if start is None:
        raise ImportFailed("start is empty; write a time such as 2024-01-01T00:00:00Z")
    return start
