"""From the body of an OTLP export to events: what the receiver calls."""

from collections.abc import Sequence

from outlay.capture.otlp import logs, traces
from outlay.capture.otlp.draft import Draft, events_of_call
from outlay.capture.otlp.messages import messages_of
from outlay.capture.otlp.signal import Signal
from outlay.capture.received import Arrival, Received, Refused
from outlay.errors import BodyTooLarge, EventRejected


def read_export(signal: Signal, media: str, body: bytes, arrival: Arrival, most: int) -> Received:
    """Return the calls of an export as events. Metrics have none: they repeat what spans and logs say.

    Raises BodyUnreadable, and BodyTooLarge above `most` calls.
    """
    messages = messages_of(media)
    if signal == "traces":
        return _received(traces.calls_in(messages.read_spans(body)), arrival, most)
    if signal == "logs":
        return _received(logs.calls_in(messages.read_logs(body)), arrival, most)
    messages.check_metrics(body)
    return Received([], [], [])


def _received(drafts: Sequence[Draft], arrival: Arrival, most: int) -> Received:
    if len(drafts) > most:
        raise BodyTooLarge(f"more than {most} calls in one export; send smaller batches")
    received = Received([], [], [])
    for index, draft in enumerate(drafts):
        try:
            received.events.extend((index, event) for event in events_of_call(draft, arrival))
        except EventRejected as error:
            received.refused.append(Refused(index, draft.response_id, error))
    return received
