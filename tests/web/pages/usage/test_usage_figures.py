"""The figures of the Usage page, for random filters, ranges and sorts, against a plain fold of the events."""

from collections.abc import Callable
from typing import Any, TypeVar
from unicodedata import combining, normalize
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.query.ask import Filter, Order, Query
from outlay.query.questions import Asking, Questions
from outlay.web.pages.usage.columns import COLUMNS, NAME, TREND
from outlay.web.pages.usage.figures import COUNTED, SUMS, UsageFigures, usage_figures
from outlay.web.pages.usage.place import PAGE_ROWS, UsagePlace, read_usage
from outlay.web.pages.usage.proof import makes_total
from outlay.web.view.names import Names
from tests.web.pages.held import Held
from tests.web.pages.made import HOSTILE, UNPRICED
from tests.web.pages.usage.crowd import SPIKED, TEAMS

Answer = TypeVar("Answer")

RANGES = ("30d", "7d", "24h", "14d", "2026-09", "2026-10-01..15", "60d")
FILTERS = (
    "f=team:is:team1,team2,growth",
    "f=team:none",
    "f=api_key:is:key1",
    "f=tag:is:env:prod,tier:1",
    f"f=model:is:{quote(UNPRICED)}",
    "f=status:is:error",
    "f=user:not:user007",
    "f=cost:over:0.01",
)
VIEWERS: tuple[dict[str, Any], ...] = (
    {"role": "admin"},
    {"role": "billing"},
    {"role": "lead", "teams": ("team1", "growth"), "user": "user002"},
    {"role": "member", "user": "user003"},
    {"role": "member", "user": "stranger"},
)


def asked(people: Held, viewer: Viewer, answer: Callable[[Asking], Answer]) -> Answer:
    outlay = people.made.site.outlay
    return Questions(outlay.ledger, outlay.control, outlay.clock).ask(viewer, answer)


def figured(people: Held, viewer: Viewer, url: str) -> tuple[UsagePlace, UsageFigures]:
    names = Names(people.made.site.outlay.names, viewer.organisation)

    def answer(asking: Asking) -> tuple[UsagePlace, UsageFigures]:
        place = read_usage(asking, url)
        assert not place.place.notices
        return place, usage_figures(asking, place, names)

    return asked(people, viewer, answer)


def whole(place: UsagePlace, *more: Filter, measures: tuple[str, ...] = SUMS) -> Query:
    query = place.query
    return Query(place.viewer, measures, range=query.range, filters=(*query.filters, *more))


def by_subject(place: UsagePlace, *measures: str) -> Query:
    known = Filter(place.subject, "has")
    rows = (*SUMS, "active_users") if place.subject == "team" else SUMS
    return replace(whole(place, known), measures=measures or rows, dimensions=(place.subject,))


@given(
    st.sampled_from(RANGES),
    st.lists(st.sampled_from(FILTERS), max_size=2, unique=True),
    st.sampled_from(["user", "team"]),
    st.sampled_from(VIEWERS),
    st.integers(1, 3),
)
@settings(max_examples=25)
def test_every_figure_is_what_the_events_make(
    people: Held, asked_range: str, filters: list[str], by: str, who: dict[str, Any], page: int
) -> None:
    url = "&".join([f"r={asked_range}", f"by={by}", f"page={page}", *filters])
    place, figures = figured(people, people.viewer(**who), url)
    expected = people.expected(whole(place, measures=(*SUMS, *COUNTED[place.subject])))
    assert figures.head.totals == expected.totals
    groups = people.groups(by_subject(place))
    assert figures.table.ranked.count == len(groups)
    assert {line.key: dict(line.figures) for line in figures.table.lines} == {
        key: groups[key] for key in figures.table.ranked.keys
    }
    shown = {line.key for line in figures.table.lines}
    others = tuple(key for key in groups if key is not None and key not in shown)
    if others:
        asked = whole(place, Filter(place.subject, "is", others), measures=by_subject(place).measures)
        assert figures.table.rest == dict(zip(asked.measures, people.expected(asked).totals, strict=True))
    else:
        assert figures.table.rest is None
    parts = [line.figures for line in figures.table.lines]
    parts += [each for each in (figures.table.rest, figures.table.nobody) if each is not None]
    assert makes_total(parts, figures.head.numbers(expected.totals))


@given(st.sampled_from(RANGES), st.sampled_from(FILTERS), st.sampled_from(["user", "team"]))
@settings(max_examples=12)
def test_the_chart_is_what_the_events_make(people: Held, asked_range: str, text: str, by: str) -> None:
    place, figures = figured(people, people.viewer("admin"), f"r={asked_range}&by={by}&{text}")
    query = figures.activity.query
    wanted = people.expected(replace(query, limit=None, order=None))
    labels = [step.label for step in figures.activity.buckets]
    if by == "user":
        found = [figures.activity.figure(row, "active_users") for row in figures.activity.rows]
        assert found == [line.figures[0] for line in wanted.lines]
        assert len(labels) >= len(found)
    else:
        total = sum(int(str(figures.activity.figure(row, "requests"))) for row in figures.activity.rows)
        assert total == sum(int(str(line.figures[0])) for line in wanted.lines) == figures.head.total("requests")
    assert place.grain == query.grain


def _as_read(name: str) -> str:
    return "".join(each for each in normalize("NFKD", name.casefold()) if not combining(each))


