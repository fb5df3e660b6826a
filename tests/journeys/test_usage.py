"""Usage in a real browser: choose, filter, sort, search, page, choose columns; figures as a plain fold of the events
has them; keyboard, Back, narrow screens, no script.
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
from outlay.query.timerange import LastDays, TimeRange
from outlay.web import format as text
from outlay.web.pages.usage.columns import DEFAULT_COLUMNS
from outlay.web.view.panels import as_count, as_money
from outlay.wiring.site import assemble
from tests.browser import Reports
from tests.live import free_port, wait_until_ready
from tests.web.pages.held import Held
from tests.web.pages.usage.crowd import COUNT, SPIKED, crowd

STATES: Final = (
    "/usage",
    "/usage?by=team&r=24h",
    "/usage?q=user01&s=-trend&cols=trend,models,errors,share,first_time",
    "/usage?q=zzzz",
    "/usage?r=2026-07",
    "/usage?f=pod:is:nowhere",
)


class Office(Struct, frozen=True):
    """A served organisation."""

    url: str
    people: Held

    def sign_in(self, page: Page, role: str = "admin", **cookies: str) -> None:
        token = self.people.made.as_role(role, user="user003" if role == "member" else None)["cookie"].partition("=")[2]
        for name, value in {"outlay_session": token, **cookies}.items():
            page.context.add_cookies([{"name": name, "value": value, "url": self.url}])

    def open(self, page: Page, path: str = "/usage", role: str = "admin") -> None:
        """Sign in and open a page; `window.stayed` is gone once it is loaded again."""
        self.sign_in(page, role)
        page.goto(self.url + path)
        page.evaluate("window.stayed = true")

    def total(self, measure: str, *filters: Filter, over: TimeRange = LastDays(30)) -> int:  # noqa: B008 - frozen
        """Return a figure as the events themselves have it."""
        query = Query(self.people.viewer("admin"), (measure,), range=over, filters=filters)
        return as_count(self.people.expected(query).totals[0]) or 0  # type: ignore[arg-type]

    def ranked(self, by: str, measure: str, *, descending: bool = True) -> list[str]:
        """Return the users (or teams) by a measure."""
        known = Filter(by, "has")
        order = Order(measure, descending=descending)
        query = Query(self.people.viewer("admin"), (measure,), (by,), range=LastDays(30), filters=(known,), order=order)
        return [str(line.key[0]) for line in self.people.expected(query).lines]

    def name(self, by: str, key: str) -> str:
        found = self.people.made.site.outlay.names.labels(self.people.organisation, by, [key])  # type: ignore[arg-type]
        return found[key].name


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with crowd(tmp_path_factory.mktemp("crowd")) as found:
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


def rows(page: Page) -> Locator:
    return page.locator("#usage-table tbody tr.linked:not(.muted)")


def first_name(page: Page) -> Locator:
    return rows(page).first.locator("a.cover")


def header(page: Page, label: str) -> Locator:
    return page.locator("#usage-table thead").get_by_role("link", name=label, exact=True)


def stayed(page: Page) -> bool:
    return page.evaluate("window.stayed") is True


# -- every state -------------------------------------------------------------------------------------------------------


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
    if rows(page).count():
        wrap = page.locator("#usage-table .table-wrap")
        beyond = wrap.evaluate("each => each.scrollWidth - each.clientWidth")
        assert beyond <= 0 or "cols=" in path  # who chooses many columns scrolls


# -- U1, U4, U5: by user, by team --------------------------------------------------------------------------------------


def test_cards_chart_and_table_follow_the_choice(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page)
    expect(card(page, "Active users")).to_have_text(f"{office.total('active_users'):,}")
    expect(card(page, "Requests")).to_have_text(f"{office.total('requests'):,}")
    expect(card(page, "Total tokens")).to_have_text(text.tokens(office.total("tokens")))
    expect(page.get_by_role("heading", name="Active users per day")).to_be_visible()
    page.get_by_role("link", name="By team").click()
    expect(card(page, "Active teams")).to_have_text(f"{office.total('active_teams'):,}")
    expect(page.get_by_role("heading", name="Requests per day by team")).to_be_visible()
    expect(page.locator(".legend li").first).to_contain_text(office.name("team", office.ranked("team", "requests")[0]))
    expect(page.get_by_role("columnheader", name="Team")).to_be_visible()
    assert page.url.endswith("/usage?by=team")
    assert stayed(page)
    page.go_back()
    expect(card(page, "Active users")).to_be_visible()
    assert page.url.endswith("/usage")


def test_the_chart_leads_to_the_calls_of_a_bar(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, "/usage?r=7d")
    page.get_by_text("View as table").click()
    row = page.locator(".as-table tbody tr").nth(2)
    count = row.locator("td").inner_text()
    day = LastDays(7)
    asked = Query(office.people.viewer("admin"), ("active_users",), grain="day", range=day)
    assert count == str(office.people.expected(asked).lines[2].figures[0])
    row.locator("td a").click()
    page.wait_for_url(re.compile(r"/calls\?f=user:has&r=2026-10-16$"))


# -- U2: filters and ranges --------------------------------------------------------------------------------------------


def test_a_range_and_a_team_filter_everything(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page)
    page.get_by_role("link", name="14 d").click()
    expect(card(page, "Requests")).to_have_text(f"{office.total('requests', over=LastDays(14)):,}")
    team = rows(page).first.locator("a.badge")
    name = team.inner_text()
    team.click()
    key = next(each for each in office.ranked("team", "requests") if office.name("team", each) == name)
    only = Filter("team", "is", (key,))
    expect(card(page, "Requests")).to_have_text(f"{office.total('requests', only, over=LastDays(14)):,}")
    page.get_by_role("link", name=f"Remove filter Team is {name}").click()
    expect(card(page, "Requests")).to_have_text(f"{office.total('requests', over=LastDays(14)):,}")


# -- U7: sort, search, pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "measure"),
    [("Requests", "requests"), ("Input", "input_tokens"), ("Output", "output_tokens"), ("Models", "models")],
)
def test_a_column_sorts_the_table_alone(page_with_reports: Page, office: Office, label: str, measure: str) -> None:
    page = page_with_reports
    office.open(page)
    page.locator("#cards").evaluate("each => { each.kept = true }")
    header(page, label).click()
    expect(page.get_by_role("columnheader", name=label)).to_have_attribute("aria-sort", "descending")
    expect(first_name(page)).to_have_text(office.name("user", office.ranked("user", measure)[0]))
    header(page, label).click()
    expect(page.get_by_role("columnheader", name=label)).to_have_attribute("aria-sort", "ascending")
    expect(first_name(page)).to_have_text(office.name("user", office.ranked("user", measure, descending=False)[0]))
    assert stayed(page)
    assert page.locator("#cards").evaluate("each => each.kept") is True
    expect(page.get_by_role("link", name="7 d")).to_have_attribute("href", re.compile(f"s={measure}|s=models"))
    page.reload()
    expect(page.get_by_role("columnheader", name=label)).to_have_attribute("aria-sort", "ascending")


def test_names_and_spikes_sort_too(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page)
    header(page, "User").click()
    expect(first_name(page)).to_have_text(re.compile(r"^<img|^ann"))
    page.get_by_role("link", name=re.compile(r"\d+ users? with a spike")).click()
    expect(first_name(page)).to_have_text(office.name("user", SPIKED))
    expect(page.get_by_role("columnheader", name="Trend of cost")).to_have_attribute("aria-sort", "descending")


def test_a_search_filters_as_one_types(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page)
    before = page.evaluate("history.length")
    page.get_by_role("searchbox").press_sequentially("USER01", delay=15)
    expect(page.get_by_text("10 users found")).to_be_visible()
    expect(rows(page)).to_have_count(10)
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("USER01")
    assert page.url.endswith("/usage?q=USER01")
    assert page.evaluate("history.length") <= before + 1
    assert stayed(page)
    page.get_by_role("searchbox").fill("nobody at all")
    expect(page.get_by_text("No user is called “nobody at all”")).to_be_visible()
    page.get_by_role("link", name="Clear the search").click()
    expect(rows(page)).to_have_count(50)


def test_pages_go_on_and_back_restores(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page)
    count = len(office.ranked("user", "cost"))
    expect(page.get_by_text(f"1\N{EN DASH}50 of {count}", exact=True)).to_be_visible()
    page.locator("#usage-table .table-wrap").evaluate("each => each.scrollTo(0, 900)")
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_text(f"51\N{EN DASH}100 of {count}", exact=True)).to_be_visible()
    expect(first_name(page)).to_have_text(office.name("user", office.ranked("user", "cost")[50]))
    assert page.locator("#usage-table .table-wrap").evaluate("each => each.scrollTop") == 0
    first_name(page).click()
    page.wait_for_url(re.compile("/calls"))
    page.go_back()
    expect(page.get_by_text(f"51\N{EN DASH}100 of {count}", exact=True)).to_be_visible()
    assert page.url.endswith("/usage?page=2")
    page.get_by_role("link", name="7 d").click()
    expect(page.locator(".pager span").first).to_have_text(re.compile("^1\N{EN DASH}50 of"))


# -- U6, U8: the table -------------------------------------------------------------------------------------------------


def test_a_row_says_what_the_events_say(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, f"/usage?q={SPIKED}")
    only = Filter("user", "is", (SPIKED,))
    query = Query(office.people.viewer("admin"), ("cost",), filters=(only,))
    cells = rows(page).first.locator("td.num")
    expect(cells.nth(0)).to_have_text(f"{office.total('requests', only):,}")
    expect(cells.nth(1)).to_have_attribute("title", f"{office.total('input_tokens', only):,}")
    expect(cells.nth(2)).to_have_attribute("title", f"{office.total('output_tokens', only):,}")
    cost = as_money(office.people.expected(query).totals[0])  # type: ignore[arg-type]
    expect(cells.nth(3)).to_have_attribute("title", re.compile("^" + re.escape(text.usd_exact(cost))))
    expect(rows(page).first).to_contain_text(f"{SPIKED}@crowd.example")
    expect(rows(page).first.locator("a.badge")).to_contain_text("The team7")


def test_a_spike_is_seen_and_said(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, "/usage?s=-trend")
    chip = rows(page).first.locator(".trend .chip")
    expect(chip).to_have_text(re.compile(r"on 12 Oct\. Spike: \$\d.* the usual \$"))
    expect(rows(page).first.locator(".spark .mark")).to_be_visible()
    chip.click()
    page.wait_for_url(re.compile(f"/calls\\?f=user:is:{SPIKED}&r=2026-10-12$"))


def test_more_models_open_and_close_by_keyboard(
    page_with_reports: Page, axe: Callable[[Page], None], office: Office
) -> None:
    page = page_with_reports
    office.open(page, "/usage?q=user00")
    opener = page.locator("#usage-table .more").first
    hidden = int(opener.inner_text().removeprefix("+"))
    opener.focus()
    page.keyboard.press("Enter")
    popover = page.locator(".popover.models:popover-open")
    expect(popover.locator("li")).to_have_count(hidden + 3)
    expect(popover).to_be_in_viewport(ratio=1)
    axe(page)
    page.keyboard.press("Escape")
    expect(popover).to_have_count(0)
    expect(opener).to_be_focused()


def test_columns_are_chosen_and_kept(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page)
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="Errors").check()
    expect(page.get_by_role("columnheader", name="Errors")).to_be_visible()
    page.get_by_role("checkbox", name="Models").uncheck()
    expect(page.get_by_role("columnheader", name="Models")).to_have_count(0)
    assert "cols=trend,requests,input_tokens,output_tokens,errors,cost" in page.url
    assert stayed(page)
    page.get_by_role("link", name="By team").click()
    expect(page.get_by_role("columnheader", name="Team")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Errors")).to_be_visible()


def test_a_team_opens_into_its_users(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, "/usage?by=team&s=-requests")
    team = office.ranked("team", "requests")[0]
    users = office.total("active_users", Filter("team", "is", (team,)))
    page.get_by_role("link", name=f"{users} active users").first.click()
    expect(card(page, "Active users")).to_have_text(str(users))
    expect(page.get_by_role("link", name=re.compile("Remove filter Team is"))).to_be_visible()


def test_the_rows_make_the_total(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, "/usage?page=2")
    requests = [int(each.replace(",", "")) for each in page.locator("tbody td.num:nth-child(4)").all_inner_texts()]
    total = int(page.locator("#usage-table tfoot td.num").first.inner_text().replace(",", ""))
    assert sum(requests) == total == office.total("requests")
    page.get_by_text("All rows, those of other pages too, add up to").click()
    expect(page.get_by_text(f"{len(office.ranked('user', 'cost')) - 50} users on other pages")).to_be_visible()


# -- failures, rights, no script ---------------------------------------------------------------------------------------


def test_a_failed_sort_keeps_the_table_and_says_so(page_with_reports: Page, office: Office, reports: Reports) -> None:
    page = page_with_reports
    office.open(page)
    page.route(
        "**/usage?s=-requests",
        lambda route: route.fulfill(
            status=503,
            content_type="text/html",
            body='<!doctype html><html><body><main id="main"><p>The ledger is busy.</p></main></body></html>',
        ),
    )
    header(page, "Requests").click()
    expect(page.get_by_role("alert")).to_contain_text("The ledger is busy.")
    expect(rows(page)).to_have_count(50)
    assert page.url.endswith("/usage")
    reports.forgive("503")  # what the browser itself logs of the answer


def test_a_member_sees_themself(page_with_reports: Page, axe: Callable[[Page], None], office: Office) -> None:
    page = page_with_reports
    office.open(page, role="member")
    expect(page.get_by_role("heading", name="Your usage")).to_be_visible()
    expect(rows(page)).to_have_count(1)
    expect(card(page, "Requests")).to_have_text(f"{office.total('requests', Filter('user', 'is', ('user003',))):,}")
    expect(page.get_by_role("link", name="By team")).to_have_count(0)
    axe(page)


def test_all_of_it_works_without_script(chromium: Browser, office: Office) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        office.sign_in(page)
        page.goto(office.url + "/usage")
        header(page, "Requests").click()
        expect(first_name(page)).to_have_text(office.name("user", office.ranked("user", "requests")[0]))
        page.get_by_role("searchbox").fill("user01")
        page.keyboard.press("Enter")
        expect(rows(page)).to_have_count(10)
        page.get_by_text("Columns", exact=True).click()
        page.get_by_role("checkbox", name="Errors").check()
        page.get_by_role("button", name="Show these columns").click()
        expect(page.get_by_role("columnheader", name="Errors")).to_be_visible()
        assert "s=-requests" in page.url
        assert "q=user01" in page.url
        page.locator("#usage-table .more").first.click()
        expect(page.locator(".popover.models:popover-open")).to_be_visible()


def test_there_are_more_users_than_a_page_holds(office: Office) -> None:
    assert len(office.ranked("user", "cost")) > COUNT
    assert len(DEFAULT_COLUMNS) == 6


def test_a_page_is_asked_for_while_the_pointer_rests_on_the_step_to_it(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.open(page, "/usage?r=7d")
    back = page.locator(".bar .range a.step").first
    with page.expect_response(office.url + str(back.get_attribute("href"))):
        back.hover()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for _ in range(3):  # pressed again and again, the pointer does not come to it anew
        there = str(back.get_attribute("href"))
        asked.clear()
        page.mouse.down()
        page.mouse.up()
        expect(back).not_to_have_attribute("href", there)
        coming = office.url + str(back.get_attribute("href"))
        page.wait_for_timeout(400)
        assert coming in asked
        assert office.url + there not in asked


def test_what_the_pointer_only_passed_is_asked_for_anew_at_its_new_address(
    page_with_reports: Page, office: Office
) -> None:
    page = page_with_reports
    office.open(page, "/usage?r=7d")
    back = page.locator(".bar .range a.step").first
    passed = str(back.get_attribute("href"))
    with page.expect_response(office.url + passed):
        back.hover()
    page.get_by_role("link", name="14 d", exact=True).click()
    expect(back).not_to_have_attribute("href", passed)
    with page.expect_request(office.url + str(back.get_attribute("href"))):
        back.hover()
