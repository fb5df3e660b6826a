"""The stream over HTTP: who gets one, what it says of itself, and that what it sends is what the page shows."""

import json
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from time import monotonic
from typing import Any, Final

import httpx
import pytest
from msgspec import Struct

from outlay.access.sessions import Sessions
from outlay.control.database import CONTROL_FILE, Control, open_control
from outlay.control.members import NewMember, create_member
from outlay.control.organisations import DEFAULT_ORGANISATION
from outlay.control.trail import SYSTEM
from outlay.kit.ids import new_id
from tests.live import LiveOutlay, live_outlay

STREAM: Final = "/consumption/live?live=1"
_MARK: Final = re.compile(r'data-live="([^"]+)" data-has="([^"]+)" data-watermark="(\d+)"')


class Served(Struct, frozen=True):
    """A running server; its browsers close with `closing`."""

    server: LiveOutlay
    control: Control
    closing: ExitStack

    def browser(self, role: str = "admin") -> httpx.Client:
        """Return the browser of a new member."""
        now = datetime.now(UTC)
        wanted = NewMember(email=f"{new_id(role)}@example.com", role=role)
        member = create_member(self.control, DEFAULT_ORGANISATION, wanted, SYSTEM, now)
        token, _ = Sessions(self.control, timedelta(hours=1)).open(member, now)
        return self._client({"outlay_session": token})

    def nobody(self) -> httpx.Client:
        """Return a browser in which nobody is signed in."""
        return self._client({})

    def _client(self, cookies: dict[str, str]) -> httpx.Client:
        client = httpx.Client(base_url=self.server.url, cookies=cookies, trust_env=False, timeout=20)
        return self.closing.enter_context(client)

    def send(self, model: str = "gpt-4o") -> None:
        event = {"id": new_id("evt"), "model": model, "tokens": {"input": 1000, "output": 10}}
        assert self.server.send([event])["stored"] == 1


class Loaded(Struct, frozen=True):
    """A live page as a browser has it: where its stream is, and what it tells it."""

    html: str
    stream: str
    headers: dict[str, str]


def load(browser: httpx.Client, path: str = "/consumption?live=1") -> Loaded:
    page = browser.get(path, headers={"accept": "text/html"})
    found = _MARK.search(page.text)
    assert found
    href, has, watermark = map(unescape, found.groups())
    return Loaded(page.text, href, {"outlay-has": has, "last-event-id": watermark})


@contextmanager
def stream(browser: httpx.Client, path: str = STREAM, **headers: str) -> Iterator[Iterator[dict[str, Any]]]:
    """Yield the events of a stream, decoded, as they come; comments and `retry` alone are left out."""
    named = {"accept": "text/event-stream"} | {name.replace("_", "-"): value for name, value in headers.items()}
    with browser.stream("GET", path, headers=named) as answer:
        assert answer.status_code == 200
        yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            event[name] = json.loads(value) if name == "data" else value
        elif not line:
            if "event" in event:
                yield event
            event = {}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("data")) as found:
        yield found


@contextmanager
def serving(data: Path) -> Iterator[Served]:
    with live_outlay(data) as server, ExitStack() as closing:
        control = open_control(data / CONTROL_FILE)
        closing.callback(control.close)
        found = Served(server, control, closing)
        found.send()
        yield found


@pytest.mark.parametrize(("encoding", "chosen"), [("gzip, br", "gzip"), ("identity", None)])
def test_it_is_no_answer_that_anything_holds_back_or_keeps(served: Served, encoding: str, chosen: str | None) -> None:
    with served.browser().stream("GET", STREAM, headers={"accept-encoding": encoding}) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers.get("content-encoding") == chosen
        assert re.match(r"retry: [12]\d{3}\n\n", next(answer.iter_text()))


def test_members_alone_get_one_and_only_of_what_they_may_see(served: Served) -> None:
    assert served.nobody().get(STREAM).json()["code"] == "not_signed_in"
    assert served.server.client.get(STREAM).json()["code"] == "not_signed_in"  # a key is no member
    assert served.browser("lead").get(STREAM).json()["code"] == "forbidden"
    assert served.browser().post(STREAM).status_code == 405
    with stream(served.browser("billing")):
        pass


