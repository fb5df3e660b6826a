"""Saved views, the start page and notes in a real browser: by keyboard, on a phone, in print, and without script."""

import re
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from outlay.wiring.site import assemble
from tests.browser import Reports
from tests.journeys.test_consumption import Shop
from tests.live import free_port, wait_until_ready
from tests.web.pages.made import made


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with made(tmp_path_factory.mktemp("data")) as found:
        port = free_port()
        site = assemble(found.site.outlay).site
        server = uvicorn.Server(uvicorn.Config(site, port=port, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run)
        thread.start()
        wait_until_ready(f"http://127.0.0.1:{port}", thread.is_alive)
        yield Shop(f"http://127.0.0.1:{port}", found)
        server.should_exit = True
        thread.join()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_view_is_saved_shared_and_started_with_by_keyboard_alone(
    page_with_reports: Page, axe: Callable[[Page], None], shop: Shop
) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(shop.url + "/consumption?f=team:is:growth")
    page.locator("#bar-views summary").focus()
    press(page, "Enter")
    page.get_by_role("button", name="Save this view…").focus()
    press(page, "Enter")
    page.get_by_role("dialog", name="Save this view").get_by_label("Name").focus()
    page.keyboard.type("Growth")
    press(page, "Tab", "Space", "Enter")
    expect(page.locator("#bar-views summary")).to_contain_text("Growth")
    assert page.url == shop.url + "/consumption?f=team:is:growth"
    press(page, "Escape")
    page.goto(shop.url + "/views")
    axe(page)
    page.get_by_role("button", name="Start with Growth").focus()
    press(page, "Enter")
    expect(page.get_by_text("This is where you start from now on.")).to_be_visible()
    page.goto(shop.url + "/")
    assert page.url == shop.url + "/consumption?f=team:is:growth"
    shop.sign_in(page, "billing")
    page.goto(shop.url + "/consumption")
    page.locator("#bar-views summary").click()
    axe(page)
    page.get_by_role("link", name="Growth", exact=True).click()
    expect(page.locator("#bar-views summary")).to_contain_text("Growth")


def test_a_name_that_is_taken_can_be_replaced(page_with_reports: Page, reports: Reports, shop: Shop) -> None:
    page = page_with_reports
    shop.sign_in(page)
    for state in ("f=agent_type:is:api", "r=2026-09"):
        page.goto(f"{shop.url}/consumption?{state}")
        page.locator("#bar-views summary").click()
        page.get_by_role("button", name="Save this view…").click()
        dialog = page.get_by_role("dialog", name="Save this view")
        dialog.get_by_label("Name").fill("Mine")
        dialog.get_by_role("button", name="Save view").click()
    expect(page.get_by_text("You have a view 'Mine' already.")).to_be_visible()
    reports.forgive("409")  # what the browser itself logs of the answer
    page.get_by_role("button", name="Replace it").click()
    assert page.url == f"{shop.url}/consumption?r=2026-09"
    expect(page.locator("#bar-views summary")).to_contain_text("Mine")


def test_a_note_is_written_beside_a_chart_and_read_from_it(
    page_with_reports: Page, axe: Callable[[Page], None], shop: Shop
) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(shop.url + "/consumption")
    page.get_by_role("button", name="Add note").first.click()
    dialog = page.get_by_role("dialog", name="Add a note")
    axe(page)
    dialog.get_by_label("Note").fill("New prompts <live>")
    dialog.get_by_label("Day").fill("2026-10-07")
    dialog.get_by_role("button", name="Add note").click()
    chart = page.locator("#by-day")
    expect(chart.locator(".marks")).to_contain_text("New prompts <live>")
    axe(page)
    plot = chart.locator(".plot")
    plot.focus()
    press(page, "Home", *["ArrowRight"] * 6)
    expect(chart.locator("[role=status]")).to_contain_text("Note: New prompts <live>")
    expect(chart.locator(".noted")).to_have_text(re.compile("New prompts <live>"))
    press(page, "ArrowRight")
    expect(chart.locator(".noted")).not_to_contain_text("New prompts")
    flag = chart.locator(".flag.note:visible").first
    flag.hover()
    expect(chart.locator(".noted")).to_contain_text("New prompts <live>")
    if not chart.locator(".marks").evaluate("each => each.open"):
        chart.locator(".marks summary").click()
    chart.get_by_role("link", name="New prompts <live>").click()
    expect(page.get_by_role("heading", name="Notes")).to_be_visible()
    axe(page)


def test_flags_never_touch_on_a_phone_and_all_marks_are_printed(page_with_reports: Page, shop: Shop) -> None:
    page = page_with_reports
    page.set_viewport_size({"width": 390, "height": 844})
    shop.sign_in(page)
    for day in ("11", "12", "13", "14", "14", "15"):
        page.goto(shop.url + "/annotations/new")
        page.get_by_role("textbox", name="Note").fill(f"Step of day {day}")
        page.get_by_label("Day").fill(f"2026-10-{day}")
        page.get_by_role("button", name="Save note").click()
    for path in ("/annotations", "/views", "/consumption"):
        page.goto(shop.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(shop.url + "/consumption")
    for width in (390, 700, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        boxes = page.locator("#by-day .flag:visible rect").evaluate_all(
            "all => all.map((each) => each.getBoundingClientRect()).map(({left, right}) => [left, right])"
        )
        assert boxes
        ordered = sorted(boxes)
        assert all(earlier[1] < later[0] for earlier, later in pairwise(ordered))
    assert not page.locator("#by-day .marks").evaluate("each => each.open")
    page.emulate_media(media="print")
    expect(page.locator("#by-day .marks li", has_text="Step of day 14").first).to_be_visible()


def test_all_of_it_works_without_script(chromium: Browser, shop: Shop) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    shop.sign_in(page)
    page.goto(shop.url + "/consumption?r=2026-09")
    page.locator("#bar-views summary").click()
    page.get_by_role("button", name="Save this view…").click()
    dialog = page.locator("#save-view")
    dialog.get_by_label("Name").fill("Without script")
    dialog.get_by_role("button", name="Save view").click()
    expect(page.locator("#bar-views summary")).to_contain_text("Without script")
    page.get_by_role("button", name="Add note").first.click()
    noting = page.locator("#add-note")
    noting.get_by_label("Note").fill("Written without script")
    noting.get_by_label("Day").fill("2026-09-03")
    noting.get_by_role("button", name="Add note").click()
    assert page.url == shop.url + "/consumption?r=2026-09"
    expect(page.locator("#by-day .marks")).to_contain_text("Written without script")
    context.close()
