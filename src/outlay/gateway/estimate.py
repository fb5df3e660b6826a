"""How many tokens a call may have used when its usage never came, from the amount of text alone.

Four bytes of text are about a token in every common tokenizer. It is a guess: events that hold one say so (mark
`estimated`), and their cost is an estimate, never a price.
"""

from typing import Any, Final

import msgspec
from msgspec.structs import replace

from outlay.capture.readings.reading import Reading
from outlay.usage import ESTIMATED

BYTES_PER_TOKEN: Final = 4

_TEXT_KEYS: Final = frozenset(
    {"content", "text", "input", "prompt", "system", "instructions", "message", "messages", "contents", "parts"}
    | {"systemInstruction", "system_instruction", "tools", "texts", "query", "documents", "functions"}
)
_LABELS: Final = frozenset({"role", "type", "id", "cache_control", "tool_call_id", "tool_use_id", "mime_type"})
_LONGEST_WORDLESS: Final = 2_000  # longer text without a space is an image or a file
_DEEPEST: Final = 12


def estimated(reading: Reading | None, request: bytes, text_bytes: int | None) -> Reading:
    """Return a reading with what is missing estimated: input from the request, output from the text that passed.

    `text_bytes` is None where nothing is known of the answer; then the output stays unknown, as does the input of a
    request that can't be read.
    """
    known = reading if reading is not None else Reading()
    tokens = known.tokens
    changed: dict[str, Any] = {}
    if tokens.input_total is None and (text := text_in(request)) is not None:
        changed["input_uncached"] = text // BYTES_PER_TOKEN
    if text_bytes is not None:
        changed["output"] = max(tokens.output or 0, text_bytes // BYTES_PER_TOKEN)
    if not changed:
        return known
    return replace(known, tokens=replace(tokens, **changed), marks=(*known.marks, ESTIMATED))


def text_in(request: bytes) -> int | None:
    """Return how many bytes of text a request's body holds for the model to read, None where it is no JSON."""
    try:
        body = msgspec.json.decode(request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    return sum(_text_in(value, _DEEPEST) for key, value in body.items() if key in _TEXT_KEYS)


def _text_in(value: Any, depth: int) -> int:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        wordless = len(value) > _LONGEST_WORDLESS and " " not in value[:_LONGEST_WORDLESS]
        return 0 if wordless else len(value.encode(errors="replace"))
    if depth == 0:
        return 0
    if isinstance(value, dict):
        return sum(_text_in(each, depth - 1) for key, each in value.items() if key not in _LABELS)
    if isinstance(value, list):
        return sum(_text_in(each, depth - 1) for each in value)
    return 0
