"""What strangers send before anybody knows who they are has bounds: in bytes, and in time."""

import socket
from pathlib import Path

import pytest

from outlay.web import bounded_protocol
from tests.gateway.through import gateway_to


@pytest.mark.parametrize("head", [b"GET /?", b"GET / HTTP/1.1\r\nx: "], ids=["an address", "a header"])
def test_an_endless_head_is_refused(tmp_path: Path, head: bytes) -> None:
    with (
        gateway_to(tmp_path / "data") as through,
        socket.create_connection(("127.0.0.1", through.client.base_url.port or 0), timeout=10) as stranger,
    ):
        stranger.sendall(head)
        with pytest.raises(ConnectionError):
            stranger.sendall(b"y" * (100 * bounded_protocol.MOST_HEAD_BYTES))


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nx: y"], ids=["nothing", "half a head"])
def test_who_says_too_little_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(bounded_protocol, "HEAD_SECONDS", 0.2)
    with (
        gateway_to(tmp_path / "data") as through,
        socket.create_connection(("127.0.0.1", through.client.base_url.port or 0), timeout=5) as stranger,
    ):
        stranger.sendall(sent)
        assert stranger.recv(1) == b""


def test_a_large_body_in_a_slow_exchange_is_none_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_protocol, "HEAD_SECONDS", 0.2)
    with gateway_to(tmp_path / "data") as through:
        body = b"z" * (4 * bounded_protocol.MOST_HEAD_BYTES)
        assert through.client.post("/healthz", content=body).status_code in {404, 405}
