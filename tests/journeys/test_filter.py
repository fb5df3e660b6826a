"""Picking the values of a filter in a real browser: by pointer, by keys alone, on a phone, and without script."""

import re
import threading
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from msgspec import Struct
from playwright.sync_api import Browser, Page, expect

from outlay.kit.ids import new_id
from outlay.wiring.site import assemble
from tests.browser import Reports
from tests.live import free_port, wait_until_ready
from tests.web.pages.made import Made, made

STATE = "/consumption?r=2026-09"


class Shop(Struct, frozen=True):
    """A served organisation."""

    url: str
    made: Made

    def open(self, page: Page, path: str = STATE, **cookies: str) -> None:
        token = self.made.as_role("admin", user=new_id("user"))["cookie"].partition("=")[2]
        for name, value in {"outlay_session": token, **cookies}.items():
            page.context.add_cookies([{"name": name, "value": value, "url": self.url}])
        page.goto(self.url + path)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with made(tmp_path_factory.mktemp("data")) as found:
        port = free_port()
        server = uvicorn.Server(
            uvicorn.Config(assemble(found.site.outlay).site, port=port, log_level="warning", lifespan="on")
        )
        thread = threading.Thread(target=server.run)
        thread.start()
        wait_until_ready(f"http://127.0.0.1:{port}", thread.is_alive)
        yield Shop(f"http://127.0.0.1:{port}", found)
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_values_are_picked_by_pointer(
    page_with_reports: Page, axe: Callable[[Page], None], shop: Shop, theme: str
) -> None:
    page = page_with_reports
    shop.open(page, outlay_theme=theme)
    page.evaluate("window.stayed = true")
    page.locator("summary", has_text="Teams").click()
    page.get_by_role("checkbox", name=re.compile("growth")).check()
    page.get_by_role("checkbox", name="No team").check()
    axe(page)
    page.get_by_role("button", name="Apply").click()
    chip = page.get_by_role("link", name=re.compile("Remove filter Team is none or growth"))
    expect(chip).to_be_visible()
    assert page.url.endswith("/consumption?f=team:none_or:growth&r=2026-09")
    assert page.evaluate("window.stayed") is True
    page.go_back()
    expect(chip).to_have_count(0)
    assert page.url.endswith(STATE)


def test_values_are_found_and_picked_by_keys_alone(page_with_reports: Page, shop: Shop) -> None:
    page = page_with_reports
    shop.open(page)
    summary = page.locator("summary", has_text="Agents")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("a")
    page.keyboard.type("2")
    expect(page.locator(".found input")).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value("a2")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("checkbox", name=re.compile("a2"))).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Remove filter Agent is a2")).to_be_visible()
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("1 chosen")


def test_escape_closes_and_gives_the_focus_back(page_with_reports: Page, shop: Shop) -> None:
    page = page_with_reports
    shop.open(page)
    summary = page.locator(".values-picker summary", has_text="Models")
    summary.click()
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("searchbox")).to_be_hidden()
    expect(summary).to_be_focused()


def test_the_other_filters_are_behind_a_menu(page_with_reports: Page, axe: Callable[[Page], None], shop: Shop) -> None:
    page = page_with_reports
    shop.open(page)
    more = page.locator("summary", has_text="More filters")
    more.click()
    page.get_by_role("link", name="Services", exact=True).click()
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.get_by_role("radio", name="All but").check()
    page.get_by_role("checkbox", name=re.compile("OCR")).check()
    axe(page)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("link", name="Remove filter Service is not OCR")).to_be_visible()
    more.click()
    expect(page.get_by_role("link", name="Services 1")).to_be_visible()


def test_a_failure_leaves_the_way_to_the_page_of_values(page_with_reports: Page, shop: Shop, reports: Reports) -> None:
    page = page_with_reports
    shop.open(page)
    page.route("**/filter?**", lambda route: route.fulfill(status=404, content_type="text/html", body="<p>gone</p>"))
    with page.expect_event("console"):
        page.locator("summary", has_text="Teams").click()
    expect(page.get_by_role("link", name="Choose from a list").first).to_be_visible()
    reports.forgive("404")  # what the browser itself logs of the answer


def test_a_picker_fits_a_phone(page_with_reports: Page, shop: Shop) -> None:
    page = page_with_reports
    page.set_viewport_size({"width": 390, "height": 844})
    shop.open(page)
    page.locator("summary", has_text="More filters").click()
    page.get_by_role("link", name="Users").click()
    box = page.get_by_role("button", name="Apply")
    expect(box).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shop.open(page, "/filter?for=/consumption&dim=user&r=2026-09")
    expect(box).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_of_values_is_accessible(
    page_with_reports: Page, axe: Callable[[Page], None], shop: Shop, theme: str
) -> None:
    shop.open(page_with_reports, "/filter?for=/consumption&dim=user&f=user:is:u1,gone&r=2026-09", outlay_theme=theme)
    axe(page_with_reports)


def test_values_are_picked_without_script(chromium: Browser, shop: Shop) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        shop.open(page)
        page.locator("summary", has_text="Teams").click()
        page.get_by_role("link", name="Choose from a list").first.click()
        page.get_by_role("checkbox", name=re.compile("growth")).check()
        page.get_by_role("searchbox").fill("core")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("checkbox", name=re.compile("core")).check()
        expect(page.get_by_role("checkbox", name=re.compile("growth"))).to_be_checked()
        page.get_by_role("button", name="Apply").click()
        expect(page.get_by_role("link", name="Remove filter Team is core, growth")).to_be_visible()
        assert page.url.endswith("/consumption?f=team:is:core,growth&r=2026-09")
