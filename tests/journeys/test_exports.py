"""The Exports page in a real browser: accessible, as wide as a phone, without script, and its files arrive."""

import csv
import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.shop import Shop, served
from tests.web.pages.made import cost_of

PATHS = ("/exports", "/exports?r=2026-09", "/exports?r=2025-01", "/exports?r=2026-09&f=team:is:growth")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with served(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_state_is_accessible(
    page_with_reports: Page,
    axe: Callable[[Page], None],
    shop: Shop,
    path: str,
    theme: str,
) -> None:
    shop.sign_in(page_with_reports, outlay_theme=theme)
    page_with_reports.goto(shop.url + path)
    axe(page_with_reports)


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wider_than_a_phone(page_with_reports: Page, shop: Shop, path: str) -> None:
    shop.sign_in(page_with_reports)
    page_with_reports.set_viewport_size({"width": 390, "height": 844})
    page_with_reports.goto(shop.url + path)
    assert page_with_reports.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_month_is_chosen_and_its_file_taken(page_with_reports: Page, shop: Shop) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(f"{shop.url}/exports")
    page.get_by_label("Period: October 2026").click()
    page.get_by_role("link", name="September 2026").click()
    expect(page).to_have_url(re.compile(r"r=2026-09"))
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download CSV").click()
    with open(taken.value.path(), encoding="utf-8", newline="") as file:  # noqa: PTH123 - Playwright's own path
        rows = list(csv.DictReader(file))
    assert taken.value.suggested_filename == "focus.csv"
    assert sum(Decimal(row["BilledCost"]) for row in rows) == cost_of(shop.made.of("2026-09"))


def test_any_period_is_typed_without_script(chromium: Browser, shop: Shop) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    shop.sign_in(page)
    page.goto(f"{shop.url}/exports")
    page.get_by_label("Period: October 2026").click()
    page.get_by_label("Another period").fill("1 Sep 2026 to 15 Sep 2026")
    page.get_by_role("button", name="Take this period").click()
    assert page.url.endswith("/exports?r=2026-09-01..15")
    assert "r=2026-09-01..15" in (page.get_by_role("link", name="Download Parquet").get_attribute("href") or "")
    context.close()
