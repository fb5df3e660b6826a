"""Every rule for figures and times, at its boundaries."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.kit.period import Month, parse_zone
from outlay.web import format as text
from outlay.web.format import Change

D = Decimal
AMOUNTS = st.decimals(min_value=-(10**11), max_value=10**11, places=12)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, "—"),
        ("0", "$0.00"),
        ("0.000000000001", "<$0.01"),
        ("0.009999", "<$0.01"),
        ("0.01", "$0.01"),
        ("12.345", "$12.34"),
        ("12.355", "$12.36"),
        ("999.994", "$999.99"),
        ("999.996", "$1,000"),
        ("1000", "$1,000"),
        ("12345.67", "$12,346"),
        ("999999.4", "$999,999"),
        ("999999.6", "$1.00M"),
        ("1234567", "$1.23M"),
        ("999994999", "$999.99M"),
        ("999996000", "$1.00B"),
        ("-0.001", ">\N{MINUS SIGN}$0.01"),
        ("-12.5", "\N{MINUS SIGN}$12.50"),
        ("-1234567", "\N{MINUS SIGN}$1.23M"),
    ],
)
def test_money_of_a_card(amount: str | None, shown: str) -> None:
    assert text.usd(None if amount is None else D(amount)) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, "—"),
        ("0.000000000000", "$0.00"),
        ("5", "$5.00"),
        ("1234.5678901", "$1,234.5678901"),
        ("0.000042", "$0.000042"),
        ("-3.10", "\N{MINUS SIGN}$3.10"),
    ],
)
def test_exact_money(amount: str | None, shown: str) -> None:
    assert text.usd_exact(None if amount is None else D(amount)) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, "—"),
        ("0", "$0.00"),
        ("1", "$1.00"),
        ("1.2345", "$1.23"),
        ("0.9999", "$0.9999"),
        ("0.0123456", "$0.0123"),
        ("0.01", "$0.0100"),
        ("0.0099", "$0.0099"),
        ("0.00994", "$0.0099"),
        ("0.00999", "$0.010"),
        ("0.000042", "$0.000042"),
        ("0.0000421", "$0.000042"),
        ("0.000000000001", "$0.000000000001"),
        ("-0.000042", "\N{MINUS SIGN}$0.000042"),
    ],
)
def test_money_of_a_row(amount: str | None, shown: str) -> None:
    assert text.usd_row(None if amount is None else D(amount)) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("151.06", "+$151.06"),
        ("-2", "\N{MINUS SIGN}$2.00"),
        ("0", "$0.00"),
        ("0.0000001", "+<$0.01"),
        (None, text.DASH),
    ],
)
def test_a_difference_says_which_way(amount: str | None, shown: str) -> None:
    assert text.usd_difference(None if amount is None else D(amount), 2) == shown


@pytest.mark.parametrize(
    ("amounts", "shown"),
    [
        (["12", "3.5", "0"], ["$12.00", "$3.50", "$0.00"]),
        (["1.5", "0.02", None], ["$1.5000", "$0.0200", "—"]),
        (["0.5", "0.000042"], ["$0.500000", "$0.000042"]),
        (["5210.44", "0.000042"], ["$5,210.44", "<$0.01"]),
        (["359.4766", "48.7588", "0.0133"], ["$359.48", "$48.76", "$0.01"]),
        (["2.5", "0.000042"], ["$2.5000", "<$0.0001"]),
        (["400", "0.0021", "0.0032"], ["$400.0000", "$0.0021", "$0.0032"]),
        ([None, None], ["—", "—"]),
        (["0"], ["$0.00"]),
    ],
    ids=[
        "dollars",
        "cents",
        "tiny",
        "beside thousands",
        "beside tens",
        "beside dollars",
        "one large",
        "no data",
        "a true zero",
    ],
)
def test_a_column_has_one_precision(amounts: list[str | None], shown: list[str]) -> None:
    assert text.usd_column(None if each is None else D(each) for each in amounts) == shown


@given(AMOUNTS)
def test_only_a_true_zero_reads_as_zero(amount: Decimal) -> None:
    for shown in (text.usd(amount), text.usd_row(amount), text.usd_row(amount, 2), text.usd_exact(amount)):
        assert (shown.strip("\N{MINUS SIGN}").strip("$0.,") == "") == (amount == 0)
        assert "E" not in shown


@given(st.lists(AMOUNTS, min_size=1))
def test_the_figures_of_a_column_line_up(amounts: list[Decimal]) -> None:
    decimals = {len(each.rpartition(".")[2]) for each in text.usd_column(amounts)}
    assert len(decimals) == 1


@pytest.mark.parametrize(
    ("price", "shown"),
    [(None, "—"), ("3", "$3.00 / 1M"), ("0.075", "$0.075 / 1M"), ("0", "$0.00 / 1M")],
)
def test_prices(price: str | None, shown: str) -> None:
    assert text.unit_price(None if price is None else D(price)) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (None, "—"),
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10.0K"),
        (12_345, "12.3K"),
        (99_949, "99.9K"),
        (99_951, "100K"),
        (999_499, "999K"),
        (999_501, "1.00M"),
        (999_950, "1.00M"),
        (1_204_113, "1.20M"),
        (12_345_678, "12.3M"),
        (8_412_900_121, "8.41B"),
        (10**15, "1.00Q"),
        (-12_345, "\N{MINUS SIGN}12.3K"),
        (-5, "\N{MINUS SIGN}5"),
    ],
)
def test_tokens(count: int | None, shown: str) -> None:
    assert text.tokens(count) == shown


@given(st.integers(min_value=10_000, max_value=10**17))
def test_large_counts_have_three_digits_and_are_close(count: int) -> None:
    shown = text.tokens(count)
    digits = shown[:-1].replace(".", "").replace(",", "")
    value = Decimal(shown[:-1].replace(",", "")) * 1000 ** (" KMBTQ".index(shown[-1]))
    assert len(digits) == 3
    assert abs(value - count) <= Decimal(count) / 199


@pytest.mark.parametrize(
    ("function", "value", "shown"),
    [
        (text.counted, None, "—"),
        (text.counted, 1_204_113, "1,204,113"),
        (text.percent, None, "—"),
        (text.percent, D(0), "0%"),
        (text.percent, D("0.0004"), "<0.1%"),
        (text.percent, D("0.123"), "12.3%"),
        (text.percent, D("0.06"), "6.0%"),
        (text.percent, D("0.9996"), ">99.9%"),
        (text.percent, D(1), "100%"),
        (text.milliseconds, None, "—"),
        (text.milliseconds, 850, "850 ms"),
        (text.milliseconds, D("999.6"), "1.00 s"),
        (text.milliseconds, 9_996, "10.0 s"),
        (text.milliseconds, 12_500, "12.5 s"),
        (text.milliseconds, 192_000, "3.2 min"),
        (text.quantity, None, "—"),
        (text.quantity, D("1234.5000"), "1,234.5"),
    ],
)
def test_counts_and_shares(function: Callable[[object], str], value: object, shown: str) -> None:
    assert function(value) == shown


def test_a_quantity_has_its_unit() -> None:
    assert text.quantity(D(9120), "pages") == "9,120 pages"


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (None, 1, Change("", "—")),
        (1, None, Change("", "—")),
        (0, 0, Change("", "≈0", "0")),
        (5, 0, Change("", "new", "+5")),
        (1004, 1000, Change("", "≈0", "+4")),
        (1005, 1000, Change("↑", "+0.5%", "+5")),
        (112, 100, Change("↑", "+12.0%", "+12")),
        (350, 100, Change("↑", "+250%", "+250")),
        (1099, 100, Change("↑", "+999%", "+999")),
        (1200, 100, Change("↑", "\N{MULTIPLICATION SIGN}12", "+1,100")),
        (80, 100, Change("↓", "\N{MINUS SIGN}20.0%", "\N{MINUS SIGN}20")),
        (0, 100, Change("↓", "\N{MINUS SIGN}100%", "\N{MINUS SIGN}100")),
        (D(5), D(-10), Change("↑", "+150%", "+15")),
    ],
)
def test_changes(now: Decimal | int | None, before: Decimal | int | None, change: Change) -> None:
    assert text.change(now, before) == change


@pytest.mark.parametrize(
    ("now", "before", "amount", "shown"),
    [
        (D("14682.10"), D(12904), text.usd, "+$1,778 (+13.8%)"),
        (D(8), D(10), text.usd, "\N{MINUS SIGN}$2.00 (\N{MINUS SIGN}20.0%)"),
        (40_000, 20_000, text.tokens, "+20.0K (+100%)"),
        (D(10), D(0), text.usd, "new"),
    ],
)
def test_changes_with_their_amount(
    now: Decimal | int, before: Decimal | int, amount: Callable[[object], str], shown: str
) -> None:
    assert text.change(now, before, amount).text == shown


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        (None, D(1), Change("", "—")),
        (D("0.052"), D("0.04"), Change("↑", "+1.2 pp")),
        (D("0.04"), D("0.052"), Change("↓", "\N{MINUS SIGN}1.2 pp")),
        (D("0.0401"), D("0.04"), Change("", "≈0", "+0.01 pp")),
    ],
)
def test_ratios_change_in_points(now: Decimal | None, before: Decimal | None, change: Change) -> None:
    assert text.change_in_points(now, before) == change


def test_days_and_ranges() -> None:
    assert text.day(date(2026, 10, 4)) == "4 Oct 2026"
    assert text.day_short(date(2026, 10, 4)) == "4 Oct"
    assert text.day_long(date(2026, 10, 14)) == "Wed 14 Oct 2026"
    assert text.month(Month(2026, 10)) == "October 2026"
    assert text.month_short(Month(2026, 10)) == "Oct"


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (date(2026, 10, 1), date(2026, 10, 1), "1 Oct 2026"),
        (date(2026, 10, 1), date(2026, 10, 14), "1\N{EN DASH}14 Oct 2026"),
        (date(2026, 9, 30), date(2026, 10, 14), "30 Sep \N{EN DASH} 14 Oct 2026"),
        (date(2025, 12, 31), date(2026, 1, 2), "31 Dec 2025 \N{EN DASH} 2 Jan 2026"),
    ],
)
def test_a_range_says_each_part_once(first: date, last: date, shown: str) -> None:
    assert text.days(first, last) == shown


@pytest.mark.parametrize(
    ("zone", "at", "shown"),
    [
        ("UTC", datetime(2026, 10, 14, tzinfo=UTC), "UTC"),
        ("Europe/London", datetime(2026, 12, 14, tzinfo=UTC), "Europe/London (UTC)"),
        ("Europe/Berlin", datetime(2026, 10, 14, tzinfo=UTC), "Europe/Berlin (UTC+2)"),
        ("Asia/Kathmandu", datetime(2026, 10, 14, tzinfo=UTC), "Asia/Kathmandu (UTC+5:45)"),
        ("America/St_Johns", datetime(2026, 12, 14, tzinfo=UTC), "America/St_Johns (UTC\N{MINUS SIGN}3:30)"),
    ],
)
def test_zones_say_their_offset(zone: str, at: datetime, shown: str) -> None:
    assert text.zone_name(parse_zone(zone), at) == shown


def test_instants_are_shown_in_the_zone() -> None:
    moment = datetime(2026, 10, 14, 22, 5, 9, tzinfo=UTC)
    assert text.local_time(moment, parse_zone("Asia/Kathmandu")) == "15 Oct 2026, 03:50"
    assert text.local_seconds(moment, parse_zone("UTC")) == "14 Oct 2026, 22:05:09"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (172_799, "47 h ago"),
        (172_800, "2 days ago"),
    ],
)
def test_ages(seconds: int, shown: str) -> None:
    now = datetime(2026, 10, 14, tzinfo=UTC)
    assert text.ago(now - timedelta(seconds=seconds), now) == shown


@pytest.mark.parametrize(
    ("elapsed", "shown"),
    [
        (timedelta(minutes=59), "partial, 59 min"),
        (timedelta(hours=14, minutes=50), "partial, 14 h"),
        (timedelta(days=20, hours=14), "partial, 20 days"),
    ],
)
def test_a_running_bucket_says_how_much_has_passed(elapsed: timedelta, shown: str) -> None:
    assert text.partial(elapsed) == shown


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "|calc",
        "%0A",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff20A",
        "\u200b=1",
        "\xa0\uff1d1",
    ],
)
def test_a_spreadsheet_formula_is_disarmed(cell: str) -> None:
    assert text.csv_text(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "gpt-5", "a=b", "Ünïcode", "1.5"])
def test_other_text_goes_out_unchanged(cell: str) -> None:
    assert text.csv_text(cell) == cell
