"""Makes answers of providers as bytes, whole or streamed, and reads them."""

import json
from typing import Any

from outlay.capture.readings.body import read_body
from outlay.capture.readings.reading import Api, Reading
from outlay.capture.readings.stream import stream_reading


def read(answer: dict[str, Any], api: Api, provider: str = "") -> Reading:
    found = read_body(api, provider, json.dumps(answer).encode(), "application/json")
    assert found is not None
    return found


def streamed(api: Api, *events: dict[str, Any], ended: bool = True) -> Reading | None:
    reader = stream_reading(api, "", "text/event-stream")
    for event in events:
        reader.feed(b"data: " + json.dumps(event).encode() + b"\n\n")
    return reader.reading(ended=ended)