@pytest.mark.parametrize("by", ["user", "team"])
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("column", [each.id for each in COLUMNS if each.id != TREND])
def test_every_column_sorts(people: Held, column: str, sign: str, by: str) -> None:
    place, figures = figured(people, people.viewer("admin"), f"by={by}&s={sign}{column}")
    measure = {each.id: each.order for each in COLUMNS}[column]
    order = replace(by_subject(place, measure), order=Order(measure, descending=bool(sign)))
    wanted = [line.key[0] for line in people.expected(order).lines]
    assert list(figures.table.ranked.keys) == wanted[:PAGE_ROWS]
    assert [line.key for line in figures.table.lines] == wanted[:PAGE_ROWS]


@pytest.mark.parametrize("sign", ["", "-"])
def test_names_sort_as_people_read_them_page_by_page(people: Held, sign: str) -> None:
    found = []
    for page in (1, 2, 3):
        place, figures = figured(people, people.viewer("admin"), f"s={sign}{NAME}&page={page}")
        found += list(figures.table.ranked.keys)
    labels = Names(people.made.site.outlay.names, people.organisation).of("user", found)
    names = [_as_read(labels[key].name) for key in found]
    assert names == sorted(names, reverse=bool(sign))
    assert set(found) == set(people.groups(by_subject(place, "requests")))
    assert len(found) == len(set(found)) == figures.table.ranked.count


def test_spikes_come_first_when_asked_for(people: Held) -> None:
    _, figures = figured(people, people.viewer("admin"), f"s=-{TREND}")
    assert figures.table.ranked.keys[0] == SPIKED
    _, usual = figured(people, people.viewer("admin"), "")
    without = [key for key in usual.table.ranked.keys if key not in usual.standouts]
    kept = [key for key in figures.table.ranked.keys if key not in usual.standouts]
    assert kept == without[: len(kept)]


@pytest.mark.parametrize(("page", "shown"), [(1, 1), (2, 2), (3, 3), (4, 3), (999_999, 3)])
def test_beyond_the_last_page_is_the_last(people: Held, page: int, shown: int) -> None:
    for sort in ("-cost", "name"):
        _, figures = figured(people, people.viewer("admin"), f"page={page}&s={sort}")
        ranked = figures.table.ranked
        assert (ranked.page, ranked.pages) == (shown, 3)
        assert len(ranked.keys) == (PAGE_ROWS if shown < 3 else ranked.count - 2 * PAGE_ROWS)


@pytest.mark.parametrize(
    ("search", "by", "found"),
    [
        ("USER00", "user", {f"user00{at}" for at in range(10)}),
        ("élise", "user", {f"user{at:03d}" for at in range(0, 130, 5)}),
        ("user01@", "user", set()),
        ("user012@crowd", "user", {"user012"}),
        ("the team1", "team", {"team1"}),
        ("zzz", "team", set()),
        ("%", "user", set()),
        ("user", "team", set()),
    ],
)
def test_a_search_finds_by_name_or_email(people: Held, search: str, by: str, found: set[str]) -> None:
    place, figures = figured(people, people.viewer("admin"), f"by={by}&q={quote(search)}&r=60d")
    ranked = figures.table.ranked
    assert set(ranked.keys) == found
    assert ranked.count == len(found)
    cards = whole(place, measures=(*SUMS, *COUNTED[place.subject]))
    assert figures.head.totals == people.expected(cards).totals  # of all, whatever is searched
    if found:
        asked = whole(place, Filter(by, "is", tuple(sorted(found))), measures=(*SUMS, "models"))
        assert figures.table.total == dict(zip(asked.measures, people.expected(asked).totals, strict=True))
        assert makes_total([each.figures for each in figures.table.lines], figures.table.total)


def test_a_search_of_many_is_paged(people: Held) -> None:
    _, figures = figured(people, people.viewer("admin"), "q=user&page=2")
    assert figures.table.ranked.count > 2 * PAGE_ROWS
    parts = [*(line.figures for line in figures.table.lines), figures.table.rest or {}]
    assert makes_total(parts, figures.table.total)
    assert figures.table.nobody is None


def test_trends_models_and_first_and_last_are_those_of_the_row(people: Held) -> None:
    url = "cols=trend,models,first_time,last_time,cost&r=30d"
    place, figures = figured(people, people.viewer("admin"), url)
    seen = people.groups(by_subject(place, "first_time", "last_time"))
    used = people.expected(replace(by_subject(place, "tokens", "requests"), dimensions=("user", "model"))).lines
    for line in figures.table.lines:
        assert line.seen == (seen[line.key]["first_time"], seen[line.key]["last_time"])
        wanted = [(each.key[1], each.figures[1]) for each in used if each.key[0] == line.key and each.key[1]]
        assert [(each.model, each.requests) for each in line.models] == wanted
        assert sum(value or 0 for value in line.trend) == (line.figures["cost"] or 0)


def test_a_hostile_name_is_a_user_like_any_other(people: Held) -> None:
    _, figures = figured(people, people.viewer("admin"), f"q={quote(HOSTILE)}")
    assert figures.table.ranked.keys == (HOSTILE,)


def test_teams_are_folded_beyond_seven(people: Held) -> None:
    _, figures = figured(people, people.viewer("admin"), "by=team")
    keys = {(row.key[0], row.other) for row in figures.activity.rows}
    assert len([key for key, other in keys if key in TEAMS and not other]) in {7, 8}
    assert (None, True) in keys
