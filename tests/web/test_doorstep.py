"""What is refused before anything looks at it: names that are not ours, and those who ask too often."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from outlay.access.allowances import Allowances
from outlay.config import Settings
from outlay.web.doorstep import Doorstep, Visitors
from outlay.web.own_address import hosts_of
from tests.web.site import Site, open_site

KEY = "outlay_abcdefgh_" + "k" * 43


async def _inside(scope: Scope, receive: Receive, send: Send) -> None:
    del receive
    status = 401 if scope["path"] == "/who" else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def asked(door: Doorstep, path: str = "/", client: str = "192.0.2.7", **headers: str) -> tuple[int, dict[str, str]]:
    """Return the status and headers that a request gets."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "path": path, "headers": told, "client": (client, 5)}
    asyncio.run(door(scope, receive, send))
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def door_of(hosts: str = "", public: str = "", requests: int = 0, failures: int = 0, root_path: str = "") -> Doorstep:
    settings = Settings(allowed_hosts=hosts, public_url=public)
    visitors = Visitors(Allowances(requests, "this address"), Allowances(failures, "this address"))
    return Doorstep(_inside, hosts_of(settings), visitors, lambda plaintext: plaintext == KEY, root_path)


@pytest.mark.parametrize(
    ("hosts", "public", "host", "status"),
    [
        pytest.param("", "", "anything.example", 200, id="nothing is set"),
        pytest.param("", "https://outlay.example.com", "outlay.example.com", 200, id="the public name"),
        pytest.param("", "https://outlay.example.com", "OUTLAY.example.com:443", 200, id="in capitals with a port"),
        pytest.param("", "https://outlay.example.com", "evil.example", 421, id="another name"),
        pytest.param("", "https://outlay.example.com", "outlay.example.com.evil.example", 421, id="it begins alike"),
        pytest.param("", "https://outlay.example.com", "evil.example#outlay.example.com", 421, id="after a hash"),
        pytest.param("", "https://outlay.example.com", "", 421, id="none"),
        pytest.param("", "https://outlay.example.com", "[half", 421, id="no host at all"),
        pytest.param("", "https://outlay.example.com", "10.0.0.5:8400", 200, id="a number"),
        pytest.param("", "https://outlay.example.com", "[::1]:8400", 200, id="a number of IPv6"),
        pytest.param("", "https://outlay.example.com", "localhost:8400", 200, id="this machine"),
        pytest.param("inside.example, b.example", "", "inside.example", 200, id="an allowed name"),
        pytest.param("inside.example, b.example", "", "c.example", 421, id="a name that is not allowed"),
        pytest.param("*", "https://outlay.example.com", "evil.example", 200, id="any is allowed"),
    ],
)
def test_only_names_that_are_ours_are_answered(hosts: str, public: str, host: str, status: int) -> None:
    assert asked(door_of(hosts, public), host=host)[0] == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((path, 200) for path in ("/healthz", "/readyz", "/metrics", "/t/healthz", "/t/metrics")),
        *(
            (path, 421)
            for path in ("/openai/v1/metrics", "/v1/metrics", "/x/healthz", "/settings/readyz", "/t/t/metrics")
        ),
    ],
)
def test_probes_may_come_by_any_name_and_nothing_else(path: str, status: int) -> None:
    assert asked(door_of(hosts="a.example", root_path="/t"), path, host="pod-7")[0] == status


def test_one_address_may_ask_so_often_and_others_are_not_hindered() -> None:
    door = door_of(requests=3)
    assert [asked(door)[0] for _ in range(4)] == [200, 200, 200, 429]
    assert asked(door, client="192.0.2.8")[0] == 200
    assert 1 <= int(asked(door)[1]["retry-after"]) <= 60
    six = [asked(door, client=f"2001:db8::{number}")[0] for number in range(1, 5)]
    assert six == [200, 200, 200, 429]  # one household's network
    assert asked(door, client="2001:db8:0:1::1")[0] == 200


def test_who_fails_too_often_stops_neither_browsers_nor_keys_in_use_behind_the_same_address() -> None:
    door = door_of(failures=2)
    assert [asked(door, "/who")[0] for _ in range(3)] == [401, 401, 429]
    assert asked(door, "/")[0] == 429
    assert asked(door, "/", authorization=f"Bearer {KEY}")[0] == 200
    assert asked(door, "/", x_api_key=KEY)[0] == 200
    assert asked(door, "/", authorization="Bearer outlay_abcdefgh_other")[0] == 429
    assert asked(door, "/", cookie="outlay_session=x")[0] == 200
    assert asked(door, "/", cookie="outlay_session=x", authorization="Basic YTpi")[0] == 200
    for header in ({"authorization": "bearer outlay_abcdefgh_other"}, {"x_api_key": "outlay_abcdefgh_other"}):
        assert asked(door, "/", cookie="any=x", **header)[0] == 429
    assert asked(door, "/", cookie="any=x", x_api_key=KEY)[0] == 200
    assert asked(door, "/", client="192.0.2.9")[0] == 200


@pytest.fixture
def site(tmp_path: Path) -> Any:
    with open_site(tmp_path / "data", key_requests_a_minute=5, public_url="https://outlay.example.com") as found:
        yield found


def test_a_key_that_asks_too_often_is_told_when_to_come_again(site: Site) -> None:
    headers = site.key("busy") | {"host": "outlay.example.com"}
    client: TestClient = site.client
    answers = [client.get("/api/v1/usage", headers=headers) for _ in range(6)]
    assert [each.status_code for each in answers] == [200] * 5 + [429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    other = site.key("quiet") | {"host": "outlay.example.com"}
    assert client.get("/api/v1/usage", headers=other).status_code == 200


def test_a_model_call_of_a_key_that_asks_too_often_is_refused_as_its_sdk_knows_it(site: Site) -> None:
    headers = site.key("busy") | {"host": "outlay.example.com"}
    body = {"model": "gpt-4o", "messages": []}
    for _ in range(5):
        site.client.get("/api/v1/usage", headers=headers)
    answer = site.client.post("/openai/v1/chat/completions", json=body, headers=headers)
    assert answer.status_code == 429
    assert answer.json()["error"]["type"] == "rate_limit_error"
    assert int(answer.headers["retry-after"]) >= 1


def test_the_site_answers_to_its_own_name_alone(site: Site) -> None:
    refused = site.client.get("/sign-in", headers={"host": "evil.example"})
    assert refused.status_code == 421
    assert refused.json()["code"] == "host_unknown"
    assert site.client.get("/sign-in", headers={"host": "outlay.example.com"}).status_code == 200
