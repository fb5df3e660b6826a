"""From the list of agents to one, to a session, to a call, in a real browser; the slow, failed and dear by a click;
figures as a plain fold of the events has them; keyboard, Back, narrow screens, no script.
"""

import re
import threading
from collections.abc import Callable, Iterator
from typing import Final

import pytest
import uvicorn
from msgspec import Struct
from playwright.sync_api import Browser, Locator, Page, expect

from outlay.query.ask import Filter, Order, Query
from outlay.query.sql import Answered
from outlay.query.timerange import LastDays
from outlay.web import format as text
from outlay.wiring.site import assemble
from tests.live import free_port, wait_until_ready
from tests.web.pages.agents.crew import BUSY, HOSTILE_SESSION, LONG, address, crew
from tests.web.pages.held import Held

TO: Final = "\N{EN DASH}"
ONE: Final = address("/agents/one", agent=BUSY, r="60d")
STATES: Final = (
    "/agents",
    "/agents?q=zzzz",
    "/agents?r=60d&s=-latency_p95&page=2",
    "/agents?f=pod:is:nowhere",
    ONE,
    f"{ONE}&by=run&s=-errors&chart=requests",
    "/agents/one",
    "/agents/one?agent=nobody-knows",
    address("/agents/session", session=LONG),
    address("/agents/session", run="run-nested"),
    address("/agents/session", session=HOSTILE_SESSION),
    "/agents/session?session=nothing",
)


class Office(Struct, frozen=True):
    """A served organisation."""

    url: str
    agents: Held

    def sign_in(self, page: Page, role: str = "admin", **cookies: str) -> None:
        token = self.agents.made.as_role(role, user="u3" if role == "member" else None)["cookie"].partition("=")[2]
        for name, value in {"outlay_session": token, **cookies}.items():
            page.context.add_cookies([{"name": name, "value": value, "url": self.url}])

    def open(self, page: Page, path: str = "/agents", role: str = "admin") -> None:
        """Sign in and open a page; `window.stayed` is gone once it is loaded again."""
        self.sign_in(page, role)
        page.goto(self.url + path)
        page.evaluate("window.stayed = true")

    def figure(self, measure: str, *filters: Filter) -> Answered:
        """Return a figure of sixty days as the events themselves have it."""
        query = Query(self.agents.viewer("admin"), (measure,), range=LastDays(60), filters=filters)
        return self.agents.expected(query).totals[0]

    def ranked(self, dimension: str, measure: str, *filters: Filter) -> list[str]:
        """Return the groups of sixty days with the highest figures first."""
        known = Filter(dimension, "has")
        query = Query(
            self.agents.viewer("admin"),
            (measure,),
            (dimension,),
            range=LastDays(60),
            filters=(known, *filters),
            order=Order(measure, descending=True),
        )
        return [str(line.key[0]) for line in self.agents.expected(query).lines]


