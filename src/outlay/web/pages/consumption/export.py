"""Exports of the Consumption page: `/consumption/export.csv` and `.json`, with the page's own URL parameters.

For a signed-in member or an API key that may read; either must be allowed to see the whole organisation.
"""

from typing import Any, Final

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.roles import require
from outlay.access.viewer import Viewer
from outlay.control.entities import Registry
from outlay.query.ask import Query
from outlay.query.parse import Asked, write
from outlay.query.questions import Asking, Questions
from outlay.query.result import Result
from outlay.query.timerange import OneMonth, Span
from outlay.web.export import CSV_TYPE, JSON_TYPE, as_file, csv_header, csv_lines, json_bytes, json_row
from outlay.web.gate import Gate
from outlay.web.pages.consumption.figures import ActivityFigures, CostFigures
from outlay.web.pages.consumption.month import CONSUMPTION, MonthPlace, read_month
from outlay.web.pages.consumption.page import check_role, figures_of
from outlay.web.pages.consumption.tables import ExportTable, columns_of, tables_of
from outlay.web.view.names import Names

FILES: Final = ("csv", "json")


class Exported(Struct, frozen=True):
    """What a file is made from."""

    place: MonthPlace
    figures: CostFigures | ActivityFigures
    tables: list[ExportTable]
    notices: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"consumption-{self.place.view}-{self.place.month}"


class ConsumptionExport:
    def __init__(self, gate: Gate, questions: Questions, registry: Registry) -> None:
        self._gate = gate
        self._questions = questions
        self._registry = registry

    def routes(self) -> list[Route]:
        return [
            Route(f"{CONSUMPTION}/export.csv", self.csv, methods=["GET"]),
            Route(f"{CONSUMPTION}/export.json", self.json, methods=["GET"]),
        ]

    async def csv(self, request: Request) -> Response:
        found = await run_in_threadpool(self._exported, request)
        columns = columns_of(found.figures)
        rows = ({"table": table.id, **row} for table in found.tables for row in (*table.rows, table.total))
        return as_file(csv_header(columns) + csv_lines(columns, rows), f"{found.name}.csv", CSV_TYPE)

    async def json(self, request: Request) -> Response:
        found = await run_in_threadpool(self._exported, request)
        return as_file(json_bytes(_as_json(found)), f"{found.name}.json", JSON_TYPE)

    def _exported(self, request: Request) -> Exported:
        viewer = self._gate.viewer_of(request)
        check_role(viewer)
        require(viewer, "export")
        return self._questions.ask(viewer, lambda asking: self._figures(asking, viewer, request.url.query))

    def _figures(self, asking: Asking, viewer: Viewer, url_query: str) -> Exported:
        place = read_month(asking, url_query)
        figures = figures_of(asking, place)
        names = Names(self._registry, viewer.organisation)
        return Exported(place, figures, tables_of(figures, names), tuple(each.text for each in place.place.notices))


def _as_json(found: Exported) -> dict[str, Any]:
    days = found.figures.days
    return {
        "view": found.place.view,
        "query": _query_text(found.place),
        "zone": days.zone,
        "watermark": days.watermark,
        "period": _period(days.span),
        "baseline": _baseline(days),
        "totals": json_row({measure: days.total(measure) for measure in days.query.measures}),
        "adds_up": all(table.adds_up for table in found.tables),
        "tables": [
            {
                "id": table.id,
                "adds_up": table.adds_up,
                "rows": [json_row(row) for row in table.rows],
                "total": json_row(table.total),
            }
            for table in found.tables
        ],
        "notes": [*(note.text for note in days.notes), *found.notices],
    }


def _query_text(place: MonthPlace) -> str:
    """Return the canonical question, its month always stated: a file is read when the month is another."""
    asked = Query(place.viewer, range=OneMonth(place.month.year, place.month.month), filters=place.filters)
    return write(Asked(asked, own={"view": place.view}), Query(place.viewer))


def _baseline(days: Result) -> dict[str, Any] | None:
    if days.compared is None:
        return None
    baseline = days.compared.baseline
    totals = {measure: days.total_before(measure) for measure in days.query.measures}
    return {
        **_period(baseline.span),
        "running": baseline.running,
        "capped": baseline.capped,
        "totals": json_row(totals),
    }


def _period(span: Span) -> dict[str, str]:
    return {"start": span.start.isoformat(), "end": span.end.isoformat()}
