"""The settings as people use them: on a phone, with the longest names, by keyboard, and after a mistake."""

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from outlay.access.keys import NewKey
from outlay.control.members import NewMember, create_member
from outlay.control.teams import TeamSettings, create_team
from outlay.control.trail import SYSTEM
from tests.browser import Reports
from tests.journeys.shop import Shop, served
from tests.keys import issued

NAMES: Final = (
    "x" * 100,
    "Wolfeschlegelsteinhausenbergerdorff " * 2,
    "فريق الشرق الأوسط وشمال أفريقيا",
    "東京開発チーム🚀" * 6,
)
ADDRESS: Final = f"{'first.middle.last.' * 3}{{}}@subdomain.example-company.example"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with served(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.mark.parametrize("tab", ["Organisation", "API keys", "Audit trail"])
def test_the_open_tab_shows_in_a_strip_that_is_wider_than_the_screen(
    page_with_reports: Page, shop: Shop, tab: str
) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{shop.url}/settings/members")
    strip = page.locator(".subnav ul")
    assert strip.evaluate("strip => strip.scrollWidth > strip.clientWidth"), "else there is nothing to show"
    strip.get_by_role("link", name=tab, exact=True).click()
    expect(page.locator(".subnav [aria-current=page]")).to_have_text(tab)
    expect(page.locator(".subnav [aria-current=page]")).to_be_in_viewport(ratio=0.95)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("scrollY") == 0


@pytest.fixture(scope="module")
def crowded(shop: Shop) -> tuple[str, ...]:
    """Give the organisation what is hard to show, and return the pages that show it."""
    outlay = shop.made.site.outlay
    control, organisation, now = outlay.control, outlay.organisation, outlay.clock.now()
    team, pages = None, []
    for number, name in enumerate(NAMES):
        wanted = TeamSettings(name=name, parent=team, cost_centre="CC-" + "9" * 60)
        team = create_team(control, organisation, wanted, SYSTEM, now, f"deep-{number}").id
        new = NewMember(email=ADDRESS.format(number), name=name, role="lead", teams=(team,), teams_led=(team,))
        member = create_member(control, organisation, new, SYSTEM, now)
        key, _ = issued(control, organisation, NewKey(name=name[:100], team=team, tags=("env:" + "y" * 80,)), now)
        pages += [f"/settings/teams/{team}", f"/settings/members/{member.id}", f"/keys/{key.id}"]
    lists = ("members", "teams", "sign-on", "second-factor", "audit", "organisation")
    return (*pages[-6:], *(f"/settings/{each}" for each in lists), "/keys", "/account", "/me", "/search?q=x")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")], ids=["wide, light", "narrow, dark"])
def test_the_longest_names_neither_push_a_page_aside_nor_shut_anybody_out(
    page_with_reports: Page, axe: Callable[[Page], None], shop: Shop, crowded: tuple[str, ...], width: int, theme: str
) -> None:
    page = page_with_reports
    shop.sign_in(page, outlay_theme=theme)
    page.set_viewport_size({"width": width, "height": 800})
    for path in crowded:
        page.goto(shop.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        axe(page)


def test_a_form_that_came_back_is_gone_on_with_where_it_is_wrong(
    page_with_reports: Page, reports: Reports, shop: Shop
) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(f"{shop.url}/settings/new-team")
    page.get_by_label("Name", exact=True).fill("Growth again")
    page.get_by_label("Parent team").fill("nowhere")
    page.get_by_role("button", name="Create team").click()
    expect(page.get_by_label("Parent team")).to_be_focused()
    expect(page.get_by_label("Parent team")).to_have_accessible_description(re.compile("There is no team “nowhere”"))
    reports.forgive("422")
