"""A provider that says what it is told, byte for byte and at the moment it is told to: also what no server should."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

Serve = Callable[[socket.socket], None]
LINGER_SECONDS: Final = 0.5  # at the end, for what is being said; who only waits for more is told that none comes


@contextmanager
def raw_provider(serve: Serve) -> Iterator[int]:
    """Yield the port where `serve` is called with each connection, in a thread of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []
    connections: list[socket.socket] = []

    def served(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(10)
            serve(connection)

    def listen() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                connections.append(connection)
                threads.append(threading.Thread(target=served, args=(connection,)))
                threads[-1].start()

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for thread in threads:
            thread.join(LINGER_SECONDS)
        for connection in connections:
            with suppress(OSError):  # it was closed
                connection.shutdown(socket.SHUT_RDWR)
        for thread in [listener, *threads]:
            thread.join()


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """Return what comes until some bytes came, or until nothing more comes."""
    seen = b""
    while end not in seen and (piece := connection.recv(65_536)):
        seen += piece
    return seen


def answer(body: bytes, status: str = "200 OK", **headers: Any) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{lines}\r\n".encode() + body
