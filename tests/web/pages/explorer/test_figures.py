"""The figures of page and file against plain Python over the same events, for random states of the page."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from markupsafe import escape
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.kit.period import local_day, parse_zone
from outlay.query.ask import Query
from outlay.query.refine import Moment, asked_span, refine
from outlay.query.timerange import LastHours, Span
from outlay.web import format as text
from outlay.web.export import ExportFile
from outlay.web.pages.explorer.place import MEASURES, ExplorerPlace, read_explorer
from tests.query import oracle
from tests.web.pages.explorer.explored import TAGS, USERS, ZONE, Explored
from tests.web.site import NOW

VIEWS = ("agent", "user", "model", "allocation")
SHARED_BY = ("team", "agent", "pod", "tag:env", "tag:customer", "tag")
FILTERS = (
    "team:is:growth",
    "team:none",
    "model:not:gpt-4o",
    "user:has",
    f"tag:is:{TAGS[0]}",
    "agent:none_or:writer",
    "cost:over:0.1",
)
RANGES = ("24h", "7d", "30d", "2026-09", "2026-09-03..2026-10-11", "75d")
slow = settings(phases=[Phase.explicit, Phase.reuse, Phase.generate], deadline=None, max_examples=30)


def drawn_state(random: Random) -> str:
    """Return a URL's query."""
    words = [f"view={random.choice(VIEWS)}", f"r={random.choice(RANGES)}"]
    words += [f"f={each}" for each in random.sample(FILTERS, random.choice([0, 0, 1, 2]))]
    words += random.sample(["cmp=prev", "g=week", "cmp=year", "tags=split"], random.choice([0, 1, 2]))
    if words[0].endswith("allocation"):
        words.append(f"by={random.choice(SHARED_BY)}")
    return "&".join(words)


def viewer_of(shop: Explored, random: Random) -> Viewer:
    here = shop.site.outlay.organisation
    lead = Viewer(organisation=here, role="lead", user=USERS[3], teams=("growth",))
    member = Viewer(organisation=here, role="member", user=USERS[0])
    return random.choice(
        [shop.admin, shop.admin, lead, member, Viewer(organisation=here, role="member", user="nobody")]
    )


def expected(shop: Explored, asked: Query, span: Span | None = None) -> oracle.Expected:
    refined = refine(replace(asked, limit=None), Moment(parse_zone(ZONE), NOW))
    return oracle.answer(refined, span or asked_span(refined), parse_zone(ZONE), shop.events)


def baseline_of(asked: Query) -> Span | None:
    refined = refine(asked, Moment(parse_zone(ZONE), NOW))
    return refined.baseline.span if refined.baseline else None


def table(file: ExportFile, name: str) -> tuple[list[Any], Any, bool | None]:
    found = next(each for each in file.tables if each.id == name)
    return list(found.rows), found.total, found.adds_up


def summed(values: Iterable[Any]) -> Decimal:
    return sum((each for each in values if each is not None), Decimal(0))


@slow
@given(st.integers(0, 10**9))
def test_every_table_of_the_file_is_what_the_events_make(shop: Explored, seed: int) -> None:
    random = Random(seed)
    url, viewer = drawn_state(random), viewer_of(shop, random)
    place = read_explorer(viewer, url)
    file = shop.ask(viewer, lambda asking: shop.page.export(asking, url))
    check_groups(shop, place, file)
    check_steps(shop, place, file)
    check_inside(shop, place, file)
    check_why(shop, place, file)


def check_groups(shop: Explored, place: ExplorerPlace, file: ExportFile) -> None:
    measures = (*MEASURES[place.view], "runs") if place.has_runs else MEASURES[place.view]
    asked = replace(place.query, measures=measures, grain="none", order=None)
    wanted = expected(shop, asked)
    rows, total, adds_up = table(file, f"by_{place.by.partition(':')[0]}")
    assert {row["id"]: tuple(row[each] for each in measures) for row in rows} == {
        line.key[0]: line.figures for line in wanted.lines
    }
    assert tuple(total[each] for each in measures) == wanted.totals
    whole = summed([wanted.totals[0]])
    parts = summed(row["cost"] for row in rows)
    repeats = place.by.startswith("tag") and place.query.tags == "repeat"
    assert parts >= whole if repeats else (parts == whole and adds_up)
    before = baseline_of(asked)
    if before is not None:
        earlier = expected(shop, asked, before)
        assert total["previous_cost"] == earlier.totals[0]
        then = {line.key[0]: line.figures[0] for line in earlier.lines}
        for row in rows:
            assert summed([row["previous_cost"]]) == summed([then.get(row["id"])])


