"""The gateway in a real browser: an upstream is added and tested, a call goes through it, and shows where it cost."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from outlay.control.upstream_checks import UpstreamSettings
from tests.actors import TESTER
from tests.browser import Reports
from tests.journeys.shop import Shop, served
from tests.providing import Provider, saying_hello

CREDENTIAL = "sk-proj-0123456789abcdefWXYZ"


@pytest.fixture(scope="module")
def there() -> Iterator[Provider]:
    with saying_hello() as found:
        yield found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, there: Provider) -> Iterator[Shop]:
    with served(tmp_path_factory.mktemp("data")) as found:
        # As the operator would: a page must not open the private network.
        openai = UpstreamSettings(name="openai", provider="openai", base_url=there.url, allow_private=True)
        found.made.site.outlay.upstreams.add(found.made.site.outlay.organisation, openai, by=TESTER)
        yield found


def test_a_credential_is_entered_tested_and_used(
    page_with_reports: Page, axe: Callable[[Page], None], shop: Shop, there: Provider
) -> None:
    page = page_with_reports
    shop.sign_in(page)
    page.goto(f"{shop.url}/gateway")
    axe(page)
    row = page.get_by_role("row", name="OpenAI http")
    expect(row).to_contain_text("no credential")
    row.get_by_role("link", name="Edit OpenAI").click()
    axe(page)
    page.get_by_label("API key").fill(CREDENTIAL)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“openai” is changed.")).to_be_visible()
    expect(row).to_contain_text("…WXYZ")
    assert CREDENTIAL[:-4] not in page.content()
    row.get_by_role("button", name="Test OpenAI").click()
    expect(page.get_by_text("and takes the credential.")).to_be_visible()
    shop.made.site.clock.move(timedelta(seconds=1))  # as long as it takes until calls follow

    key = shop.made.site.key("gateway", agent="support-bot")
    hello = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello."}]}
    with httpx.Client(trust_env=False, timeout=30) as client:
        answer = client.post(f"{shop.url}/openai/v1/chat/completions", json=hello, headers=key)
    assert answer.json()["choices"][0]["message"]["content"] == "Hello!"
    assert there.asked[-1].headers["authorization"] == f"Bearer {CREDENTIAL}"

    for _ in range(20):  # the event is recorded behind the answer
        page.goto(f"{shop.url}/calls?f=agent:is:support-bot")
        if page.locator("#main").get_by_text("gpt-4o-mini").count():
            break
    expect(page.locator("#main").get_by_text("gpt-4o-mini").first).to_be_visible()


def test_an_upstream_is_added_by_keyboard_on_a_phone(
    page_with_reports: Page, axe: Callable[[Page], None], reports: Reports, shop: Shop
) -> None:
    page = page_with_reports
    page.set_viewport_size({"width": 390, "height": 844})
    shop.sign_in(page)
    page.goto(f"{shop.url}/gateway")
    page.get_by_role("link", name="Add upstream").focus()
    page.keyboard.press("Enter")
    page.get_by_role("navigation", name="Provider").get_by_role("link", name="Mistral").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Address")).to_have_value("https://api.mistral.ai")
    axe(page)
    page.get_by_label("Address").fill("http://api.mistral.ai")
    page.get_by_label("API key").fill(CREDENTIAL)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Only the private network is called over http")).to_be_visible()
    axe(page)
    reports.forgive("status of 422")
    expect(page.get_by_label("API key")).to_have_value("")
    page.get_by_label("Address").fill("https://api.mistral.ai")
    page.get_by_label("API key").fill(CREDENTIAL)
    page.keyboard.press("Enter")
    expect(page.get_by_text("“mistral” is there")).to_be_visible()
    page.get_by_role("link", name="Remove Mistral").click()
    axe(page)
    page.get_by_role("button", name="Remove upstream").click()
    expect(page.get_by_text("“mistral” is removed")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_programs_are_chosen_without_script(chromium: Browser, shop: Shop) -> None:
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        shop.sign_in(page, "member")
        page.goto(f"{shop.url}/gateway")
        expect(page.get_by_text('env_key = "OUTLAY_KEY"')).to_be_hidden()
        page.get_by_text("Codex", exact=True).click()
        expect(page.get_by_text('env_key = "OUTLAY_KEY"')).to_be_visible()
        expect(page.get_by_role("link", name="Add upstream")).to_have_count(0)
