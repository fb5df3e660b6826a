"""The explorer in a real browser, row by row of what it must do; the figures shown are what plain Python makes of the
same events.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

import pytest
import uvicorn
from msgspec import Struct
from playwright.sync_api import Browser, Locator, Page, Route, expect

from outlay.usage import PricedEvent
from outlay.web import format as text
from outlay.wiring.site import assemble
from tests.browser import Reports
from tests.live import free_port, wait_until_ready
from tests.query import oracle
from tests.web.pages.explorer.explored import USERS, Explored, explored
from tests.web.pages.made import HOSTILE

STATES: Final = (
    "/explorer?r=75d&cmp=prev",
    f"/explorer?view=user&r=75d&open={USERS[0]},{USERS[0]}~writer",
    "/explorer?view=model&r=75d&open=gpt-4o",
    "/explorer?view=allocation&by=tag&r=75d",
    "/explorer?view=allocation&by=tag:env&r=75d&tags=split",
    "/explorer?r=2025-02",
)


class Served(Struct, frozen=True):
    """The organisation under a URL."""

    url: str
    shop: Explored

    def open(self, page: Page, path: str, **cookies: str) -> None:
        token = self.shop.made.as_role("admin")["cookie"].partition("=")[2]
        for name, value in {"outlay_session": token, **cookies}.items():
            page.context.add_cookies([{"name": name, "value": value, "url": self.url}])
        page.goto(self.url + path)

    def having(self, **fields: Any) -> list[PricedEvent]:
        """Return the events of the 75 days whose fields are as given."""
        return [
            each
            for each in self.shop.events
            if all(getattr(each.event, name) == value for name, value in fields.items())
        ]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with explored(tmp_path_factory.mktemp("data")) as shop:
        port = free_port()
        server = uvicorn.Server(
            uvicorn.Config(assemble(shop.site.outlay).site, port=port, log_level="warning", lifespan="on")
        )
        thread = threading.Thread(target=server.run)
        thread.start()
        wait_until_ready(f"http://127.0.0.1:{port}", thread.is_alive)
        yield Served(f"http://127.0.0.1:{port}", shop)
        server.should_exit = True
        thread.join()


def cost(events: list[PricedEvent]) -> str:
    """Return what events cost, as the page says it on hover."""
    found = oracle.MEANINGS["cost"](events)
    assert isinstance(found, Decimal)
    return text.usd_exact(found)


def figure(measure: str, events: list[PricedEvent]) -> str:
    found = oracle.MEANINGS[measure](events)
    assert isinstance(found, int)
    return f"{found:,}"


def row(page: Page, name: str) -> Locator:
    return page.locator(".groups > tbody > tr").filter(has=page.get_by_role("link", name=name, exact=True))


def spend(row_of: Locator) -> Locator:
    return row_of.locator("> td").last


@pytest.mark.parametrize("path", STATES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_state_is_accessible(
    page_with_reports: Page, axe: Callable[[Page], None], served: Served, path: str, theme: str
) -> None:
    served.open(page_with_reports, path, outlay_theme=theme)
    axe(page_with_reports)


@pytest.mark.parametrize("path", STATES)
def test_nothing_is_wider_than_a_phone(page_with_reports: Page, served: Served, path: str) -> None:
    page_with_reports.set_viewport_size({"width": 390, "height": 844})
    served.open(page_with_reports, path)
    assert page_with_reports.evaluate("document.documentElement.scrollWidth") <= 390


def test_e1_bars_show_the_spend_of_each_day_of_the_chosen_range(page_with_reports: Page, served: Served) -> None:
    page = page_with_reports
    served.open(page, "/explorer?r=75d")
    expect(page.locator("#days .proof")).to_contain_text("All days add up to")
    page.get_by_role("navigation", name="Time range").get_by_role("link", name="7 d").click()
    page.wait_for_url(re.compile("r=7d"))
    expect(page.locator("#days .plot svg.b")).to_have_count(7)
    expect(page.locator("#days .chip").first).to_contain_text("partial")
    page.locator("#days .plot").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#days [role=status]")).to_contain_text("Wed 14 Oct 2026")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/calls\?r=2026-10-14$"))


def test_e2_the_ring_stands_beside_its_table_biggest_first(page_with_reports: Page, served: Served) -> None:
    page = page_with_reports
    served.open(page, "/explorer?view=user&r=75d")
    ring = page.locator("#share .pie")
    expect(ring.locator("svg path")).to_have_count(6)
    shares: list[Decimal] = [Decimal(each) for each in re.findall(r"([\d.]+)%", ring.locator("table").inner_text())]
    assert shares[:5] == sorted(shares[:5], reverse=True)
    assert abs(sum(shares, Decimal(-100))) <= Decimal("0.3")
    name = ring.locator("tbody a").first.inner_text()
    ring.locator("tbody a").first.click()
    expect(page.get_by_role("link", name=f"Remove filter User is {name}")).to_be_visible()


def test_e3_workers_with_runs_users_and_spend_lead_to_their_page(page_with_reports: Page, served: Served) -> None:
    page = page_with_reports
    served.open(page, "/explorer?r=75d")
    found = row(page, "writer")
    own = served.having(agent="writer")
    cells = found.locator("> td")
    expect(cells.nth(0)).to_have_text(figure("runs", own))
    expect(cells.nth(1)).to_have_text(figure("active_users", own))
    expect(spend(found)).to_have_attribute("title", cost(own))
    expect(page.locator(".groups tfoot td").last).to_have_attribute("title", cost(served.shop.events))
    expect(found.get_by_role("link", name="writer", exact=True)).to_have_attribute(
        "href", "/agents/one?agent=writer&r=75d"
    )


def test_e4_a_user_opens_by_keyboard_level_by_level_and_back_and_reload_find_it_open(
    page_with_reports: Page, axe: Callable[[Page], None], served: Served
) -> None:
    page = page_with_reports
    served.open(page, "/explorer?view=user&r=75d&s=-cost")
    page.evaluate("window.stayed = true")
    user = USERS[0]
    own = served.having(user=user)
    found = row(page, f"Name of {user[::-1]}")
    expect(found.locator("> td").first).to_have_text(figure("runs", own))
    expect(spend(found)).to_have_attribute("title", cost(own))
    opener = found.get_by_role("link", name=f"Name of {user[::-1]}")
    opener.focus()
    page.keyboard.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(opener).to_be_focused()
    inside = page.locator(f"#{opener.get_attribute('aria-controls')}")
    expect(inside.get_by_role("heading")).to_have_text(["By agent", "By model", "By day"])
    expect(inside).to_contain_text(f"each add up to {cost(own)}")
    agent = inside.get_by_role("link", name="writer")
    agent.focus()
    page.keyboard.press("Enter")
    expect(agent).to_have_attribute("aria-expanded", "true")
    models = page.locator(f"#{agent.get_attribute('aria-controls')}")
    model = models.locator("a.opener").first
    model.focus()
    page.keyboard.press("Enter")
    expect(model).to_have_attribute("aria-expanded", "true")
    days = page.locator(f"#{model.get_attribute('aria-controls')}")
    name = model.inner_text().strip()
    shown = days.locator(".branch-figure:last-child")
    assert sum(usd(each) for each in shown.evaluate_all("all => all.map(each => each.title)")) == usd(
        cost(served.having(user=user, agent="writer", model=name))
    )
    assert page.evaluate("window.stayed") is True
    axe(page)
    days.get_by_role("link").last.click()
    page.wait_for_url(re.compile("/calls"))
    page.go_back()
    expect(page.locator(".inside-row .branches ul ul")).to_be_visible()
    page.reload()
    expect(page.locator(".inside-row .branches ul ul")).to_be_visible()
    opener = row(page, f"Name of {user[::-1]}").get_by_role("link", name=f"Name of {user[::-1]}")
    opener.click()
    expect(page.locator(".inside-row")).to_have_count(0)
    assert "open=" not in page.url


def usd(shown: str) -> Decimal:
    return Decimal(re.sub(r"[$,]", "", shown))


def test_e5_a_model_opens_into_workers_users_and_days(page_with_reports: Page, served: Served) -> None:
    page = page_with_reports
    served.open(page, "/explorer?view=model&r=75d")
    own = served.having(model="gpt-4o")
    found = row(page, "gpt-4o")
    cells = found.locator("> td")
    expect(cells.nth(0)).to_have_text(figure("runs", own))
    expect(cells.nth(1)).to_have_text(figure("active_users", own))
    expect(spend(found)).to_have_attribute("title", cost(own))
    found.get_by_role("link", name="gpt-4o", exact=True).click()
    inside = page.locator(".inside-row")
    expect(inside.get_by_role("heading")).to_have_text(["By agent", "By user", "By day"])
    expect(inside).to_contain_text(f"each add up to {cost(own)}")


def test_e6_the_export_of_the_view_has_its_total(page_with_reports: Page, served: Served) -> None:
    page = page_with_reports
    served.open(page, "/explorer?view=user&r=75d")
    page.locator("#bar-export summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as JSON").click()
    found = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert usd(cost(served.shop.events)) == Decimal(found["totals"]["cost"])
    rows = next(each for each in found["tables"] if each["id"] == "by_user")["rows"]
    assert sum(Decimal(each["cost"]) for each in rows if each["cost"]) == Decimal(found["totals"]["cost"])


def test_e7_an_allocation_adds_up_to_the_total_with_what_is_unallocated(
    page_with_reports: Page, axe: Callable[[Page], None], served: Served
) -> None:
    page = page_with_reports
    served.open(page, "/explorer?view=allocation&r=75d")
    for by, field in (("Team", "team"), ("Pod", "pod")):
        page.get_by_role("navigation", name="Allocate to").get_by_role("link", name=by, exact=True).click()
        expect(page.locator(".groups thead a").first).to_have_text(by)
        expect(spend(row(page, "Unallocated"))).to_have_attribute("title", cost(served.having(**{field: None})))
        expect(page.locator(".table-foot .proof")).to_contain_text("what is unallocated add up to")
    page.get_by_role("link", name="Tag customer").click()
    expect(page.locator(".repeat-note")).to_contain_text("more than the total")
    page.get_by_role("link", name="Split evenly").click()
    expect(page.locator(".repeat-note")).to_have_count(0)
    shown = page.locator(".groups > tbody > tr > td:last-child").evaluate_all("all => all.map(each => each.title)")
    assert sum(usd(each) for each in shown) == usd(cost(served.shop.events))
    axe(page)


def test_of_two_links_pressed_the_last_one_counts_whichever_answer_comes_first(
    page_with_reports: Page, served: Served
) -> None:
    page = page_with_reports
    served.open(page, "/explorer?view=allocation&r=75d")

    def held_back(route: Route) -> None:
        answer = route.fetch()
        page.wait_for_timeout(900)
        route.fulfill(response=answer)

    page.route(re.compile("by=agent"), held_back)
    choices = page.get_by_role("navigation", name="Allocate to")
    choices.get_by_role("link", name="Agent", exact=True).click()
    choices.get_by_role("link", name="Pod", exact=True).click()
    expect(page.locator(".groups thead a").first).to_have_text("Pod")
    page.wait_for_timeout(1500)
    expect(page.locator(".groups thead a").first).to_have_text("Pod")
    assert "by=pod" in page.url


def test_sort_search_and_pages_redraw_in_place_and_leave_no_history(page_with_reports: Page, served: Served) -> None:
    page = page_with_reports
    served.open(page, "/explorer?view=user&r=75d")
    page.evaluate("window.stayed = true; scrollTo(0, 600)")
    before = page.evaluate("[scrollY, history.length]")
    page.locator(".groups thead").get_by_role("link", name="Runs").click()
    page.wait_for_url(re.compile("s=-runs"))
    page.get_by_role("link", name="Next page").click()
    page.wait_for_url(re.compile("page=2"))
    expect(page.locator(".pager")).to_contain_text("51\N{EN DASH}")
    page.get_by_role("searchbox").fill("u10")
    expect(page.locator(".groups > tbody > tr")).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert page.evaluate("[scrollY > 0, history.length]") == [True, before[1]]
    assert page.evaluate("window.stayed") is True


def test_a_comparison_explains_itself(page_with_reports: Page, served: Served) -> None:
    page = page_with_reports
    served.open(page, "/explorer")
    expect(page.locator("#why")).to_have_count(0)
    page.locator("#bar-compare summary").click()
    page.get_by_role("link", name="The period before").click()
    expect(page.locator("#why")).to_contain_text(re.compile(r"Spend (rose|fell) by \$"))
    causes = page.locator(".causes tbody td:last-child").evaluate_all("all => all.map(each => each.title)")
    change = page.locator(".causes tfoot td").last.get_attribute("title") or ""
    assert sum(map(signed, causes)) == signed(change)
    page.locator(".groups thead").get_by_role("link", name="Change").click()
    page.wait_for_url(re.compile("moved=up"))


def signed(shown: str) -> Decimal:
    return Decimal(re.sub(r"[$,+]", "", shown).replace("\N{MINUS SIGN}", "-"))


def test_live_and_open_rows_go_together(page_with_reports: Page, served: Served) -> None:
    page = page_with_reports
    served.open(page, "/explorer?view=model&r=75d&live=1")
    row(page, "gpt-4o").get_by_role("link", name="gpt-4o", exact=True).click()
    expect(page.locator(".inside-row")).to_be_visible()
    expect(page.locator("[data-live]")).to_have_attribute("data-live", re.compile("open=gpt-4o"))


def test_a_hostile_name_opens_and_is_text(page_with_reports: Page, reports: Reports, served: Served) -> None:
    page = page_with_reports
    served.open(page, "/explorer?view=user&r=75d&q=onerror")
    page.locator("a.opener").first.click()
    expect(page.locator(".inside-row")).to_contain_text(HOSTILE)
    reports.expect_none()


def test_all_of_it_works_without_script(chromium: Browser, served: Served) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        served.open(page, "/explorer?r=75d")
        page.get_by_role("navigation", name="View").get_by_role("link", name="Users").click()
        found = row(page, f"Name of {USERS[0][::-1]}")
        found.get_by_role("link", name=f"Name of {USERS[0][::-1]}").click()
        page.locator(".inside-row").get_by_role("link", name="writer").click()
        expect(page.locator(".inside-row .branches ul")).to_be_visible()
        page.get_by_role("searchbox").fill("u10")
        page.get_by_role("searchbox").press("Enter")
        expect(page.locator(".groups > tbody > tr")).to_have_count(1)
        page.get_by_role("link", name="Allocation", exact=True).click()
        page.get_by_role("link", name="Tag env").click()
        expect(row(page, "Unallocated")).to_be_visible()
