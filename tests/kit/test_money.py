from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.kit.money import MAX_PICO, as_pico, as_usd, parse_usd, plain


@pytest.mark.parametrize(
    ("text", "pico"),
    [("0.052005", 52_005_000_000), ("+1", 10**12), ("-0", 0), ("1e-12", 1), ("999999.999999999999", MAX_PICO)],
)
def test_a_decimal_string_becomes_picodollars(text: str, pico: int) -> None:
    assert parse_usd(text) == pico


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one", "no decimal number"),
        ("NaN", "no finite number"),
        ("-Infinity", "no finite number"),
        ("1000000", "a million dollars or more"),
        ("-1e999999999", "a million dollars or more"),
        ("0.0000000000001", "more than 12 decimals"),
        ("1e-999999999", "more than 12 decimals"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_usd(text)


@given(st.integers(-MAX_PICO, MAX_PICO))
def test_every_amount_survives_the_way_through_dollars_and_text(pico: int) -> None:
    assert as_pico(as_usd(pico)) == pico
    assert parse_usd(plain(as_usd(pico))) == pico
    assert Decimal(plain(as_usd(pico))) * 10**12 == pico
