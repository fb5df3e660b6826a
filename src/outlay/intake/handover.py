"""Hands the events of another process to the server that holds the ledger, which commits them through its own funnel.

The server leaves a record in the data directory: where it listens and a secret. Who can read the record may send; who
answers proves with the same secret to be the server that wrote it. So a record that outlived its server is found out
whoever listens at that address now, and gets no event to see.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import sleep
from typing import Final

import msgspec
from msgspec import Struct

from outlay.errors import BodyTooLarge, BodyUnreadable, Conflict, IntakeFull, Unavailable
from outlay.intake.outcome import Outcome
from outlay.usage import UsageEvent

RECORD_FILE: Final = "serving.json"
HANDOVER_PATH: Final = "/internal/intake"
HANDOVER_HEADER: Final = "x-outlay-handover"
CHALLENGE_HEADER: Final = "x-outlay-challenge"
PROOF_HEADER: Final = "x-outlay-proof"
MSGPACK: Final = "application/vnd.msgpack"

MOST_BYTES: Final = 4 * 1024 * 1024  # what the queue has room for under every setting
RETRY_SECONDS: Final = 1.0
RETRIES: Final = 600
ANSWER_SECONDS: Final = 300.0  # a commit may have to wait for others and for the disk
GREETING_SECONDS: Final = 10.0

GO_ON: Final = "Run the same command again: it goes on where it stopped, and nothing is stored twice"
_encode: Final = msgspec.msgpack.Encoder().encode
_decode_events: Final = msgspec.msgpack.Decoder(list[UsageEvent]).decode
_decode_outcomes: Final = msgspec.msgpack.Decoder(list[Outcome]).decode


class ServingRecord(Struct, frozen=True):
    """Where the server of a data directory listens, and what another process must know to send to it.

    `version` and `prices` are those the server runs with: whose differ, would report other figures than it stores.
    """

    host: str
    port: int
    path: str
    pid: int
    token: str
    version: str
    prices: str


def new_token() -> str:
    return secrets.token_urlsafe(32)


def proof_of(token: str, challenge: str) -> str:
    """Return what shows to the sender of `challenge` that one knows the token, without telling it."""
    return hmac.new(token.encode(), challenge.encode(), hashlib.sha256).hexdigest()


def write_record(data_dir: Path, record: ServingRecord) -> None:
    """Leave the record for others, readable by the owner alone from its first byte, and never half written."""
    path = data_dir / RECORD_FILE
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(record))
    unfinished.replace(path)


def remove_record(data_dir: Path) -> None:
    (data_dir / RECORD_FILE).unlink(missing_ok=True)


def read_record(data_dir: Path) -> ServingRecord | None:
    """Return the record, of a server that may have gone; None where there is none that can be read."""
    try:
        return msgspec.json.decode((data_dir / RECORD_FILE).read_bytes(), type=ServingRecord)
    except (OSError, msgspec.DecodeError):
        return None


def read_events(body: bytes) -> list[UsageEvent]:
    """Return the events of a request; BodyUnreadable unless it is exactly what `RunningServer` sends."""
    try:
        events = _decode_events(body)
    except msgspec.DecodeError as error:
        raise BodyUnreadable(f"these are no events: {error}") from None
    if any(event.time.tzinfo is None or event.received_at.tzinfo is None for event in events):
        raise BodyUnreadable("these are no events: a time has no zone")
    return events


def write_outcomes(outcomes: Sequence[Outcome]) -> bytes:
    return _encode(outcomes)


class _Problem(Struct, frozen=True):
    """What is read of an answer that is an error."""

    code: str
    detail: str


class _Answer(Struct, frozen=True):
    status: int
    proof: str
    body: bytes

    @property
    def problem(self) -> _Problem:
        try:
            return msgspec.json.decode(self.body, type=_Problem)
        except msgspec.DecodeError:
            return _Problem("", f"status {self.status}")


class RunningServer:
    """The funnel of the server that holds the ledger: takes events like one's own, answers after they are on disk.

    Events only go over a connection whose other end has proven itself, so nobody sees them who took the address since.
    """

    def __init__(self, record: ServingRecord) -> None:
        self.record = record
        self._connection = HTTPConnection(record.host, record.port)
        self._connection.auto_open = 0

    def close(self) -> None:
        self._connection.close()

    def is_there(self) -> bool:
        """Whether the server that wrote the record answers at its address."""
        try:
            self._greet()
        except (OSError, HTTPException):
            return False
        return True

    def accept(self, organisation: str, events: Sequence[UsageEvent]) -> list[Outcome]:
        """Have the server store what can be stored; return one outcome per event, in order.

        Waits while its intake is full. Raises Unavailable when it is gone or can't commit; what it committed stays.
        """
        body = _encode(events)
        if len(body) <= MOST_BYTES:
            return self._stored(body)
        if len(events) == 1:
            return [Outcome("rejected", BodyTooLarge.code, f"the event is larger than {MOST_BYTES} bytes")]
        half = len(events) // 2
        return self.accept(organisation, events[:half]) + self.accept(organisation, events[half:])

    def ask(self, what: str, body: bytes) -> bytes:
        """Have the server do something else than take events, and return its answer. Raises Unavailable or Conflict."""
        answer = self._answered(body, f"/{what}")
        if answer.status == HTTPStatus.OK:
            return answer.body
        raise Conflict(answer.problem.detail)

    def _stored(self, body: bytes) -> list[Outcome]:
        for _ in range(RETRIES):
            answer = self._answered(body)
            if answer.status == HTTPStatus.OK:
                return _decode_outcomes(answer.body)
            problem = answer.problem
            if problem.code != IntakeFull.code:
                raise Unavailable(f"the server that holds the ledger took no events: {problem.detail}. {GO_ON}")
            sleep(RETRY_SECONDS)
        raise IntakeFull(f"the intake of the server that holds the ledger stayed full. {GO_ON}")

    def _answered(self, body: bytes, what: str = "") -> _Answer:
        """Send on the proven connection, or on a new one where that was closed, as an idle one is after a while."""
        try:
            if self._connection.sock is not None:
                with suppress(OSError, HTTPException):
                    return self._request(body, {}, what)
            self._greet()
            return self._request(body, {}, what)
        except (OSError, HTTPException) as error:
            raise Unavailable(f"the server that holds the ledger is gone ({error}). {GO_ON}") from error

    def _greet(self) -> None:
        """Connect, and make sure who is there. Raises OSError or HTTPException."""
        self._connection.close()
        self._connection.timeout = GREETING_SECONDS
        self._connection.connect()
        challenge = secrets.token_hex(16)
        answer = self._request(b"", {CHALLENGE_HEADER: challenge})
        if not hmac.compare_digest(answer.proof.encode(), proof_of(self.record.token, challenge).encode()):
            self._connection.close()
            raise ConnectionError("another one answers at its address")
        if self._connection.sock is None:
            raise ConnectionError("it ended the connection")
        self._connection.sock.settimeout(ANSWER_SECONDS)

    def _request(self, body: bytes, more: dict[str, str], what: str = "") -> _Answer:
        headers = {"content-type": MSGPACK, HANDOVER_HEADER: self.record.token, **more}
        try:
            self._connection.request("POST", f"{self.record.path}{what}", body, headers)
            response = self._connection.getresponse()
            return _Answer(response.status, response.headers.get(PROOF_HEADER, ""), response.read())
        except (OSError, HTTPException):
            self._connection.close()
            raise


def running_server(data_dir: Path) -> RunningServer | None:
    """Return the server that serves this data directory; None when there is none, whatever record one left."""
    record = read_record(data_dir)
    if record is None:
        return None
    server = RunningServer(record)
    return server if server.is_there() else None
