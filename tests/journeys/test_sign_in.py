"""Signing in and API keys in a real browser: keyboard alone, no script, narrow screens, Back after signing out."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import pytest
import uvicorn
from msgspec import Struct
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from outlay.wiring.site import assemble
from tests.browser import Reports, watched
from tests.isolation.rules import RULES
from tests.live import free_port, wait_until_ready
from tests.web.pages.people import PASSWORD, People, people_at

KEY: Final = re.compile(r"outlay_[0-9a-z]{8}_[0-9A-Za-z]{43}")
ROOT: Final = "/tools/outlay"


class Office(Struct, frozen=True):
    """A served organisation under a root path."""

    url: str
    people: People

    def link(self) -> str:
        return f"{self.url}/sign-in/link?token={self.people.link_for(self.people.ada)}"

    def sign_in(self, page: Page) -> None:
        page.goto(self.link())
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.url}/welcome")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with people_at(tmp_path_factory.mktemp("data"), root_path=ROOT) as people:
        port = free_port()
        site = assemble(people.site.outlay).site
        server = uvicorn.Server(uvicorn.Config(site, port=port, log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run)
        thread.start()
        wait_until_ready(f"http://127.0.0.1:{port}", thread.is_alive)
        yield Office(f"http://127.0.0.1:{port}{ROOT}", people)
        server.should_exit = True
        thread.join()


@pytest.fixture
def no_script(chromium: Browser) -> Iterator[Page]:
    with chromium.new_context(java_script_enabled=False) as context:
        yield context.new_page()


def test_the_keyboard_alone_signs_in_and_out(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    page.goto(f"{office.url}/keys")
    expect(page).to_have_url(f"{office.url}/sign-in?next={ROOT}/keys")
    page.keyboard.type("ada@acme.example")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{office.url}/keys")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == "Sign out":
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"{office.url}/sign-in")


def test_a_wrong_password_is_said_at_the_field_which_has_the_focus(
    page_with_reports: Page, reports: Reports, axe: Callable[[Page], None], office: Office
) -> None:
    page = page_with_reports
    page.goto(f"{office.url}/sign-in")
    page.get_by_label("E-mail").fill("lin@acme.example")
    page.get_by_label("Password").fill("wrong wrong wrong")
    page.get_by_role("button", name="Sign in").click()
    password = page.get_by_label("Password")
    expect(password).to_be_focused()
    expect(password).to_have_accessible_description("E-mail and password don't match.")
    expect(page.get_by_label("E-mail")).to_have_value("lin@acme.example")
    axe(page)
    reports.forgive("401")


def test_without_script_one_signs_in_makes_a_key_and_revokes_it(no_script: Page, office: Office) -> None:
    page = no_script
    page.goto(f"{office.url}/sign-in")
    page.get_by_label("E-mail").fill("ada@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{office.url}/keys/new")
    page.get_by_label("Name").fill("no-script")
    page.get_by_text("Bind it to whom").click()
    page.get_by_label("Agent optional").fill("bot")
    page.get_by_role("button", name="Create key").click()
    assert KEY.fullmatch(page.get_by_label("Key “no-script”").input_value())
    assert "It may send events and call models." in page.inner_text("main")
    page.get_by_role("row", name="no-script").get_by_role("link", name="no-script").click()
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_text("The key is revoked.")).to_be_visible()
    page.goto(f"{office.url}/keys")
    expect(page.get_by_role("row", name="no-script")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{office.url}/sign-in")


def test_a_new_key_is_copied_and_gone_after_a_reload(
    page_with_reports: Page, axe: Callable[[Page], None], office: Office, reports: Reports
) -> None:
    page = page_with_reports
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    office.sign_in(page)
    page.goto(f"{office.url}/keys/new")
    page.get_by_label("Name").fill("copied")
    page.get_by_role("button", name="Create key").click()
    shown = page.get_by_label("Key “copied”").input_value()
    axe(page)
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == shown
    assert KEY.fullmatch(shown)
    assert shown not in page.url
    page.reload()
    assert shown not in page.content()
    page.goto(f"{office.url}/keys")
    with suppress(PlaywrightError):  # the browser keeps no copy, and asks before it sends a form again
        page.go_back()
    expect(page.locator(f'[value="{shown}"]')).to_have_count(0)
    page.goto(f"{office.url}/keys")
    reports.lines.clear()  # a reloaded form is refused with 409, which the console notes as often as it is asked


def test_after_signing_out_back_shows_nothing_private(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.sign_in(page)
    page.goto(f"{office.url}/password")
    page.goto(f"{office.url}/keys")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{office.url}/sign-in")
    for _ in range(3):
        page.go_back()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert "ada@acme.example" not in page.content()
        assert "API keys" not in page.content()


def test_a_session_that_ended_leads_to_the_whole_sign_in_page(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.sign_in(page)
    page.goto(f"{office.url}/consumption")
    page.context.clear_cookies()
    page.get_by_role("link", name="Activity").click()  # a partial update, which must not put the form inside the page
    page.wait_for_url(re.compile("/sign-in"))
    expect(page.locator("body")).to_have_class("plain")
    expect(page.get_by_role("navigation")).to_have_count(0)
    page.get_by_label("E-mail").fill("ada@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{office.url}/consumption?view=activity")


def test_opening_a_link_uses_nothing_up(page_with_reports: Page, chromium: Browser, office: Office) -> None:
    link = office.link()
    with chromium.new_context() as preview:
        looking = preview.new_page()
        looking.goto(link)
        expect(looking.get_by_role("heading", name="Sign in as Ada?")).to_be_visible()
        assert not preview.cookies()
    page = page_with_reports
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{office.url}/welcome")


@pytest.fixture(params=[(1280, "light"), (390, "dark"), (390, "light")], ids=lambda each: f"{each[0]}-{each[1]}")
def sized(request: pytest.FixtureRequest, chromium: Browser, reports: Reports) -> Iterator[Page]:
    width, scheme = request.param
    settings: dict[str, Any] = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    with chromium.new_context(**settings) as context:
        page = context.new_page()
        watched(page, reports)
        yield page
        reports.expect_none()


# Every page of forms and lists that an admin opens without naming anything; those of figures have their own journeys.
# Left out: a piece of a page, and two looks at a change that want to be told of one.
FORMS_AND_LISTS = [
    each.path
    for each in RULES
    if each.method == "GET" and "{" not in each.path and each.who in {"all", "admin"} and "export" not in each.path
    if each.path.startswith(("/account", "/keys", "/me", "/password", "/search", "/settings"))
    if each.path not in {"/search/results", "/settings/organisation/zone", "/settings/organisation/retention"}
]


def test_every_page_fits_and_is_accessible(sized: Page, axe: Callable[[Page], None], office: Office) -> None:
    def check(path: str) -> None:
        sized.goto(office.url + path)
        axe(sized)
        wider = "document.documentElement.scrollWidth > window.innerWidth"
        assert not sized.evaluate(wider), f"{path} is wider than the window"

    check("/sign-in")
    check(f"/sign-in/link?token={office.people.link_for(office.people.ada)}")
    office.sign_in(sized)
    for path in (*FORMS_AND_LISTS, "/keys?show=ended"):
        check(path)
    sized.goto(f"{office.url}/keys/new")
    sized.get_by_label("Name").fill("a name as long as people sometimes give to what they make " + str(id(sized)))
    sized.get_by_text("Bind it to whom").click()
    sized.get_by_label("Tags").fill("\n".join(f"team:a-rather-long-tag-of-many-{number}" for number in range(9)))
    axe(sized)
    sized.get_by_role("button", name="Create key").click()
    axe(sized)
    check("/keys")
    sized.get_by_role("row").nth(1).get_by_role("link").first.click()
    axe(sized)
    sized.get_by_role("link", name="Revoke").click()
    axe(sized)


def test_the_theme_stays_where_it_was_chosen(page_with_reports: Page, office: Office) -> None:
    page = page_with_reports
    office.sign_in(page)
    page.goto(f"{office.url}/keys?show=ended")
    page.get_by_role("button", name="Dark").click()
    page.wait_for_url(f"{office.url}/keys?show=ended")
    assert page.get_attribute("html", "data-theme") == "dark"
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
