"""Provider answers: microseconds to read one, as a body and chunk by chunk while it streams, and what stays in memory.

The streams are made here, of the chunks that providers send; the bodies are the recorded ones, where they lie beside
the checkout.
"""

import tracemalloc
from typing import Any, Final

import msgspec
from _pytest.outcomes import Skipped

from outlay.capture.readings.body import read_body
from outlay.capture.readings.reading import Api
from outlay.capture.readings.stream import stream_reading
from tests.bench.report import Report, Stopwatch, Target
from tests.capture.readings.recorded import Recorded, recordings

ROUNDS: Final = 5
CHUNKS: Final = 5_000
TEXT: Final = {"type": "text_delta", "text": " word"}
CHOICE: Final = {"index": 0, "delta": {"content": " word"}, "logprobs": None, "finish_reason": None}
CANDIDATE: Final = {"content": {"parts": [{"text": " word"}], "role": "model"}, "index": 0}
TOTALS: Final = {"promptTokenCount": 5, "candidatesTokenCount": 9, "totalTokenCount": 14}
COUNTED: Final = {"input_tokens": 5, "output_tokens": 9}
# An API, an event of its stream that comes thousands of times, and the one that states the usage.
STREAMS: Final[tuple[tuple[Api, dict[str, Any], dict[str, Any]], ...]] = (
    (
        "openai_chat",
        {"id": "c", "object": "chat.completion.chunk", "model": "gpt-4o", "choices": [CHOICE], "usage": None},
        {"id": "c", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}},
    ),
    (
        "openai_responses",
        {"type": "response.output_text.delta", "item_id": "m", "content_index": 0, "delta": " word", "logprobs": []},
        {"type": "response.completed", "response": {"id": "r", "usage": COUNTED}},
    ),
    (
        "anthropic",
        {"type": "content_block_delta", "index": 0, "delta": TEXT},
        {"type": "message_delta", "usage": COUNTED},
    ),
    (
        "gemini",
        {"candidates": [CANDIDATE], "usageMetadata": TOTALS, "modelVersion": "gemini-3", "responseId": "r"},
        {"usageMetadata": TOTALS},
    ),
)


def run(report: Report) -> None:
    for api, event, last in STREAMS:
        streamed = min(_stream(api, event, last) for _ in range(ROUNDS))
        report.figure(f"a chunk of {api}", streamed, "µs", Target(at_most=20))
    report.figure("memory a stream of 5,000 chunks keeps", _kept(), "KB", Target(at_most=64))
    _bodies(report)


def _stream(api: Api, event: dict[str, Any], last: dict[str, Any]) -> float:
    reader = stream_reading(api, "", "text/event-stream")
    chunk = _sse(event)
    with Stopwatch() as watch:
        for _ in range(CHUNKS):
            reader.feed(chunk)
        reader.feed(_sse(last))
    found = reader.reading(ended=True)
    if found is None or found.tokens.output != 9:
        raise AssertionError(f"{api} was read wrongly: {found}")
    return watch.seconds / CHUNKS * 1e6


def _sse(event: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(event) + b"\n\n"


def _kept() -> float:
    api, event, _ = STREAMS[0]
    reader, chunk = stream_reading(api, "", ""), _sse(event)
    tracemalloc.start()
    for _ in range(CHUNKS):
        reader.feed(chunk)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return kept / 1024


def _bodies(report: Report) -> None:
    try:
        recorded = [each for each in recordings() if each.api is not None]
    except Skipped as reason:
        report.note(f"recorded bodies were not read: {reason}")
        return
    bodies = [each for each in recorded if each.body[:1] == b"{"]
    size = sum(len(each.body) for each in bodies) / len(bodies)
    best = min(_read_all(bodies) for _ in range(ROUNDS)) / len(bodies) * 1e6
    report.figure(f"a recorded body, {size:,.0f} bytes on average", best, "µs", Target(at_most=100))


def _read_all(bodies: list[Recorded]) -> float:
    with Stopwatch() as watch:
        for each in bodies:
            if each.api is not None:
                read_body(each.api, each.provider, each.body, each.content_type)
    return watch.seconds