OF_BUSY: Final = Filter("agent", "is", (BUSY,))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with crew(tmp_path_factory.mktemp("crew")) as found:
        port = free_port()
        site = assemble(found.made.site.outlay).site
        server = uvicorn.Server(uvicorn.Config(site, port=port, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run)
        thread.start()
        wait_until_ready(f"http://127.0.0.1:{port}", thread.is_alive)
        yield Office(f"http://127.0.0.1:{port}", found)
        server.should_exit = True
        thread.join()


def card(page: Page, label: str) -> Locator:
    return page.locator(".card", has=page.get_by_text(label, exact=True)).locator(".card-value")


def names(page: Page, table: str) -> Locator:
    return page.locator(f"#{table} tbody tr.linked:not(.muted) a.cover")


def header(page: Page, table: str, label: str) -> Locator:
    return page.locator(f"#{table} thead").get_by_role("link", name=label, exact=True)


def stayed(page: Page) -> bool:
    return page.evaluate("window.stayed") is True


@pytest.mark.parametrize("path", STATES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_state_is_accessible(
    page_with_reports: Page, axe: Callable[[Page], None], office: Office, path: str, theme: str
) -> None:
    # So high that no row is half behind the total that stays in view.
    page_with_reports.set_viewport_size({"width": 1280, "height": 4200})
    office.sign_in(page_with_reports, outlay_theme=theme)
    page_with_reports.goto(office.url + path)
    axe(page_with_reports)


@pytest.mark.parametrize("path", STATES)
def test_nothing_is_wider_than_a_phone(page_with_reports: Page, office: Office, path: str) -> None:
    page = page_with_reports
    page.set_viewport_size({"width": 390, "height": 844})
    office.open(page, path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for wrap in page.locator(".table-wrap:visible").all():
        assert wrap.evaluate("each => each.scrollWidth - each.clientWidth") <= 0


def test_from_the_list_to_an_agent_to_a_session_to_a_call_and_back(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, "/agents?r=60d&s=-requests")
    assert names(page, "agents").first.inner_text() == "Élan"
    names(page, "agents").first.click()
    expect(page.get_by_role("heading", name="Élan", level=1)).to_be_visible()
    expect(card(page, "Requests")).to_have_text(f"{office.figure('requests', OF_BUSY):,}")
    expect(card(page, "Sessions")).to_have_text(f"{office.figure('sessions', OF_BUSY):,}")
    expect(card(page, "Latency p95")).to_have_text(text.milliseconds(office.figure("latency_p95", OF_BUSY)))  # type: ignore[arg-type]
    page.locator("#runs").get_by_role("link", name="Most expensive").click()
    dearest = office.ranked("session_id", "cost", OF_BUSY)[0]
    expect(names(page, "runs").first).to_have_text(dearest)
    names(page, "runs").first.click()
    expect(page.get_by_role("heading", name=f"Session {dearest}", level=1)).to_be_visible()
    calls = [each.event for each in office.agents.events if each.event.session_id == dearest]
    expect(card(page, "Requests")).to_have_text(f"{sum(each.adjusts is None for each in calls):,}")
    opener = page.locator("#calls .open").first
    opener.click()
    dialog = page.locator(".call:popover-open")
    expect(dialog.get_by_text(min(calls, key=lambda each: each.time).id, exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.go_back()
    expect(page.get_by_role("heading", name="Élan", level=1)).to_be_visible()
    expect(names(page, "runs").first).to_have_text(dearest)
    page.go_back()
    expect(page.get_by_role("heading", name="Agents", level=1)).to_be_visible()
    expect(names(page, "agents").first).to_have_text("Élan")


@pytest.mark.parametrize(
    ("button", "measure", "order"),
    [
        ("Slowest", "latency_p95", "s=-latency_p95"),
        ("Most failed", "errors", "s=-errors"),
        ("Most expensive", "cost", "s=-cost"),
    ],
)
@pytest.mark.parametrize("by", ["session", "run"])
def test_the_slow_failed_and_dear_are_one_click_away(
    page_with_reports: Page, office: Office, by: str, button: str, measure: str, order: str
) -> None:
    page = page_with_reports
    office.open(page, f"{ONE}&by={by}")
    page.locator("#runs").get_by_role("link", name=button, exact=True).click()
    wanted = office.ranked(f"{by}_id", measure, OF_BUSY)
    expect(names(page, "runs").first).to_have_text(wanted[0])
    assert names(page, "runs").all_inner_texts() == wanted[:50]
    assert order in page.url
    assert stayed(page)
    if measure == "latency_p95":
        expect(page.locator("#runs tbody tr").first.get_by_text("slow", exact=True)).to_be_visible()


def test_only_slow_and_only_failed_calls_narrow_the_whole_page(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, ONE)
    page.get_by_role("link", name="Only failed calls").click()
    failed = Filter("status", "is", ("error",))
    expect(card(page, "Requests")).to_have_text(f"{office.figure('requests', OF_BUSY, failed):,}")
    expect(card(page, "Error rate")).to_have_text("100%")
    page.get_by_role("link", name="Remove filter Status is error").click()
    expect(card(page, "Requests")).to_have_text(f"{office.figure('requests', OF_BUSY):,}")
    p95 = office.figure("latency_p95", OF_BUSY)
    page.get_by_role("link", name=re.compile("^Only calls over")).click()
    slow = Filter("latency_ms", "over", (str(p95),))
    expect(card(page, "Requests")).to_have_text(f"{office.figure('requests', OF_BUSY, slow):,}")


def test_sessions_and_runs_sort_and_page_without_reload(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, ONE)
    expect(page.locator("#runs .pager span").first).to_have_text(re.compile(rf"^1{TO}50 of 1\d\d$"))
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#runs .pager span").first).to_have_text(re.compile(rf"^51{TO}100 of 1\d\d$"))
    header(page, "runs", "Tokens").click()
    wanted = office.ranked("session_id", "tokens", OF_BUSY)
    expect(names(page, "runs").first).to_have_text(wanted[0])
    expect(page.locator("#runs th[aria-sort=descending]")).to_have_text("Tokens")
    page.locator("#runs").get_by_role("link", name="Runs", exact=True).click()
    expect(names(page, "runs").first).to_have_text(office.ranked("run_id", "tokens", OF_BUSY)[0])
    assert names(page, "runs").all_inner_texts() == office.ranked("run_id", "tokens", OF_BUSY)[:50]
    assert stayed(page)


def test_the_list_is_searched_sorted_and_paged(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, "/agents?r=60d")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#agents .pager span").first).to_have_text(re.compile(f"^51{TO}"))
    page.get_by_role("searchbox", name="Find by name").fill("éla")
    expect(names(page, "agents")).to_have_count(1)
    expect(names(page, "agents")).to_have_text(["Élan"])
    assert "q=%C3%A9la" in page.url
    page.get_by_role("searchbox", name="Find by name").fill("")
    expect(names(page, "agents")).to_have_count(50)
    for label, measure in (
        ("p95", "latency_p95"),
        ("Runs", "runs"),
        ("Errors", "error_rate"),
        ("Users", "active_users"),
    ):
        header(page, "agents", label).click()
        expect(page.locator("#agents th[aria-sort=descending]")).to_have_text(label)
        shown = page.locator("#agents tbody tr.linked:not(.muted) th").evaluate_all("all => all.map(e => e.title)")
        assert shown == office.ranked("agent", measure)[:50]
    assert stayed(page)


def test_the_chart_shows_cost_or_requests(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, ONE)
    expect(page.get_by_role("heading", name="Cost per day")).to_be_visible()
    page.locator("#days").get_by_role("link", name="Requests").click()
    expect(page.get_by_role("heading", name="Requests per day")).to_be_visible()
    assert "chart=requests" in page.url
    expect(page.locator("#days .proof .sum dd")).to_have_text(f"{office.figure('requests', OF_BUSY):,}")
    assert stayed(page)


def test_a_session_says_its_runs_agents_and_pages(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, address("/agents/session", session=LONG, r="7d"))
    expect(page.get_by_text("This session reaches beyond the chosen range")).to_be_visible()
    expect(page.locator("#facts")).to_contain_text("Nested helper")
    expect(page.locator("#facts")).to_contain_text("started by Élan")
    expect(page.get_by_role("img", name=re.compile("^60 calls from"))).to_be_visible()
    assert page.locator(".lanes rect.s").count() == 60
    expect(page.locator("#calls .open")).to_have_count(50)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#calls .open")).to_have_count(10)
    page.locator("tr.run a").first.click()
    expect(page.get_by_role("heading", level=1, name=re.compile("^Run run-"))).to_be_visible()


def test_an_agent_is_followed_by_keyboard_alone(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, "/agents?r=60d&s=-requests")
    names(page, "agents").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Élan", level=1)).to_be_visible()
    find = page.locator("#runs").get_by_role("link", name="Slowest")
    find.focus()
    page.keyboard.press("Enter")
    slowest = office.ranked("session_id", "latency_p95", OF_BUSY)[0]
    expect(names(page, "runs").first).to_have_text(slowest)
    names(page, "runs").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Session {slowest}", level=1)).to_be_visible()
    opener = page.locator("#calls .open").first
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".call:popover-open")).to_be_visible()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_a_call_leads_to_its_agent_and_its_session(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, f"/calls?r=60d&f=session_id:is:{LONG}&f=agent:is:{BUSY}")
    for label, heading in (("Session", f"Session {LONG}"), ("Agent", "Élan")):
        page.locator(".open").first.click()
        field = page.locator(".call:popover-open dl div", has=page.get_by_text(label, exact=True))
        field.get_by_role("link").click()
        expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
        page.go_back()
        expect(page.get_by_role("heading", name="Calls", level=1)).to_be_visible()


def test_the_top_agents_of_consumption_lead_to_their_pages(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, "/consumption?view=activity")
    page.locator("#top-agents a.cover").first.click()
    expect(page.locator("#runs")).to_be_visible()
    assert "/agents/one?" in page.url


def test_without_script_every_step_is_a_page(chromium: Browser, office: Office) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    office.sign_in(page)
    page.goto(f"{office.url}/agents?r=60d")
    page.get_by_role("searchbox", name="Find by name").fill("Élan")
    page.keyboard.press("Enter")
    expect(names(page, "agents")).to_have_count(1)
    names(page, "agents").first.click()
    page.locator("#runs").get_by_role("link", name="Most failed").click()
    expect(names(page, "runs").first).to_have_text(office.ranked("session_id", "errors", OF_BUSY)[0])
    page.locator("#runs").get_by_role("link", name="Next page").click()
    names(page, "runs").first.click()
    expect(page.get_by_role("heading", level=1, name=re.compile("^Session "))).to_be_visible()
    context.close()
