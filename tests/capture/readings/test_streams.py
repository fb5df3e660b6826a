"""How a stream is taken apart: framings, cuts, what is looked at, and that little is kept."""

import base64
import json
import struct
import tracemalloc
from collections.abc import Iterable, Mapping

import pytest

from outlay.capture.readings import frames
from outlay.capture.readings.reading import PARTIAL, Api, Reading
from outlay.capture.readings.stream import stream_reading
from outlay.usage import Tokens

CHUNK = b'data: {"id":"c-1","model":"gpt-4o","choices":[{"index":0,"delta":{"content":"word"}}]}'
USAGE = b'data: {"id":"c-1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9,"total_tokens":14}}'
DONE = b"data: [DONE]"
STATED = Tokens(input_uncached=5, output=9)


def read(api: Api, chunks: Iterable[bytes], *, ended: bool = True, content_type: str = "") -> Reading | None:
    reader = stream_reading(api, "", content_type)
    for chunk in chunks:
        reader.feed(chunk)
    return reader.reading(ended=ended)


def in_pieces(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("size", [1, 2, 3, 50, 10_000])
def test_every_line_end_of_server_sent_events(end: bytes, size: int) -> None:
    body = (end + end).join([b": a comment", b"event: x" + end + CHUNK + end + b"id: 1", USAGE, DONE, b""])
    found = read("openai_chat", in_pieces(body, size))
    assert found is not None
    assert (found.tokens, found.model, found.response_id) == (STATED, "gpt-4o", "c-1")


def test_an_event_in_several_lines_of_data() -> None:
    body = b'data: {"usage":\ndata: {"prompt_tokens":5,\ndata: "completion_tokens":9}}\n\n'
    assert (found := read("openai_chat", [body])) is not None
    assert found.tokens == STATED


def test_mixed_line_ends_and_a_byte_order_mark() -> None:
    body = b"\xef\xbb\xbf\r\n" + CHUNK + b"\n\r\n" + USAGE + b"\r\n\n"
    assert (found := read("openai_chat", in_pieces(body, 3))) is not None
    assert found.tokens == STATED


def test_the_last_event_counts_also_where_nothing_closes_it() -> None:
    assert (found := read("openai_chat", [CHUNK + b"\n\n" + USAGE])) is not None
    assert found.tokens == STATED


def test_what_the_model_writes_is_never_taken_for_usage() -> None:
    said = json.dumps({"choices": [{"delta": {"content": '"usage":{"prompt_tokens":1,"completion_tokens":1}'}}]})
    body = b"\n\n".join([CHUNK] * 20 + [b"data: " + said.encode(), USAGE, DONE, b""])
    assert (found := read("openai_chat", [body])) is not None
    assert found.tokens == STATED


def test_usage_that_grows_with_every_chunk_is_final_only_at_the_end() -> None:
    growing = b'data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\n'
    cut = read("openai_chat", [growing], ended=False)
    assert cut is not None
    assert cut.marks == (PARTIAL,)
    last = growing.replace(b'"delta"', b'"finish_reason":"stop","delta"')
    assert (whole := read("openai_chat", [growing, last], ended=False)) is not None
    assert whole.marks == ()


def test_a_cut_stream_says_who_answered_and_not_how_much() -> None:
    found = read("openai_chat", [CHUNK + b"\n\n"] * 3, ended=False)
    assert found is not None
    assert (found.model, found.response_id, found.states_usage, found.marks) == ("gpt-4o", "c-1", False, ())


def test_reading_in_between_changes_nothing() -> None:
    body = b"\n\n".join([CHUNK, USAGE, DONE, b""])
    reader = stream_reading("openai_chat", "openai", "text/event-stream")
    for piece in in_pieces(body, 11):
        reader.feed(piece)
        reader.reading(ended=False)
    assert (found := reader.reading(ended=True)) is not None
    assert found.tokens == STATED


FIRST_TOKENS: dict[str, tuple[Api, bytes, bytes]] = {
    "chat": ("openai_chat", CHUNK.replace(b"word", b""), CHUNK),
    "a tool's arguments": (
        "openai_chat",
        b'data: {"choices":[{"delta":{"role":"assistant","content":null}}]}',
        b'data: {"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{"}}]}}]}',
    ),
    "responses": (
        "openai_responses",
        b'data: {"type":"response.created","response":{"id":"r","usage":null}}',
        b'data: {"type":"response.output_text.delta","delta":"a"}',
    ),
    "anthropic": (
        "anthropic",
        b'data: {"type":"message_start","message":{"content":[],"usage":{"input_tokens":1}}}',
        b'data: {"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"a"}}',
    ),
    "gemini": (
        "gemini",
        b'data: {"usageMetadata":{"promptTokenCount":1}}',
        b'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}',
    ),
    "cohere": (
        "cohere",
        b'data: {"type":"message-start","id":"x"}',
        b'data: {"type":"content-delta","delta":{"message":{"content":{"text":"a"}}}}',
    ),
}


@pytest.mark.parametrize(("api", "before", "token"), FIRST_TOKENS.values(), ids=FIRST_TOKENS.keys())
def test_the_first_token_is_the_first_word_of_the_answer(api: Api, before: bytes, token: bytes) -> None:
    reader = stream_reading(api, "", "text/event-stream")
    reader.feed(before + b"\n\n")
    assert not reader.first_token_seen
    reader.feed(token + b"\n\n")
    assert reader.first_token_seen


def frame(payload: bytes, headers: bytes = b"\x0b:event-type\x07\x00\x05chunk") -> bytes:
    return struct.pack(">III", 16 + len(headers) + len(payload), len(headers), 0) + headers + payload + b"\0\0\0\0"


def wrapped(event: Mapping[str, object]) -> bytes:
    return frame(json.dumps({"bytes": base64.b64encode(json.dumps(event).encode()).decode(), "p": "abc"}).encode())


@pytest.mark.parametrize("size", [1, 13, 4096])
def test_amazons_event_stream(size: int) -> None:
    body = frame(b'{"role":"assistant"}') + frame(b'{"delta":{"text":"a"},"contentBlockIndex":0}') * 20
    body += frame(b'{"usage":{"inputTokens":5,"outputTokens":9},"metrics":{"latencyMs":3}}')
    assert (found := read("bedrock_converse", in_pieces(body, size), ended=False)) is not None
    assert (found.tokens, found.marks) == (STATED, ())


def test_invoke_wraps_what_the_models_vendor_streams() -> None:
    start = {"type": "message_start", "message": {"id": "msg_bdrk_1", "usage": {"input_tokens": 5, "output_tokens": 1}}}
    said = {"type": "content_block_delta", "delta": {"text": "a"}}
    end = {"type": "message_delta", "usage": {"output_tokens": 9}}
    metrics = {
        "type": "message_stop",
        "amazon-bedrock-invocationMetrics": {"inputTokenCount": 5, "outputTokenCount": 7},
    }
    body = wrapped(start) + wrapped(said) * 20 + wrapped(end) + wrapped(metrics)
    assert (found := read("bedrock_invoke", in_pieces(body, 100))) is not None
    assert (found.tokens, found.response_id) == (STATED, "msg_bdrk_1")


def test_an_exception_amid_amazons_event_stream() -> None:
    headers = b"\x0f:exception-type\x07\x00\x13throttlingException\x0d:message-type\x07\x00\x09exception"
    body = frame(b'{"delta":{"text":"a"}}') + frame(b'{"message":"Too many requests"}', headers)
    assert (found := read("bedrock_converse", [body])) is not None
    assert found.error == "throttlingException"


def test_a_frame_with_an_impossible_length_ends_the_reading() -> None:
    body = frame(b'{"usage":{"inputTokens":5,"outputTokens":9}}') + b"\xff" * 100
    reader = stream_reading("bedrock_converse", "aws", "")
    reader.feed(body)
    for _ in range(1000):
        reader.feed(b"\xff" * 10_000)
    assert (found := reader.reading(ended=True)) is not None
    assert found.tokens == STATED


def test_lines_of_json_also_where_they_are_spread_out() -> None:
    lines = [
        {"model": "llama3", "response": "a}", "done": False},
        {"done": True, "eval_count": 9, "prompt_eval_count": 5},
    ]
    for body in ("\n".join(map(json.dumps, lines)), "\r\n".join(json.dumps(each, indent=1) for each in lines)):
        for size in (1, 7, 10_000):
            for content_type in ("application/x-ndjson", "application/json", ""):
                found = read("ollama", in_pieces(body.encode(), size), content_type=content_type)
                assert found is not None
                assert (found.tokens, found.model) == (STATED, "llama3")


LONG_BODIES: dict[str, tuple[Api, bytes, bytes]] = {
    "usage at the end": (
        "openai_embeddings",
        b'{"object":"list","data":["',
        b'"],"model":"text-embedding-3","usage":{"prompt_tokens":5,"completion_tokens":9,"x":{"y":[{"z":1}]}}}',
    ),
    "usage at the beginning": (
        "openai_embeddings",
        b'{"usage":{"prompt_tokens":5,"completion_tokens":9},"data":["',
        b'"]}',
    ),
    "gemini's pictures": (
        "gemini",
        b'{"candidates":[{"content":{"parts":[{"inlineData":{"data":"',
        b'"}}]}}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":9,"promptTokensDetails":[]}}',
    ),
}


@pytest.mark.parametrize(("api", "head", "tail"), LONG_BODIES.values(), ids=LONG_BODIES.keys())
def test_a_body_too_long_to_keep_is_read_at_its_edges(api: Api, head: bytes, tail: bytes) -> None:
    middle = [b"A" * 65_536] * (frames.LONGEST // 65_536 + 50)
    tracemalloc.start()
    found = read(api, [head, *middle, tail])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found is not None
    assert (found.tokens.input_total, found.tokens.output) == (5, 9)
    assert peak < 2.5 * frames.LONGEST


@pytest.mark.parametrize(
    ("api", "start", "endless"),
    [
        ("openai_chat", b"data: ", b"A" * 65_536),
        ("gemini", b'[{"a":"', b'A\\"{' * 16_384),
        ("openai_chat", b"", b"data: {}" * 8_192),
        ("bedrock_converse", b"\0\xff\0\0\0\0\0\0", b"A" * 65_536),
    ],
    ids=["an event", "a text", "a line", "a frame"],
)
def test_what_never_ends_is_not_kept(api: Api, start: bytes, endless: bytes) -> None:
    reader = stream_reading(api, "", "")
    tracemalloc.start()
    reader.feed(start)
    for _ in range(frames.LONGEST // 65_536 + 100):
        reader.feed(endless)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1.5 * frames.LONGEST


def test_after_an_event_too_long_to_keep_the_next_ones_are_read() -> None:
    endless = [b"data: "] + [b"A" * 65_536] * (frames.LONGEST // 65_536 + 2)
    assert (found := read("openai_chat", [*endless, b"\n\n" + USAGE + b"\n\n"])) is not None
    assert found.tokens == STATED


@pytest.mark.parametrize("body", [b"", b"   ", b"ID3\x04audio", b"<html>", b"\x00", b"{", b"[", b"null", b"1"])
def test_what_is_no_answer_states_nothing(body: bytes) -> None:
    assert read("openai_chat", [body]) is None
