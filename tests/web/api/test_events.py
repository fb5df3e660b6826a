import asyncio
import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from tests.web.site import NOW, Site, open_site

EVENT = {
    "id": "a",
    "time": "2026-10-19T12:00:00Z",
    "user": "ann",
    "provider": "openai",
    "model": "gpt-4o",
    "tokens": {"input": 1000, "output": 100},
}
CLOUD = {"specversion": "1.0", "id": "c", "source": "app", "type": "call", "data": {"model": "gpt-4o"}}


def post(site: Site, body: object, headers: dict[str, str], content_type: str = "application/json") -> Any:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return site.client.post("/v1/events", content=content, headers={"content-type": content_type} | headers)


def stored(site: Site, columns: str) -> list[tuple[Any, ...]]:
    with site.outlay.ledger.snapshot() as snapshot:
        return snapshot.rows(f"SELECT {columns} FROM events ORDER BY seq")


@pytest.mark.parametrize(
    ("content_type", "body", "number"),
    [
        pytest.param("application/json", EVENT, 1, id="object"),
        pytest.param("application/json; charset=utf-8", [EVENT, EVENT | {"id": "b"}], 2, id="array"),
        pytest.param("", EVENT, 1, id="no-content-type"),
        pytest.param("application/x-www-form-urlencoded", EVENT, 1, id="curl"),
        pytest.param("application/x-ndjson", b'{"id":"a"}\n{"id":"b"}\n', 2, id="ndjson"),
        pytest.param("application/jsonl", b'{"id":"a"}', 1, id="jsonl"),
        pytest.param("application/cloudevents+json", CLOUD, 1, id="cloudevent"),
        pytest.param("application/cloudevents-batch+json", [CLOUD, CLOUD | {"id": "d"}], 2, id="cloudevents"),
        pytest.param("application/cloudevents-batch+json", [], 0, id="empty-batch"),
        pytest.param("application/json", [], 0, id="empty-array"),
    ],
)
def test_every_form_of_a_request_is_read(site: Site, content_type: str, body: object, number: int) -> None:
    answer = post(site, body, site.key("app"), content_type)
    assert (answer.status_code, answer.json()) == (200, {"stored": number, "duplicates": 0, "rejected": []})


