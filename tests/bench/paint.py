"""How soon a change of a filter is painted, in Chromium, on the pages of figures of ten million events.

From the click on a control of the bar until the second frame after the answer is in the page. By pointer, which has
rested on the control for as long as people take to press, so that the page may have asked already; and by keyboard,
which gives no such hint. What a page weighs is measured beside it.
"""

from collections.abc import Iterator
from random import Random
from statistics import median, quantiles
from typing import Final

import httpx
from playwright.sync_api import Page, sync_playwright

from outlay.web.gate import SESSION_COOKIE
from tests.bench.organisation import organisation_with, session_in, sizes_asked
from tests.bench.report import Report, Target
from tests.browser import LAUNCH_FLAGS, find_chromium
from tests.live import live_outlay

PAGES: Final = ("/usage", "/usage?by=team", "/explorer", "/explorer?view=model", "/agents", "/consumption", "/calls")
CLICKS: Final = 40
CONTROLS: Final = ".bar .tabs a:not([aria-current]), .bar .range a.step, .bar .months a.step"
RESTS_MS: Final = 150  # between the pointer's arrival and the press
WATCH: Final = """
() => {
  let began = 0;
  document.addEventListener("click", () => { began = performance.now(); }, { once: true, capture: true });
  window.painted = new Promise((painted) => {
    const told = () => painted(performance.now() - began);
    const twoFrames = () => requestAnimationFrame(() => requestAnimationFrame(told));
    document.addEventListener("htmx:after:swap", twoFrames, { once: true });
  });
}
"""


def run(report: Report) -> None:
    chromium = find_chromium(whole=True)
    if chromium is None:
        report.note("no Chromium here; tests/install-browser installs one")
        return
    for events in sizes_asked("10000000"):
        data = organisation_with(events, report)
        token = session_in(data)
        with live_outlay(data) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(LAUNCH_FLAGS))
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": server.url}])
            page = context.new_page()
            for path in PAGES:
                for way in ("pointer", "keyboard"):
                    page.goto(server.url + path)
                    painted = list(_painted(page, way))
                    name = f"{events:,} events, {path}, {way}"
                    target = Target(at_most=150) if way == "pointer" else None
                    report.figure(f"{name}, painted, median", median(painted), "ms")
                    report.figure(f"{name}, painted, 95th percentile", quantiles(painted, n=20)[-1], "ms", target)
                size = _weight(server.url + path, token)
                report.figure(f"{path}, page compressed", size / 1e3, "kB", Target(at_most=20))
            report.figure("scripts of a page, compressed", _scripts(page), "kB", Target(at_most=30))
            browser.close()


def _painted(page: Page, way: str) -> Iterator[float]:
    chance = Random(3)
    for clicks in range(CLICKS + 3):
        controls = page.locator(CONTROLS)
        control = controls.nth(chance.randrange(controls.count()))
        page.evaluate(WATCH)
        if way == "pointer":
            control.hover()
            page.wait_for_timeout(RESTS_MS)
            control.click()
        else:
            page.mouse.move(5, 5)
            control.focus()
            page.keyboard.press("Enter")
        milliseconds: float = page.evaluate("window.painted")
        if clicks >= 3:
            yield milliseconds


def _weight(url: str, token: str) -> int:
    with httpx.Client(cookies={SESSION_COOKIE: token}, trust_env=False, timeout=60) as client:
        return client.get(url).raise_for_status().num_bytes_downloaded


def _scripts(page: Page) -> float:
    """Return the compressed size of all scripts that the page shown has loaded."""
    page.reload()
    found: list[float] = page.evaluate(
        "performance.getEntriesByType('resource').filter((each) => each.initiatorType === 'script')"
        ".map((each) => each.encodedBodySize)"
    )
    return sum(found) / 1e3
