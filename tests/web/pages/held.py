"""A running site whose every event is known, so that pages can be held against plain Python over the same events."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.access.viewer import Viewer
from outlay.query.ask import Query
from outlay.query.refine import Moment, asked_span, refine
from outlay.query.sql import Answered
from outlay.usage import PricedEvent
from tests.query import oracle
from tests.web.pages.made import ZONE, Made
from tests.web.site import NOW


class Held(Struct, frozen=True):
    """The site, and every event it holds with its cost."""

    made: Made
    events: Sequence[PricedEvent]

    @property
    def organisation(self) -> str:
        return self.made.site.outlay.organisation

    def viewer(self, role: str, **fields: Any) -> Viewer:
        return Viewer(organisation=self.organisation, role=role, **fields)  # type: ignore[arg-type]

    def expected(self, query: Query) -> oracle.Expected:
        """Answer a question from the events themselves."""
        zone = ZoneInfo(ZONE)
        asked = refine(query, Moment(zone, NOW))
        return oracle.answer(asked, asked_span(asked), zone, self.events)

    def groups(self, query: Query) -> dict[str | None, dict[str, Answered]]:
        """Return the figures of each group of a question by one dimension."""
        asked = refine(query, Moment(ZoneInfo(ZONE), NOW))
        return {
            line.key[0]: dict(zip(asked.measures, line.figures, strict=True)) for line in self.expected(query).lines
        }
