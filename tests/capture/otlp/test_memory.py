"""Sixty-four MiB of next to nothing, in either encoding, stay within half a GB: measured in a process of their own."""

import subprocess
import sys
from typing import Final

import pytest

MOST_MB: Final = 500
# `body` is made of pieces in the process that reads it; what it then says is its peak in MiB, and what came of it. The
# peak that getrusage tells is no less than that of the process that started it, which may have run many tests before.
_READ: Final = """
import re
import sys
from pathlib import Path
from outlay.capture.otlp.messages import messages_of
from outlay.errors import BodyTooLarge, BodyUnreadable

def sized(number, inner):
    size, out = len(inner), bytes([number << 3 | 2])
    while size > 127:
        size, out = size >> 7, out + bytes([size & 127 | 128])
    return out + bytes([size]) + inner

BYTES = 64 * 1024 * 1024
body = eval(sys.argv[2])
assert len(body) <= BYTES, len(body)
try:
    came = len(getattr(messages_of(sys.argv[1]), sys.argv[3])(body) or ())
except (BodyTooLarge, BodyUnreadable) as error:
    came = error.code
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024, came)
"""
_PROTOBUF: Final = "application/x-protobuf"
_JSON: Final = "application/json"


def of_spans(spans: str) -> str:
    """Return a protobuf body of these spans, one after the other."""
    return f"sized(1, sized(2, {spans}))"


def in_json(inner: str) -> str:
    return f"""b'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[' + {inner} + b']}}]}}]}}'"""


@pytest.mark.parametrize(
    ("media", "body", "reads", "came"),
    [
        pytest.param(_PROTOBUF, of_spans("b'\\x12\\0' * 33_000_000"), "read_spans", "body_too_large", id="spans"),
        pytest.param(_PROTOBUF, "b'\\x0a\\0' * 33_000_000", "read_spans", "body_too_large", id="resources"),
        pytest.param(_PROTOBUF, "b'\\x0a\\0' * 33_000_000", "check_metrics", "body_too_large", id="metrics"),
        pytest.param(
            _PROTOBUF, of_spans("sized(2, b'\\x5a\\0' * 33_000_000)"), "read_spans", "body_too_large", id="events"
        ),
        pytest.param(
            _PROTOBUF,
            of_spans("sized(2, sized(9, sized(2, sized(5, b'\\x0a\\0' * 33_000_000))))"),
            "read_spans",
            "body_too_large",
            id="values of one attribute",
        ),
        pytest.param(_PROTOBUF, of_spans("sized(2, b'\\x6a\\0' * 524_000) * 63"), "read_spans", "63", id="large spans"),
        pytest.param(_PROTOBUF, of_spans("sized(2, sized(5, b'x' * 66_000_000))"), "read_spans", "1", id="one name"),
        pytest.param(_PROTOBUF, "b'\\x08\\0' * 33_000_000", "read_spans", "body_too_large", id="fields nobody knows"),
        pytest.param(_JSON, in_json("b'{},' * 22_000_000 + b'{}'"), "read_spans", "body_too_large", id="JSON spans"),
        pytest.param(
            _JSON, in_json("b'{},' * 1_990_000 + b'{}'"), "read_spans", "body_too_large", id="fewer JSON spans"
        ),
        pytest.param(
            _JSON,
            in_json("""b'{"attributes":[' + b'{"key":"ab","value":{"intValue":"1"}},' * 990_000 + b'{}]}'"""),
            "read_spans",
            "1",
            id="JSON attributes",
        ),
        pytest.param(_JSON, in_json("""b'{"name":"' + b'x' * 66_000_000 + b'"}'"""), "read_spans", "1", id="JSON name"),
    ],
)
def test_little_stays_little(media: str, body: str, reads: str, came: str) -> None:
    asked = [sys.executable, "-c", _READ, media, body, reads]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=120)
    peak, _, found = done.stdout.strip().partition(" ")
    assert (found, int(peak) <= MOST_MB) == (came, True), f"{peak} MiB"
