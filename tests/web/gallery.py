"""Renders every part and chart with plausible values to static pages, and photographs them for the eye.

Run `python -m tests.web.gallery OUTDIR`: it writes pages and pictures and prints what the browser or axe complains
about. The pages are served under the product's own CSP.
"""

import http.server
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, cast, get_args

from playwright.sync_api import sync_playwright

from outlay.web.frame import ToldFailure
from outlay.web.render import STATIC_DIR, Renderer, Shell, Theme
from tests.browser import LAUNCH_FLAGS, Reports, accessibility_violations, find_chromium, watched
from tests.web import specimens

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SIZES: Final = ((1280, 900), (390, 844))
_TEMPLATES: Final = Path(__file__).parent / "gallery_pages"


def pages(theme: Theme) -> dict[str, str]:
    """Return the gallery's pages by name."""
    renderer = Renderer()
    shell = specimens.shell(theme)
    signed_out = replace(shell, member=None, nav=(), notices=(), title="Sign in")
    noticed = replace(shell, title="Parts", notices=specimens.notices())
    return {
        "consumption": _from(renderer, "consumption.html", shell, specimens.consumption()),
        "charts": _from(renderer, "charts.html", replace(shell, title="Charts"), specimens.all_charts()),
        "parts": _from(renderer, "parts.html", noticed, specimens.all_parts()),
        "empty": _from(renderer, "empty.html", replace(shell, title="Empty states"), {}),
        "sign-in": _from(renderer, "sign-in.html", signed_out, {}),
        "keys": _from(renderer, "keys.html", replace(shell, title="API keys", active="keys"), {}),
        "forbidden": renderer.page(
            "errors/forbidden.html",
            shell,
            message="Consumption is for the roles admin and billing; yours is member.",
            grantors=[("Ada Marsh", "ada@northwind.example"), ("Tom Reyes", "tom@northwind.example")],
            request_id="req_7c1f09ab",
        ),
        "error": renderer.page(
            "errors/error.html",
            replace(signed_out, title="Something went wrong"),
            status=500,
            told=ToldFailure(
                "Something went wrong",
                "The page could not be made. Nothing was lost; trying again may help.",
                "req_7c1f09ab",
                "/consumption",
                "Try again",
            ),
        ),
    }


def _from(renderer: Renderer, name: str, shell: Shell, values: dict[str, object]) -> str:
    return renderer.from_string((_TEMPLATES / name).read_text(encoding="utf-8"), page=shell, **values)


class _Pages(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args: object, written: Path, **more: object) -> None:
        super().__init__(*args, directory=str(written), **more)  # type: ignore[arg-type]  # passed through as they come

    def translate_path(self, path: str) -> str:
        bare = path.split("?", maxsplit=1)[0]
        if bare.startswith("/static/"):
            return str(STATIC_DIR / bare.removeprefix("/static/"))
        return super().translate_path(path)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CSP)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """Serve written pages and the static files on a free port, under the product's own CSP."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Pages, written=directory))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write(directory: Path) -> list[str]:
    """Write all pages in light and dark; return their names."""
    directory.mkdir(parents=True, exist_ok=True)
    names = []
    for theme in (cast("Theme", each) for each in get_args(Theme) if each != "system"):
        for name, html in pages(theme).items():
            (directory / f"{name}-{theme}.html").write_text(html, encoding="utf-8")
            names.append(f"{name}-{theme}")
    return names


def photograph(directory: Path) -> list[str]:
    """Write the pages and a PNG of each at every size; return the complaints."""
    complaints: list[str] = []
    names = write(directory)
    with served(directory) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=LAUNCH_FLAGS)
        for name, (width, height) in ((name, size) for name in names for size in SIZES):
            reports = Reports()
            page = browser.new_page(viewport={"width": width, "height": height})
            watched(page, reports)
            page.goto(f"{address}/{name}.html")
            page.screenshot(path=directory / f"{name}-{width}.png", full_page=True)
            found = [*reports.lines, *accessibility_violations(page)]
            complaints.extend(f"{name} at {width}: {each}" for each in found)
            page.close()
        browser.close()
    return complaints


if __name__ == "__main__":
    print("\n".join(photograph(Path(sys.argv[1]))))  # noqa: T201 - a command's output
