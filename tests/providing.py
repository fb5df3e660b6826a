"""A provider on this machine: answers what it is told to, and remembers what it was asked and with which headers."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from msgspec import Struct, field


class Asked(Struct, frozen=True):
    """One request as it arrived; header names are in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Provider(Struct):
    """`answers` are status, content type and body by path without query; anything else is 404."""

    url: str
    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def provider() -> Iterator[Provider]:
    here = Provider("")

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            here.asked.append(Asked(self.command, self.path, headers, self.rfile.read(length)))
            status, kind, body = here.answers.get(self.path.partition("?")[0], (404, "text/plain", b"nothing"))
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


_CHAT: Final[dict[str, Any]] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_790_000_000,
    "model": "gpt-4o-mini",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello!"}}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14},
}
_GEMINI: Final[dict[str, Any]] = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "Hello!"}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 3, "totalTokenCount": 14},
    "modelVersion": "gemini-2.5-flash",
    "responseId": "gemini-1",
}
# What each provider answers to `Say hello.`, by path, as far as its own SDK looks at it.
HELLO: Final[dict[str, dict[str, Any]]] = {
    "/v1/models": {"object": "list", "data": []},
    "/v1/chat/completions": _CHAT,
    "/v1/messages": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [{"type": "text", "text": "Hello!"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 11, "output_tokens": 3},
    },
    "/v1/models/gemini-2.5-flash:generateContent": _GEMINI,
}


@contextmanager
def saying_hello() -> Iterator[Provider]:
    """Yield a provider that is OpenAI, Mistral, Anthropic and Gemini at once."""
    with provider() as found:
        found.answers = {path: (200, "application/json", json.dumps(body).encode()) for path, body in HELLO.items()}
        yield found
