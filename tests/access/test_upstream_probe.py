"""Testing an upstream: against a provider on this machine, for every way in which it may answer, or not."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from outlay.access.upstream_probe import Verdict, probe, told
from outlay.control.upstream import Auth, Timeouts, Upstream
from tests.providing import Provider, provider

CREDENTIAL = "sk-proj-0123456789abcdefWXYZ"


@pytest.fixture(scope="module")
def there() -> Iterator[Provider]:
    with provider() as found:
        found.answers = {
            f"/{status}/v1/models": (status, "application/json", b'{"data": []}')
            for status in (200, 302, 400, 401, 403, 404, 429, 500, 503)
        }
        yield found


def upstream(there: Provider, path: str = "", **changes: Any) -> Upstream:
    wanted: dict[str, Any] = {"name": "ours", "provider": "openai", "credential": CREDENTIAL, "allow_private": True}
    return Upstream(base_url=there.url + path, **wanted | changes)


@pytest.mark.parametrize(
    ("status", "credential", "verdict"),
    [
        (200, CREDENTIAL, "works"),
        (200, None, "reached"),
        (302, CREDENTIAL, "reached"),
        (400, CREDENTIAL, "reached"),
        (401, CREDENTIAL, "refused"),
        (401, None, "reached"),
        (403, CREDENTIAL, "refused"),
        (404, CREDENTIAL, "reached"),
        (429, CREDENTIAL, "reached"),
        (500, CREDENTIAL, "failing"),
        (503, None, "failing"),
    ],
)
def test_what_an_answer_says(there: Provider, status: int, credential: str | None, verdict: Verdict) -> None:
    tested = upstream(there, f"/{status}", credential=credential)
    probed = asyncio.run(probe(tested))
    assert (probed.verdict, probed.status) == (verdict, status)
    sentence = told(tested, probed)
    assert sentence.startswith("“ours” answers in ")
    assert CREDENTIAL not in sentence


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ("bearer", "authorization", f"Bearer {CREDENTIAL}"),
        ("x-api-key", "x-api-key", CREDENTIAL),
        ("api-key", "api-key", CREDENTIAL),
        ("x-goog-api-key", "x-goog-api-key", CREDENTIAL),
    ],
)
def test_the_credential_goes_where_it_was_said(there: Provider, auth: Auth, header: str, value: str) -> None:
    asyncio.run(probe(upstream(there, "/200", auth=auth, headers=(("x-more", "1"),))))
    asked = there.asked[-1]
    assert (asked.method, asked.path) == ("GET", "/200/v1/models")
    assert asked.headers[header] == value
    assert asked.headers["x-more"] == "1"
    assert asked.headers["host"] == there.url.removeprefix("http://")


def test_one_that_needs_none_works_without(there: Provider) -> None:
    tested = upstream(there, "/200", auth="none", credential=None)
    probed = asyncio.run(probe(tested))
    assert probed.verdict == "works"
    assert told(tested, probed).endswith("ms.")


def test_a_signature_is_not_tried(there: Provider) -> None:
    tested = upstream(there, "/403", auth="aws-sigv4", credential="AKID:secret")
    assert asyncio.run(probe(tested)).verdict == "reached"
    assert "secret" not in str(there.asked[-1].headers)


def test_an_address_that_may_not_be_called_is_not_called(there: Provider) -> None:
    before = len(there.asked)
    tested = upstream(there, "/200", allow_private=False)
    probed = asyncio.run(probe(tested))
    assert probed.verdict == "unreached"
    assert "may not be called" in told(tested, probed)
    assert len(there.asked) == before


def test_a_name_that_leads_into_the_private_network_is_not_called(
    there: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(there.url.rpartition(":")[2])

    async def resolved(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", resolved)
    before = len(there.asked)
    probed = asyncio.run(probe(Upstream(name="ours", provider="openai", base_url=f"https://rebound.example:{port}")))
    assert probed.verdict == "unreached"
    assert "127.0.0.1" in probed.reason
    assert len(there.asked) == before


def test_nothing_there_is_told(there: Provider) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        tested = upstream(Provider(f"http://127.0.0.1:{taken.getsockname()[1]}"))
        probed = asyncio.run(probe(tested))
    assert probed.verdict == "unreached"
    assert "“ours” can't be reached: can't connect to 127.0.0.1" in told(tested, probed)
    del there


def test_what_never_answers_is_told_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        tested = upstream(Provider(address), timeouts=Timeouts(first_byte_seconds=0.2))
        probed = asyncio.run(probe(tested))
    assert probed.verdict == "unreached"
    assert "did not answer for 0.2 seconds" in told(tested, probed)
