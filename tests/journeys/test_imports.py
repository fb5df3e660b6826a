"""A file on its way through a real browser: with and without script, accessible and on a phone at every step."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from outlay.web.pages.imports.staging import FOLDER
from tests.capture.consoles.test_consoles import ANTHROPIC_USAGE, OPENAI_USAGE
from tests.journeys.shop import Shop, served

BAD_ROWS = "2026-10-20,claude-opus-4-6,ci,Default,standard,≤ 200k,1,0,0,0,1,0,us,\nx,y\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with served(tmp_path_factory.mktemp("data")) as found:
        yield found


def uploads_of(shop: Shop) -> set[Path]:
    folder = shop.made.site.outlay.settings.data_dir / FOLDER
    return set(folder.iterdir()) if folder.exists() else set()


def upload(page: Page, shop: Shop, name: str, text: str) -> None:
    page.goto(f"{shop.url}/imports")
    page.get_by_label("File", exact=True).set_input_files(
        FilePayload(name=name, mimeType="text/csv", buffer=text.encode())
    )
    page.get_by_role("button", name="Upload and look at it").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_step_is_accessible_and_fits_a_phone(
    page_with_reports: Page, axe: Callable[[Page], None], shop: Shop, theme: str
) -> None:
    page = page_with_reports
    shop.sign_in(page, outlay_theme=theme)

    def sound() -> None:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.goto(f"{shop.url}/imports")
    sound()
    upload(page, shop, "a-file-with-a-rather-long-name-as-consoles-give-them-2026-10.csv", ANTHROPIC_USAGE + BAD_ROWS)
    expect(page.get_by_role("button", name="Store 2 events")).to_be_visible()
    sound()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("nothing of it was stored")).to_be_visible()
    upload(page, shop, "own.csv", "when,who\n1,2\n")
    expect(page.get_by_text("no file of a kind that is known here")).to_be_visible()
    sound()


def test_a_file_is_stored_without_script(chromium: Browser, shop: Shop) -> None:
    left_by_others = uploads_of(shop)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    shop.sign_in(page)
    upload(page, shop, "usage.csv", OPENAI_USAGE)
    page.get_by_role("button", name="Store 3 events").click()
    expect(page.get_by_text("“usage.csv” is stored, and its file removed.")).to_be_visible()
    page.get_by_role("link", name="Show its calls").click()
    expect(page.locator(".chip", has_text="10 requests")).to_be_visible()
    page.goto(f"{shop.url}/imports")
    expect(page.get_by_role("link", name="OpenAI usage")).to_be_visible()
    assert uploads_of(shop) == left_by_others
    context.close()
