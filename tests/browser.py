"""Finding a Chromium on this machine, and noticing what a page complains about while a test drives it."""

import os
import shutil
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

from playwright.sync_api import ConsoleMessage, Page

# The names tests/install-browser looks for too. The shell is the same engine without windows: pages open in a third of
# the time.
_SHELL: Final = "chromium-headless-shell"
_WHOLE: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# No sandbox, because CI runs as root; no background traffic, because there is no network beyond this machine.
LAUNCH_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

_TELL_VIOLATIONS: Final = """
document.addEventListener("securitypolicyviolation", ({effectiveDirective, blockedURI, sourceFile, lineNumber}) =>
  reportViolation(`${effectiveDirective} blocked ${blockedURI} at ${sourceFile}:${lineNumber}`));
"""


def find_chromium(*, whole: bool = False) -> str | None:
    """Return the path of a Chromium: the one of OUTLAY_TEST_CHROMIUM, else the first one on the PATH; `whole` asks for
    the browser that people have.
    """
    named = os.environ.get("OUTLAY_TEST_CHROMIUM")
    if named:
        return shutil.which(named)
    names = _WHOLE if whole else (_SHELL, *_WHOLE)
    return next((path for path in map(shutil.which, names) if path), None)


@dataclass
class Reports:
    """What a page complained about, in the order it did. A test that provokes an error takes it out with `forgive`."""

    lines: list[str] = field(default_factory=list)

    def forgive(self, part: str) -> None:
        """Drop the complaints that contain `part`; there must be one."""
        kept = [line for line in self.lines if part not in line]
        assert len(kept) < len(self.lines), f"the page did not complain about {part!r}, only: {self.lines}"
        self.lines[:] = kept

    def expect_none(self) -> None:
        assert not self.lines, "the page complained:\n" + "\n".join(self.lines)


def watched(page: Page, reports: Reports) -> None:
    """Write into `reports` every CSP violation, console error and uncaught error of `page` from now on."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            reports.lines.append(f"console: {message.text}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: reports.lines.append(f"uncaught: {error.message}"))
    page.expose_function("reportViolation", lambda text: reports.lines.append(f"CSP: {text}"))
    page.add_init_script(_TELL_VIOLATIONS)


def accessibility_violations(page: Page) -> list[str]:
    """Return one line for each element that breaks an axe rule of WCAG 2.2 AA or good practice."""
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": _RULES}}
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        "async (options) => (await axe.run(document, options)).violations", options
    )
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]}"
        for violation in found
        for node in violation["nodes"]
    ]
