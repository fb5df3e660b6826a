"""Files as answers: who asks, one snapshot for as long as the file is made, and what a file says beside its rows.

The first piece is made before the answer begins, so that what can't be made is an error and no broken file. One that
breaks off later breaks the connection too: a short file never looks whole.
"""

from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Final, Protocol
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.control.database import Control
from outlay.kit.money import plain
from outlay.query.questions import Asking, Questions
from outlay.web.display_rate import no_rate, shown_by
from outlay.web.export.converted import with_converted
from outlay.web.export.formats import FORMATS, Format
from outlay.web.export.json_file import manifest_bytes
from outlay.web.export.manifest import PRODUCT, Manifest, moment_text
from outlay.web.export.sending import FileResponse, Outgoing
from outlay.web.export.table import ExportFile
from outlay.web.gate import Gate
from outlay.web.kept import not_kept
from outlay.web.turns import Turns

TABLE_PARAMETER: Final = "table"
MANIFEST_PARAMETER: Final = "manifest"
PIECE_BYTES: Final = 64 * 1024  # what is compressed at a time on its way out, while nothing else is answered
MOST_LINKED: Final = 2_000  # characters of a question that a header is not too long for
MADE_AT_ONCE: Final = 2
MOST_WAITING: Final = 20

Pieces = Generator[bytes, None, None]


class ExportPage(Protocol):
    """A page that can be had as a file, at `path` followed by `/export.csv` and the other formats."""

    @property
    def path(self) -> str: ...

    def check(self, viewer: Viewer) -> None:
        """Raise Forbidden unless this viewer may see the page. That they may export is asked already."""
        ...

    def export(self, asking: Asking, url_query: str) -> ExportFile:
        """Return the file of a state of the page. The snapshot stays open until its last row is read, in this or
        another thread; what is asked of it is not remembered.
        """
        ...


class Exporter:
    """Answers for the files of every page. One per process."""

    def __init__(self, gate: Gate, questions: Questions, control: Control) -> None:
        self._gate = gate
        self._control = control
        self._questions = questions
        self._turns = Turns(MADE_AT_ONCE, MOST_WAITING, "exports")
        self._outgoing = Outgoing()

    def routes(self, page: ExportPage, name: str = "export", endings: Iterable[str] = tuple(FORMATS)) -> list[Route]:
        """Return the routes of a page's files: `/usage/export.csv` of a page at `/usage` …"""
        return [
            Route(f"{page.path}/{name}.{each}", partial(self.answer, page, FORMATS[each]), methods=["GET"])
            for each in endings
        ]

    async def answer(self, page: ExportPage, kind: Format, request: Request) -> Response:
        # What is written to disk first is made whole here; without turns, a few would hold all threads for minutes.
        run = self._turns.run if kind.spooled else run_in_threadpool
        return await run(self._answer, page, kind, request)

    def _answer(self, page: ExportPage, kind: Format, request: Request) -> Response:
        viewer = self._gate.viewer_of(request)
        page.check(viewer)
        require(viewer, "export")
        wanted, query = _own_parameters(request.url.query)
        with ExitStack() as until_sent:
            until_sent.enter_context(self._outgoing.one_more(viewer))
            with ExitStack() as opened:
                asking = opened.enter_context(self._questions.asking(viewer))
                file = page.export(asking, query)
                opened.callback(file.close)
                file = _with_note(self._in_currency(file, asking, query), not_kept(asking, file.manifest.period.start))
                if wanted.table:
                    file = file.only(wanted.table)
                if wanted.manifest:
                    return Response(manifest_bytes(file), media_type="application/json")
                pieces = _begun(kind, file)
                if not kind.spooled:  # what is made already needs no snapshot, however slowly it is read
                    until_sent.push(opened.pop_all())
            until_sent.callback(pieces.close)
            return _streamed(kind, file, pieces, request, until_sent.pop_all().close)

    def _in_currency(self, file: ExportFile, asking: Asking, query: str) -> ExportFile:
        """Return the file with what its amounts are in the organisation's currency, at the rate of the same page."""
        shown = shown_by(self._control, asking, query)
        return _with_note(file, no_rate(asking.currency)) if shown is None else with_converted(file, shown)


class _Wanted(Struct, frozen=True):
    table: str
    manifest: bool


def _with_note(file: ExportFile, note: str) -> ExportFile:
    return replace(file, manifest=replace(file.manifest, notes=(*file.manifest.notes, note))) if note else file


def answer_export(kind: Format, file: ExportFile) -> Response:
    """Return a file that is no page's as an answer. Call it in a thread: its first piece is made here."""
    with ExitStack() as until_sent:
        until_sent.callback(file.close)
        pieces = _begun(kind, file)
        until_sent.callback(pieces.close)
        return _streamed(kind, file, pieces, None, until_sent.pop_all().close)


def _own_parameters(url_query: str) -> tuple[_Wanted, str]:
    """Split the parameters of exports from those of the page."""
    own: dict[str, str] = {}
    others = []
    for key, value in parse_qsl(url_query, keep_blank_values=True, errors="replace"):
        if key in {TABLE_PARAMETER, MANIFEST_PARAMETER}:
            own[key] = value
        else:
            others.append((key, value))
    wanted = _Wanted(own.get(TABLE_PARAMETER, ""), own.get(MANIFEST_PARAMETER, "0") not in {"", "0"})
    return wanted, urlencode(others) if own else url_query


def _streamed(
    kind: Format, file: ExportFile, pieces: Pieces, request: Request | None, when_over: Callable[[], None]
) -> Response:
    headers = {
        "content-disposition": f'attachment; filename="{file.name}.{kind.ending}"',
        "outlay-rows": str(sum(each.count for each in file.tables)),
        **_said(file.manifest),
    }
    if request is not None and len(request.url.query) <= MOST_LINKED:
        headers["link"] = f'<{_beside(request)}>; rel="describedby"; type="application/json"'
    if kind.packed:
        headers["content-encoding"] = "identity"  # not to be compressed once more
    return FileResponse(_in_threads(pieces), kind.media_type, headers, when_over)


def _said(about: Manifest) -> dict[str, str]:
    """Return what stands beside a file that has no place for it inside."""
    rate = about.conversion
    converted = {} if rate is None else {"outlay-rate": f"{rate.currency} {plain(rate.per_usd)} {rate.day}"}
    return converted | {
        "outlay-made-by": PRODUCT,
        "outlay-made-at": moment_text(about.made_at),
        "outlay-watermark": str(about.watermark),
        "outlay-period": f"{moment_text(about.period.start)}/{moment_text(about.period.end)}",
        "outlay-zone": about.zone,
    }


def _beside(request: Request) -> str:
    """Return the relative link to the manifest of the same question."""
    query = request.url.query.replace(">", "%3E")
    return f"?{query}&{MANIFEST_PARAMETER}=1" if query else f"?{MANIFEST_PARAMETER}=1"


def _begun(kind: Format, file: ExportFile) -> Pieces:
    """Make the first piece, and return all of them."""
    pieces = _even(kind.pieces(file))
    first = next(pieces, b"")

    def all_of_them() -> Pieces:
        yield first
        yield from pieces

    return all_of_them()


def _even(pieces: Iterator[bytes]) -> Pieces:
    """Yield the same bytes in pieces of about one size."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= PIECE_BYTES:
            whole = b"".join(waiting)
            yield from (whole[at : at + PIECE_BYTES] for at in range(0, size, PIECE_BYTES))
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await run_in_threadpool(next, pieces, None)) is not None:
        yield piece
