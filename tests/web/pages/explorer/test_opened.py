"""Which rows stand open, written into a URL and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.web.pages.explorer.opened import Path, element_id, read_open, toggled, write_open

VALUES = (
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(["-", "~", ",", "%"])
)
PATHS = st.lists(st.tuples(VALUES) | st.tuples(VALUES, VALUES), max_size=5, unique=True).map(tuple)


@given(PATHS)
def test_whatever_values_are_called_they_come_back(paths: tuple[Path, ...]) -> None:
    wanted = {path for path in paths if path != ("",)}  # what has no text at all is no row
    assert set(read_open(write_open(paths))) == wanted


@given(PATHS)
def test_the_order_of_opening_makes_no_other_address(paths: tuple[Path, ...]) -> None:
    assert write_open(paths) == write_open(tuple(reversed(paths)))


@pytest.mark.parametrize(
    ("before", "clicked", "after"),
    [
        pytest.param((), ("u1",), {("u1",)}, id="opens"),
        pytest.param((("u1",), ("u2",)), ("u1",), {("u2",)}, id="closes"),
        pytest.param((("u1",), ("u1", "a"), ("u1", "a", "m")), ("u1", "a"), {("u1",)}, id="closes what is inside"),
        pytest.param((("u1", "a"), ("u1b",)), ("u1",), {("u1", "a"), ("u1b",), ("u1",)}, id="keeps what begins alike"),
    ],
)
def test_a_click_opens_or_closes(before: tuple[Path, ...], clicked: Path, after: set[Path]) -> None:
    assert set(toggled(before, clicked)) == after


def test_too_deep_is_no_row() -> None:
    assert read_open("a~b~c,a~b~c~d") == (("a", "b", "c"),)


def test_what_has_no_value_and_what_is_called_so_are_two_rows() -> None:
    assert element_id((None,)) != element_id(("-",))
