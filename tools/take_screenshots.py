"""Photographs the pages of a demo organisation for the documentation: `python -m tools.take_screenshots`.

Its people, teams and agents have a fixed seed; their calls go up to now, so figures differ from one run to the next.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from msgspec import Struct
from playwright.sync_api import Browser, sync_playwright

from tests.browser import LAUNCH_FLAGS, find_chromium
from tests.live import OUTLAY, LiveOutlay, outlay

TARGET: Final = Path(__file__).resolve().parents[1] / "docs/images"
MOST_BYTES: Final = 150_000
ADMIN: Final = "admin@example.com"
UPSTREAMS: Final = ("openai", "anthropic", "gemini")
KEYS: Final = {"Support bot": "--agent=support-bot", "Research notebooks": "--team=research", "CI": "--tag=env:ci"}


class Shot(Struct, frozen=True):
    """One picture: what it shows, how wide, in which theme, and whether somebody is signed in."""

    name: str
    path: str
    width: int = 1280
    height: int = 860
    theme: str = "light"
    signed_in: bool = True


SHOTS: Final = (
    Shot("consumption", "/consumption"),
    Shot("consumption-dark", "/consumption", theme="dark"),
    Shot("consumption-narrow", "/consumption", width=390, height=844),
    Shot("activity", "/consumption?view=activity"),
    Shot("activity-dark", "/consumption?view=activity", theme="dark"),
    Shot("activity-narrow", "/consumption?view=activity", width=390, height=844),
    Shot("usage", "/usage", height=1000),
    Shot("usage-dark", "/usage", height=1000, theme="dark"),
    Shot("usage-narrow", "/usage", width=390, height=844),
    Shot("usage-teams", "/usage?by=team", height=1000),
    Shot("explorer", "/explorer", height=1000),
    Shot("explorer-dark", "/explorer", height=1000, theme="dark"),
    Shot("explorer-narrow", "/explorer", width=390, height=844),
    Shot("explorer-allocation", "/explorer?view=allocation", height=1000),
    Shot("agents", "/agents", height=1000),
    Shot("agents-dark", "/agents", height=1000, theme="dark"),
    Shot("agents-narrow", "/agents", width=390, height=844),
    Shot("calls", "/calls?r=mtd", height=700),
    Shot("exports", "/exports", height=760),
    Shot("views", "/views", height=560),
    Shot("notes", "/annotations", height=560),
    Shot("welcome", "/welcome", height=900),
    Shot("gateway", "/gateway", height=900),
    Shot("prices", "/prices", height=900),
    Shot("imports", "/imports", height=640),
    Shot("keys", "/keys", height=560),
    Shot("members", "/settings/members", height=560),
    Shot("teams", "/settings/teams", height=700),
    Shot("team", "/settings/teams/engineering", height=700),
    Shot("audit", "/settings/audit", height=700),
    Shot("organisation", "/settings/organisation", height=900),
    Shot("sign-in", "/sign-in", height=560, signed_in=False),
)


def main() -> int:
    chromium = find_chromium(whole=True)
    if chromium is None:
        print("make screenshots needs Chromium; tests/install-browser installs one", file=sys.stderr)
        return 1
    TARGET.mkdir(exist_ok=True)
    with demo_served() as (url, link), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*LAUNCH_FLAGS, "--hide-scrollbars"])
        session = _session(browser, link)
        large = [shot.name for shot in SHOTS if _taken(browser, url, session, shot) > MOST_BYTES]
        browser.close()
    print("\n".join(f"{name}.png is larger than {MOST_BYTES:,} bytes" for name in large))
    return 1 if large else 0


@contextmanager
def demo_served() -> Iterator[tuple[str, str]]:
    """Yield the address of a served demo organisation and a link that signs its admin in."""
    with TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        outlay("demo", "--data", str(data), "--events", "300000", "--months", "3", "--seed", "7")
        for name, bound in KEYS.items():
            key = outlay("keys", "create", name, bound, "--data", str(data)).stdout.strip()
        for name in UPSTREAMS:
            added = [OUTLAY, "upstreams", "add", name, "--credential-stdin", "--data", str(data)]
            subprocess.run(added, input=f"sk-{name}-0123456789abcdef", text=True, check=True, capture_output=True)
        link = outlay("members", "link", ADMIN, "--data", str(data)).stdout.strip()
        server = LiveOutlay(data, key)
        try:
            yield server.url, f"{server.url}/sign-in/link?{link.partition('?')[2]}"
        finally:
            server.stop()


def _session(browser: Browser, link: str) -> str:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(link)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/consumption*")
        return next(each["value"] for each in context.cookies() if each["name"] == "outlay_session")


def _taken(browser: Browser, url: str, session: str, shot: Shot) -> int:
    """Write the picture and return its size in bytes."""
    size = {"width": shot.width, "height": shot.height}
    with browser.new_context(viewport=size, reduced_motion="reduce", locale="en-GB") as context:  # type: ignore[arg-type]
        cookies = {"outlay_theme": shot.theme} | ({"outlay_session": session} if shot.signed_in else {})
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        page = context.new_page()
        page.goto(url + shot.path)
        page.wait_for_load_state("networkidle")
        file = TARGET / f"{shot.name}.png"
        page.screenshot(path=file)
        print(f"{file.name}: {file.stat().st_size:,} bytes")
        return file.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
