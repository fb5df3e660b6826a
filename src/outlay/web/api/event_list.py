"""`GET /api/v1/events`: the stored events behind any figure, in one of a few orders, page by page, in the form they
were sent.
"""

from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from outlay.access.roles import require
from outlay.control.database import Control
from outlay.errors import Forbidden, KeyInvalid, NotSignedIn, QueryInvalid
from outlay.query.ask import Query
from outlay.query.event_order import EVENT_ORDERS, NEWEST_FIRST
from outlay.query.parse import Asked, parse, write
from outlay.query.questions import Asking, Questions
from outlay.query.rows import EventRow, EventsPage
from outlay.usage import Tokens
from outlay.web.api.display import Display, display_of
from outlay.web.api.endpoint import Endpoint, Parameter
from outlay.web.api.usage import AFTER, PARAMETERS, Remark, figure
from outlay.web.display_rate import shown_by
from outlay.web.gate import Gate

ORDER: Final = "order"
DEFAULT_LIMIT: Final = 100
MOST_LIMIT: Final = 1000

_SHOWN_OTHERWISE: Final = frozenset({"seq", "organisation", "tags", "metadata", *Tokens.__struct_fields__})
_AS_STORED: Final = tuple(name for name in EventRow.__struct_fields__ if name not in _SHOWN_OTHERWISE)


class EventsPageAnswer(Struct, frozen=True):
    """One page of events. `next` is the `after` of the following page, null on the last one.

    An event carries the fields it was sent with, `cost` and its parts as decimal strings (null: unpriced).
    `display` is the currency that pages of this range show amounts in, with its rate; null where that is USD.
    """

    query: str
    zone: str
    watermark: int
    events: list[dict[str, Any]]
    next: str | None
    notes: list[Remark]
    display: Display | None


class EventListApi:
    def __init__(self, gate: Gate, questions: Questions, control: Control) -> None:
        self._gate = gate
        self._control = control
        self._questions = questions

    def endpoints(self) -> list[Endpoint]:
        shared = [parameter for parameter in PARAMETERS if parameter.name in {"r", "f"}]
        return [
            Endpoint(
                method="GET",
                path="/api/v1/events",
                name="listEvents",
                summary="List events",
                description=(
                    "The events that a figure with the same range and filters stands for, newest first or in the asked "
                    "order. Paging goes by place, not by number, so every page costs the same; and all pages show the "
                    "ledger as the first one did, so nothing is shown twice or lost."
                ),
                handle=self.list,
                needs="read",
                parameters=(
                    *shared,
                    Parameter("n", f"Events on a page, at most {MOST_LIMIT:,}; {DEFAULT_LIMIT} when left out.", "100"),
                    Parameter(ORDER, f"One of {', '.join(EVENT_ORDERS)}; a minus in front: largest first.", "-cost"),
                    Parameter(AFTER, "`next` of the page before."),
                ),
                answer={"application/json": EventsPageAnswer},
                errors=(QueryInvalid, NotSignedIn, KeyInvalid, Forbidden),
            )
        ]

    async def list(self, request: Request) -> Response:
        return await run_in_threadpool(self._list, request)

    def _list(self, request: Request) -> Response:
        viewer = self._gate.viewer_of(request)
        require(viewer, "see_usage")
        defaults = Query(viewer)
        asked = parse(request.url.query, defaults, own=(AFTER, ORDER))
        limit = asked.query.limit or DEFAULT_LIMIT
        if limit > MOST_LIMIT:
            raise QueryInvalid(f"{limit} events can't be listed at once; 1 to {MOST_LIMIT:,} can")

        def answer(asking: Asking) -> EventsPageAnswer:
            after, order = asked.own.get(AFTER), asked.own.get(ORDER, NEWEST_FIRST)
            page = asking.list_events(asked.query, order=order, after=after, limit=limit)
            display = display_of(shown_by(self._control, asking, request.url.query))
            return _as_answer(asked, defaults, page, display)

        found = self._questions.ask(viewer, answer)
        return Response(msgspec.json.encode(found), media_type="application/json")


def _as_answer(asked: Asked, defaults: Query, page: EventsPage, display: Display | None) -> EventsPageAnswer:
    return EventsPageAnswer(
        query=write(asked, defaults),
        zone=page.zone,
        watermark=page.watermark,
        events=[as_sent(row) for row in page.rows],
        next=page.next,
        notes=[Remark("parameter_not_used", f"{each.key}: {each.text}") for each in asked.notices],
        display=display,
    )


def as_sent(row: EventRow) -> dict[str, Any]:
    """Return a stored event in the form it would be sent in, with what Outlay added."""
    counts = {name: getattr(row, name) for name in Tokens.__struct_fields__}
    tokens = {"input": row.input_tokens, **counts}
    found: dict[str, Any] = {name: _as_json(getattr(row, name)) for name in _AS_STORED}
    found["tags"] = row.tags or []
    found["tokens"] = {name: count for name, count in tokens.items() if count is not None}
    found["metadata"] = msgspec.json.decode(row.metadata) if row.metadata else None
    return found


def _as_json(value: object) -> object:
    return figure(value) if isinstance(value, Decimal) else value
