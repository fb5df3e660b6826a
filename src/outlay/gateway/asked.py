"""What a call asks for, read from its body: the model, whether it streams, whom it is for. The body goes on as it came.

The one change ever made: a streamed chat in OpenAI's shape that doesn't ask for its usage is made to, because nothing
else would state it. `forward` takes the extra chunk out of the answer again.
"""

import json
import re
from typing import Any, Final

import msgspec
from msgspec import Struct

from outlay.gateway.claims import NOTHING_TOLD, Told
from outlay.gateway.named import is_model_field
from outlay.gateway.routes import Meaning

LONGEST_MODEL: Final = 256

_MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_MOST_LOOSE_BYTES: Final = 4 * 1024 * 1024  # reading those takes what other calls would notice
_USAGE_ASKED: Final = b'"stream_options":{"include_usage":true}'
# Mistral refuses fields it doesn't know and states usage anyway; Cohere's compatible API does the same.
_STATE_IT_ANYWAY: Final = frozenset({"mistral", "cohere", "x-ai", "xai", "openrouter"})
_AZURE_SINCE: Final = "2024-09-01"
_AZURE_VERSION: Final = re.compile(rb"(?:^|&)api-version=(\d{4}-\d\d-\d\d)")
_FORM_MODEL: Final = re.compile(rb'name="?model"?\r\n(?:[^\r\n]+\r\n){0,8}\r\n([^\r\n]{1,256})\r\n')
FORM_REACH: Final = 2048  # longer than what clients write from the name of a field to the end of its value
# However a part is written, its header begins a line. In a file it may stand too: then the form is refused, no more.
_FORM_PART: Final = re.compile(rb"(?:^|[\r\n])content-disposition[ \t]*:([^\r\n]*)", re.IGNORECASE)
_FORM_NAME: Final = re.compile(rb'form-data; ?name="([^"\\]*)"(?:; ?filename="[^"]*")?(?:; ?filename\*=[^;"]*)?')
_FORM_VALUE: Final = re.compile(rb"\r\n(?:[^\r\n]+\r\n){0,8}\r\n([^\r\n]{1,256})\r\n--")


class _Body(Struct):
    """Fields of a call in any vendor's shape; all others are passed over without being built."""

    model: Any = None
    stream: Any = None
    stream_options: Any = None
    user: Any = None
    safety_identifier: Any = None
    metadata: Any = None
    prompt_cache_key: Any = None


_decode = msgspec.json.Decoder(_Body).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class Asked(Struct, frozen=True, gc=False):
    """What a call asks for. `streams` is what it says of itself, None where it says nothing."""

    model: str | None = None
    streams: bool = False
    usage_asked: bool = True
    told: Told = NOTHING_TOLD


NOTHING_ASKED: Final = Asked()


def asked_in(body: bytes) -> Asked:
    """Read a JSON body; whatever can't be read is the provider's to refuse."""
    try:
        found = _decode(body)
    except _MALFORMED:
        fields = _loosely_decoded(body)
        if fields is None:
            return NOTHING_ASKED
        found = _Body(**{name: fields.get(name) for name in _Body.__struct_fields__})
    said = (found.user, found.safety_identifier, found.metadata, found.prompt_cache_key)
    options = found.stream_options
    return Asked(
        model=_as_model(found.model) if isinstance(found.model, str) and found.model else None,
        streams=found.stream is True,
        usage_asked=isinstance(options, dict) and options.get("include_usage") is True,
        told=NOTHING_TOLD if said == (None, None, None, None) else Told(*said),
    )


def _loosely_decoded(body: bytes) -> dict[str, Any] | None:
    """Return what a body holds that is no strict JSON, but that many providers read: half a surrogate pair in a text.

    Texts that were cut by their length often end in one.
    """
    try:
        fields = json.loads(body) if len(body) <= _MOST_LOOSE_BYTES else None
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _as_model(text: str) -> str:
    return text[:LONGEST_MODEL].encode(errors="replace").decode()


def model_in_form(piece: bytes) -> str | None:
    """Return the model a piece of a multipart form names, None where it doesn't.

    The network cuts a form anywhere: the last `FORM_REACH` bytes of what came before belong in front of a piece.
    """
    found = _FORM_MODEL.search(piece) if b'name="model"' in piece or b"name=model" in piece else None
    return found[1].decode("utf-8", "replace") if found else None


def models_in_form(body: bytes) -> list[str] | None:
    """Return every model a whole multipart form names; None where a part is written as no client writes it."""
    found: list[str] = []
    for part in _FORM_PART.finditer(body):
        name = _FORM_NAME.fullmatch(part[1].strip())
        if name is None:
            return None
        if not is_model_field(name[1].decode("latin-1")):
            continue
        value = _FORM_VALUE.match(body, part.end())
        if value is None:
            return None
        found.append(value[1].decode("utf-8", "replace"))
    return found


def must_ask_for_usage(meaning: Meaning, asked: Asked, provider: str, query: bytes) -> bool:
    """Whether usage would stay unsaid unless it is asked for, and asking for it is known to do no harm."""
    if meaning.api != "openai_chat" or not asked.streams or asked.usage_asked or provider in _STATE_IT_ANYWAY:
        return False
    if provider == "azure":  # older versions refuse the option
        version = _AZURE_VERSION.search(query)
        return version is None or version[1].decode() >= _AZURE_SINCE
    return True


def asking_for_usage(body: bytes) -> bytes:
    """Return the body with the option set, everything else as it was; as it is where that can't be done."""
    try:
        fields = _decode_fields(body)
    except _MALFORMED:
        fields = _loosely_decoded(body) or {}
        if not fields or "stream_options" in fields or json.detect_encoding(body) != "utf-8":
            return body
    stated = fields.get("stream_options")
    if stated is None:
        end = body.rindex(b"}")
        return b"%b,%b%b" % (body[:end], _USAGE_ASKED, body[end:])
    options = msgspec.json.decode(stated)
    options = options if isinstance(options, dict) else {}
    return _encode({**fields, "stream_options": {**options, "include_usage": True}})
