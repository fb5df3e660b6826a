"""What the Consumption page shows and links to, in all its states."""

import re
from html import unescape
from pathlib import Path

import pytest

from tests.web.pages.made import HOSTILE, UNPRICED, Made, made
from tests.web.site import NOW, open_site


def links(html: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'href="([^"]+)"', html)]


def test_unpriced_use_stands_beside_the_total_and_leads_to_its_calls(shop: Made, admin: dict[str, str]) -> None:
    unpriced = sum(each.cost is None for each in shop.of("2026-10"))
    html = shop.get("/consumption", admin).text
    assert f"without {unpriced} unpriced requests" in html
    assert "/calls?f=cost_status:is:unpriced&r=2026-10" in links(html)
    row = html[html.index(f">{UNPRICED}<") :]
    assert '<span class="chip">unpriced</span>' in row[: row.index("</tr>")]
    assert "$0.00" not in row[: row.index("</tr>")]


def test_the_page_says_that_its_parts_add_up(shop: Made, admin: dict[str, str]) -> None:
    for view in ("cost", "activity"):
        html = shop.get(f"/consumption?view={view}", admin).text
        assert html.count('<details class="proof">') == 2
        assert "do not add up" not in html


def test_a_change_leads_to_why_with_the_same_month_filters_and_comparison(shop: Made, admin: dict[str, str]) -> None:
    found = links(shop.get("/consumption?f=team:is:growth&r=2026-09", admin).text)
    (why,) = (each for each in found if each.endswith("#why"))
    assert why == "/explorer?cmp=prev&f=team:is:growth&r=2026-09#why"
    assert 'id="why"' in shop.get(why, admin).text
    alone = links(shop.get("/consumption?cmp=none&r=2026-09", admin).text)
    assert not [each for each in alone if each.endswith("#why")]


def test_hostile_names_are_text(shop: Made, admin: dict[str, str]) -> None:
    for path in ("/consumption", "/consumption?view=activity", "/calls?r=2026-10"):
        html = shop.get(path, admin).text
        assert "<img" not in html
        assert "&lt;img src=x onerror=" in html
    assert HOSTILE in shop.get("/calls/export.json?r=2026-10", admin).json()["tables"][0]["rows"][0]["user"]


def test_every_link_to_calls_answers_and_keeps_the_filters(shop: Made, admin: dict[str, str]) -> None:
    html = shop.get("/consumption?f=team:is:growth&r=2026-09", admin).text
    calls = {each for each in links(html) if each.startswith("/calls?")}
    assert len(calls) > 30
    assert all("f=team:is:growth" in each for each in calls)
    for each in sorted(calls)[:10]:
        assert shop.get(each, admin).status_code == 200


def test_a_filter_is_a_chip_that_can_be_taken_away(shop: Made, admin: dict[str, str]) -> None:
    html = shop.get("/consumption?f=agent_type:is:api&f=team:is:growth", admin).text
    assert "Agent type is API" in html
    assert "/consumption?f=team:is:growth" in links(html)
    assert "/consumption?f=agent_type:is:api" in links(html)


def test_months_with_data_are_reached_by_steps_and_picker(shop: Made, admin: dict[str, str]) -> None:
    found = links(shop.get("/consumption?r=2026-09", admin).text)
    assert "/consumption?r=2026-08" in found
    assert "/consumption" in found  # October runs: it is the default
    assert "/consumption?r=2026-07" not in found


def test_the_view_survives_a_change_of_month_and_the_month_a_change_of_view(shop: Made, admin: dict[str, str]) -> None:
    found = links(shop.get("/consumption?view=activity&r=2026-09", admin).text)
    assert "/consumption?r=2026-08&view=activity" in found
    assert "/consumption?r=2026-09" in found
    assert "/consumption/export.csv?r=2026-09&view=activity" in found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("r=30d", "This page goes month by month"),
        ("r=nonsense", "is no time range"),
        ("view=pie", "There is no view"),
        ("colour=red", "is no parameter here"),
        ("f=planet:is:mars", "is no dimension"),
        ("g=hour", "changes nothing on this page"),
    ],
)
def test_what_a_link_can_not_mean_is_said_and_the_page_still_shown(
    shop: Made, admin: dict[str, str], query: str, said: str
) -> None:
    answer = shop.get(f"/consumption?{query}", admin)
    assert answer.status_code == 200
    assert said in answer.text
    assert "Spend, October 2026" in answer.text


def test_filtered_out_offers_to_clear(shop: Made, admin: dict[str, str]) -> None:
    html = shop.get("/consumption?r=2026-09&f=pod:is:nowhere", admin).text
    assert "Nothing in September 2026 passes the filter" in html
    assert "/consumption?r=2026-09" in links(html)


def test_an_empty_month_leads_to_the_last_with_data(shop: Made, admin: dict[str, str]) -> None:
    html = shop.get("/consumption?r=2026-02", admin).text
    assert "Nothing in February 2026" in html
    assert "Go to October 2026" in html


def test_an_organisation_without_any_event_is_led_to_the_first(tmp_path: Path) -> None:
    with open_site(tmp_path) as site:
        shop = Made(site, [])
        html = shop.get("/consumption", shop.as_role("admin")).text
        assert "No usage yet" in html
        assert 'href="/welcome"' in html


def test_the_root_path_is_in_every_link(tmp_path: Path) -> None:
    with open_site(tmp_path, root_path="/ai/outlay") as site:
        shop = Made(site, [])
        html = shop.get("/ai/outlay/consumption", shop.as_role("admin")).text
        assert all(each.startswith("/ai/outlay/") for each in links(html) if each.startswith("/"))


def test_another_zone_moves_what_lies_at_midnight(tmp_path: Path) -> None:
    with made(tmp_path, zone="America/New_York") as shop:
        admin = shop.as_role("admin")
        answer = shop.get("/consumption/export.json?r=2026-09", admin).json()
        assert answer["zone"] == "America/New_York"
        assert answer["totals"]["requests"] == len(shop.of("2026-09"))
        assert NOW.isoformat() not in answer["period"].values()
