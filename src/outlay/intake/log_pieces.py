"""Yields what is new in all logs of a tool, in order; a second process reads ahead where there is much to read.

Reading takes about a third of a first import. Only logs whose stretches don't depend on each other can be read apart,
and only what is small enough to be handed over at once.
"""

import signal
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path
from typing import Final, Self

import msgspec

from outlay.capture.agent_logs.logged import Known
from outlay.capture.agent_logs.tools import tool_named
from outlay.control.agent_logs import LogMark
from outlay.errors import ImportFailed
from outlay.intake.log_files import Attribution, LogSource, Piece
from outlay.kit.clock import SystemClock

WORTH_A_PROCESS_BYTES: Final = 64 * 1024 * 1024
LARGEST_AT_ONCE_BYTES: Final = 128 * 1024 * 1024
FILES_AHEAD: Final = 4

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[Piece]).decode


def new_pieces(source: LogSource, marks: Mapping[str, LogMark], known: Known, *, settled: bool) -> Iterator[Piece]:
    """Yield the pieces. What makes a file unreadable is kept in `source.failed`; see `LogSource.read` for `settled`."""
    files = source.new(marks)
    apart = source.tool.independent and source.bytes_to_read >= WORTH_A_PROCESS_BYTES
    with _SecondReader(source, settled=settled) if apart else nullcontext() as second:
        ahead: deque[tuple[Path, Iterator[Piece]]] = deque()
        for path, mark in files:
            if second is None or mark.size - mark.position > LARGEST_AT_ONCE_BYTES:
                ahead.append((path, source.read(path, mark, known, settled=settled)))
            else:
                ahead.append((path, second.pieces(path, mark)))
            if second is None or len(ahead) > FILES_AHEAD:
                yield from _next(source, ahead)
        while ahead:
            yield from _next(source, ahead)


def _next(source: LogSource, ahead: deque[tuple[Path, Iterator[Piece]]]) -> Iterator[Piece]:
    path, pieces = ahead.popleft()
    with source.told(path):
        yield from pieces


class _SecondReader:
    """Another process that reads files of a source, one after the other."""

    def __init__(self, source: LogSource, *, settled: bool) -> None:
        self._source = source
        self._settled = settled
        self._pool = ProcessPoolExecutor(1, get_context("spawn"), _leave_ctrl_c)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def pieces(self, path: Path, mark: LogMark) -> Iterator[Piece]:
        """Have a file read from now on, and return its pieces; the first raises what reading it raised."""
        source = self._source
        return self._received(self._pool.submit(_read, source.tool.name, source.attribution, path, mark, self._settled))

    def _received(self, told: "Future[bytes]") -> Iterator[Piece]:
        try:
            pieces = _decode(told.result())
        except BrokenExecutor:
            raise ImportFailed("the process that reads logs was ended; run the same command again") from None
        for piece in pieces:
            self._source.consumed += piece.after.position - piece.before.position
            yield piece


def _read(name: str, attribution: Attribution, path: Path, mark: LogMark, settled: bool) -> bytes:  # noqa: FBT001 - as sent
    tool = tool_named(name)
    if tool is None:
        raise ImportFailed(f"there is no tool {name}")
    source = LogSource(tool, list, attribution, SystemClock())
    return _encode(list(source.read(path, mark, _none_known, settled=settled)))


def _none_known(calls: Collection[str]) -> Collection[str]:
    del calls
    return ()


def _leave_ctrl_c() -> None:
    """Let the process that asked end this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
