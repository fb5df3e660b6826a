"""Many viewers of live pages in one process: notes when each is sent which state, and reads nothing more of it.

`python -m tests.bench.viewers PORT PATH` reads session tokens from standard input, one stream each, until the input
ends; then it prints, as JSON, for each stream its updates: the ledger's watermark and when it came, in seconds of the
machine's monotonic clock.
"""

import asyncio
import re
import sys
import zlib
from time import monotonic

import msgspec

Update = tuple[int, float]

_STATE = re.compile(rb"id: (\d+)\nevent: update")


async def watch(port: int, path: str, token: str, updates: list[Update]) -> None:
    """Follow one stream as a browser that has nothing yet, until the server ends it or the task is cancelled."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asks = ("accept: text/event-stream", "accept-encoding: gzip", f"cookie: outlay_session={token}")
    writer.write("\r\n".join((f"GET {path} HTTP/1.1", "host: 127.0.0.1", *asks, "", "")).encode())
    body = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise RuntimeError(head.decode())
        while size := int(await reader.readuntil(b"\r\n"), 16):
            text = body.decompress((await reader.readexactly(size + 2))[:-2])
            came_at = monotonic()
            updates.extend((int(found[1]), came_at) for found in _STATE.finditer(text))
    finally:
        writer.close()


async def watch_all(port: int, path: str, tokens: list[str]) -> list[list[Update]]:
    found: list[list[Update]] = [[] for _ in tokens]
    tasks = [asyncio.create_task(watch(port, path, token, found[at])) for at, token in enumerate(tokens)]
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            raise RuntimeError("a stream ended by itself") from task.exception()
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return found


def main() -> None:
    port, path = sys.argv[1:]
    tokens = sys.stdin.readline().split()
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(watch_all(int(port), path, tokens))))


if __name__ == "__main__":
    main()
