"""Sends prepared request bodies over several connections from a process of its own, as fast as they are answered.

`python -m tests.bench.load URL KEY CONNECTIONS FOLDER` posts every file of the folder once and prints, as JSON, the
seconds it took and each request's seconds. Raw http.client in threads: the generator shares the machine with what it
measures, so it has to be cheap.
"""

import http.client
import sys
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from time import perf_counter
from urllib.parse import urlsplit

import msgspec


def post_all(url: str, key: str, connections: int, bodies: list[bytes]) -> tuple[float, list[float]]:
    """Return wall-clock seconds and each request's seconds; RuntimeError when a request is not answered with 200."""
    waiting: SimpleQueue[bytes] = SimpleQueue()
    for body in bodies:
        waiting.put(body)
    seconds: list[float] = []
    failures: list[str] = []
    threads = [threading.Thread(target=_post, args=(url, key, waiting, seconds, failures)) for _ in range(connections)]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return perf_counter() - began, seconds


def _post(url: str, key: str, waiting: "SimpleQueue[bytes]", seconds: list[float], failures: list[str]) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    while not failures:
        try:
            body = waiting.get_nowait()
        except Empty:
            break
        began = perf_counter()
        connection.request("POST", address.path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        seconds.append(perf_counter() - began)
        if answer.status != 200:
            failures.append(f"{answer.status}: {text[:200]!r}")
    connection.close()


def main() -> None:
    url, key, connections, folder = sys.argv[1:]
    bodies = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    sys.stdout.buffer.write(msgspec.json.encode(post_all(url, key, int(connections), bodies)))


if __name__ == "__main__":
    main()
