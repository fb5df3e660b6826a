"""Tests the browser fixtures on pages that are wrong on purpose: a check that never finds anything proves nothing."""

import asyncio
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

import pytest
from playwright.sync_api import Page

from tests.browser import Reports

_CSP: Final = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
_PAGE: Final = '<!doctype html><html lang="en"><head><title>A page</title></head><body><main>{}</main></body></html>'
_BODIES: Final = {
    "/clean": "<h1>Spend</h1><p>All of October.</p>",
    "/inline": "<h1>Spend</h1><script>document.title = 'changed'</script>",
    "/throws": '<h1>Spend</h1><script src="/throws.js"></script>',
    "/unnamed": '<h1>Spend</h1><button></button><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
}


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/throws.js":
            self._answer(200, "text/javascript", "throw new Error('nothing to draw')")
        elif self.path == "/favicon.ico":
            self._answer(200, "image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"/>')
        elif self.path in _BODIES:
            self._answer(200, "text/html", _PAGE.format(_BODIES[self.path]))
        else:
            self._answer(404, "text/html", _PAGE.format("<h1>Not here</h1>"))

    def log_message(self, *_: object) -> None:
        """Say nothing: the test's output is for findings."""

    def _answer(self, status: int, media_type: str, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{media_type}; charset=utf-8")
        self.send_header("Content-Security-Policy", _CSP)
        self.end_headers()
        self.wfile.write(body.encode())


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pages) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_no_event_loop_is_left_behind_by_another_module() -> None:
    assert asyncio.run(_answer()) == 42


async def _answer() -> int:
    return 42


def test_a_clean_page_under_the_strict_policy_passes_both_checks(
    page_with_reports: Page, axe: Callable[[Page], None], site: str
) -> None:
    page_with_reports.goto(f"{site}/clean")
    axe(page_with_reports)
    assert page_with_reports.get_by_role("heading").inner_text() == "Spend"


def test_an_inline_script_is_reported_as_a_violation_of_the_policy(
    page_with_reports: Page, reports: Reports, site: str
) -> None:
    page_with_reports.goto(f"{site}/inline")
    assert page_with_reports.title() == "A page"
    reports.forgive("CSP: script-src")
    reports.forgive("console: ")


def test_an_uncaught_error_is_reported(page_with_reports: Page, reports: Reports, site: str) -> None:
    page_with_reports.goto(f"{site}/throws")
    reports.forgive("uncaught: nothing to draw")


def test_a_missing_file_is_reported(page_with_reports: Page, reports: Reports, site: str) -> None:
    page_with_reports.goto(f"{site}/nothing")
    reports.forgive("404")


def test_reports_can_neither_be_overlooked_nor_forgiven_in_advance() -> None:
    reports = Reports(["console: no such element"])
    with pytest.raises(AssertionError, match="no such element"):
        reports.expect_none()
    with pytest.raises(AssertionError, match="did not complain"):
        reports.forgive("CSP")


def test_axe_names_the_rule_and_the_element_that_breaks_it(
    page_with_reports: Page, axe: Callable[[Page], None], site: str
) -> None:
    page_with_reports.goto(f"{site}/unnamed")
    with pytest.raises(AssertionError, match=r"(?s)button-name.*<button>.*image-alt"):
        axe(page_with_reports)
