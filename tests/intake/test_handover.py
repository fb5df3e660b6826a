"""Events from another process: what it takes to be heard, who is believed, and what becomes of them."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.errors import BodyUnreadable, IntakeFull, Unavailable
from outlay.intake import handover
from outlay.intake.handover import (
    CHALLENGE_HEADER,
    HANDOVER_HEADER,
    PROOF_HEADER,
    RECORD_FILE,
    RunningServer,
    ServingRecord,
    proof_of,
    read_events,
    read_record,
    remove_record,
    running_server,
    write_outcomes,
    write_record,
)
from outlay.intake.outcome import DUPLICATE, STORED, Outcome
from outlay.usage import ReportedCost, Tokens, UsageEvent
from tests.intake.making import event

SECRET = "s3cret"
Answer = tuple[int, bytes]


class Post(BaseHTTPRequestHandler):
    """Plays the server: proves itself with `secret`, answers each batch with the next of `answers`, hangs up at None.

    One class is made of it for each server, as the library makes an instance for each connection.
    """

    secret: str
    answers: list[Answer | None]
    seen: list[list[UsageEvent]]
    greetings: list[bytes]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        challenge = self.headers[CHALLENGE_HEADER]
        if challenge is not None:
            self.greetings.append(body)
            self._send(200, b"", {PROOF_HEADER: proof_of(self.secret, challenge)})
            return
        assert self.headers[HANDOVER_HEADER] == SECRET
        self.seen.append(read_events(body))
        answer = self.answers.pop(0) if self.answers else (200, write_outcomes([STORED] * len(self.seen[-1])))
        if answer is None:
            self.close_connection = True
            return
        self._send(*answer, {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
        """Keep quiet."""


@contextmanager
def played(*answers: Answer | None, secret: str = SECRET) -> Iterator[tuple[RunningServer, type[Post]]]:
    handler = type("Play", (Post,), {"secret": secret, "answers": list(answers), "seen": [], "greetings": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        client = RunningServer(record(port=server.server_port))
        try:
            yield client, handler
        finally:
            client.close()
            server.shutdown()
            thread.join()


def record(**fields: Any) -> ServingRecord:
    told: dict[str, Any] = {"host": "127.0.0.1", "port": 1, "path": "/internal/intake", "pid": 1, "token": SECRET}
    return ServingRecord(**(told | {"version": "1", "prices": "p"} | fields))


def problem(code: str) -> Answer:
    return 503, msgspec.json.encode({"code": code, "detail": f"about {code}", "title": "", "status": 503})


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "RETRY_SECONDS", 0.0)


times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
texts = st.text(st.characters(codec="utf-8"), max_size=8)


@given(
    st.builds(
        UsageEvent,
        organisation=texts,
        source=texts,
        id=texts,
        time=times,
        received_at=times,
        time_stated=st.booleans(),
        user=st.none() | texts,
        tags=st.lists(texts, max_size=3).map(tuple),
        tokens=st.builds(Tokens, input_uncached=st.none() | st.integers(0, 10**12), output=st.integers(0, 10**12)),
        quantity=st.none() | st.decimals(allow_nan=False, allow_infinity=False),
        reported_cost=st.none()
        | st.builds(ReportedCost, st.integers(0, 10**18), st.sampled_from(["provider", "tool"])),
        metadata=st.none() | st.dictionaries(texts, texts, max_size=2),
    )
)
def test_an_event_arrives_as_it_was_sent(sent: UsageEvent) -> None:
    assert read_events(msgspec.msgpack.encode([sent])) == [sent]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode({"id": "a"}),
        msgspec.msgpack.encode([{"id": "a"}]),
        msgspec.msgpack.encode([msgspec.structs.asdict(event("a")) | {"id": 7}]),
        msgspec.msgpack.encode([msgspec.structs.asdict(event("a")) | {"status": "odd"}]),
        msgspec.msgpack.encode([msgspec.structs.asdict(event("a")) | {"time": "2026-10-15T12:00:00"}]),
    ],
    ids=["empty", "no-msgpack", "no-list", "fields-missing", "wrong-type", "wrong-word", "no-zone"],
)
def test_what_is_no_list_of_events_is_refused_whole(body: bytes) -> None:
    with pytest.raises(BodyUnreadable):
        read_events(body)


def test_the_record_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        (tmp_path / RECORD_FILE).write_text("a stale one")
        write_record(tmp_path, record())
    finally:
        os.umask(before)
    assert (tmp_path / RECORD_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [RECORD_FILE]
    assert read_record(tmp_path) == record()
    remove_record(tmp_path)
    remove_record(tmp_path)
    assert read_record(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"\xff", b'{"host": 7}'])
def test_a_record_that_cant_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / RECORD_FILE).write_bytes(content)
    assert running_server(tmp_path) is None


def test_events_are_stored_and_answered_in_order() -> None:
    outcomes = [STORED, DUPLICATE, Outcome("rejected", "field_invalid", "no")]
    with played((200, write_outcomes(outcomes))) as (server, seen):
        assert server.is_there()
        assert server.accept("acme", [event("a"), event("b"), event("c")]) == outcomes
        assert [each.id for each in seen.seen[0]] == ["a", "b", "c"]


def test_a_server_that_left_its_record_behind_is_not_taken_for_there(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        write_record(tmp_path, record(port=unused.getsockname()[1]))
        assert running_server(tmp_path) is None


def test_whoever_took_the_address_since_sees_no_event() -> None:
    with played(secret="another") as (server, seen):
        assert not server.is_there()
        with pytest.raises(Unavailable, match="another one answers"):
            server.accept("acme", [event("a")])
        assert seen.seen == []
        assert seen.greetings == [b"", b""]


def test_a_full_intake_is_waited_for() -> None:
    with played(problem("intake_full"), problem("intake_full")) as (server, seen):
        assert server.accept("acme", [event("a")]) == [STORED]
        assert len(seen.seen) == 3


def test_an_intake_that_stays_full_ends_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "RETRIES", 2)
    with played(*[problem("intake_full")] * 2) as (server, _), pytest.raises(IntakeFull, match="Run the same command"):
        server.accept("acme", [event("a")])


@pytest.mark.parametrize(
    ("answer", "message"),
    [(problem("ledger_failed"), "about ledger_failed"), ((500, b"<html>"), "status 500"), ((404, b"{}"), "status 404")],
)
def test_what_the_server_refuses_ends_the_import_with_its_words(answer: Answer, message: str) -> None:
    with played(answer) as (server, _), pytest.raises(Unavailable, match=message):
        server.accept("acme", [event("a")])


def test_a_connection_that_was_closed_meanwhile_is_made_again() -> None:
    with played((200, write_outcomes([STORED])), None) as (server, seen):
        assert [server.accept("acme", [event(name)]) for name in "ab"] == [[STORED], [STORED]]
        assert len(seen.greetings) == 2, "and who is there is asked again"
        assert len(seen.seen) == 3


def test_a_server_that_goes_away_is_told_with_what_to_do() -> None:
    with played(None, None) as (server, _), pytest.raises(Unavailable, match=r"is gone .* Run the same command again"):
        server.accept("acme", [event("a")])


def test_what_is_too_much_for_one_request_goes_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "MOST_BYTES", 2_000)
    events = [event(str(number), quantity=Decimal(number), unit="pages") for number in range(10)]
    big = event("big", metadata={"note": "x" * 2_000}, time=events[0].time + timedelta(seconds=1))
    with played() as (server, seen):
        outcomes = server.accept("acme", [*events, big])
        assert [outcome.result for outcome in outcomes] == ["stored"] * 10 + ["rejected"]
        assert [each for batch in seen.seen for each in batch] == events
        assert len(seen.seen) > 1
