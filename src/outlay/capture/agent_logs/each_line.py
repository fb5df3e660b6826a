"""The loop that logs with one call a line share: find the lines, read each, keep what can't be read as refused."""

from collections.abc import Callable

from outlay.capture.agent_logs.lines import lines_with, whole_lines
from outlay.capture.agent_logs.logged import MALFORMED, Found, LoggedCall, Refused, Stretch, excerpt_of
from outlay.errors import EventRejected

ReadLine = Callable[[bytes], LoggedCall | None]


def read_each(stretch: Stretch, word: bytes, read_line: ReadLine) -> Found:
    """Return the calls of the lines that contain `word`. A last line without its end waits until it can be read."""
    found = Found([], [], 0, whole_lines(stretch.data), stretch.carry)
    for line in lines_with(word, stretch.data):
        try:
            call = read_line(line.raw)
        except MALFORMED as error:
            if line.ended:
                found.refused.append(Refused(line.offset, "row_unreadable", str(error), excerpt_of(line.raw)))
            continue
        except EventRejected as error:
            found.refused.append(Refused(line.offset, error.code, error.message, excerpt_of(line.raw)))
            call = None
        if not line.ended:
            found.consumed = len(stretch.data)
        if call is not None:
            found.records += 1
            found.calls.append(call)
    return found
