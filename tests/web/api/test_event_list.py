from typing import Any

import msgspec

from tests.web.site import Site

FULL = {
    "id": "a",
    "time": "2026-10-19T12:00:00.000001Z",
    "user": "ann",
    "team": "core",
    "agent": "bot",
    "agent_type": "framework",
    "run_id": "r",
    "tags": ["env:prod"],
    "provider": "openai",
    "model": "gpt-4o",
    "tokens": {"input": 1000, "cache_read": 400, "output": 100},
    "metadata": {"k": [1]},
}


def send(site: Site, headers: dict[str, str], *events: dict[str, Any]) -> None:
    body = msgspec.json.encode(list(events))
    found = site.client.post("/v1/events", content=body, headers=headers | {"content-type": "application/json"})
    assert found.json()["rejected"] == []


def listed(site: Site, headers: dict[str, str], query: str = "") -> Any:
    return site.client.get(f"/api/v1/events?{query}", headers=headers).json()


def test_an_event_comes_back_as_it_was_sent_with_its_cost(site: Site) -> None:
    headers = site.key("app")
    send(site, headers, FULL)
    (event,) = listed(site, headers)["events"]
    as_sent = {name: event[name] for name in FULL if name not in {"tokens", "time"}}
    assert as_sent == {name: value for name, value in FULL.items() if name not in {"tokens", "time"}}
    assert event["time"] == "2026-10-19T12:00:00.000001Z"
    assert event["tokens"] == {"input": 1000, "input_uncached": 600, "cache_read": 400, "output": 100}
    assert (event["cost"], event["cost_cache_read"], event["cost_status"]) == ("0.003", "0.0005", "priced")
    assert event["source"] == "api:app"


def test_every_event_is_on_exactly_one_page_newest_first(site: Site) -> None:
    headers = site.key("app")
    same_time = [{"id": f"s{number}", "time": "2026-10-18T00:00:00Z"} for number in range(5)]
    later = [{"id": f"e{number}", "time": f"2026-10-19T00:00:0{number}Z"} for number in range(5)]
    send(site, headers, *same_time, *later)
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = listed(site, headers, f"n=3&after={after}" if after else "n=3")
        seen += [event["id"] for event in page["events"]]
        after = page["next"]
    assert seen == [f"e{number}" for number in range(4, -1, -1)] + [f"s{number}" for number in range(4, -1, -1)]


def test_events_come_in_the_asked_order_and_by_size(site: Site) -> None:
    headers = site.key("app")
    latencies = {"a": 300, "b": 5001, "c": None, "d": 5000, "e": 9000}
    send(site, headers, *(FULL | {"id": each, "latency_ms": ms} for each, ms in latencies.items()))
    first = listed(site, headers, "order=-latency_ms&n=3")
    assert [event["id"] for event in first["events"]] == ["e", "b", "d"]
    rest = listed(site, headers, f"order=-latency_ms&n=3&after={first['next']}")
    assert ([event["id"] for event in rest["events"]], rest["next"]) == (["a", "c"], None)
    slow = listed(site, headers, "order=time&f=latency_ms:over:5000")
    assert [event["id"] for event in slow["events"]] == ["b", "e"]
    refused = site.client.get("/api/v1/events?order=name", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "query_invalid")


def test_filters_and_scope_are_those_of_the_figures(site: Site) -> None:
    everything = site.key("app")
    send(site, everything, FULL, FULL | {"id": "b", "user": "bob"}, FULL | {"id": "c", "model": "unheard-of"})
    assert [event["id"] for event in listed(site, everything, "f=model:is:unheard-of")["events"]] == ["c"]
    assert [event["id"] for event in listed(site, site.key("bob", user="bob"))["events"]] == ["b"]


def test_a_cursor_that_is_none_and_a_page_too_large_are_refused(site: Site) -> None:
    headers = site.key("app")
    assert listed(site, headers, "after=nonsense")["code"] == "query_invalid"
    assert listed(site, headers, "n=1001")["code"] == "query_invalid"