def check_steps(shop: Explored, place: ExplorerPlace, file: ExportFile) -> None:
    """Each group that is drawn has its own days; all others together have what is left."""
    grain = place.query.grain if place.query.grain != "none" else "day"
    rows, total, adds_up = table(file, "over_time")
    if place.query.range == LastHours(24):
        assert summed(row["cost"] for row in rows) >= summed([total["cost"]])
        return
    asked = replace(place.query, measures=("cost",), grain=grain, order=None)
    wanted: defaultdict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    drawn = {row["id"] for row in rows if row["kind"] == "row"}
    for line in expected(shop, asked).lines:
        (key,) = line.key
        wanted[line.when.isoformat(), key if key in drawn else None] += summed([line.figures[0]])
    found: defaultdict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    for row in rows:
        found[row["step"], row.get("id")] += summed([row["cost"]])
    assert {key: cost for key, cost in found.items() if cost} == {key: cost for key, cost in wanted.items() if cost}
    assert adds_up == (sum(found.values()) == summed([total["cost"]]))


def check_inside(shop: Explored, place: ExplorerPlace, file: ExportFile) -> None:
    inside = {"user": ("user", "agent", "model"), "model": ("model", "agent", "user")}.get(place.view)
    if inside is None:
        return
    asked = replace(
        place.query, measures=("cost", "requests"), dimensions=inside, grain="none", order=None, comparison="none"
    )
    rows, total, adds_up = table(file, "inside")
    assert {tuple(row[each] for each in inside): (row["cost"], row["requests"]) for row in rows} == {
        line.key: line.figures for line in expected(shop, asked).lines
    }
    assert adds_up
    assert summed(row["cost"] for row in rows) == summed([total["cost"]])


def check_why(shop: Explored, place: ExplorerPlace, file: ExportFile) -> None:
    before = baseline_of(place.query)
    if before is None:
        assert "why" not in {each.id for each in file.tables}
        return
    asked = replace(place.query, measures=("cost",), dimensions=(), grain="none", order=None, tags="repeat")
    now, then = (summed([expected(shop, asked, span).totals[0]]) for span in (None, before))
    rows, total, adds_up = table(file, "why")
    effects = ("volume", "mix", "rate", "new", "gone", "other")
    assert total["from_change"] == now - then == sum(total[f"from_{each}"] for each in effects)
    for each in (*effects, "change"):
        assert sum((row[f"from_{each}"] for row in rows), Decimal(0)) == total[f"from_{each}"]
    assert adds_up


@slow
@given(seed=st.integers(0, 10**9))
@example(seed=137)  # nothing that has a price
@example(seed=256)  # an unpriced request with two tags: its cost is in no row twice
def test_the_page_shows_the_figures_of_the_file(shop: Explored, seed: int) -> None:
    random = Random(seed)
    url, viewer = drawn_state(random), viewer_of(shop, random)
    board = shop.ask(viewer, lambda asking: shop.page.board(asking, url))
    html = "".join(board.panels.values())
    assert "do not add up" not in html
    place = read_explorer(viewer, url)
    rows, total, _ = table(
        shop.ask(viewer, lambda asking: shop.page.export(asking, url)), f"by_{place.by.partition(':')[0]}"
    )
    assert ("nothing" in board.panels) == (not rows)
    if not rows:
        return
    shown = str(board.panels["table"])
    whole = "unpriced" if total["cost"] is None else f'title="{text.usd_exact(total["cost"])}"'
    assert whole in shown[shown.index("<tfoot") :]
    dearest = [row for row in rows if row["cost"]][:20]
    for row in dearest:
        assert f'title="{text.usd_exact(row["cost"])}"' in shown
    parts = summed(row["cost"] for row in rows)
    if parts == summed([total["cost"]]):
        assert "add up to" in shown
    else:
        more = escape(text.usd(parts - summed([total["cost"]])))
        assert f"the rows make {more} more than the total" in shown


@pytest.mark.parametrize("view", ["user", "model"])
def test_what_is_inside_a_row_makes_the_row(shop: Explored, view: str) -> None:
    """A row that stands open three levels deep: each level adds up to the one around it, to the picodollar."""
    key = USERS[0] if view == "user" else "gpt-4o"
    within = [each for each in shop.events if getattr(each.event, view) == key and each.event.agent == "writer"]
    third = "model" if view == "user" else "user"
    spent: Counter[str] = Counter()
    for each in within:
        if getattr(each.event, third):
            spent[getattr(each.event, third)] += each.cost.pico or 0
    innermost = spent.most_common(1)[0][0]
    path = f"{key},{key}~writer,{key}~writer~{innermost}"
    board = shop.ask(shop.admin, lambda asking: shop.page.board(asking, f"view={view}&r=75d&open={path}"))
    html = str(board.panels["table"])
    whole = oracle.MEANINGS["cost"]([each for each in shop.events if getattr(each.event, view) == key])
    assert isinstance(whole, Decimal)
    assert f"each add up to {text.usd_exact(whole)}" in html
    assert html.count('aria-expanded="true"') == 3
    days = {local_day(each.event.time, parse_zone(ZONE)) for each in within if getattr(each.event, third) == innermost}
    for day in days:
        assert f"f={third}:is:{innermost}&amp;f={view}:is:{key}&amp;r={day}" in html or (
            f"f={view}:is:{key}&amp;r={day}" in html  # of the filters, the URL has the alphabet's order
        )
