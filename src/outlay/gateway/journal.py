"""What is on its way, on disk before it goes out: append-only segments in the data directory, one line a record.

A `pending` record is written before a call goes out and a `settled` one, with the finished events, when it ends; a
segment is removed once all of it is in the ledger. One `write` per record survives the death of the process; a thread
makes it survive that of the machine a few milliseconds later. A line that is torn or damaged is passed over.
"""

import logging
import os
import re
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec
from msgspec import Struct

from outlay.usage import UsageEvent

SEGMENT_BYTES: Final = 8 * 1024 * 1024
SMALL_BYTES: Final = 256 * 1024  # a segment this large that holds nothing any more is not written further
SYNC_SECONDS: Final = 0.005
LOG_EVERY_SECONDS: Final = 10.0

_NAME: Final = re.compile(r"(\d{10})\.journal")
_LONGEST_LINE: Final = 16 * 1024 * 1024
_log = logging.getLogger(__name__)


class Pending(Struct, frozen=True, tag="pending", tag_field="is"):
    """A call that goes out: what is known of it before."""

    event: UsageEvent


class Settled(Struct, frozen=True, tag="settled", tag_field="is"):
    """The events of a call that ended; the first has the id of the pending one."""

    events: tuple[UsageEvent, ...]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Pending | Settled).decode


