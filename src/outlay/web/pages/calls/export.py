"""The file of the Calls page: every event that passes, however many, read from one snapshot in constant memory.

Pages of the list are read one after the other. A call that was moved is one row, in the team it is of by now. No total
is among the rows, each of which is one event: what they make together stands in the manifest.
"""

from collections.abc import Iterator, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.query.ask import Query
from outlay.query.event_count import count_events
from outlay.query.questions import Asking
from outlay.query.refine import Moment
from outlay.query.rows import EventRow
from outlay.web.export import Column, ExportFile, ExportTable, Kind, Record, manifest_of
from outlay.web.pages.calls.page import TOTALS, read_calls
from outlay.web.view.place import CALLS

PIECE_ROWS: Final = 2_000

_COUNTED: Final = ("latency_ms", "first_token_ms")
_TOKENS: Final = (
    "input_uncached",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "cache_write_other",
    "output",
    "reasoning",
    "audio_input",
    "audio_output",
    "image_input",
    "image_output",
    "audio_cache_read",
)
_COSTS: Final = (
    "cost",
    "cost_input",
    "cost_cache_read",
    "cost_cache_write",
    "cost_output",
    "cost_other",
    "reported_cost",
)
_KINDS: Final[Mapping[str, Kind]] = {
    "seq": "count",
    "requests": "count",
    "received_at": "time",
    "tags": "list",
    "also_from": "list",
    "quantity": "quantity",
    **dict.fromkeys(_COUNTED, "duration"),
    **dict.fromkeys(_TOKENS, "tokens"),
    **dict.fromkeys(_COSTS, "money"),
}
_ELSEWHERE: Final = frozenset({"time", "organisation", "moves"})
COLUMNS: Final[tuple[Column, ...]] = (
    Column("time", "time", "Time (UTC)"),
    Column("local_time", "wall", "Local time"),
    *(Column(name, _KINDS.get(name, "text")) for name in EventRow.__struct_fields__ if name not in _ELSEWHERE),
    Column("moved_from", "text"),
    Column("moved_at", "time"),
    Column("input_tokens", "tokens"),
    Column("tokens", "tokens"),
)


class CallsExport:
    path = CALLS

    def check(self, viewer: Viewer) -> None:
        require(viewer, "see_usage")

    def export(self, asking: Asking, url_query: str) -> ExportFile:
        place = read_calls(asking.viewer, url_query)
        place = replace(place, own={**place.own, "after": ""})  # the file is the whole list, whatever page is shown
        found = asking.run(replace(place.query, measures=TOTALS))
        count = count_events(place.query, asking.snapshot, Moment(asking.zone, asking.now))
        calls = ExportTable("calls", "Calls", COLUMNS, _records(asking, place.query, place.own["order"]), count)
        notes = tuple(each.text for each in place.notices)
        return ExportFile("calls", (calls,), manifest_of(asking, CALLS, place.written, found, notes))


def as_record(row: EventRow, zone: ZoneInfo) -> Record:
    """Return an event as one row of a file; its time is there exactly, and once more as local clocks showed it."""
    found = {name: getattr(row, name) for name in EventRow.__struct_fields__ if name not in {"organisation", "moves"}}
    last = row.moves[-1] if row.moves else None
    found["moved_from"], found["moved_at"] = (None, None) if last is None else (last.old, last.at)
    found["local_time"] = row.time.astimezone(zone)
    found["input_tokens"] = row.input_tokens
    found["tokens"] = row.tokens
    return found


def _records(asking: Asking, query: Query, order: str) -> Iterator[Record]:
    after: str | None = None
    while True:
        page = asking.list_events(query, order=order, after=after, limit=PIECE_ROWS)
        yield from (as_record(row, asking.zone) for row in page.rows)
        after = page.next
        if after is None:
            return
