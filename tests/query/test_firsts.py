from collections.abc import Iterator
from datetime import date
from random import Random

import pytest

from outlay.access.viewer import Viewer
from outlay.errors import QueryInvalid
from outlay.kit.period import local_day, parse_zone
from outlay.ledger.store import Snapshot
from outlay.query.ask import Filter
from outlay.query.firsts import first_days
from tests.query import drawn, oracle
from tests.query.test_oracle import ledger_of

KATHMANDU = parse_zone("Asia/Kathmandu")
EVENTS = drawn.ledger(Random(3), 80, "Asia/Kathmandu", drawn.MOMENTS["Asia/Kathmandu"][0])


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with ledger_of(EVENTS, KATHMANDU) as opened:
        yield opened


def expected(viewer: Viewer, dimension: str, wanted: Filter | None = None) -> dict[str, date]:
    found: dict[str, date] = {}
    for priced in EVENTS:
        value = getattr(priced.event, dimension)
        passes = oracle.sees(viewer, priced) and (wanted is None or oracle.passes(wanted, priced))
        if value is not None and priced.event.requests and passes:
            day = local_day(priced.event.time, KATHMANDU)
            found[value] = min(day, found.get(value, day))
    return found


@pytest.mark.parametrize("viewer", drawn.VIEWERS[2:], ids=lambda each: f"{each.organisation}-{each.role}-{each.user}")
@pytest.mark.parametrize("dimension", ["model", "user", "provider"])
def test_the_first_local_day_of_each_value_that_the_viewer_sees(
    snapshot: Snapshot, viewer: Viewer, dimension: str
) -> None:
    assert first_days(viewer, snapshot, dimension) == expected(viewer, dimension)


def test_within_filters(snapshot: Snapshot) -> None:
    wanted = Filter("team", "is", ("growth", "core"))
    assert first_days(drawn.ADMIN, snapshot, "model", (wanted,)) == expected(drawn.ADMIN, "model", wanted)


@pytest.mark.parametrize(
    ("dimension", "filters"), [("tag", ()), ("run_id", ()), ("model", (Filter("cost", "over", ("1",)),)), ("x", ())]
)
def test_what_the_rollup_lacks_is_refused(snapshot: Snapshot, dimension: str, filters: tuple[Filter, ...]) -> None:
    with pytest.raises(QueryInvalid, match="rollup"):
        first_days(drawn.ADMIN, snapshot, dimension, filters)
