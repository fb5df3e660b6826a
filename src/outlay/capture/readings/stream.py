"""Reads an answer while it passes by, whatever way it is framed: its first bytes tell, not its content type.

Cheap by looking first: once the answer's own words come, a chunk is only searched for the few bytes that precede usage,
and parsed where they are. It must be given the bytes after any content encoding is undone.
"""

from typing import Final

from msgspec.structs import replace

from outlay.capture.readings.anthropic import AnthropicFold
from outlay.capture.readings.bedrock import ConverseFold, InvokeFold
from outlay.capture.readings.cohere import CohereFold
from outlay.capture.readings.fold import Fold
from outlay.capture.readings.frames import AwsFrames, Frames, JsonFrames, SseFrames, WholeFrames
from outlay.capture.readings.gemini import GeminiFold
from outlay.capture.readings.gemini_interactions import InteractionsFold
from outlay.capture.readings.ollama import OllamaFold
from outlay.capture.readings.openai_chat import ChatFold, EmbeddingsFold, OcrFold
from outlay.capture.readings.openai_media import AudioFold, ImagesFold
from outlay.capture.readings.openai_responses import ResponsesFold
from outlay.capture.readings.reading import PARTIAL, Api, Reading, StreamReading

_FOLDS: Final[dict[Api, type[Fold]]] = {
    "openai_chat": ChatFold,
    "openai_responses": ResponsesFold,
    "openai_embeddings": EmbeddingsFold,
    "openai_images": ImagesFold,
    "openai_audio": AudioFold,
    "anthropic": AnthropicFold,
    "gemini": GeminiFold,
    "gemini_interactions": InteractionsFold,
    "bedrock_converse": ConverseFold,
    "bedrock_invoke": InvokeFold,
    "cohere": CohereFold,
    "mistral_ocr": OcrFold,
    "ollama": OllamaFold,
}
_IN_LINES: Final = frozenset({"ollama", "cohere"})
_LINE_TYPES: Final = ("ndjson", "jsonl", "stream+json")
_FIRST_PIECES: Final = 8  # among them are the model and the id
_NOTHING: Final = Reading()


def fold_of(api: Api, provider: str) -> Fold:
    """Return an empty fold for an answer of this API."""
    return _FOLDS[api](provider.strip().lower())


def stream_reading(api: Api, provider: str, content_type: str) -> StreamReading:
    """Return what reads an answer of this API, streamed or not, in pieces."""
    lines = api in _IN_LINES or any(name in content_type.lower() for name in _LINE_TYPES)
    return _AnswerStream(fold_of(api, provider), in_lines=lines)


class _AnswerStream:
    def __init__(self, fold: Fold, *, in_lines: bool) -> None:
        self.first_token_seen = False
        self._fold = fold
        self._in_lines = in_lines
        self._frames: Frames | None = None
        self._first_pieces = _FIRST_PIECES

    def feed(self, chunk: bytes) -> None:
        if self._frames is None:
            start = chunk.lstrip(b" \t\r\n\xef\xbb\xbf")[:1]
            if not start:
                return
            self._frames = self._framed(start)
        for piece in self._frames.feed(chunk, self._wanted):
            self._take(piece)

    def reading(self, *, ended: bool) -> Reading | None:
        for piece in self._frames.rest() if self._frames is not None else ():
            self._fold.add(self._fold.opened(piece))
        found = self._fold.reading()
        if found == _NOTHING:
            return None
        if found.states_usage and not self._fold.complete(ended=ended):
            return replace(found, marks=(*found.marks, PARTIAL))
        return found

    def _framed(self, start: bytes) -> Frames:
        if start == b"{" and not self._in_lines:
            return WholeFrames()
        if start in b"{[":
            return JsonFrames()
        return AwsFrames() if start == b"\0" else SseFrames()

    def _wanted(self, block: bytes) -> bool:
        return not self.first_token_seen or self._first_pieces > 0 or self._fold.telling.search(block) is not None

    def _take(self, piece: bytes) -> None:
        fold = self._fold
        piece = fold.opened(piece)
        if not self.first_token_seen and fold.token.search(piece):
            self.first_token_seen = True
        if self._first_pieces > 0:
            self._first_pieces -= 1
            fold.add(piece)
        elif fold.telling.search(piece):
            fold.add(piece)
