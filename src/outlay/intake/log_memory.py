"""What the import of logs asks of its memory of files and calls, and a memory that lasts for one run.

The one that lasts is `control.agent_logs.LogMemory`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from outlay.control.log_marks import KnownCall, LogMark


class Memory(Protocol):
    """What is remembered between runs, calls by `key_of`."""

    def marks(self) -> dict[str, LogMark]: ...

    def last_event(self) -> bytes | None: ...

    def find(self, keys: Collection[int]) -> dict[int, KnownCall]: ...

    def intend(self, marks: Sequence[LogMark]) -> None: ...

    def keep(self, marks: Sequence[LogMark], calls: Mapping[int, KnownCall]) -> None: ...

    def forget(self) -> None: ...


class OneRunMemory:
    """Remembers the calls of one run and no files: what a trial run needs."""

    def __init__(self) -> None:
        self._known: dict[int, KnownCall] = {}

    def marks(self) -> dict[str, LogMark]:
        return {}

    def last_event(self) -> bytes | None:
        return None

    def find(self, keys: Collection[int]) -> dict[int, KnownCall]:
        return {key: self._known[key] for key in keys if key in self._known}

    def intend(self, marks: Sequence[LogMark]) -> None:
        """Never come back to it."""

    def keep(self, marks: Sequence[LogMark], calls: Mapping[int, KnownCall]) -> None:
        del marks
        self._known.update(calls)

    def forget(self) -> None:
        self._known.clear()