def test_a_page_that_is_up_to_date_is_sent_what_comes_after_it(served: Served) -> None:
    browser = served.browser()
    page = load(browser)
    with stream(browser, page.stream, **page.headers) as events:
        served.send(model := new_id("model"))
        update = next(events)
        assert int(update["id"]) > int(page.headers["last-event-id"])
        assert update["event"] == "update"
        assert model in update["data"]["models"][1]
        assert model not in page.html


def test_who_comes_back_gets_what_was_missed_and_that_is_what_a_new_page_shows(served: Served) -> None:
    browser = served.browser()
    page = load(browser)
    served.send(first := new_id("model"))
    served.send(second := new_id("model"))
    with stream(browser, page.stream, **page.headers) as events:
        update = next(events)
    now = load(browser)
    assert "services" not in update["data"]  # nothing of it has changed
    for html in (html for _, html in update["data"].values()):
        assert html in now.html
    assert {first, second} <= set(re.findall(r"model_\w+", update["data"]["models"][1]))
    digests = dict(each.split(":") for each in now.headers["outlay-has"].split())
    assert {name: digest for name, (digest, _) in update["data"].items()}.items() <= digests.items()


@pytest.mark.parametrize("has", ["", "junk", "cards:00", ":" * 5000], ids=["nothing", "junk", "a part", "colons"])
def test_who_says_nothing_sensible_gets_everything(served: Served, has: str) -> None:
    browser = served.browser()
    with stream(browser, outlay_has=has, last_event_id="-1") as events:
        assert {"board-subtitle", "cards", "daily", "models"} <= next(events)["data"].keys()


def test_whose_page_has_other_panels_is_told_to_fetch_it(served: Served) -> None:
    browser = served.browser()
    page = load(browser)
    has = page.headers["outlay-has"].replace("models:", "other:")
    with stream(browser, page.stream, outlay_has=has) as events:
        assert next(events)["event"] == "layout"


def test_another_state_of_the_page_has_a_stream_of_its_own(served: Served) -> None:
    browser = served.browser()
    page = load(browser, "/consumption?view=activity&f=model:is:gpt-4o&live=1")
    assert page.stream == "/consumption/live?f=model:is:gpt-4o&live=1&view=activity"
    with stream(browser, page.stream, **page.headers) as events:
        served.send("another-model")  # changes nothing here
        served.send("gpt-4o")
        assert {"cards", "models"} <= next(events)["data"].keys()


def test_limits_hold_and_a_stream_that_ends_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLAY_LIVE_STREAMS", "3")
    monkeypatch.setenv("OUTLAY_LIVE_STREAMS_PER_MEMBER", "2")
    with serving(tmp_path / "data") as served:
        ada, bob = served.browser(), served.browser()
        with stream(ada), stream(ada):
            refused = ada.get(STREAM)
            assert (refused.status_code, refused.json()["code"]) == (503, "too_many_live")
            assert "you have 2 live pages open" in refused.json()["detail"]
            with stream(bob):
                assert "live_streams" in bob.get(STREAM).json()["detail"]
        until = monotonic() + 10
        while (again := _status(bob)) != 200:
            assert monotonic() < until, again


def _status(browser: httpx.Client) -> int:
    with browser.stream("GET", STREAM) as answer:
        return answer.status_code


def test_who_never_reads_delays_neither_the_others_nor_the_end(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served:
        browser = served.browser()
        page = load(browser)
        with _deaf(served.server.port, browser, 5), stream(browser, page.stream, **page.headers) as events:
            for _ in range(5):
                served.send()
                assert next(events)["event"] == "update"
            served.server.process.send_signal(signal.SIGTERM)
            assert list(events) == []
            assert served.server.process.wait(timeout=5) == 0


@contextmanager
def _deaf(port: int, browser: httpx.Client, number: int) -> Iterator[None]:
    """Hold connections that asked for a stream and read nothing of it."""
    ask = f"GET {STREAM} HTTP/1.1\r\nhost: x\r\ncookie: outlay_session={browser.cookies['outlay_session']}\r\n\r\n"
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(number)]
    for each in sockets:
        each.sendall(ask.encode())
    try:
        yield
    finally:
        for each in sockets:
            each.close()
