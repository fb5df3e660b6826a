"""The door for our own commands: it opens to the secret of this process alone, and leads into the one funnel."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from outlay.intake.handover import CHALLENGE_HEADER, HANDOVER_HEADER, HANDOVER_PATH, MOST_BYTES, PROOF_HEADER, proof_of
from outlay.intake.outcome import Outcome
from outlay.usage import UsageEvent
from tests.intake.making import event
from tests.web.site import NOW, Site, open_site


def sent(site: Site, *names: str, **fields: Any) -> list[UsageEvent]:
    told: dict[str, Any] = {"organisation": site.outlay.organisation, "time": NOW, "received_at": NOW}
    return [event(name, **(told | fields)) for name in names]


def post(site: Site, body: object, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else msgspec.msgpack.encode(body)
    headers = {"handover": site.token} | headers
    return site.client.post(
        HANDOVER_PATH, content=content, headers={f"x-outlay-{name}": value for name, value in headers.items()}
    )


def outcomes(answer: Any) -> list[Outcome]:
    assert answer.status_code == 200, answer.text
    return msgspec.msgpack.decode(answer.content, type=list[Outcome])


def stored(site: Site) -> list[tuple[Any, ...]]:
    with site.outlay.ledger.snapshot() as snapshot:
        return snapshot.rows("SELECT id, source, cost_status FROM events ORDER BY seq")


def test_events_pass_the_funnel_and_each_has_its_outcome(site: Site) -> None:
    events = [*sent(site, "a", "a", "b"), *sent(site, "c", user="u" * 999), *sent(site, "d", organisation="other")]
    found = outcomes(post(site, events))
    assert [each.result for each in found] == ["stored", "duplicate", "stored", "rejected", "rejected"]
    assert [each.code for each in found[3:]] == ["field_invalid", "field_invalid"]
    assert stored(site) == [("a", "api:test", "priced"), ("b", "api:test", "priced")]
    metrics = site.client.get("/metrics").text
    for line in ('{result="stored",source="import"} 2', '{result="duplicate",source="import"} 1'):
        assert line in metrics


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HANDOVER_HEADER: ""},
        {HANDOVER_HEADER: "x" * 43},
        {HANDOVER_HEADER: "é".encode("latin-1").decode("latin-1")},
    ],
    ids=["none", "empty", "wrong", "no-ascii"],
)
def test_without_the_secret_there_is_nothing_here(site: Site, headers: dict[str, str]) -> None:
    headers |= {CHALLENGE_HEADER: "who are you"} | site.key("app")
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = site.client.post(HANDOVER_PATH, content=msgspec.msgpack.encode(sent(site, "a")), headers=raw)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert PROOF_HEADER not in answer.headers
    assert stored(site) == []


def test_a_challenge_is_answered_with_the_proof_and_stores_nothing(site: Site) -> None:
    answer = post(site, sent(site, "a"), challenge="who are you")
    assert answer.headers[PROOF_HEADER] == proof_of(site.token, "who are you")
    assert stored(site) == []


def test_every_process_has_a_secret_of_its_own(tmp_path: Path, site: Site) -> None:
    with open_site(tmp_path / "other") as other:
        assert other.token != site.token
        assert post(site, b"", handover=other.token).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{}", 400, "body_unreadable"),
        ([{"id": "a"}], 400, "body_unreadable"),
        (b"\x00" * (MOST_BYTES + 1), 413, "body_too_large"),
    ],
    ids=["no-msgpack", "no-events", "too-large"],
)
def test_what_is_no_batch_is_refused_whole(site: Site, body: object, status: int, code: str) -> None:
    answer = post(site, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_it_is_no_part_of_the_api_and_stands_under_the_root_path(tmp_path: Path) -> None:
    with open_site(tmp_path, root_path="/tools/outlay") as site:
        assert "internal" not in site.client.get("/tools/outlay/api/v1/openapi.json").text
        headers = {HANDOVER_HEADER: site.token}
        content = msgspec.msgpack.encode(sent(site, "a"))
        answer = site.client.post(f"/tools/outlay{HANDOVER_PATH}", content=content, headers=headers)
        assert [each.result for each in outcomes(answer)] == ["stored"]


def test_the_largest_batch_has_room_in_the_queue_under_every_setting(tmp_path: Path) -> None:
    with open_site(tmp_path, max_body_mb=1, queue_events=1) as site:
        events = sent(site, *map(str, range(940)), metadata={"note": "x" * 4_000})
        body = msgspec.msgpack.encode(events)
        assert 0.9 * MOST_BYTES < len(body) <= MOST_BYTES
        assert len(outcomes(post(site, body))) == 940