@pytest.mark.parametrize(("encoding", "encode"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_compressed_bodies_are_read(site: Site, encoding: str, encode: Any) -> None:
    headers = site.key("app") | {"content-encoding": encoding}
    assert post(site, encode(msgspec.json.encode(EVENT)), headers).json()["stored"] == 1


def test_sending_again_changes_nothing(site: Site) -> None:
    headers = site.key("app")
    assert post(site, EVENT, headers).json() == {"stored": 1, "duplicates": 0, "rejected": []}
    assert post(site, EVENT, headers).json() == {"stored": 0, "duplicates": 1, "rejected": []}
    assert stored(site, "id, cost::VARCHAR, source") == [("a", "0.003500000000", "api:app")]


def test_each_rejected_event_has_index_id_code_and_message(site: Site) -> None:
    answer = post(site, [EVENT, {"id": "b", "status": "?"}, EVENT | {"id": "c", "user": "u" * 999}, 7], site.key("app"))
    assert answer.status_code == 200
    found = answer.json()
    assert (found["stored"], found["duplicates"]) == (1, 0)
    assert [(each["index"], each["id"], each["code"]) for each in found["rejected"]] == [
        (1, "b", "field_invalid"),
        (2, "c", "field_invalid"),
        (3, None, "field_invalid"),
    ]


def test_a_request_without_any_usable_event_is_422_in_the_same_form(site: Site) -> None:
    answer = post(site, {"user": "ann"}, site.key("app"))
    assert answer.status_code == 422
    assert answer.json()["rejected"][0]["message"] == "Object missing required field `id`"


def test_an_unknown_field_is_a_warning(site: Site) -> None:
    answer = post(site, EVENT | {"modell": "x"}, site.key("app")).json()
    assert answer["stored"] == 1
    assert answer["warnings"][0]["code"] == "unknown_field"


@pytest.mark.parametrize(
    ("body", "headers", "content_type", "status", "code"),
    [
        pytest.param(b"{", {}, "application/json", 400, "body_unreadable", id="no-json"),
        pytest.param(EVENT, {}, "text/csv", 415, "media_type_unsupported", id="media-type"),
        pytest.param(EVENT, {"content-encoding": "br"}, "application/json", 415, "media_type_unsupported", id="br"),
        pytest.param(EVENT, {"content-encoding": "gzip"}, "application/json", 400, "body_unreadable", id="no-gzip"),
        pytest.param([EVENT] * 4, {}, "application/json", 413, "body_too_large", id="events"),
        pytest.param(b" " * (1024 * 1024 + 1), {}, "application/json", 413, "body_too_large", id="bytes"),
        pytest.param(
            gzip.compress(bytes(2 * 1024 * 1024)),
            {"content-encoding": "gzip"},
            "application/json",
            413,
            "body_too_large",
            id="bomb",
        ),
    ],
)
def test_requests_that_cant_be_read_are_refused_whole(
    tmp_path: Path, body: object, headers: dict[str, str], content_type: str, status: int, code: str
) -> None:
    with open_site(tmp_path, max_body_mb=1, max_batch_events=3) as site:
        answer = post(site, body, site.key("app") | headers, content_type)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert stored(site, "id") == []


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(tmp_path: Path) -> None:
    with open_site(tmp_path, max_body_mb=1) as site:
        chunks = (b" " * 65_536 for _ in range(100))
        headers = site.key("app") | {"content-type": "application/json"}
        assert site.client.post("/v1/events", content=chunks, headers=headers).status_code == 413


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "not_signed_in"),
        ({"authorization": "Bearer outlay_00000000_" + "x" * 43}, 401, "key_invalid"),
        ({"x-api-key": "sk-123"}, 401, "key_invalid"),
        ({"cookie": "outlay_session=abc"}, 401, "not_signed_in"),
    ],
)
def test_only_a_key_may_send(site: Site, headers: dict[str, str], status: int, code: str) -> None:
    answer = post(site, EVENT, headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "bearer" in answer.headers["www-authenticate"].lower()


def test_a_key_without_the_scope_may_not_send_and_is_told_whom_to_ask(site: Site) -> None:
    answer = post(site, EVENT, site.key("reader", scopes=frozenset({"read"})))
    assert answer.status_code == 403
    assert "Ask an admin of My organisation" in answer.json()["detail"]


@pytest.mark.parametrize("header", ["x-api-key", "api-key", "x-goog-api-key"])
def test_keys_are_read_from_every_header_that_clients_use(site: Site, header: str) -> None:
    plaintext = site.key("app")["authorization"].removeprefix("Bearer ")
    assert post(site, EVENT, {header: plaintext}).json()["stored"] == 1


def test_what_a_key_is_bound_to_wins_over_what_the_event_says(site: Site) -> None:
    headers = site.key("bound", user="bob", team="core", tags=("env:prod",))
    post(site, EVENT | {"tags": {"env": "dev", "x": "y"}}, headers)
    assert stored(site, '"user", team, tags') == [("bob", "core", ["env:prod", "x:y"])]


def test_an_event_without_time_is_stored_at_receipt_and_known_again_later(site: Site) -> None:
    headers = site.key("app")
    post(site, {"id": "t"}, headers)
    site.clock.move(NOW - NOW)
    assert post(site, {"id": "t"}, headers).json()["duplicates"] == 1


def test_events_with_the_same_id_in_two_keys_are_two_events(site: Site) -> None:
    assert post(site, EVENT, site.key("one")).json()["stored"] == 1
    assert post(site, EVENT, site.key("two")).json()["stored"] == 1
    assert post(site, EVENT | {"source": "one"}, site.key("three")).json()["duplicates"] == 1


def test_a_sender_that_goes_away_in_the_middle_is_no_failure_of_ours(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    key = site.key("k")
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/events",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in key.items()],
    }
    messages = [{"type": "http.request", "body": b"[", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(site.client.app(scope, receive, send))  # type: ignore[arg-type] # an ASGI application
    assert [message.get("status") for message in sent if "status" in message] == [400]
    assert caplog.records == []
