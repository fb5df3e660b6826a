"""One recorded call: on disk before it goes out, and settled with its finished events once it is known how it ended.

What an answer that came to its end doesn't state stays unknown. Where one was cut short its provider bills all the
same: then what is missing is estimated, and marked.
"""

from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.capture.readings.events import events_of
from outlay.capture.readings.reading import PARTIAL, Reading
from outlay.gateway.estimate import estimated
from outlay.gateway.journal import Segment
from outlay.gateway.recording import Recorder
from outlay.gateway.tap import Tap
from outlay.usage import Status, Tokens, UsageEvent

SOURCE: Final = "gateway"
NOTHING_USED: Final = Reading(tokens=Tokens(input_uncached=0, output=0))  # by a call that went nowhere


class Ending(Struct, frozen=True, gc=False):
    """How a call ended. `whole`: its answer came to its end, or none began; `http_status` is None where none began.

    `error` is a code, never a message: that may quote the prompt.
    """

    status: Status
    http_status: int | None = None
    error: str | None = None
    whole: bool = True


class Call:
    """Settled exactly once: what is said of its end after that changes nothing."""

    def __init__(self, recorder: Recorder, event: UsageEvent, request: bytes, began: float) -> None:
        """`event` is pending; `request` is the body as far as it is at hand; `began` is a monotonic time."""
        self._recorder = recorder
        self._event = event
        self._request = request
        self._began = began
        self._segment: Segment | None = None
        self._first_token_at: float | None = None
        self.model = event.model_raw
        self.request_id: str | None = None
        self.settled = False

    def begin(self) -> None:
        """Write down that it goes out."""
        self._segment = self._recorder.begun(self._event)

    def heard(self, tap: Tap, now: float) -> None:
        """Note when the first token passed."""
        if self._first_token_at is None and tap.streams and tap.first_token_seen:
            self._first_token_at = now

    def settle(self, ending: Ending, now: float, reading: Reading | None, text_bytes: int | None) -> Status:
        """Write down how it ended; return the status its event has. `text_bytes` is about how much text came back."""
        if self.settled:
            return ending.status
        self.settled = True
        if not ending.whole and _unfinished(reading):
            reading = estimated(reading, self._request, text_bytes)
        events = events_of(reading, self._finished(ending, now))
        self._recorder.ended(self._segment, tuple(events))
        return events[0].status

    def _finished(self, ending: Ending, now: float) -> UsageEvent:
        event, first = self._event, self._first_token_at
        said: dict[str, Any] = event.metadata or {}
        if self.request_id:  # by which reports of the same call are known that do not see the answer's own id
            said = {**said, "request_id": self.request_id}
        if ending.http_status is not None and ending.http_status >= 400:
            said = {**said, "http_status": ending.http_status}
        if ending.error is not None:
            said = {**said, "error": ending.error}
        return replace(
            event,
            status=ending.status,
            model_raw=self.model,
            latency_ms=round((now - self._began) * 1000),
            first_token_ms=None if first is None else round((first - self._began) * 1000),
            metadata=said or None,
        )


def _unfinished(reading: Reading | None) -> bool:
    return reading is None or not reading.states_usage or PARTIAL in reading.marks
