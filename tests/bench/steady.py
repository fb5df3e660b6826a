"""Sends prepared request bodies at a steady rate, from a process of its own.

`python -m tests.bench.steady URL KEY CONNECTIONS REQUESTS_A_SECOND FOLDER` posts every file of the folder once and
prints, as JSON, for each request when it was due and when it was acknowledged, in seconds of the machine's monotonic
clock. A request that had to wait for the one before it counts from when it was due.
"""

import http.client
import sys
import threading
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import msgspec

Answered = tuple[float, float]


def post_steadily(url: str, key: str, connections: int, a_second: float, bodies: list[bytes]) -> list[Answered]:
    """Return when each request was due and acknowledged; RuntimeError when one is not answered with 200."""
    began = monotonic() + 0.2
    due = [(began + number / a_second, body) for number, body in enumerate(bodies)]
    answered: list[Answered] = []
    failures: list[str] = []
    threads = [
        threading.Thread(target=_post, args=(url, key, due[first::connections], answered, failures))
        for first in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return answered


def _post(url: str, key: str, due: list[tuple[float, bytes]], answered: list[Answered], failures: list[str]) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    for at, body in due:
        sleep(max(0.0, at - monotonic()))
        connection.request("POST", address.path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        answered.append((at, monotonic()))
        if answer.status != 200:
            failures.append(f"{answer.status}: {text[:200]!r}")
            return
    connection.close()


def main() -> None:
    url, key, connections, a_second, folder = sys.argv[1:]
    bodies = [path.read_bytes() for path in sorted(Path(folder).iterdir())]
    found = post_steadily(url, key, int(connections), float(a_second), bodies)
    sys.stdout.buffer.write(msgspec.json.encode(found))


if __name__ == "__main__":
    main()
