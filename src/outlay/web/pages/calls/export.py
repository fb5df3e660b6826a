"""Exports of the Calls page: every event that passes, however many, streamed from one snapshot in constant memory.

Pages of the list are read one after the other; a file that breaks off in the middle breaks the connection too, so a
short file never looks whole.
"""

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.roles import require
from outlay.query.ask import Query
from outlay.query.parse import Asked, write
from outlay.query.questions import Asking, Questions
from outlay.query.rows import EventRow
from outlay.web.export import CSV_TYPE, JSON_TYPE, Cell, csv_header, csv_lines, json_bytes, json_row, streamed
from outlay.web.gate import Gate
from outlay.web.pages.calls.page import TOTALS, ReadCalls, read_calls
from outlay.web.view.place import CALLS

PIECE_ROWS: Final = 2_000
LEFT_OUT: Final = frozenset({"organisation"})
COLUMNS: Final = (
    "time",
    "local_time",
    *(name for name in EventRow.__struct_fields__ if name not in {"time", "organisation"}),
    "input_tokens",
    "tokens",
)


class CallsExport:
    def __init__(self, gate: Gate, questions: Questions) -> None:
        self._gate = gate
        self._questions = questions

    def routes(self) -> list[Route]:
        return [
            Route(f"{CALLS}/export.csv", self.csv, methods=["GET"]),
            Route(f"{CALLS}/export.json", self.json, methods=["GET"]),
        ]

    async def csv(self, request: Request) -> Response:
        read = await run_in_threadpool(self._read, request)
        return streamed(self._csv_pieces(read), "calls.csv", CSV_TYPE)

    async def json(self, request: Request) -> Response:
        read = await run_in_threadpool(self._read, request)
        return streamed(self._json_pieces(read), "calls.json", JSON_TYPE)

    def _read(self, request: Request) -> ReadCalls:
        viewer = self._gate.viewer_of(request)
        require(viewer, "see_usage")
        require(viewer, "export")
        return read_calls(viewer, request.url.query)

    def _csv_pieces(self, read: ReadCalls) -> Iterator[bytes]:
        yield csv_header(COLUMNS).encode()
        with self._questions.asking(read.query.viewer) as asking:
            for rows in _pages(asking, read.query):
                yield csv_lines(COLUMNS, (as_record(row, asking.zone) for row in rows)).encode()

    def _json_pieces(self, read: ReadCalls) -> Iterator[bytes]:
        with self._questions.asking(read.query.viewer) as asking:
            yield _json_head(asking, read) + b',"rows":['
            before = b""
            for rows in _pages(asking, read.query):
                if rows:
                    records = (json_bytes(json_row(as_record(row, asking.zone))) for row in rows)
                    yield before + b",\n".join(records)
                    before = b",\n"
            yield b"]}"


def as_record(row: EventRow, zone: ZoneInfo) -> dict[str, Cell]:
    """Return an event as one row of a file; times in UTC, and once more as local clocks showed it."""
    found: dict[str, Cell] = {name: getattr(row, name) for name in EventRow.__struct_fields__ if name not in LEFT_OUT}
    found["time"] = row.time.astimezone(UTC)
    found["local_time"] = row.time.astimezone(zone)
    found["input_tokens"] = row.input_tokens
    found["tokens"] = row.tokens
    return found


def _pages(asking: Asking, query: Query) -> Iterator[tuple[EventRow, ...]]:
    after: str | None = None
    while True:
        page = asking.list_events(query, after=after, limit=PIECE_ROWS)
        yield page.rows
        after = page.next
        if after is None:
            return


def _json_head(asking: Asking, read: ReadCalls) -> bytes:
    """Return the file's beginning, an object still open: what was asked, and the totals of all its rows."""
    found = asking.run(replace(read.query, measures=TOTALS))
    totals: dict[str, int | Decimal | None] = {measure: found.total(measure) for measure in TOTALS}
    head = {
        "query": write(Asked(read.query), Query(read.query.viewer)),
        "zone": found.zone,
        "watermark": found.watermark,
        "period": {"start": found.span.start.isoformat(), "end": found.span.end.isoformat()},
        "totals": json_row(totals),
        "notes": [each.text for each in read.notices],
    }
    return json_bytes(head)[:-1]
