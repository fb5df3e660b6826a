"""Groups with a high step are found, whatever they have in all; an unknown figure is none."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.access.viewer import Viewer
from outlay.query.ask import Query
from outlay.query.peaks import groups_with_a_peak
from outlay.query.questions import Questions
from outlay.query.timerange import LastDays
from outlay.usage import Tokens, UsageEvent
from tests.web.site import NOW, open_site

USES = {
    "even": [100] * 10,  # much in all
    "peak": [0, 0, 500, 0, 0, 0, 0, 0, 0, 0],
    "low": [20] * 10,
    "early": [900] + [0] * 40,  # before the range
}


def _event(organisation: str, user: str, day: int, tokens: int | None) -> UsageEvent:
    values: dict[str, Any] = {"tokens": Tokens(input_uncached=tokens)}
    moment: datetime = NOW - timedelta(days=day)
    return UsageEvent(
        organisation=organisation,
        source="api:test",
        id=f"{user}-{day}",
        time=moment,
        received_at=NOW,
        user=user,
        model="gpt-4o",
        model_raw="gpt-4o",
        **values,
    )


@pytest.mark.parametrize(
    ("least", "wanted"),
    [
        (100, [("even",), ("peak",)]),
        (101, [("peak",)]),
        (500, [("peak",)]),
        (501, []),
        (20, [("even",), ("low",), ("peak",)]),
    ],
)
def test_groups_with_a_peak(tmp_path: Path, least: int, wanted: list[tuple[str]]) -> None:
    with open_site(tmp_path / "data") as site:
        here = site.outlay.organisation
        events = [
            _event(here, user, len(uses) - 1 - at, tokens)
            for user, uses in USES.items()
            for at, tokens in enumerate(uses)
            if tokens
        ]
        site.outlay.intake.accept(here, [*events, _event(here, "unknown", 1, None)])
        viewer = Viewer(organisation=here, role="admin")
        asked = Query(viewer, ("tokens",), ("user",), grain="day", range=LastDays(30))
        questions = Questions(site.outlay.ledger, site.outlay.control, site.clock)
        found = questions.ask(viewer, lambda asking: groups_with_a_peak(asking, asked, Decimal(least)))
        assert list(found) == wanted
        member = Viewer(organisation=here, role="member", user="low")
        theirs = questions.ask(
            member, lambda asking: groups_with_a_peak(asking, Query(member, ("tokens",), ("user",), "day"), Decimal(1))
        )
        assert list(theirs) == [("low",)]
