"""The tutorial works as it is written: every command is run, and what it shows is what is printed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.docs.markdown import read
from tests.docs.shell import Block, Reader, as_pattern, blocks_of, reader
from tests.live import outlay

TUTORIAL: Final = read(Path("docs/tutorial.md"))


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Reader]:
    # The organisation that `make run` would make, only smaller: it finds it there and goes on.
    outlay("demo", "--data", str(tmp_path / ".demo"), "--events", "2000")
    with reader(tmp_path) as found:
        yield found


@pytest.mark.sqlite_only  # its two data directories are two installations: one database can't be of both
def test_the_tutorial_leads_to_an_event_on_the_page(person: Reader, page_with_reports: Page) -> None:
    page = page_with_reports
    for block in blocks_of(TUTORIAL):
        printed = person.type(block).replace("http://127.0.0.1:8400", person.url)
        if "sign-in/link" in printed:
            sign_in(page, printed)
            is_demo = "make run" in block.commands
            first = "Consumption" if is_demo else "Send your first event"
            expect(page.get_by_role("heading", name=first, level=1)).to_be_visible()
            expect(page.locator(".org")).to_have_text("Acme" if is_demo else "My organisation")
        elif '"call-1",\n' in block.commands:
            page.goto(f"{person.url}/welcome?since=0")
            page.get_by_role("region", name="here").get_by_role("link", name="Consumption").click()
            expect(page.locator(".card-value").first).to_have_text("<$0.01")
            expect(page.get_by_role("row", name=re.compile("gpt-4o-mini"))).to_contain_text("$0.0003")
        elif "import csv" in block.commands:
            page.goto(f"{person.url}/consumption?r=2026-09")
            expect(page.get_by_role("row", name=re.compile("claude-sonnet-4-5"))).to_contain_text("$0.0447")
        page.goto("about:blank")  # a page that is open may ask a server that is being stopped


def sign_in(page: Page, printed: str) -> None:
    link = re.search(r"http://\S+", printed)
    assert link
    page.goto(link.group())
    page.get_by_role("button", name="Sign in").click()


def test_blocks_are_read_with_what_they_print() -> None:
    text = "```sh\na\n```\nwords\n```json\n{}\n```\n```sh\nb\n```\n```toml\nc\n```\n"
    assert blocks_of(text) == [Block("a\n", "{}\n", laid_out=True), Block("b\n", None)]


@pytest.mark.parametrize(
    ("shown", "printed", "matches"),
    [
        ("a …\nb\n", "a 1\n2\nb\n", True),
        ("a\n", "a", True),
        ("a.c\n", "abc\n", False),
        ("a\n", "a\nb\n", False),
    ],
)
def test_an_ellipsis_stands_for_anything(shown: str, printed: str, *, matches: bool) -> None:
    assert bool(as_pattern(shown).fullmatch(printed)) is matches
