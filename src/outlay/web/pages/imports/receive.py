"""Takes a form with a file as it streams in: who sends it is known before a byte of the file is written.

The CSRF token stands before the file in the form, so that nobody's file is stored for another site.
"""

from collections.abc import AsyncIterator
from typing import IO, Final

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from outlay.access.csrf import check_csrf
from outlay.access.sessions import Session
from outlay.errors import BodyTooLarge, BodyUnreadable
from outlay.web.api.body import MIB
from outlay.web.forms import CSRF_FIELD, Form
from outlay.web.multipart import Field, FileBegins, FilePiece, MultipartReader, Part, boundary_of

WRITE_BYTES: Final = MIB
_ROOM_FOR_FIELDS: Final = MIB
_DRAINED: Final = 8  # times the limit: a browser that is not read to the end shows no answer at all


class Received(Struct, frozen=True):
    """The fields of the form, and the file that was written: what its sender calls it (empty: none) and its size."""

    form: Form
    file_name: str
    size: int


async def received(request: Request, session: Session, into: IO[bytes], most_mb: int) -> Received:
    """Write the form's file and return the rest. Raises CsrfFailed, BodyTooLarge, BodyUnreadable."""
    reader = MultipartReader(boundary_of(request.headers.get("content-type", "")))
    taking = _Taking(session, into)
    body = _within(request, most_mb * MIB)
    async for chunk in body:
        for part in reader.feed(chunk):
            taking.take(part)
        if taking.waiting_bytes >= WRITE_BYTES:
            await run_in_threadpool(taking.write)
    reader.finish()
    await run_in_threadpool(taking.write)
    check_csrf(session, taking.values.get(CSRF_FIELD, ""))
    return Received(Form(taking.values), taking.file_name, taking.size)


class _Taking:
    def __init__(self, session: Session, into: IO[bytes]) -> None:
        self.values: dict[str, str] = {}
        self.file_name = ""
        self.size = 0
        self.waiting_bytes = 0
        self._session = session
        self._into = into
        self._waiting: list[bytes] = []
        self._files = 0

    def take(self, part: Part) -> None:
        match part:
            case Field(name, value):
                self.values[name] = value
            case FileBegins(_, file_name):
                check_csrf(self._session, self.values.get(CSRF_FIELD, ""))
                self._files += 1
                if self._files > 1:
                    raise BodyUnreadable("the form can't be read: it has more than one file")
                self.file_name = file_name
            case FilePiece(data):
                self._waiting.append(data)
                self.waiting_bytes += len(data)
                self.size += len(data)

    def write(self) -> None:
        self._into.write(b"".join(self._waiting))
        self._waiting, self.waiting_bytes = [], 0


async def _within(request: Request, most_bytes: int) -> AsyncIterator[bytes]:
    """Yield the body; one that is too large is read on for a while, so that the answer is seen, and then refused."""
    size = 0
    refused = False
    async for chunk in request.stream():
        size += len(chunk)
        refused = refused or size > most_bytes + _ROOM_FOR_FIELDS
        if not refused:
            yield chunk
        elif size > _DRAINED * most_bytes:
            break
    if refused:
        raise BodyTooLarge(
            f"the file is larger than {most_bytes // MIB} MiB; compress it, split it, raise max_upload_mb, "
            "or use outlay import on the server"
        )
