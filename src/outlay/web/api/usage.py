"""`GET /api/v1/usage`: any question of the catalogue, answered as JSON with totals and the proof that it adds up."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from outlay.access.roles import require
from outlay.control.database import Control
from outlay.errors import Forbidden, KeyInvalid, NotSignedIn, QueryInvalid
from outlay.kit.money import plain
from outlay.query.ask import Query
from outlay.query.buckets import Bucket
from outlay.query.parse import Asked, parse, write
from outlay.query.questions import Asking, Questions
from outlay.query.result import Result, Row
from outlay.query.sql import Answered
from outlay.query.timerange import Span
from outlay.web.api.display import Display, display_of
from outlay.web.api.endpoint import Endpoint, Parameter
from outlay.web.display_rate import shown_by
from outlay.web.gate import Gate

Figure = int | str | None

AFTER: Final = "after"
PARAMETERS: Final = (
    Parameter("measures", "Figures, comma-separated; docs/reference/queries.md lists all.", "cost,requests"),
    Parameter("by", "Dimensions to group by, comma-separated.", "model"),
    Parameter("grain", "Time buckets: 15m, hour, day, week, month or none.", "day"),
    Parameter("r", "Range: 30d, 24h, mtd, 2026-10, 2026-10-01..15 or two moments.", "30d"),
    Parameter(
        "f", "Filter, repeatable: DIMENSION:is|not:VALUE,… or DIMENSION:has|none.", "agent_type:is:api,framework"
    ),
    Parameter(
        "cmp",
        "Compares with `prev` (the range before), `year` (the same dates a year earlier), `weekdays` (whole weeks "
        "earlier) or a range; a running range with as much of it as has elapsed.",
        "prev",
    ),
    Parameter("s", "Order: a measure or dimension, descending with a leading -.", "-cost"),
    Parameter("n", "Keep the first n groups; what is left is one row with `other` true.", "10"),
    Parameter("rest", "`cut` leaves out what n does not keep, and pages the groups; `other` is the default.", "cut"),
    Parameter(AFTER, "With n and rest=cut: `next` of the page before. The rest of the question stays as it was."),
)


class PartSum(Struct, frozen=True):
    """What the rows of one measure make together, beside the total figured from the events themselves."""

    measure: str
    parts: Figure
    total: Figure


class Period(Struct, frozen=True):
    """From `start` up to but without `end`, UTC."""

    start: str
    end: str


class Baseline(Struct, frozen=True):
    """What the answer is compared with. `running`: only as much as has elapsed of the range asked for; `capped`: the
    other period was shorter than that; `uneven`: they differ in length; `unfinished`: the other one is not over yet.
    """

    start: str
    end: str
    running: bool
    capped: bool
    uneven: bool
    unfinished: bool
    totals: dict[str, Figure]
    rows: list[dict[str, Any]]


class Remark(Struct, frozen=True):
    """Something to know about the answer, or a parameter that was not used."""

    code: str
    message: str


class UsageAnswer(Struct, frozen=True):
    """The answer. Money, quantities and ratios are decimal strings, counts integers, times RFC 3339 in UTC, null is
    unknown (not zero).

    Rows are keyed by measure and dimension ids; with a grain also by its name (`day`: `2026-10-01`) and `start`.
    `display` is the currency that pages of this range show amounts in, with its rate; null where that is USD.
    `adds_up` says that the rows of every additive measure make exactly its total; `parts` shows the figures. `next` is
    the `after` of the page of groups that follows, null on the last one and where nothing was cut.
    """

    query: str
    zone: str
    period: Period
    watermark: int
    rows: list[dict[str, Any]]
    next: str | None
    totals: dict[str, Figure]
    adds_up: bool
    parts: list[PartSum]
    baseline: Baseline | None
    notes: list[Remark]
    display: Display | None


class UsageApi:
    def __init__(self, gate: Gate, questions: Questions, control: Control) -> None:
        self._gate = gate
        self._control = control
        self._questions = questions

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                method="GET",
                path="/api/v1/usage",
                name="askUsage",
                summary="Ask a question",
                description=(
                    "Any measures by any dimensions over any range, as far as the key or member may see. The same "
                    "question gives the same figures here, on every page and in every export. With `n` and `rest=cut` "
                    "groups come page by page, by position and not by number, so every page costs the same."
                ),
                handle=self.ask,
                needs="read",
                parameters=PARAMETERS,
                answer={"application/json": UsageAnswer},
                errors=(QueryInvalid, NotSignedIn, KeyInvalid, Forbidden),
            )
        ]

    async def ask(self, request: Request) -> Response:
        # All of it in a thread: even finding out who asks may have to wait for the control database.
        return await run_in_threadpool(self._ask, request)

    def _ask(self, request: Request) -> Response:
        viewer = self._gate.viewer_of(request)
        require(viewer, "see_usage")
        defaults = Query(viewer)
        asked = parse(request.url.query, defaults, own=(AFTER,))
        query = replace(asked.query, after=asked.own.get(AFTER) or None)

        def answer(asking: Asking) -> UsageAnswer:
            display = display_of(shown_by(self._control, asking, request.url.query))
            return as_answer(asked, defaults, asking.run(query), display)

        found = self._questions.ask(viewer, answer)
        return Response(msgspec.json.encode(found), media_type="application/json")


def as_answer(asked: Asked, defaults: Query, result: Result, display: Display | None = None) -> UsageAnswer:
    """Return the JSON form of a result."""
    return UsageAnswer(
        query=write(asked, defaults),
        zone=result.zone,
        period=_period(result.span),
        watermark=result.watermark,
        rows=[_row(result, row, result.buckets) for row in result.rows],
        next=result.next,
        totals=_figures(result.query.measures, result.totals),
        adds_up=result.adds_up.holds,
        parts=[PartSum(each.measure, figure(each.parts), figure(each.total)) for each in result.adds_up.sums],
        baseline=_baseline(result),
        notes=[Remark(each.code, each.text) for each in result.notes]
        + [Remark("parameter_not_used", f"{each.key}: {each.text}") for each in asked.notices],
        display=display,
    )


def figure(value: Answered) -> Figure:
    """Return a figure as JSON carries it: a decimal as an exact string, an instant as RFC 3339 in UTC, with Z."""
    match value:
        case Decimal():
            return plain(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return value


def _row(result: Result, row: Row, buckets: Sequence[Bucket]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if row.bucket is not None:
        bucket = buckets[row.bucket]
        found = {result.query.grain: bucket.label, "start": bucket.start.isoformat()}
    found |= zip(result.query.dimensions, row.key, strict=True)
    found |= _figures(result.query.measures, row.figures)
    if row.other:
        found["other"] = True
    return found


def _figures(measures: Sequence[str], values: Sequence[Answered]) -> dict[str, Figure]:
    return {measure: figure(value) for measure, value in zip(measures, values, strict=True)}


def _period(span: Span) -> Period:
    return Period(span.start.isoformat(), span.end.isoformat())


def _baseline(result: Result) -> Baseline | None:
    compared = result.compared
    if compared is None:
        return None
    baseline = compared.baseline
    period = _period(baseline.span)
    return Baseline(
        start=period.start,
        end=period.end,
        running=baseline.running,
        capped=baseline.capped,
        uneven=baseline.uneven,
        unfinished=baseline.unfinished,
        totals=_figures(result.query.measures, compared.totals),
        rows=[_row(result, row, compared.buckets) for row in compared.rows],
    )
