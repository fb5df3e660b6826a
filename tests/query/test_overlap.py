"""What is stored beside a file that is about to be: told by local days of now, whatever zone they were counted in."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from outlay.access.viewer import Viewer
from outlay.ledger.duckdb import DuckLedger
from outlay.query.overlap import stored_beside
from tests.ledger.making import priced

KATHMANDU = ZoneInfo("Asia/Kathmandu")
EVENING = datetime(2026, 10, 20, 18, 15, tzinfo=UTC)  # midnight in Kathmandu
VIEWER = Viewer(organisation="acme", role="admin")


@pytest.mark.parametrize("changed", [pytest.param(False, id="from the start"), pytest.param(True, id="changed since")])
def test_what_lies_beside_is_told_by_days_of_the_zone_of_now(changed: bool) -> None:  # noqa: FBT001 - a parameter
    zone = ZoneInfo("UTC") if changed else KATHMANDU
    ledger = DuckLedger(None, lambda _: zone, memory_mb=256)
    ledger.append([priced("midnight", organisation="acme", time=EVENING, provider="openai")])
    ledger.fold()
    if changed:
        list(ledger.count_in_zone("acme", KATHMANDU))
    with ledger.snapshot() as snapshot:
        of_the_day = {
            day: [
                (each.source, each.events)
                for each in stored_beside(VIEWER, snapshot, ["openai"], [date(2026, 10, day)])
            ]
            for day in (20, 21)
        }
    ledger.close()
    assert of_the_day == {20: [], 21: [("api:test", 1)]}