class Segment:
    """One file; `open` counts its records that are not in the ledger yet, `left` says that memory gave some up."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.bytes = 0
        self.open = 0
        self.left = False
        self.sealed = False
        self.entered = False  # whether its name outlives the machine: the thread that syncs sees to it
        self._torn = False

    def append(self, line: bytes) -> bool:
        """Write a line in one go; return whether all of it was written. Raises OSError."""
        if self._torn:
            line = b"\n" + line
        written = os.write(self.descriptor, line)
        self.bytes += written
        self._torn = written != len(line)
        return not self._torn


class Journal:
    """Written on the event loop alone; the thread that syncs only touches descriptors."""

    def __init__(self, folder: Path, when_failed: Callable[[], None]) -> None:
        """`when_failed` is called for each record that could not be written."""
        self._folder = folder
        self._when_failed = when_failed
        self.earlier = segments_in(folder) if folder.is_dir() else []
        self._number = max((number_of(path) for path in self.earlier), default=0)
        self._segment: Segment | None = None
        self._logged_at = -LOG_EVERY_SECONDS
        self._sealed: set[Segment] = set()
        self._sync = _SyncThread()

    def pending(self, event: UsageEvent) -> Segment | None:
        """Write down a call that goes out; None when that failed, which is told and holds nothing up."""
        return self._write(_encode(Pending(event)))

    def settled(self, events: tuple[UsageEvent, ...]) -> Segment | None:
        """Write down how a call ended."""
        return self._write(_encode(Settled(events)))

    def synced(self, then: Callable[[], None]) -> None:
        """Call `then`, in another thread, once all that was written survives the death of the machine."""
        self._sync.ask(self._segment, then)

    def committed(self, segment: Segment, records: int = 1) -> None:
        """Forget records that are in the ledger now, and their segment with the last of them."""
        segment.open -= records
        if segment.open:
            return
        if segment is self._segment and segment.bytes >= SMALL_BYTES:
            self._seal()
        self._remove_if_done(segment)

    def given_up(self) -> list[Segment]:
        """Return the finished segments of which some records were only kept on disk: they have to be read again."""
        return [segment for segment in self._sealed if segment.left and not segment.open]

    def seal_given_up(self) -> None:
        """Begin a new segment with the next record where the present one holds records that have to be read again."""
        if self._segment is not None and self._segment.left:
            self._seal()

    def remove(self, segment: Segment) -> None:
        """Remove a segment that was read again."""
        segment.left = False
        self._remove_if_done(segment)

    def close(self) -> None:
        """Remove what is done; what is not is read at the next start."""
        self._seal()
        self._sync.close()
        with suppress(OSError):  # it is not empty, or was never made
            self._folder.rmdir()

    def _write(self, record: bytes) -> Segment | None:
        line = b"%08x %b\n" % (zlib.crc32(record), record)
        try:
            segment = self._current()
            whole = segment.append(line)
        except OSError as error:
            self._failed(error.strerror)
            return None
        if not whole:
            self._failed("only a part of a record could be written")
            return None
        segment.open += 1
        self._sync.changed(segment)
        return segment

    def _current(self) -> Segment:
        segment = self._segment
        if segment is not None and segment.bytes >= SEGMENT_BYTES:
            self._seal()
            segment = None
        if segment is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._number += 1
            segment = self._segment = Segment(self._folder / f"{self._number:010}.journal")
        return segment

    def _seal(self) -> None:
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.sealed = True
            self._sealed.add(segment)
            self._sync.close_descriptor(segment)
            self._remove_if_done(segment)

    def _remove_if_done(self, segment: Segment) -> None:
        if segment.sealed and not segment.open and not segment.left:
            self._sealed.discard(segment)
            segment.path.unlink(missing_ok=True)

    def _failed(self, reason: str | None) -> None:
        self._when_failed()
        now = monotonic()
        if now - self._logged_at >= LOG_EVERY_SECONDS:
            self._logged_at = now
            fields = {"folder": str(self._folder), "reason": reason}
            _log.error("can't write down calls in the gateway's journal; they go on", extra={"fields": fields})


class _SyncThread:
    """Makes what was written survive the machine: soon after each change, one `fdatasync` for all of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._dirty: set[Segment] = set()
        self._closing_files: list[Segment] = []
        self._asked: list[Callable[[], None]] = []
        self._stopping = False
        self._thread: threading.Thread | None = None

    def changed(self, segment: Segment) -> None:
        if segment in self._dirty:  # read without the lock: a set's membership is one step, and a later one corrects it
            return
        with self._changed:
            self._dirty.add(segment)
            self._start()
            self._changed.notify()

    def ask(self, segment: Segment | None, then: Callable[[], None]) -> None:
        with self._changed:
            if segment is not None:
                self._dirty.add(segment)
            self._asked.append(then)
            self._start()
            self._changed.notify()

    def close_descriptor(self, segment: Segment) -> None:
        with self._changed:
            self._closing_files.append(segment)
            self._start()
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="gateway-journal", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._dirty or self._closing_files or self._asked or self._stopping):
                    self._changed.wait()
                if not self._asked and not self._stopping:
                    self._changed.wait(SYNC_SECONDS)
                dirty, self._dirty = self._dirty, set()
                closing, self._closing_files = self._closing_files, []
                asked, self._asked = self._asked, []
                done = self._stopping
            _sync(dirty)
            for segment in closing:
                os.close(segment.descriptor)
            for then in asked:
                then()
            if done:
                return


def _sync(segments: set[Segment]) -> None:
    for segment in segments:
        try:
            os.fdatasync(segment.descriptor)
            if not segment.entered:
                _sync_names(segment.path.parent)
                segment.entered = True
        except OSError as error:
            fields = {"segment": str(segment.path), "reason": error.strerror}
            _log.error("can't sync the gateway's journal", extra={"fields": fields})


def _sync_names(folder: Path) -> None:
    """Have the names in a folder, and its own, survive: a new file is not found without them."""
    for each in (folder, folder.parent):
        descriptor = os.open(each, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def segments_in(folder: Path) -> list[Path]:
    """Return the segments of a folder, oldest first."""
    return sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=number_of)


def number_of(path: Path) -> int:
    found = _NAME.fullmatch(path.name)
    return int(found[1]) if found else 0


def records_of(path: Path) -> Iterator[Pending | Settled]:
    """Yield what a segment holds, in order; lines that are torn or damaged are passed over."""
    with path.open("rb") as file:
        while line := file.readline(_LONGEST_LINE):
            checksum, _, record = line.rstrip(b"\n").partition(b" ")
            try:
                if int(checksum, 16) == zlib.crc32(record):
                    yield _decode(record)
            except (ValueError, msgspec.DecodeError):
                continue
