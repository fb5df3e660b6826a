"""A place is read from a URL, written back the same, and every link is a place with something changed."""

from typing import Final
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.access.viewer import Viewer
from outlay.query.ask import Filter, Order, Query
from outlay.query.timerange import LastDays, OneMonth
from outlay.web.render import Renderer
from outlay.web.view.place import Ground, Links, Place, only, read_place

ADMIN: Final = Viewer(organisation="default", role="admin")
GROUND: Final = Ground(
    "/usage",
    Query(ADMIN, ("requests", "cost"), ("user",), order=Order("cost", descending=True), comparison="prev"),
    frozenset({"r", "f", "s", "cmp"}),
    {"by": "user", "page": "1"},
)


def links_of(place: Place) -> Links:
    return Links(Renderer("/ai"), place)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "r=7d",
        "by=team&f=team:is:core,growth&page=3&r=2026-09&s=-requests",
        "cmp=year&live=1&q=ada",
        "cmp=2026-08",
    ],
)
def test_a_state_is_written_as_it_was_read(written: str) -> None:
    place = read_place(GROUND, written)
    assert place.notices == ()
    assert place.written == written


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("r=soon", "is no time range"),
        ("colour=red", "is no parameter here"),
        ("g=hour", "changes nothing on this page"),
        ("f=planet:is:mars", "is no dimension"),
    ],
)
def test_what_a_page_can_not_use_is_said_and_left_out(said: str, shown: str) -> None:
    place = read_place(GROUND, said)
    assert shown in place.notices[0].text
    assert place.written == ""


def test_a_change_of_the_question_begins_at_the_first_page_again() -> None:
    links = links_of(read_place(GROUND, "page=4&by=team&q=core"))
    assert links.over(LastDays(7)) == "/ai/usage?by=team&q=core&r=7d"
    assert links.searching("growth") == "/ai/usage?by=team&q=growth"
    assert links.here(page="5") == "/ai/usage?by=team&page=5&q=core"


def test_filters_are_added_and_taken_away() -> None:
    core, none = only("team", "core"), only("team", None)
    links = links_of(read_place(GROUND, "f=team:is:core"))
    assert none == Filter("team", "none")
    assert links.without(core) == "/ai/usage"
    assert links.narrowed(only("model", "m:1")) == "/ai/usage?f=model:is:m%3A1&f=team:is:core".replace("%3A", ":")


def test_calls_and_files_keep_range_and_filters() -> None:
    links = links_of(read_place(GROUND, "f=team:is:core&live=1&page=2&r=2026-09"))
    assert links.calls(only("user", "ada")) == "/ai/calls?f=team:is:core&f=user:is:ada&r=2026-09"
    assert links.calls(range=OneMonth(2026, 8)) == "/ai/calls?f=team:is:core&r=2026-08"
    assert links.beside("/export.csv") == "/ai/usage/export.csv?f=team:is:core&page=2&r=2026-09"


@settings(max_examples=200)
@given(st.text(alphabet="abc=&%:,+ ;fr\N{SNOWMAN}0129.-", max_size=60))
def test_any_query_string_gives_a_place_that_is_stable(query: str) -> None:
    place = read_place(GROUND, query)
    again = read_place(GROUND, place.written)
    assert again.written == place.written
    assert urlsplit(links_of(place).to(place)).path == "/ai/usage"
