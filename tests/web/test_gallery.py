"""All parts and charts in a real browser: axe, the CSP, both themes, three widths, keyboard, pointer, no script."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from outlay.web.charts import stacked_bars
from tests.web.gallery import served, write
from tests.web.specimens import spend_by_type

PAGES = ("consumption", "charts", "parts", "empty", "sign-in", "keys", "forbidden", "error")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory: Path = tmp_path_factory.mktemp("gallery")
    write(directory)
    with served(directory) as found:
        yield found


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_a_page_is_accessible_and_fits(
    page_with_reports: Page, axe: Callable[[Page], None], address: str, name: str, theme: str, width: int
) -> None:
    page = page_with_reports
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/{name}-{theme}.html")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1280, 700, 390])
def test_chart_labels_keep_their_size_and_never_touch(page_with_reports: Page, address: str, width: int) -> None:
    page = page_with_reports
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/charts-light.html")
    for chart in page.locator("figure.chart").all():
        labels = chart.locator("text.tx").filter(visible=True)
        boxes = [box for each in labels.all() if (box := each.bounding_box())]
        assert len(boxes) >= 2
        assert all(left["x"] + left["width"] <= right["x"] for left, right in pairwise(boxes))
        assert {each.evaluate("each => getComputedStyle(each).fontSize") for each in labels.all()} == {"12px"}


def test_bars_are_as_high_as_drawn_and_share_the_width(page_with_reports: Page, address: str) -> None:
    page = page_with_reports
    page.goto(f"{address}/charts-light.html")
    plot = page.locator("#full .plot > svg").bounding_box()
    bars = [box for each in page.locator("#full rect.s.c0").all() if (box := each.bounding_box())]
    assert plot is not None
    assert len(bars) == 31
    assert all(plot["x"] <= each["x"] <= plot["x"] + plot["width"] for each in bars)
    assert max(each["width"] for each in bars) - min(each["width"] for each in bars) < 0.5
    floor = {round(each["y"] + each["height"]) for each in bars}
    assert len(floor) == 1


def test_arrow_keys_read_the_chart_and_enter_follows_the_link(page_with_reports: Page, address: str) -> None:
    page = page_with_reports
    page.goto(f"{address}/consumption-light.html")
    plot, said = page.locator("#spend .plot"), page.locator("#spend [role=status]")
    plot.focus()
    page.keyboard.press("ArrowRight")
    assert said.inner_text().startswith("Thu 1 Oct 2026: API $")
    assert "Total $" in said.inner_text()
    page.keyboard.press("End")
    assert said.inner_text().startswith("Wed 21 Oct 2026 partial, 14 h: ")
    page.keyboard.press("ArrowDown")
    assert said.inner_text().startswith("Wed 21 Oct 2026 partial, 14 h: API $")
    page.keyboard.press("Escape")
    assert page.locator("#spend .on").count() == 0
    page.keyboard.press("Home")
    page.route(
        "**/consumption?r=*", lambda route: route.fulfill(body="<title>The day</title>", content_type="text/html")
    )
    page.keyboard.press("Enter")
    page.wait_for_url("**/consumption?r=2026-10-01")


def test_a_chart_is_one_tab_stop(page_with_reports: Page, address: str) -> None:
    page = page_with_reports
    page.goto(f"{address}/consumption-light.html")
    page.locator("#spend .plot").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_pointer_shows_every_figure_of_a_bucket_and_leaving_restores(page_with_reports: Page, address: str) -> None:
    page = page_with_reports
    page.goto(f"{address}/consumption-light.html")
    legend = page.locator("#spend .legend")
    whole = legend.inner_text()
    page.locator("#spend .b").nth(2).hover(position={"x": 2, "y": 30})
    row = page.locator("#spend .as-table tbody tr").nth(2).locator("td").all_text_contents()
    assert legend.locator("b").all_text_contents() == row
    assert legend.locator(".when").inner_text() == "Sat 3 Oct 2026"
    page.mouse.move(5, 5)
    assert legend.inner_text() == whole


def test_the_menu_and_the_month_picker_work_without_script(chromium: Browser, address: str) -> None:
    with chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto(f"{address}/consumption-light.html")
        page.get_by_label("Menu").click()
        assert page.get_by_role("link", name="Budgets").is_visible()
        page.keyboard.press("Escape")
        page.get_by_text("October 2026").click()
        assert page.get_by_role("link", name="Sep", exact=True).is_visible()
        page.locator("#spend .as-table summary").click()
        assert page.get_by_role("cell", name="$14,682.23").is_visible()


def test_a_secret_is_copied(chromium: Browser, address: str) -> None:
    with chromium.new_context(permissions=["clipboard-read", "clipboard-write"]) as context:
        page = context.new_page()
        page.goto(f"{address}/keys-light.html")
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()").startswith("ol_")


def test_the_specimen_total_is_the_one_looked_for() -> None:
    assert "$14,682.23" in stacked_bars(spend_by_type())
