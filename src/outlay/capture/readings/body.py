"""Reads a whole answer that is in memory already: a JSON body, or a stream that was kept."""

from outlay.capture.readings.reading import Api, Reading
from outlay.capture.readings.stream import stream_reading


def read_body(api: Api, provider: str, body: bytes, content_type: str) -> Reading | None:
    """Return what an answer states; None where that is nothing: no usage, no model, no error.

    `provider` is the name of who answers, where it does things its own way; `content_type` may be empty.
    """
    reader = stream_reading(api, provider, content_type)
    reader.feed(body)
    return reader.reading(ended=True)
