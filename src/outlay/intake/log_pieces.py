"""Yields what is new in all logs of a tool, in order; other processes read ahead where there is much to read.

Reading, and making rows of the calls that were read, is most of a first import. Only logs whose stretches don't depend
on each other can be read apart, and only what is small enough to be handed over at once. What is told where, and what
is known already, is decided in the first process alone.
"""

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import nullcontext
from functools import lru_cache
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Final, Self

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from outlay.capture.agent_logs.logged import Known
from outlay.capture.agent_logs.tools import tool_named
from outlay.control.log_marks import LogMark
from outlay.errors import ImportFailed
from outlay.intake.log_files import Attribution, LogSource, Piece
from outlay.intake.made_calls import make_calls
from outlay.intake.made_rows import Recipe, RowMaker
from outlay.kit.clock import SystemClock
from outlay.pricing.catalogue import load_catalogue

WORTH_A_PROCESS_BYTES: Final = 64 * 1024 * 1024
LARGEST_AT_ONCE_BYTES: Final = 128 * 1024 * 1024
MOST_READERS: Final = 4  # more would wait for the first process, which commits
BYTES_AHEAD: Final = 192 * 1024 * 1024  # the readers go on while a batch is committed
_COLLECT_AFTER: Final = (100_000, 20, 50)  # calls are many objects and no cycles

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[Piece]).decode
_decode_recipe: Final = msgspec.msgpack.Decoder(Recipe).decode


class Way(Struct, frozen=True):
    """How is read: see `LogSource.read` for `known` and `settled`; `recipe` gives what rows are made by, if any are."""

    known: Known
    settled: bool
    recipe: Callable[[], Recipe | None]


class _Task(Struct, frozen=True):
    """What a reader is told of one file."""

    tool: str
    attribution: Attribution
    path: Path
    mark: LogMark
    settled: bool
    recipe: bytes | None


def new_pieces(source: LogSource, marks: Mapping[str, LogMark], way: Way) -> Iterator[Piece]:
    """Yield the pieces. What makes a file unreadable is kept in `source.failed`."""
    files = source.new(marks)
    apart = source.tool.independent and source.bytes_to_read >= WORTH_A_PROCESS_BYTES
    with _Readers(source, way) if apart else nullcontext() as readers:
        ahead: deque[tuple[Path, int, Iterator[Piece]]] = deque()
        waiting = 0
        for path, mark in files:
            size = mark.size - mark.position
            if readers is None or size > LARGEST_AT_ONCE_BYTES:
                ahead.append((path, size, source.read(path, mark, way.known, settled=way.settled)))
            else:
                ahead.append((path, size, readers.pieces(path, mark)))
            waiting += size
            while ahead and (readers is None or waiting > BYTES_AHEAD):
                waiting -= ahead[0][1]
                yield from _next(source, ahead)
        while ahead:
            yield from _next(source, ahead)


def no_recipe() -> None:
    """Have no rows made."""


def _next(source: LogSource, ahead: deque[tuple[Path, int, Iterator[Piece]]]) -> Iterator[Piece]:
    path, _, pieces = ahead.popleft()
    with source.told(path):
        yield from pieces


class _Readers:
    """Other processes that read files of a source, and make rows of their calls where there is a recipe."""

    def __init__(self, source: LogSource, way: Way) -> None:
        count = min(os.cpu_count() or 1, MOST_READERS)
        self._source = source
        self._way = way
        self._pool = ProcessPoolExecutor(count, get_context("spawn"), _begin)
        for _ in range(count):
            self._pool.submit(os.getpid)  # they start while the ledger is opened
        recipe = way.recipe()
        self._recipe = None if recipe is None else _encode(recipe)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def pieces(self, path: Path, mark: LogMark) -> Iterator[Piece]:
        """Have a file read from now on, and return its pieces; the first raises what reading it raised."""
        source = self._source
        task = _Task(source.tool.name, source.attribution, path, mark, self._way.settled, self._recipe)
        return self._received(self._pool.submit(_read, task))

    def _received(self, told: "Future[bytes]") -> Iterator[Piece]:
        try:
            pieces = _decode(told.result())
        except BrokenExecutor:
            raise ImportFailed("a process that reads logs was ended; run the same command again") from None
        for piece in pieces:
            self._source.consumed += piece.after.position - piece.before.position
            yield piece


def _read(task: _Task) -> bytes:
    tool = tool_named(task.tool)
    if tool is None:
        raise ImportFailed(f"there is no tool {task.tool}")
    source = LogSource(tool, list, task.attribution, SystemClock())
    pieces = source.read(task.path, task.mark, _none_known, settled=task.settled)
    return _encode([piece if task.recipe is None else _made(piece, task.recipe) for piece in pieces])


def _made(piece: Piece, recipe: bytes) -> Piece:
    """Return a piece with its calls made ready, where all of them can be."""
    made = make_calls(piece.calls, piece.origin, _maker(recipe))
    return piece if made is None else replace(piece, calls=[], made=made)


@lru_cache(maxsize=1)
def _maker(recipe: bytes) -> RowMaker:
    return RowMaker(_decode_recipe(recipe))


def _none_known(calls: Collection[str]) -> Collection[str]:
    del calls
    return ()


def _begin() -> None:
    """Leave Ctrl-C to the process that asked, which ends this one; end with it where it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    gc.set_threshold(*_COLLECT_AFTER)
    load_catalogue().load()  # while the ledger is opened


def _end_with_parent() -> None:
    """Wait for the end of the process that asked: one that is waiting for work would never hear of it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
