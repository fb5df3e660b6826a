"""The recorded exchanges with providers, as bytes that can be read again."""

import base64
import gzip
import json
from functools import cache
from typing import Any

from msgspec import Struct

from outlay.capture.readings.reading import Api, Reading
from outlay.capture.readings.routes import api_of
from outlay.capture.readings.stream import stream_reading
from tests.real_data import shared_data


class Recorded(Struct, frozen=True):
    """One exchange: who answered what, and the usage that a person reads from the body."""

    id: str
    provider: str
    api: Api | None
    content_type: str
    body: bytes
    headers: dict[str, str]
    status: int
    expected: dict[str, int | None] | None
    extras: dict[str, Any]
    quirks: tuple[str, ...]


@cache
def recordings() -> tuple[Recorded, ...]:
    with gzip.open(shared_data("payloads.jsonl.gz")) as lines:
        return tuple(_recorded(json.loads(line)) for line in lines)


def _recorded(row: dict[str, Any]) -> Recorded:
    method, _, path = row["endpoint"].partition(" ")
    body = row["response_body"] or ""
    return Recorded(
        id=row["id"],
        provider=row["provider"],
        api=api_of(row["provider"], method, path),
        content_type=row["response_content_type"] or "",
        body=base64.b64decode(body) if row["response_body_encoding"] == "base64" else body.encode(),
        headers=row["response_headers"] or {},
        status=row["status"],
        expected=row["expected_usage"],
        extras=row["usage_extras"],
        quirks=tuple(row["quirks"]),
    )


def read_in_chunks(recorded: Recorded, size: int, *, ended: bool = True) -> Reading | None:
    assert recorded.api is not None
    reader = stream_reading(recorded.api, recorded.provider, recorded.content_type)
    for start in range(0, len(recorded.body), size):
        reader.feed(recorded.body[start : start + size])
    return reader.reading(ended=ended)


def as_expected(reading: Reading | None) -> dict[str, int | None] | None:
    """Return a reading in the terms of the recordings; None where it states no tokens."""
    if reading is None or reading.tokens.total is None:
        return None
    tokens = reading.tokens
    return {
        "input_total": tokens.input_total,
        "input_cached_read": tokens.cache_read,
        "input_cache_write": tokens.cache_write,
        "output_total": tokens.output,
        "reasoning": tokens.reasoning,
    }
