"""What tests of every folder share: the hypothesis profiles, and a headless Chromium that reports what goes wrong.

The browser lives as long as one test module, because Playwright keeps an event loop running in the thread it was
started in: a longer life would break every later test that runs a loop of its own. So a module that uses `chromium`
or `page_with_reports` starts no event loop in its tests; a server it needs runs in another thread or process.
"""

import gc
import os
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from outlay.control.database import CONTROL_FILE
from tests.browser import LAUNCH_FLAGS, Reports, accessibility_violations, find_chromium, watched
from tests.control_engine import ON_POSTGRES, lead_to_chosen_engine
from tests.made_once import make_once
from tests.memory import write_into_memory
from tests.postgres import find_postgres
from tests.watchdog import start_watchdog

_MANY_TESTS: Final = 500
_PATIENCE_MS: Final = 15_000  # for a page to become as expected, beside other tests
_WATCHDOG: Final = pytest.StashKey[subprocess.Popen[bytes]]()

IN_CI = os.environ.get("CI") == "true"

# A machine that is busy with other work draws examples slowly; that is no finding about the code under test.
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if IN_CI else "dev"))


def pytest_configure(config: pytest.Config) -> None:
    write_into_memory()
    config.stash[_WATCHDOG] = start_watchdog()
    for engine in ("sqlite", "postgres"):
        config.addinivalue_line("markers", f"{engine}_only: holds for a control database on this engine alone")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what holds on the other engine only; begin with what takes long."""
    other = "sqlite_only" if ON_POSTGRES else "postgres_only"
    left_out = [each for each in items if each.get_closest_marker(other)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [each for each in items if not each.get_closest_marker(other)]
    # A file is one worker's: the long ones first, or at the end all others wait for who got one late.
    sizes = Counter(each.path for each in items)
    items.sort(key=lambda each: sizes[each.path] < _MANY_TESTS)


def pytest_collection_finish() -> None:
    """Leave what was collected out of all later searches for garbage: they took a seventh of the time of the tests."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _engine() -> Iterator[None]:
    """Keep control databases on the engine that was asked for; no Postgres fails in CI and skips elsewhere."""
    if ON_POSTGRES and find_postgres() is None:
        reason = "no Postgres on this machine; tests/install-postgres installs one"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch:
        lead_to_chosen_engine(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        make_once(patch)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fail a test that went past the engine that was asked for: by a process it started without saying so."""
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    strays = list(folder.rglob(CONTROL_FILE)) if ON_POSTGRES and folder else []
    yield
    assert not strays, "a control database on SQLite beside Postgres; see tests/control_engine.py"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Yield a headless Chromium; skip where the machine has none, fail where CI has none."""
    path = find_chromium()
    if path is None:
        reason = "no Chromium on this machine; tests/install-browser installs one"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=LAUNCH_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def reports() -> Reports:
    """Return what the page of `page_with_reports` complained about: for tests that provoke a complaint on purpose."""
    return Reports()


@pytest.fixture
def page_with_reports(chromium: Browser, reports: Reports) -> Iterator[Page]:
    """Yield a page in a fresh profile; at the end fail on any CSP violation, console error or uncaught page error."""
    with chromium.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        watched(page, reports)
        yield page
        if not page.is_closed():
            page.evaluate("() => 0")  # by its answer, every complaint made before it has arrived
        reports.expect_none()


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Return a check that fails, naming rule and element, when axe finds any accessibility violation on a page."""

    def check(page: Page) -> None:
        found = accessibility_violations(page)
        assert not found, f"{len(found)} accessibility violations on {page.url}:\n" + "\n".join(found)

    return check
