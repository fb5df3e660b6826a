"""From an empty organisation to the first event in a real browser: make a key, run what is printed, see it arrive."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from msgspec import Struct
from playwright.sync_api import Browser, Page, expect

from outlay.access.sessions import Sessions
from outlay.control.members import NewMember, create_member
from outlay.control.trail import SYSTEM
from outlay.kit.ids import new_id
from outlay.wiring.site import assemble
from tests.browser import Reports
from tests.live import free_port, wait_until_ready
from tests.web.site import NOW, Site, open_site


class Empty(Struct, frozen=True):
    """A served organisation without any event."""

    url: str
    site: Site

    def sign_in(self, page: Page, role: str = "admin", **cookies: str) -> None:
        control = self.site.outlay.control
        wanted = NewMember(email=f"{new_id(role)}@example.com", role=role, name=role.capitalize())
        member = create_member(control, self.site.outlay.organisation, wanted, SYSTEM, NOW)
        token, _ = Sessions(control, timedelta(hours=8)).open(member, NOW)
        for name, value in {"outlay_session": token, **cookies}.items():
            page.context.add_cookies([{"name": name, "value": value, "url": self.url}])


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Empty]:
    with open_site(tmp_path / "data") as site:
        port = free_port()
        server = uvicorn.Server(
            uvicorn.Config(assemble(site.outlay).site, port=port, log_level="warning", lifespan="on")
        )
        thread = threading.Thread(target=server.run)
        thread.start()
        wait_until_ready(f"http://127.0.0.1:{port}", thread.is_alive)
        yield Empty(f"http://127.0.0.1:{port}", site)
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(page_with_reports: Page, empty: Empty) -> Iterator[Page]:
    """Yield a page that is left before the server ends: what waits would ask it in vain."""
    del empty
    yield page_with_reports
    page_with_reports.goto("about:blank")


def paste(command: str) -> str:
    """Run a command as somebody who pastes it into a terminal."""
    shell = ["/bin/sh", "-c", command]
    return subprocess.run(shell, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_printed_command_makes_the_first_event_appear(
    page: Page, axe: Callable[[Page], None], empty: Empty, theme: str
) -> None:
    empty.sign_in(page, outlay_theme=theme)
    page.goto(empty.url)
    expect(page.get_by_role("heading", name="Send your first event", level=1)).to_be_visible()
    page.evaluate("window.stayed = true")
    axe(page)
    page.get_by_role("button", name="Make a key").click()
    expect(page.locator("#secret")).to_be_focused()
    assert page.url.endswith("/welcome")
    axe(page)
    assert '"stored":1' in paste(page.locator("#code-curl").text_content() or "")
    arrived = page.get_by_role("region", name="Your event is here")
    expect(arrived).to_contain_text("1,200 in, 300 out")
    expect(arrived).to_contain_text("$0.00036")
    assert page.evaluate("window.stayed") is True
    axe(page)
    with page.expect_request("**/consumption**"):
        arrived.get_by_role("link", name="Consumption").click()
    expect(page.get_by_role("row", name="gpt-4o-mini")).to_be_visible()


def test_it_stops_asking_once_something_arrived(page: Page, empty: Empty) -> None:
    empty.sign_in(page)
    page.goto(f"{empty.url}/welcome")
    with page.expect_request("**/welcome/arrival?**"):
        pass
    empty.site.client.post("/v1/events", json={"id": "e1", "model": "gpt-4o"}, headers=empty.site.key("sends"))
    expect(page.get_by_role("region", name="Your event is here")).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert asked == []


def test_what_was_refused_appears_too(page: Page, axe: Callable[[Page], None], empty: Empty) -> None:
    empty.sign_in(page)
    page.goto(f"{empty.url}/welcome")
    paste((page.locator("#code-curl").text_content() or "").replace("YOUR_KEY", "no-key"))
    expect(page.get_by_role("alert")).to_contain_text("This API key is unknown, revoked or expired")
    axe(page)


def test_a_way_is_chosen_by_keys_alone_and_survives_the_key(page: Page, empty: Empty) -> None:
    empty.sign_in(page)
    page.goto(f"{empty.url}/welcome")
    page.get_by_role("button", name="Make a key").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="curl")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#code-python")).to_be_visible()
    expect(page.locator("#code-curl")).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.locator("#code-python")).to_be_focused()
    page.get_by_role("button", name="Make a key").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#secret")).to_be_focused()
    expect(page.locator("#code-python")).to_be_visible()
    expect(page.locator("#code-python")).to_contain_text("Bearer outlay_")


def test_a_failure_to_make_a_key_is_said(page: Page, empty: Empty, reports: Reports) -> None:
    empty.sign_in(page)
    page.goto(f"{empty.url}/welcome")
    body = '<!doctype html><html><body><main id="main"><p>Too busy.</p></main></body></html>'
    page.route("**/welcome/key", lambda route: route.fulfill(status=503, content_type="text/html", body=body))
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("alert").first).to_contain_text("Too busy.")
    expect(page.get_by_role("button", name="Make a key")).to_be_visible()
    reports.forgive("503")  # what the browser itself logs of the answer


@pytest.mark.parametrize("role", ["admin", "member"])
def test_nothing_is_wider_than_a_phone(page: Page, axe: Callable[[Page], None], empty: Empty, role: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    empty.sign_in(page, role)
    page.goto(f"{empty.url}/welcome")
    for way in page.locator(".ways > label").all():
        way.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    axe(page)


def test_all_of_it_works_without_script(chromium: Browser, empty: Empty) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        empty.sign_in(page)
        page.goto(empty.url)
        page.locator("label", has_text="CloudEvents").click()
        page.get_by_role("button", name="Make a key").click()
        expect(page.locator("#code-cloudevents")).to_be_visible()
        assert '"stored":1' in paste(page.locator("#code-cloudevents").text_content() or "")
        page.get_by_role("link", name="Check now").click()
        expect(page.get_by_role("heading", name="Your event is here")).to_be_visible()
