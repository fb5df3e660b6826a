"""The files of Consumption, Usage and Calls, in every format, say what the page says: the same rows and totals."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.access.viewer import Viewer
from outlay.query.questions import Asking, Questions
from outlay.web.export import ExportFile
from outlay.web.export.table import KIND, TABLE
from outlay.web.pages.calls.export import CallsExport
from outlay.web.pages.consumption.export import ConsumptionExport
from outlay.web.pages.usage.export import UsageExport
from tests.web.export import reading
from tests.web.export.test_formats import ENDINGS, rows_of
from tests.web.pages.made import UNPRICED, Made

MEASURES: Final = ("requests", "cost", "tokens")
FILTERS: Final = st.lists(
    st.sampled_from(
        (
            "team:is:growth",
            "team:none",
            "agent_type:is:api,framework",
            "agent:not:a1",
            f"model:is:gpt-4o,{UNPRICED}",
            "user:has",
            "service:not:llm",
            "status:is:error",
            "cost_status:is:unpriced",
            "cost:over:0.1",
        )
    ),
    max_size=3,
    unique=True,
)
RANGES: Final = st.sampled_from(("2026-08", "2026-10", "2026-01"))


@pytest.fixture(scope="module")
def asking(shop: Made) -> Iterator[Asking]:
    outlay = shop.site.outlay
    questions = Questions(outlay.ledger, outlay.control, shop.site.clock)
    with questions.asking(Viewer(organisation=outlay.organisation, role="billing")) as opened:
        yield opened


def url_query(month: str, filters: list[str], **own: str) -> str:
    return urlencode([("r", month), *(("f", each) for each in filters), *own.items()], safe=":,")


def by_table(file: ExportFile, rows: reading.Rows) -> dict[str, reading.Rows]:
    found: dict[str, reading.Rows] = {table.id: [] for table in file.tables}
    for row in rows:
        found[row.get(TABLE, file.tables[0].id)].append(row)
    return found


def summed(rows: reading.Rows, measure: str) -> Decimal:
    return sum((row[measure] for row in rows if row.get(KIND) != "total" and measure in row), Decimal(0))


@given(st.sampled_from(("cost", "activity")), RANGES, FILTERS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_consumption_says_the_same_in_every_format(
    asking: Asking, shop: Made, tmp_path: Path, view: str, month: str, filters: list[str]
) -> None:
    page = ConsumptionExport(shop.site.outlay.names)
    query = url_query(month, filters, view=view)
    file = page.export(asking, query)
    wanted = reading.wanted(file)
    for ending in ENDINGS:
        assert rows_of(file, ending, tmp_path) == wanted, ending
    for table, rows in by_table(file, wanted).items():
        (total,) = (row for row in rows if row[KIND] == "total")
        for measure in MEASURES:
            assert summed(rows, measure) == total.get(measure, 0), (table, measure)
    assert all(table.adds_up for table in file.tables)
    days = next(row for row in wanted if row[TABLE] == "agent_type_by_day" and row[KIND] == "total")
    for measure, value in file.manifest.totals.items():
        assert days.get(measure) == (None if value is None else Decimal(str(value)))


@given(RANGES, FILTERS, st.sampled_from(({"by": "user"}, {"by": "team"}, {"q": "u"}, {"q": "zzz"}, {"s": "name"})))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_usage_says_the_same_in_every_format(
    asking: Asking, shop: Made, tmp_path: Path, month: str, filters: list[str], own: dict[str, str]
) -> None:
    file = UsageExport(shop.site.outlay.names).export(asking, url_query(month, filters, **own))
    wanted = reading.wanted(file)
    for ending in ENDINGS:
        again = UsageExport(shop.site.outlay.names).export(asking, url_query(month, filters, **own))
        assert rows_of(again, ending, tmp_path) == wanted, ending
    for table, rows in by_table(file, wanted).items():
        for total in (row for row in rows if row.get(KIND) == "total"):
            for measure in MEASURES:
                if any(measure in row for row in rows if row is not total):
                    assert summed(rows, measure) == total.get(measure, 0), (table, measure)
    assert all(table.adds_up is not False for table in file.tables)


@given(RANGES, FILTERS, st.sampled_from(("", "-cost", "time", "-latency")))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_calls_say_the_same_in_every_format(
    asking: Asking, tmp_path: Path, month: str, filters: list[str], order: str
) -> None:
    query = url_query(month, filters, **({"order": order} if order else {}))
    read = {ending: rows_of(CallsExport().export(asking, query), ending, tmp_path) for ending in ENDINGS}
    totals: dict[str, Any] = dict(CallsExport().export(asking, query).manifest.totals)
    for ending, rows in read.items():
        assert rows == read["csv"], ending
        for measure in MEASURES:
            assert summed(rows, measure) == (totals[measure] or 0), (ending, measure)
    unpriced = [row["requests"] for row in read["csv"] if row["cost_status"] == "unpriced"]
    assert sum(unpriced) == totals["unpriced_requests"]
