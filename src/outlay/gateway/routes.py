"""What a path means: which upstream, what of the path is the provider's own, and which API that speaks.

Built-in names own the first segment (`/openai/v1/…`); every name is also reached as `/via/NAME/…`. Anything else is no
path of the gateway. The provider's part goes on as it was sent, byte for byte.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from outlay.capture.readings.reading import APIS, Api
from outlay.capture.readings.routes import api_of, model_in_path
from outlay.control.upstream import OPEN_NAMES, VIA
from outlay.errors import MethodRefused, NotFound, UpstreamFailed
from outlay.outbound.pool import Place, place_of

_VIA: Final = f"{VIA}/".encode()
_OPEN: Final = {name.encode(): name for name in OPEN_NAMES}
LONGEST_PATH: Final = 2_048
_DOTS: Final = frozenset({".", ".."})
_SLASHES: Final = re.compile(r"/{2,}")
_NAME: Final = re.compile(rb"[a-z0-9][a-z0-9._-]{0,62}")
_OPERATIONS: Final[tuple[tuple[str, str], ...]] = (
    ("/chat/completions", "chat"),
    ("/completions", "text_completion"),
    ("/responses", "chat"),
    ("/responses/compact", "compact"),
    ("/embeddings", "embeddings"),
    ("/messages", "chat"),
    ("/images/generations", "image_generation"),
    ("/images/edits", "image_generation"),
    ("/images/variations", "image_generation"),
    ("/audio/transcriptions", "transcription"),
    ("/audio/translations", "translation"),
    ("/audio/speech", "speech"),
    (":generateContent", "generate_content"),
    (":streamGenerateContent", "generate_content"),
    (":embedContent", "embeddings"),
    (":batchEmbedContents", "embeddings"),
    ("/converse", "chat"),
    ("/converse-stream", "chat"),
    ("/chat", "chat"),
    ("/generate", "text_completion"),
    ("/embed", "embeddings"),
    ("/rerank", "rerank"),
    ("/ocr", "ocr"),
)


class Address(Struct, frozen=True):
    """A path of the gateway, taken apart: the upstream's name, and what follows it (with its slash)."""

    name: str
    rest: bytes


class Meaning(Struct, frozen=True):
    """What a call at a path of an upstream is. `api` is None where nothing is used: lists, files, counts of tokens."""

    api: Api | None
    operation: str | None
    model: str | None
    streams: bool


_NOTHING: Final = Meaning(None, None, None, streams=False)


def address_of(raw_path: bytes) -> Address | None:
    """Return what a path below the root path addresses; None when it is none of the gateway's."""
    first, slash, rest = raw_path[1:].partition(b"/")
    name = _OPEN.get(first)
    if name is not None:
        return Address(name, slash + rest)
    if raw_path.startswith(_VIA):
        own, slash, rest = rest.partition(b"/")
        if _NAME.fullmatch(own):
            return Address(own.decode(), slash + rest)
    return None


def check_path(path: bytes) -> None:
    """Raise NotFound for a path that leads elsewhere than it seems: out of a prefix, or past the record."""
    if len(path) > LONGEST_PATH:
        raise NotFound(f"the path is longer than {LONGEST_PATH:,} bytes")
    if b"." in path or b"%2" in path:
        segments = unquote(path.decode("latin-1")).replace("\\", "/").split("/")
        if any(segment.partition(";")[0] in _DOTS for segment in segments):
            raise NotFound("the path has . or .. in it; write where it leads to")


def check_query(query: bytes) -> None:
    """Raise MethodRefused for a query that makes a call another one: `_method`, Google's `$httpMethod` and the like."""
    if b"http" in query.lower() or b"method" in query.lower() or b"%" in query:
        for part in query.replace(b";", b"&").split(b"&"):
            name = unquote(part.partition(b"=")[0].decode("latin-1")).casefold()
            if name.startswith("$http") or name == "_method":
                raise MethodRefused("the query puts another method or other headers in place of those sent; send those")


def meaning_of(provider: str, reading: str | None, method: str, path: bytes) -> Meaning:
    """Return what a request to a path is; `reading` is the API the upstream is configured to speak, if any."""
    return _NOTHING if len(path) > LONGEST_PATH else _meaning_of(provider, reading, method, path)


@lru_cache(maxsize=4096)  # the same few paths come again and again, and there are many patterns
def _meaning_of(provider: str, reading: str | None, method: str, path: bytes) -> Meaning:
    text = path.decode("latin-1")
    plain = _SLASHES.sub("/", unquote(text))
    found = api_of(provider, method, text)
    if found is None:  # however it is written, its provider may understand it
        text = plain
        found = api_of(provider, method, text)
    api = found if found is None or reading is None else _configured(reading)
    if api is None:
        return _NOTHING
    small = plain.lower().rstrip("/")
    operation = next((name for ending, name in _OPERATIONS if small.endswith(ending.lower())), None)
    streams = ":stream" in small or small.endswith("-stream")
    return Meaning(api, operation, model_in_path(text), streams)


def _configured(reading: str) -> Api | None:
    return next((api for api in APIS if api == reading), None)


class Way(Struct, frozen=True):
    """Where calls of an upstream go: a place, and what stands before the provider's own paths there."""

    place: Place
    authority: bytes
    prefix: bytes

    def path_of(self, rest: bytes) -> bytes:
        """Return the path asked for; callers may write the prefix or leave it out."""
        prefix = self.prefix
        if prefix and (rest == prefix or rest.startswith(prefix + b"/")):
            return rest
        return (prefix + rest) or b"/"


@lru_cache(maxsize=1024)
def way_of(base_url: str, *, allow_private: bool) -> Way:
    """Return where an upstream's calls go; UpstreamFailed when its URL leads nowhere."""
    try:
        place = place_of(base_url, "private" if allow_private else "public")
        prefix = urlsplit(base_url).path.rstrip("/").encode("ascii")
        return Way(place, place.authority.encode("ascii" if place.authority.isascii() else "idna"), prefix)
    except ValueError as error:
        raise UpstreamFailed(f"the upstream's base URL can't be used: {error}") from None
