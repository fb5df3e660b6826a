"""Proofs that break, ranges in words, and sums of groups where something is unknown."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from outlay.query.sql import Value
from outlay.query.timerange import Between, Days, LastDays, LastHours, MonthToDate, OneMonth, TimeRange, span_of
from outlay.web.render import Renderer
from outlay.web.view.groups import Group, joined, summed
from outlay.web.view.panels import proof_of, share_of
from outlay.web.view.ranges import range_text

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parts", "total", "holds"),
    [
        pytest.param([Decimal("0.1"), Decimal("0.2")], Decimal("0.3"), True, id="equal to the last digit"),
        pytest.param([Decimal("0.1"), None], Decimal("0.1"), True, id="unknown is skipped"),
        pytest.param([None], None, True, id="nothing known"),
        pytest.param([], None, True, id="nothing at all"),
        pytest.param([Decimal("0.1")], Decimal("0.100000000001"), False, id="a picodollar off"),
        pytest.param([Decimal(0)], None, False, id="zero is not unknown"),
    ],
)
def test_a_proof_holds_only_when_parts_make_the_total(parts: list[Value], total: Value, *, holds: bool) -> None:
    lines = [(f"part {at}", part) for at, part in enumerate(parts)]
    assert proof_of("It adds up", lines, total, holds=True, money=True).holds is holds
    assert proof_of("It adds up", lines, total, holds=False, money=True).holds is False


def test_a_broken_proof_is_said_in_the_open() -> None:
    proof = proof_of("It adds up", [("API", Decimal(1))], Decimal(2), holds=True, money=True)
    source = "{% import 'macros/proof.html' as proofs %}{{ proofs.one(proof) }}"
    html = Renderer().from_string(source, proof=proof)
    assert '<details class="proof broken" open>' in html
    assert "These figures do not add up" in html
    assert "$1.00" in html
    assert "$2.00" in html
    assert "It adds up" not in html


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (OneMonth(2026, 9), "September 2026"),
        (MonthToDate(), "October 2026 to date"),
        (LastHours(24), "the last 24 hours"),
        (LastDays(7), "the last 7 days, 14\N{EN DASH}20 Oct 2026"),
        (Days(date(2026, 10, 25), date(2026, 10, 25)), "25 Oct 2026"),
        (Days(date(2026, 9, 30), date(2026, 10, 1)), "30 Sep \N{EN DASH} 1 Oct 2026"),
        (
            Between(datetime(2026, 10, 1, 8), datetime(2026, 10, 1, 9, 30)),  # noqa: DTZ001 - wall-clock times
            "1 Oct 2026, 08:00 to 1 Oct 2026, 09:30",
        ),
    ],
    ids=str,
)
def test_a_range_in_words(asked: TimeRange, words: str) -> None:
    assert range_text(asked, span_of(asked, BERLIN, NOW), BERLIN) == words


@pytest.mark.parametrize(
    ("values", "total"), [([], None), ([None, None], None), ([None, 3], 3), ([1, 2, None], 3), ([0], 0)]
)
def test_sums_skip_what_is_unknown(values: list[Value], total: Value) -> None:
    assert summed(values) == total


def test_groups_together_keep_what_was_before() -> None:
    groups: list[Group[str | None]] = [
        Group("a", {"tokens": 5}, {"tokens": 7}),
        Group("gone", {"tokens": None}, {"tokens": 2}, gone=True),
    ]
    whole = joined(groups, None)
    assert whole.now == {"tokens": 5}
    assert whole.before == {"tokens": 9}


@pytest.mark.parametrize(("part", "whole"), [(None, 1), (1, None), (1, 0)])
def test_there_is_no_share_of_nothing(part: Value, whole: Value) -> None:
    assert share_of(part, whole) is None
