"""Reads what is new in the logs of a coding agent, piece by piece, and says how far each file is read.

A log that grows is read on from where it was left, if what lies before that place is still the same; any other change
is a new file. Files that are rewritten, and databases, are read as a whole whenever they changed.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from getpass import getuser
from hashlib import blake2b
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO, Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.capture.agent_logs.events import LogOrigin
from outlay.capture.agent_logs.logged import Family, Found, Known, LoggedCall, Refused, Stretch
from outlay.capture.agent_logs.tools import LogFile, Tool, logs_at
from outlay.control.log_marks import LogMark
from outlay.errors import ImportFailed
from outlay.intake.made_calls import MadeCalls
from outlay.kit.clock import Clock

PIECE_BYTES: Final = 8 * 1024 * 1024
LONGEST_LINE_BYTES: Final = 512 * 1024 * 1024
QUIET: Final = timedelta(seconds=10)  # a log that nobody wrote to for so long has ended its last call
_ANCHOR_BYTES: Final = 256
_HEAD_BYTES: Final = 64 * 1024
_NS: Final = 1_000_000_000
_MOST_NS: Final = 2**63 - 1


class Attribution(Struct, frozen=True):
    """Whose the calls are. Without `user` they are the file's owner's."""

    organisation: str
    source: str
    fields: Mapping[str, Any]
    fills: Mapping[str, str]
    tags: tuple[str, ...] = ()


class Piece(Struct, frozen=True):
    """What was read of a file at once: `before` and `after` are how far it was read then and is now.

    `made` are the calls, in place of `calls`, where another process made them ready.
    """

    before: LogMark
    after: LogMark
    calls: list[LoggedCall]
    refused: list[tuple[int, Refused]]  # with the number of its line
    records: int
    origin: LogOrigin
    made: MadeCalls | None = None


class LogSource:
    """The logs of one tool at some places. `places` is asked at each reading: a tool makes new files as it works."""

    def __init__(self, tool: Tool, places: Callable[[], list[Path]], attribution: Attribution, clock: Clock) -> None:
        self.tool = tool
        self.attribution = attribution
        self.failed: list[str] = []
        self.bytes_to_read = 0
        self.consumed = 0
        self._places = places
        self._clock = clock
        self._owners: dict[int, str] = {}

    def unfinished(self, marks: Collection[LogMark], known: Known) -> Iterator[Piece]:
        """Yield again, and only, what a batch held that was never noted as done."""
        for mark in sorted(marks, key=lambda mark: mark.path):
            path = Path(mark.path)
            with self.told(path):
                yield from self._read(_Reading(path, replace(mark, intended=None), known, until=mark.intended))

    def new(self, marks: Mapping[str, LogMark]) -> list[tuple[Path, LogMark]]:
        """Return the files that are not what they were, with how far they are read and their size now."""
        self.failed = []
        changed = list(self._changed(marks))
        self.bytes_to_read = sum(max(0, mark.size - mark.position) for _, mark in changed)
        self.consumed = 0
        return self._parents_first(changed)

    def read(self, path: Path, mark: LogMark, known: Known, *, settled: bool) -> Iterator[Piece]:
        """Yield what is new in a file. With `settled` its last call counts as it stands, else once the file was quiet.

        Raises OSError and ImportFailed where it can't be read.
        """
        return self._read(_Reading(path, mark, known, settled))

    def _changed(self, marks: Mapping[str, LogMark]) -> Iterator[tuple[Path, LogMark]]:
        for path in logs_at(self.tool, self._places()):
            with self.told(path):
                name, state = _name(path), _state_of(path, self.tool)
                if state is None:
                    continue
                mark = marks.get(name) or LogMark(name)
                same = (mark.size, mark.changed_ns) == state
                if not same or mark.position < mark.size:
                    yield path, replace(mark, size=state[0])

    def _parents_first(self, files: list[tuple[Path, LogMark]]) -> list[tuple[Path, LogMark]]:
        """Return the files so that a log comes after those it has copied from, else in the order of their names."""
        family_of = self.tool.family_of
        if family_of is None:
            return files
        families: dict[str, tuple[Family, tuple[Path, LogMark]]] = {}
        ordered: list[tuple[Path, LogMark]] = []
        for file in files:
            family = family_of(_head(file[0]))
            if family is None or family.session in families:
                ordered.append(file)
            else:
                families[family.session] = (family, file)
        while families:
            orphans = [
                name for name, (family, _) in families.items() if not families.keys() & {*family.parents} - {name}
            ]
            # Sessions that name each other as parents can't be put in order.
            ordered += [families.pop(name)[1] for name in orphans or list(families)]
        return ordered

    def _read(self, reading: "_Reading") -> Iterator[Piece]:
        form = self.tool.file_given(reading.path)
        if form is None:
            raise ImportFailed(f"{reading.path} is no log of {self.tool.title}: its name ends in another way")
        if form.way == "grows":
            yield from self._read_on(reading, form)
        else:
            yield self._read_whole(reading, form)

    def _read_on(self, reading: "_Reading", form: LogFile) -> Iterator[Piece]:
        path, mark = reading.path, reading.mark
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if mark.position > found.st_size or (mark.position and _anchor(file, mark.position) != mark.anchor):
                mark = LogMark(mark.path)  # another file than it was
            mark = replace(mark, size=found.st_size, changed_ns=_changed_ns(found))
            settled = reading.settled or self._clock.now() - _written(found) >= QUIET
            origin = self._origin(path, found)
            size = PIECE_BYTES
            while data := _next(file, mark.position, size, reading.until):
                ends = len(data) < size
                told = form.read(Stretch(path, data, mark.position, mark.carry, settled or not ends, reading.known))
                if told.consumed:
                    after = _moved(mark, file, data, told)
                    self.consumed += told.consumed
                    yield Piece(mark, after, told.calls, _numbered(told, data, mark), told.records, origin)
                    mark, size = after, PIECE_BYTES
                elif ends:
                    break
                else:
                    size = _larger(size)

    def _read_whole(self, reading: "_Reading", form: LogFile) -> Piece:
        path, found = reading.path, reading.path.stat()
        size, changed_ns = _state_of(path, self.tool) or (found.st_size, _changed_ns(found))
        data = b"" if form.way == "database" else path.read_bytes()
        told = form.read(Stretch(path, data, 0, None, settled=True, known=reading.known))
        after = replace(reading.mark, position=size, size=size, changed_ns=changed_ns)
        refused = [(1, each) for each in told.refused]
        self.consumed += size
        return Piece(reading.mark, after, told.calls, refused, told.records, self._origin(path, found))

    def _origin(self, path: Path, found: os.stat_result) -> LogOrigin:
        given = self.attribution
        owner = self._owners.get(found.st_uid) or self._owners.setdefault(found.st_uid, _owner(path))
        fields = {"user": owner, **given.fields}
        now = self._clock.now()
        written = min(_written(found), now)
        return LogOrigin(given.organisation, given.source, now, written, fields, given.fills, given.tags)

    @contextmanager
    def told(self, path: Path) -> Iterator[None]:
        """Keep what makes a file unreadable for the figures, and go on with the others."""
        try:
            yield
        except OSError as error:
            self.failed.append(f"can't read {path}: {error.strerror or error}")
        except ImportFailed as error:
            self.failed.append(error.message)


class _Reading(Struct, frozen=True):
    """What is to be read of a file: from `mark` on, up to `until` or all there is."""

    path: Path
    mark: LogMark
    known: Known
    settled: bool = True
    until: int | None = None


def _state_of(path: Path, tool: Tool) -> tuple[int, int] | None:
    """Return the size of a file and when it was changed: by these it is known again. None where it is no plain file,
    which might never come to an end.

    What is new in a database stands in a file beside it at first.
    """
    found = path.stat()
    if not S_ISREG(found.st_mode):
        return None
    size, changed_ns = found.st_size, _changed_ns(found)
    form = tool.file_given(path)
    if form is not None and form.way == "database":
        with suppress(FileNotFoundError):
            beside = path.with_name(f"{path.name}-wal").stat()
            size, changed_ns = size + beside.st_size, max(changed_ns, _changed_ns(beside))
    return size, changed_ns


def _changed_ns(found: os.stat_result) -> int:
    """Return when a file was changed, as databases can hold it: some systems keep any time it is set to."""
    return max(0, min(found.st_mtime_ns, _MOST_NS))


def _next(file: BinaryIO, position: int, size: int, until: int | None) -> bytes:
    file.seek(position)
    return file.read(size if until is None else max(0, min(size, until - position)))


def _moved(mark: LogMark, file: BinaryIO, data: bytes, told: Found) -> LogMark:
    position = mark.position + told.consumed
    lines = mark.lines + data.count(b"\n", 0, told.consumed)
    return replace(mark, position=position, lines=lines, anchor=_anchor(file, position), carry=told.carry)


def _numbered(told: Found, data: bytes, mark: LogMark) -> list[tuple[int, Refused]]:
    """Return what was refused with the numbers of its lines."""
    numbered, line, counted = [], mark.lines + 1, 0
    for each in told.refused:
        line += data.count(b"\n", counted, each.offset)
        counted = each.offset
        numbered.append((line, each))
    return numbered


def _larger(size: int) -> int:
    """Return the size to read where not one line ended in `size` bytes."""
    if size >= LONGEST_LINE_BYTES:
        raise ImportFailed(f"a line is longer than {LONGEST_LINE_BYTES} bytes")
    return size * 4


def _anchor(file: BinaryIO, position: int) -> bytes:
    """Return what stands for the end of the first `position` bytes."""
    start = max(0, position - _ANCHOR_BYTES)
    file.seek(start)
    return blake2b(file.read(position - start), digest_size=8).digest()


def _head(path: Path) -> bytes:
    with suppress(OSError), path.open("rb") as file:
        return file.readline(_HEAD_BYTES)
    return b""


def _name(path: Path) -> str:
    """Return what a file is remembered by: its whole path, as text that every database takes."""
    return os.fsencode(path.absolute()).decode("utf-8", "backslashreplace")


def _owner(path: Path) -> str:
    """Return the name of the user that a file belongs to; whoever runs this where the system tells none."""
    try:
        return path.owner()
    except (KeyError, NotImplementedError, OSError):
        return _runner()


def _runner() -> str:
    try:
        return getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def _written(found: os.stat_result) -> datetime:
    return datetime.fromtimestamp(_changed_ns(found) // _NS, UTC)
