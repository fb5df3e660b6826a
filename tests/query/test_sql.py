"""Golden statements: what a question becomes in the words of each engine, with its parameters in order."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from outlay.kit.period import as_micros, parse_zone
from outlay.query import sql
from outlay.query.ask import Filter, Order, Query
from outlay.query.conditions import visible
from outlay.query.dialect import DIALECTS
from outlay.query.group_pages import Place
from outlay.query.plan import plan_for
from outlay.query.refine import Moment, asked_span, refine, within_scope
from outlay.query.source import Reading, source_rows
from outlay.query.statement import Sql
from outlay.query.timerange import LastHours, OneMonth
from tests.query.drawn import ADMIN, LEAD, MEMBER, NAMELESS, Waiting

DUCK = DIALECTS["duckdb"]
UTC_ZONE = parse_zone("UTC")
NOW = datetime(2026, 10, 15, 10, tzinfo=UTC)
SEPTEMBER = Query(ADMIN, ("cost",), ("model",), range=OneMonth(2026, 9))
DAYS = (date(2026, 9, 1), date(2026, 10, 1))
SECOND = 1_000_000


def reading_of(query: Query, days_waiting: int = 1) -> Reading:
    asked = refine(query, Moment(UTC_ZONE, NOW))
    return Reading(asked, plan_for(asked, asked_span(asked), UTC_ZONE, Waiting(days_waiting, 0)), asked.buckets, DUCK)


def test_totals_of_whole_days_read_the_rollup() -> None:
    found = sql.totals(reading_of(SEPTEMBER))
    assert found.text == (
        'SELECT sum("cost") FROM ('
        'SELECT "cost" AS "cost" FROM usage_day WHERE "organisation" = ? AND "day" >= ? AND "day" < ?'
        " UNION ALL "
        'SELECT "cost" AS "cost" FROM usage_day_recent WHERE "organisation" = ? AND "day" >= ? AND "day" < ?'
        ") AS used"
    )
    assert "recent" not in sql.totals(reading_of(SEPTEMBER, days_waiting=0)).text
    assert found.parameters == ("acme", *DAYS, "acme", *DAYS)


def test_runs_are_counted_by_those_alone_and_the_different_ids_of_the_others() -> None:
    found = sql.totals(reading_of(replace(SEPTEMBER, measures=("runs",))))
    assert found.text == (
        'SELECT count(DISTINCT "requested_run_id") + coalesce(sum("lone_runs"), 0) FROM ('
        'SELECT "run_id" AS "requested_run_id", "lone_runs" AS "lone_runs" '
        'FROM run_day WHERE "organisation" = ? AND "day" >= ? AND "day" < ?'
        ") AS used"
    )
    assert found.parameters == ("acme", *DAYS)


def test_groups_without_runs_are_found_in_the_day_sums() -> None:
    found = source_rows(reading_of(replace(SEPTEMBER, measures=("runs", "cost"))), grouped=True)
    days = [
        f'SELECT "model" AS "g0", NULL AS "requested_run_id", NULL AS "lone_runs", "cost" AS "cost" FROM {table} '
        'WHERE "organisation" = ? AND "day" >= ? AND "day" < ?'
        for table in ("usage_day", "usage_day_recent")
    ]
    runs = (
        'SELECT "model" AS "g0", "run_id" AS "requested_run_id", "lone_runs" AS "lone_runs", NULL AS "cost" '
        'FROM run_day WHERE "organisation" = ? AND "day" >= ? AND "day" < ?'
    )
    assert found.text == " UNION ALL ".join([*days, runs])


def test_groups_over_time_read_the_events_where_they_must() -> None:
    query = replace(
        SEPTEMBER, measures=("requests", "error_rate"), dimensions=("task",), grain="hour", range=LastHours(2)
    )
    found = sql.groups(reading_of(query), 100)
    hour = 3600 * SECOND
    start = as_micros(datetime(2026, 10, 15, 8, tzinfo=UTC))
    assert found.text == (
        'SELECT "bucket", "g0", sum("requests"), sum("errors") FROM ('
        'SELECT CASE WHEN epoch_us("time") >= ? THEN ? + least((epoch_us("time") - ?) // ?, ?) END AS "bucket", '
        '"task" AS "g0", "requests" AS "requests", '
        'CASE WHEN "status" = \'error\' THEN "requests" ELSE 0 END AS "errors" '
        'FROM events WHERE "organisation" = ? AND "time" >= ? AND "time" < ? AND "moved_by" IS NULL'
        ') AS used GROUP BY "bucket", "g0" ORDER BY "bucket", "g0" ASC NULLS LAST LIMIT ?'
    )
    assert found.parameters == (
        *(start, 0, start, hour, 1),
        *("acme", datetime(2026, 10, 15, 8), datetime(2026, 10, 15, 10)),  # noqa: DTZ001 - as the ledger stores them
        100,
    )


def test_folding_joins_the_kept_groups() -> None:
    query = replace(SEPTEMBER, measures=("active_users",), dimensions=("model",), limit=2)
    found = sql.folded(reading_of(query), [("gpt-5",), (None,)], "rest", 100)
    assert found.text.endswith(
        ') AS used LEFT JOIN (SELECT unnest(range(?)) AS "rank", unnest(CAST(? AS VARCHAR[])) AS "k0") AS kept '
        'ON used."g0" IS NOT DISTINCT FROM kept."k0" WHERE kept."rank" IS NULL '
        'GROUP BY kept."rank" ORDER BY kept."rank" NULLS LAST LIMIT ?'
    )
    assert found.text.startswith('SELECT kept."rank", count(DISTINCT "active_user") FROM (')
    assert found.parameters == ("acme", *DAYS, "acme", *DAYS, 2, ("gpt-5", None), 100)


def test_a_page_begins_behind_a_place() -> None:
    """Of money, by its expression: the name would mean the column that is summed."""
    order = Order("cost", descending=True)
    reading = reading_of(replace(SEPTEMBER, dimensions=("model", "team"), order=order, limit=2, rest="cut"))
    place = Place(Decimal("0.5"), ("gpt-5", None), NOW)
    found = sql.groups(reading, 3, sql.Page(after=place))
    assert found.text.endswith(
        ') AS used GROUP BY "g0", "g1" HAVING (sum("cost") < ? OR sum("cost") IS NULL OR (sum("cost") = ? AND '
        '("g0" > ? OR "g0" IS NULL OR ("g0" = ? AND ("g1" IS NULL AND FALSE))))) '
        'ORDER BY sum("cost") DESC NULLS LAST, "g0" ASC NULLS LAST, "g1" ASC NULLS LAST LIMIT ?'
    )
    assert found.parameters[-5:] == (Decimal("0.5"), Decimal("0.5"), "gpt-5", "gpt-5", 3)


def test_a_quotient_is_paged_by_the_integer_that_it_is_sorted_by() -> None:
    query = replace(SEPTEMBER, measures=("error_rate",), order=Order("error_rate"), limit=2, rest="cut")
    found = sql.groups(reading_of(query), 3, sql.Page(after=Place(Decimal("0.25"), (None,), NOW)))
    assert found.parameters[-3:] == (250_000_000_000, 250_000_000_000, 3)


def test_a_page_can_begin_later_and_say_how_many_groups_there_are() -> None:
    reading = reading_of(replace(SEPTEMBER, limit=2, rest="cut", offset=4))
    found = sql.groups(reading, 3, sql.Page(offset=4, counted=True))
    assert found.text.startswith('SELECT "g0", sum("cost"), count(*) OVER () AS "groups" FROM (')
    assert found.text.endswith(" LIMIT ? OFFSET ?")
    assert found.parameters[-2:] == (3, 4)


def test_groups_are_counted_without_figuring_anything() -> None:
    reading = reading_of(SEPTEMBER)
    found = sql.count_groups(replace(reading, query=replace(reading.query, measures=(), order=None)))
    assert found.text == (
        'SELECT count(*) FROM (SELECT DISTINCT "g0" FROM ('
        'SELECT "model" AS "g0" FROM usage_day WHERE "organisation" = ? AND "day" >= ? AND "day" < ?'
        " UNION ALL "
        'SELECT "model" AS "g0" FROM usage_day_recent WHERE "organisation" = ? AND "day" >= ? AND "day" < ?'
        ") AS used) AS found"
    )


def test_a_tag_is_exploded_for_groups_and_never_for_totals() -> None:
    reading = reading_of(replace(SEPTEMBER, measures=("requests",), dimensions=("tag:env",)))
    grouped = source_rows(reading, grouped=True)
    assert grouped.text.startswith(
        'SELECT * REPLACE (unnest(CASE WHEN len("g0") > 0 THEN "g0" ELSE [NULL] END) AS "g0") FROM ('
    )
    assert grouped.parameters[:2] == ("env:", 5)
    assert "tags" not in source_rows(reading, grouped=False).text


def test_cost_and_tokens_are_divided_among_the_tags_when_asked_so() -> None:
    reading = reading_of(
        replace(SEPTEMBER, measures=("cost", "output_tokens", "requests"), dimensions=("tag",), tags="split")
    )
    found = source_rows(reading, grouped=True).text
    whole, divided = found.split(" UNION ALL ")
    assert whole.startswith(
        'SELECT "g0", NULL AS "cost", NULL AS "output", "requests" FROM ('
        'SELECT * REPLACE (unnest(CASE WHEN len("g0") > 0 THEN "g0" ELSE [NULL] END) AS "g0") FROM ('
    )
    count = 'greatest(coalesce(len("g0"), 0), 1)'
    assert divided.startswith(
        'SELECT "g0", "cost", "output", NULL AS "requests" FROM (SELECT "g0", '
        'CAST(CAST(("cost" - "cost_left") * 1000000000000 AS HUGEINT) // ("of0") AS DECIMAL(26,0)) '
        "* CAST(0.000000000001 AS DECIMAL(12,12)) "
        '+ CASE WHEN "at0" = 0 THEN "cost_left" ELSE 0 END AS "cost", '
        '("output" - "output_left") // ("of0") + CASE WHEN "at0" = 0 THEN "output_left" ELSE 0 END AS "output" '
        'FROM (SELECT * REPLACE (unnest(CASE WHEN len("g0") > 0 THEN list_sort("g0") ELSE [NULL] END) AS "g0"), '
        f'unnest(range({count})) AS "at0", {count} AS "of0" FROM ('
        'SELECT "g0", sum("cost") AS "cost", sum("output") AS "output", '
        f'sum("cost" % (CAST({count} AS DECIMAL(6,0)) * CAST(0.000000000001 AS DECIMAL(12,12)))) AS "cost_left", '
        f'sum("output" % ({count})) AS "output_left" FROM ('
    )
    assert "left" not in source_rows(reading, grouped=False).text


@pytest.mark.parametrize(
    ("measure", "text"),
    [
        ("requests", 'sum("requests")'),
        ("cost", 'sum("cost")'),
        ("active_agents", 'count(DISTINCT "active_agent")'),
        ("latency_p99", 'quantile_disc("requested_latency_ms", [0.99])[1]'),
        ("cache_write_tokens", 'sum("cache_write_5m"), sum("cache_write_1h"), sum("cache_write_other")'),
        ("first_time", 'min("requested_time")'),
        ("last_time", 'max("requested_time")'),
        ("quantity", 'CASE WHEN min("quantity_unit") = max("quantity_unit") THEN sum("quantity") END'),
        ("requests_per_user", 'sum("user_requests"), count(DISTINCT "active_user")'),
    ],
)
def test_each_kind_of_figure_has_its_words(measure: str, text: str) -> None:
    found = sql.totals(reading_of(replace(SEPTEMBER, measures=(measure,))))
    assert found.text.startswith(f"SELECT {text} FROM (")


@pytest.mark.parametrize(
    ("asked", "text", "parameters"),
    [
        (Filter("team", "is", ("a", "b")), '("team" IN (SELECT unnest(?)))', (("a", "b"),)),
        (Filter("team", "not", ("a", "b")), '("team" IS NULL OR NOT ("team" IN (SELECT unnest(?))))', (("a", "b"),)),
        (Filter("team", "not", ("a",)), '("team" IS NULL OR NOT "team" = ?)', ("a",)),
        (Filter("team", "has"), '"team" IS NOT NULL', ()),
        (Filter("team", "none"), '"team" IS NULL', ()),
        (Filter("latency_ms", "over", ("5000",)), '"latency_ms" > ?', (Decimal(5000),)),
        (Filter("cost", "under", ("-0.5",)), '"cost" < ?', (Decimal("-0.5"),)),
        (Filter("cost", "none"), '"cost" IS NULL', ()),
        (
            Filter("input_tokens", "has"),
            (
                'CASE WHEN coalesce("input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", '
                '"cache_write_other") IS NOT NULL THEN coalesce("input_uncached", 0) + coalesce("cache_read", 0) + '
                'coalesce("cache_write_5m", 0) + coalesce("cache_write_1h", 0) + coalesce("cache_write_other", 0) END '
                "IS NOT NULL"
            ),
            (),
        ),
        (Filter("tag", "is", ("x",)), '(coalesce(list_contains("tags", ?), FALSE))', ("x",)),
        (
            Filter("tag:env", "not", ("p", "d")),
            'NOT (coalesce(list_contains("tags", ?), FALSE) OR coalesce(list_contains("tags", ?), FALSE))',
            ("env:d", "env:p"),
        ),
        (
            Filter("tag", "is", tuple("abcdefg")),
            'coalesce(list_has_any("tags", ?), FALSE)',
            (("a", "b", "c", "d", "e", "f", "g"),),
        ),
        (Filter("tag", "none"), 'coalesce(len("tags") = 0, TRUE)', ()),
        (Filter("team", "none_or", ("a",)), '("team" IS NULL OR "team" = ?)', ("a",)),
        (
            Filter("tag", "none_or", ("x",)),
            '(coalesce(len("tags") = 0, TRUE) OR (coalesce(list_contains("tags", ?), FALSE)))',
            ("x",),
        ),
        (Filter("tag", "has"), 'NOT coalesce(len("tags") = 0, TRUE)', ()),
        (
            Filter("tag:env", "has"),
            'coalesce(len(list_filter("tags", lambda tag: starts_with(tag, ?))) > 0, FALSE)',
            ("env:",),
        ),
        (
            Filter("user", "is", ("'; DROP TABLE events; --",)),
            '"user" = ?',
            ("'; DROP TABLE events; --",),
        ),
    ],
)
def test_each_filter_has_its_words(asked: Filter, text: str, parameters: tuple[Any, ...]) -> None:
    query = refine(replace(SEPTEMBER, filters=(asked,)), Moment(UTC_ZONE, NOW))
    assert visible(query, DUCK) == Sql(f'"organisation" = ? AND {text}', ("acme", *parameters))


@pytest.mark.parametrize(
    ("query", "text", "parameters"),
    [
        pytest.param(Query(ADMIN), "", (), id="an admin"),
        pytest.param(Query(LEAD), ' AND ("user" = ? OR "team" = ?)', ("ann", "core"), id="a lead"),
        pytest.param(Query(MEMBER), ' AND ("user" = ?)', ("bob",), id="a member"),
        pytest.param(Query(NAMELESS), " AND (FALSE)", (), id="who has nothing"),
    ],
)
def test_what_a_viewer_sees_is_in_the_statement(query: Query, text: str, parameters: tuple[str, ...]) -> None:
    assert visible(within_scope(query), DUCK) == Sql(f'"organisation" = ?{text}', ("acme", *parameters))


def test_a_question_with_a_forged_or_missing_scope_never_becomes_sql() -> None:
    borrowed = replace(Query(MEMBER), scope=within_scope(Query(ADMIN)).scope)
    for query in (Query(MEMBER), borrowed):
        with pytest.raises(RuntimeError, match="refined"):
            visible(query, DUCK)


@pytest.mark.parametrize(
    ("over", "under", "quotient"),
    [
        (1, 3, Decimal("0.333333333333")),
        (2, 3, Decimal("0.666666666667")),
        (Decimal("0.000000000001"), 2, Decimal("0.000000000001")),  # half away from zero
        (Decimal("-0.000000000001"), 2, Decimal("-0.000000000001")),
        (Decimal("0.000000000003"), 2, Decimal("0.000000000002")),
        (-1, 3, Decimal("-0.333333333333")),
        (0, 5, Decimal(0)),
        (5, 0, None),
        (None, 5, None),
        (5, None, None),
    ],
)
def test_division_is_exact_then_rounded_once(over: sql.Value, under: sql.Value, quotient: sql.Value) -> None:
    assert sql.divided(over, under) == quotient


def test_equal_ratios_sort_as_equals_whatever_floating_point_makes_of_them() -> None:
    connection = duckdb.connect()
    ratio = DUCK.ratio("over", "CAST(under AS HUGEINT)")
    pairs = [("0.1", 1), ("0.3", 3), ("0.7", 7), ("-0.1", 3), ("0.000000000001", 2), ("99999999999999.9", 7), ("1", 0)]
    for over, under in pairs:
        row = f"(SELECT CAST('{over}' AS DECIMAL(38, 12)) AS over, {under} AS under)"
        ((sorts_as,),) = connection.execute(f"SELECT {ratio} FROM {row}").fetchall()
        shown = sql.divided(Decimal(over), under)
        assert sorts_as == (None if shown is None else shown.scaleb(12))
    connection.close()
