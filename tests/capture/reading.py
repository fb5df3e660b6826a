"""Reads bytes the way an import does, for the tests of its parts."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from outlay.capture.files import Counted, decompressed
from outlay.capture.mapping import Mapping, check_mapping
from outlay.capture.rowmap import FileOrigin, RowRejected
from outlay.capture.sources import rows_of_stream
from outlay.capture.tabular import ReadRow
from outlay.capture.traces import KINDS, Format, Kind
from outlay.usage import UsageEvent

NOW = datetime(2026, 10, 15, 12, tzinfo=UTC)
ORIGIN = FileOrigin("acme", "import:test", NOW)


def kind_named(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


def own_mapping(kind: str) -> Mapping:
    mapping = kind_named(kind).mapping
    assert mapping is not None
    return mapping


def mapping_of(columns: dict[str, str], **more: Any) -> Mapping:
    mapping = Mapping(columns=columns, **more)
    check_mapping(mapping)
    return mapping


def read(data: bytes, mapping: Mapping, form: Format = "csv") -> list[ReadRow]:
    return list(rows_of_stream(io.BytesIO(data), form, mapping, ORIGIN, lambda _: None))


def events(rows: Iterable[ReadRow]) -> list[UsageEvent]:
    return [found for _, found in rows if isinstance(found, UsageEvent)]


def rejected(rows: Iterable[ReadRow]) -> list[RowRejected]:
    return [found for _, found in rows if isinstance(found, RowRejected)]


def plain_bytes(data: bytes) -> bytes:
    return decompressed(Counted(io.BytesIO(data))).read()
