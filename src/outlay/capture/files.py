"""Opens what is imported: a file or a pipe, plain, gzip or zstd, told apart by its first bytes and not by its name.

What comes out is bytes in small pieces, so neither a huge file nor a decompression bomb is ever held in memory.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

import zstandard

from outlay.errors import ImportFailed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

ByteStream = io.BufferedReader

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_PIECE: Final = 4096  # one piece expands to 128 MiB at worst
_ZSTD_WINDOW: Final = 1 << 27
_PIECE: Final = 1 << 17


class ByteSource(Protocol):
    def read(self, size: int, /) -> bytes | None: ...


class Counted(io.RawIOBase):
    """Passes bytes on and counts them: how far an import has come, in bytes of the file as it lies on disk."""

    def __init__(self, source: ByteSource) -> None:
        super().__init__()
        self._source = source
        self.consumed = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        piece = self._source.read(len(view)) or b""
        view[: len(piece)] = piece
        self.consumed += len(piece)
        return len(piece)


class _Zstd(io.RawIOBase):
    """Decompresses zstd frames, one after the other; unlike the library's own reader it notices a cut-off end."""

    def __init__(self, source: ByteStream) -> None:
        super().__init__()
        self._source = source
        self._frame = self._next_frame()
        self._inside = False
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        while not self._ready:
            piece = self._source.read(_ZSTD_PIECE)
            if not piece:
                if self._inside:
                    raise EOFError("the zstd frame is cut off")
                return 0
            self._decompress(piece)
        view = memoryview(buffer)
        size = min(len(view), len(self._ready))
        view[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _decompress(self, piece: bytes) -> None:
        parts = []
        while piece:
            parts.append(self._frame.decompress(piece))
            self._inside = not self._frame.eof
            piece = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame = self._next_frame()
        self._ready = b"".join(parts)

    @staticmethod
    def _next_frame() -> "zstandard.ZstdDecompressionObj":
        return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()


def decompressed(source: Counted) -> ByteStream:
    """Return the plain bytes of a source that may be gzip or zstd."""
    stream: ByteStream = io.BufferedReader(source, _PIECE)
    first = stream.peek(4)[:4]
    if first.startswith(_GZIP):
        return io.BufferedReader(gzip.GzipFile(fileobj=stream, mode="rb"), _PIECE)
    if first == _ZSTD:
        return io.BufferedReader(_Zstd(stream), _PIECE)
    return stream


@contextmanager
def damage_named(name: str) -> Iterator[None]:
    """Turn what broken compression and a failing disk raise into ImportFailed naming the file."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
        raise ImportFailed(
            f"{name} is cut off or damaged: {error}; what was read before is kept, import the whole file again"
        ) from None
    except OSError as error:
        raise ImportFailed(f"can't read {name}: {error.strerror or error}") from None
