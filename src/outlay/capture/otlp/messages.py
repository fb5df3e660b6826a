"""Reads OTLP bodies and writes answers, in whichever of the protocol's two encodings.

Protobuf is loaded with the first body that needs it: it takes 9 MB and a tenth of a second, and most installations
that are just started never see one.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Final, Protocol, cast

from outlay.capture.otlp import json_messages
from outlay.capture.otlp.signal import Signal
from outlay.capture.otlp.telemetry import LogRecord, Span

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"
MEDIA: Final = (PROTOBUF, JSON)


class Messages(Protocol):
    """One encoding. What can't be read raises BodyUnreadable."""

    def read_spans(self, body: bytes) -> list[Span]: ...

    def read_logs(self, body: bytes) -> list[LogRecord]: ...

    def check_metrics(self, body: bytes) -> None: ...

    def write_answer(self, signal: Signal, rejected: int, message: str) -> bytes: ...


def messages_of(media: str) -> Messages:
    """Return the reader and writer of one of MEDIA."""
    return _ENCODINGS[media]()


def status_body(media: str, code: int, message: str) -> bytes:
    """Return a `google.rpc.Status` of a gRPC code and a message: what every refusal is told in."""
    if media == JSON:
        return json_messages.write_status(code, message)
    text = message.encode()
    # Two fields (code = 1, message = 2), which are not worth a package that describes them.
    return b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _protobuf() -> Messages:
    return cast("Messages", import_module("outlay.capture.otlp.protobuf_messages"))


def _json() -> Messages:
    return json_messages


_ENCODINGS: Final[dict[str, Callable[[], Messages]]] = {PROTOBUF: _protobuf, JSON: _json}
