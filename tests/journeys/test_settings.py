"""The settings on a phone: where one is shows among the tabs, which are wider than the screen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.shop import Shop, served


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
