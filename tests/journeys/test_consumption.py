"""Consumption and Calls in a real browser: no complaint of any kind, keyboard, Back, narrow screens, no script."""

import re
import threading
from collections.abc import Callable, Iterator
from typing import Final

import pytest
import uvicorn
from msgspec import Struct
from playwright.sync_api import Browser, Page, expect

from outlay.kit.ids import new_id
from outlay.wiring.site import assemble
from tests.browser import Reports
from tests.live import free_port, wait_until_ready
from tests.web.pages.made import Made, made

VIEWS: Final = ("/consumption", "/consumption?view=activity", "/calls?r=2026-10")
STATES: Final = (*VIEWS, "/consumption?r=2026-02", "/consumption?f=pod:is:nowhere", "/calls?r=2025-01&f=pod:is:nowhere")


class Shop(Struct, frozen=True):
    """A served organisation."""

    url: str
    made: Made

    def sign_in(self, page: Page, role: str = "admin", **cookies: str) -> None:
        token = self.made.as_role(role, user=new_id("user"))["cookie"].partition("=")[2]
        for name, value in {"outlay_session": token, **cookies}.items():
            page.context.add_cookies([{"name": name, "value": value, "url": self.url}])


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


@pytest.mark.parametrize("path", STATES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_state_is_accessible(
    page_with_reports: Page, axe: Callable[[Page], None], shop: Shop, path: str, theme: str
) -> None:
    shop.sign_in(page_with_reports, outlay_theme=theme)
    page_with_reports.goto(shop.url + path)
    axe(page_with_reports)


@pytest.mark.parametrize("path", STATES)
def test_nothing_is_wider_than_a_phone(page_with_reports: Page, shop: Shop, path: str) -> None:
    page = page_with_reports
    page.set_viewport_size({"width": 390, "height": 844})
    shop.sign_in(page)
    page.goto(shop.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_forbidden_page_is_accessible(
    page_with_reports: Page, reports: Reports, axe: Callable[[Page], None], shop: Shop
) -> None:
    shop.sign_in(page_with_reports, "member")
    page_with_reports.goto(shop.url + "/consumption")
    expect(page_with_reports.get_by_role("heading", name="You can't see this page")).to_be_visible()
    axe(page_with_reports)
    reports.forgive("403")  # what the browser itself logs of the answer


def test_changes_of_month_and_view_swap_without_reload_and_back_restores(
    page_with_reports: Page, axe: Callable[[Page], None], shop: Shop
) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(shop.url + "/consumption")
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="Previous month").click()
    expect(page.get_by_text("Spend, September 2026")).to_be_visible()
    assert page.url.endswith("/consumption?r=2026-09")
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_text("Tokens, September 2026")).to_be_visible()
    assert page.url.endswith("/consumption?r=2026-09&view=activity")
    assert page.evaluate("window.stayed") is True
    axe(page)
    page.go_back()
    expect(page.get_by_text("Spend, September 2026")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Spend, October 2026")).to_be_visible()
    assert page.url.endswith("/consumption")


def test_a_filter_is_set_from_the_legend_and_taken_away_at_its_chip(page_with_reports: Page, shop: Shop) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(shop.url + "/consumption?r=2026-09")
    whole = page.locator(".card-value").first.get_attribute("title")
    page.locator(".legend").get_by_role("link", name="Framework").click()
    chip = page.get_by_role("link", name="Remove filter Agent type is Framework")
    expect(chip).to_be_visible()
    assert page.locator(".card-value").first.get_attribute("title") != whole
    chip.click()
    expect(chip).to_have_count(0)
    expect(page.locator(".card-value").first).to_have_attribute("title", whole or "")


def test_a_figure_leads_to_calls_with_the_same_total(page_with_reports: Page, shop: Shop) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(shop.url + "/consumption?r=2026-09")
    row = page.locator("#models tbody tr").first
    cost = row.locator("td").last.get_attribute("title")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Calls", level=1)).to_be_visible()
    expect(page.locator("tfoot td").last).to_have_attribute("title", cost or "")


def test_a_call_opens_and_closes_by_keyboard(page_with_reports: Page, axe: Callable[[Page], None], shop: Shop) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(shop.url + "/calls?r=2026-10")
    opener = page.locator(".open").first
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.locator(".call:popover-open")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("Event id")).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def test_the_chart_is_read_by_arrow_keys_and_entered(page_with_reports: Page, shop: Shop) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(shop.url + "/consumption?r=2026-09")
    page.locator(".chart .plot").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".chart [role=status]")).to_contain_text("Wed 2 Sep 2026")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/calls\?r=2026-09-02$"))


def test_a_failed_change_keeps_what_is_shown_and_says_so(page_with_reports: Page, shop: Shop, reports: Reports) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(shop.url + "/consumption")
    page.route(
        "**/consumption?r=2026-09",
        lambda route: route.fulfill(
            status=503,
            content_type="text/html",
            body='<!doctype html><html><body><main id="main"><p>The ledger is busy.</p></main></body></html>',
        ),
    )
    page.get_by_role("link", name="Previous month").click()
    expect(page.get_by_role("alert")).to_contain_text("The ledger is busy.")
    expect(page.get_by_text("Spend, October 2026")).to_be_visible()
    assert page.url.endswith("/consumption")
    assert page.title() == "Consumption · Outlay"
    page.unroute("**/consumption?r=2026-09")
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_text("Spend, September 2026")).to_be_visible()
    expect(page.locator("#failed")).to_be_empty()
    reports.forgive("503")  # what the browser itself logs of the answer


def test_a_server_out_of_reach_is_said_until_a_change_succeeds(
    page_with_reports: Page, shop: Shop, reports: Reports
) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(shop.url + "/consumption")
    page.route("**/consumption?r=2026-09", lambda route: route.abort("connectionrefused"))
    page.get_by_role("link", name="Previous month").click()
    expect(page.get_by_role("alert")).to_contain_text("The server can't be reached.")
    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_role("heading", name="Tokens by agent type")).to_be_visible()
    expect(page.locator("#failed")).to_be_empty()
    reports.forgive("ERR_CONNECTION_REFUSED")
    reports.forgive("Failed to fetch")


def test_keys_step_through_the_months(page_with_reports: Page, shop: Shop) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(shop.url + "/consumption")
    page.keyboard.press("[")
    expect(page.get_by_text("Spend, September 2026")).to_be_visible()
    page.keyboard.press("]")
    expect(page.get_by_text("Spend, October 2026")).to_be_visible()


def test_all_of_it_works_without_script(chromium: Browser, shop: Shop) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        shop.sign_in(page)
        page.goto(shop.url + "/consumption")
        page.get_by_role("link", name="Previous month").click()
        expect(page.get_by_text("Spend, September 2026")).to_be_visible()
        page.get_by_text("View as table").click()
        expect(page.get_by_role("row", name=re.compile("Wed 2 Sep 2026"))).to_be_visible()
        page.locator("#models tbody").get_by_role("link").first.click()
        page.locator(".open").first.click()
        expect(page.get_by_text("Event id").first).to_be_visible()
