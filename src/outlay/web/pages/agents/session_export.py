"""The file of one session or run: its headline and every call of it, in order, however many."""

from collections.abc import Iterator
from typing import Final

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.errors import NotFound
from outlay.query.event_count import count_events
from outlay.query.event_order import OLDEST_FIRST
from outlay.query.questions import Asking
from outlay.query.refine import Moment
from outlay.web.export import ExportFile, ExportTable, Record, manifest_of, measure_columns, table_of
from outlay.web.pages.agents.place import SESSION, SessionPlace, read_session
from outlay.web.pages.agents.session_figures import MEASURES, question_of
from outlay.web.pages.calls.export import COLUMNS, PIECE_ROWS, as_record

_SUMMARY: Final = measure_columns(MEASURES)


class SessionExport:
    path = SESSION

    def check(self, viewer: Viewer) -> None:
        require(viewer, "see_usage")

    def export(self, asking: Asking, url_query: str) -> ExportFile:
        place = read_session(asking.viewer, url_query)
        if place.whose is None:
            raise NotFound("the address names no session or run")
        asked = question_of(asking, place, place.whose)
        head = asking.run(asked)
        count = count_events(asked, asking.snapshot, Moment(asking.zone, asking.now))
        calls = ExportTable("calls", "Calls in order", COLUMNS, _calls(asking, place), count)
        summary = table_of("summary", "Summary", _SUMMARY, [head.numbers(head.totals)])
        notes = tuple(each.text for each in place.place.notices)
        return ExportFile(place.by, (summary, calls), manifest_of(asking, SESSION, place.place.written, head, notes))


def _calls(asking: Asking, place: SessionPlace) -> Iterator[Record]:
    after: str | None = None
    if place.whose is None:
        return
    asked = question_of(asking, place, place.whose)
    while True:
        page = asking.list_events(asked, order=OLDEST_FIRST, after=after, limit=PIECE_ROWS)
        yield from (as_record(row, asking.zone) for row in page.rows)
        after = page.next
        if after is None:
            return
