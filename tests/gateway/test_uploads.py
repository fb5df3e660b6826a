"""Bodies that pass as they come: nothing of one call reaches another, and whoever stops listening ends the work."""

import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import sleep

import httpx
import pytest

from outlay.gateway import request as request_module
from tests.gateway.bodies import CHAT
from tests.gateway.raw import answer, raw_provider, read_until
from tests.gateway.through import Through, gateway_to

BOUNDARY = b"------"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}
MODEL = b'--%b\r\ncontent-disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n' % BOUNDARY
LAST = b"--%b--\r\n" % BOUNDARY
TEXT = b'{"text":"hi"}'
SPEECH = "/openai/v1/audio/transcriptions"


@pytest.fixture
def through(tmp_path: Path) -> Iterator[Through]:
    with gateway_to(tmp_path / "data") as running:
        yield running


def test_the_rest_of_a_body_that_was_refused_early_is_no_part_of_the_next_call(through: Through) -> None:
    refused, starts = Event(), []

    def serve(connection: socket.socket) -> None:
        while head := read_until(connection, b"\r\n\r\n"):
            starts.append(head.split(b" ")[0])
            if b"/audio/" in head:
                connection.sendall(answer(b"{}", "413 Too Large"))
                refused.set()
            else:
                connection.sendall(answer(CHAT))

    def body() -> Iterator[bytes]:
        yield MODEL
        refused.wait(5)
        yield b"x" * 1000
        yield LAST

    with raw_provider(serve) as port:
        through.provider.port = port
        through.upstream()
        length = str(len(MODEL) + 1000 + len(LAST))
        found = through.client.post(SPEECH, content=body(), headers={**FORM, "content-length": length})
        assert found.status_code == 413
        assert through.chat().content == CHAT
        assert set(starts) == {b"POST"}


def test_an_interim_answer_cuts_no_body_short(through: Through) -> None:
    seen, said = [], Event()

    def serve(connection: socket.socket) -> None:
        head = read_until(connection, b"\r\n\r\n")
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        said.set()
        seen.append(head + read_until(connection, LAST + b"\r\n0\r\n\r\n"))
        connection.sendall(answer(TEXT))

    def body() -> Iterator[bytes]:
        yield MODEL
        said.wait(5)
        yield b"x" * 100_000
        yield LAST

    with raw_provider(serve) as port:
        through.provider.port = port
        through.upstream()
        assert through.client.post(SPEECH, content=body(), headers=FORM).content == TEXT
    assert seen[0].count(b"x") > 100_000


def test_a_caller_that_goes_away_after_its_upload_ends_the_call(through: Through) -> None:
    gone = Event()

    def serve(connection: socket.socket) -> None:
        read_until(connection, LAST)
        connection.recv(100)  # the last chunk's end
        if not connection.recv(1):
            gone.set()

    def body() -> Iterator[bytes]:
        yield MODEL
        sleep(0.1)  # so that it comes in pieces
        yield LAST

    with raw_provider(serve) as port:
        through.provider.port = port
        through.upstream()
        with pytest.raises(httpx.ReadTimeout):
            through.client.post(SPEECH, content=body(), headers=FORM, timeout=0.3)
        assert gone.wait(10)
        assert [event["status"] for event in through.events()] == ["cancelled"]


@pytest.mark.parametrize("headers", [FORM, {"content-type": "application/json"}], ids=["form", "json"])
def test_who_stops_within_a_body_takes_no_place_for_ever(
    through: Through, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    monkeypatch.setattr(request_module, "STALLED_SECONDS", 0.2)
    ended = Event()

    def body() -> Iterator[bytes]:
        yield MODEL
        ended.wait(2)
        yield LAST

    with raw_provider(
        lambda connection: ended.set() if not read_until(connection, LAST).endswith(LAST) else None
    ) as port:
        through.provider.port = port
        through.upstream()
        found = through.client.post(SPEECH, content=body(), headers=headers)
        assert (found.status_code, found.json()["error"]["code"]) == (400, "body_unreadable")
    assert [event["status"] for event in through.events(headers is FORM)] == ["error"] * (headers is FORM)
