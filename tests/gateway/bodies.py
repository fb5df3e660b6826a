"""Answers of providers as small as they can be, with the usage that tests expect of them."""

from typing import Any, Final

import msgspec

USAGE: Final = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
CHAT: Final = msgspec.json.encode(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
        "usage": USAGE,
    }
)


def event(data: dict[str, Any], name: str = "") -> bytes:
    """Return a server-sent event."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {msgspec.json.encode(data).decode()}\n\n".encode()


def chunk(text: str | None = None, **more: Any) -> bytes:
    """Return one chunk of a streamed chat; without text it has no choices."""
    choices = [] if text is None else [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
    fields = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "gpt-4o"}
    return event({**fields, "choices": choices, **more})


DONE: Final = b"data: [DONE]\n\n"
TEXTS: Final = tuple(chunk(text, usage=None) for text in ("Hello", " there", ", you"))
USAGE_CHUNK: Final = chunk(usage=USAGE)
