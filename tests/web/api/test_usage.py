from typing import Any

import msgspec
import pytest

from tests.web.site import Site


def send(site: Site, *events: dict[str, Any], **key: Any) -> dict[str, str]:
    headers = site.key("app", **key)
    body = msgspec.json.encode(list(events))
    found = site.client.post("/v1/events", content=body, headers=headers | {"content-type": "application/json"})
    assert found.json()["rejected"] == []
    return headers


def call(event_id: str, **fields: Any) -> dict[str, Any]:
    usual = {"id": event_id, "time": "2026-10-19T12:00:00Z", "provider": "openai", "model": "gpt-4o"}
    return usual | {"tokens": {"input": 1000, "output": 100}} | fields


def ask(site: Site, headers: dict[str, str], query: str) -> Any:
    return site.client.get(f"/api/v1/usage?{query}", headers=headers)


def test_money_is_decimal_strings_counts_are_integers_unknown_is_null(site: Site) -> None:
    headers = send(site, call("a"), call("b", model="no-such-model"), call("c"))
    answer = ask(site, headers, "measures=cost,requests,tokens&by=model&r=7d").json()
    assert answer["rows"] == [
        {"model": "gpt-4o", "cost": "0.007", "requests": 2, "tokens": 2200},
        {"model": "no-such-model", "cost": None, "requests": 1, "tokens": 1100},
    ]
    assert answer["totals"] == {"cost": "0.007", "requests": 3, "tokens": 3300}
    assert answer["adds_up"] is True
    assert (answer["zone"], answer["watermark"], answer["notes"]) == ("UTC", 3, [])
    assert answer["query"] == "by=model&measures=cost,requests,tokens&r=7d"


def test_times_are_instants_in_utc(site: Site) -> None:
    headers = send(site, call("a", time="2026-10-19T14:00:00.5+02:00"), call("b", time="2026-10-19T13:00:00Z"))
    answer = ask(site, headers, "measures=first_time,last_time&by=model&s=-last_time&r=7d").json()
    times = {"first_time": "2026-10-19T12:00:00.500000Z", "last_time": "2026-10-19T13:00:00Z"}
    assert answer["totals"] == times
    assert answer["rows"] == [{"model": "gpt-4o"} | times]
    assert ask(site, headers, "measures=first_time&r=2026-01").json()["totals"] == {"first_time": None}


def test_with_a_grain_rows_carry_their_bucket(site: Site) -> None:
    headers = send(site, call("a"), call("b", time="2026-10-20T01:00:00Z"))
    rows = ask(site, headers, "measures=requests&grain=day&r=7d").json()["rows"]
    assert [(row["day"], row["start"], row["requests"]) for row in rows if row["requests"]] == [
        ("2026-10-19", "2026-10-19T00:00:00+00:00", 1),
        ("2026-10-20", "2026-10-20T00:00:00+00:00", 1),
    ]


def test_a_comparison_names_its_baseline(site: Site) -> None:
    headers = send(site, call("a"), call("b", time="2026-09-05T01:00:00Z"), call("c", time="2026-09-25T01:00:00Z"))
    baseline = ask(site, headers, "measures=requests&r=2026-10&cmp=prev").json()["baseline"]
    assert (baseline["start"], baseline["end"]) == ("2026-09-01T00:00:00+00:00", "2026-09-20T12:00:00+00:00")
    assert (baseline["running"], baseline["capped"], baseline["totals"]) == (True, False, {"requests": 1})


def pages(site: Site, headers: dict[str, str], query: str) -> list[Any]:
    """Return the answers from the first page of groups to the last."""
    found = [ask(site, headers, query).json()]
    while found[-1]["next"]:
        found.append(ask(site, headers, f"{query}&after={found[-1]['next']}").json())
    return found


@pytest.mark.parametrize("order", ["-cost", "cost", "user", "-user", "-average_cost_per_request", "first_time"])
def test_groups_come_page_by_page(site: Site, order: str) -> None:
    users = ["ann", "bob", "cid", "dan", None]
    events = [call(f"{at}", user=user, time=f"2026-10-19T12:00:0{at}Z") for at, user in enumerate(users)]
    headers = send(site, *events, call("unpriced", user="eve", model="no-such-model"))
    asked = f"measures=cost,requests,average_cost_per_request,first_time&by=user&r=7d&s={order}"
    whole = ask(site, headers, asked).json()
    by_page = pages(site, headers, f"{asked}&n=2&rest=cut")
    assert [len(page["rows"]) for page in by_page] == [2, 2, 2]
    assert [row for page in by_page for row in page["rows"]] == whole["rows"]
    assert [page["totals"] for page in by_page] == [whole["totals"]] * 3
    assert whole["next"] is None


def test_groups_over_time_come_page_by_page_too(site: Site) -> None:
    days = ["2026-10-18", "2026-10-19"]
    events = [call(f"{user}{day}", user=user, time=f"{day}T12:00:00Z") for user in "abc" for day in days]
    headers = send(site, *events)
    by_page = pages(site, headers, "measures=requests&by=user&grain=day&r=7d&n=2&rest=cut&s=user")
    assert [[(row["day"], row["user"]) for row in page["rows"]] for page in by_page] == [
        [(day, user) for day in days for user in "ab"],
        [(day, "c") for day in days],
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("by=user&n=2&after=x", "n and rest=cut"),
        ("by=user&rest=cut&after=x", "n and rest=cut"),
        ("n=2&rest=cut&after=x", "by a dimension"),
        ("by=user&n=2&rest=cut&after=x", "cursor was not made here"),
    ],
)
def test_a_page_that_cant_be_asked_for_says_why(site: Site, query: str, said: str) -> None:
    answer = ask(site, site.key("app"), query)
    assert (answer.status_code, answer.json()["code"]) == (422, "query_invalid")
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("measures=costs", "'costs' is no measure"),
        ("by=colour", "'colour' is no dimension"),
        ("r=tomorrow", "'tomorrow' is no time range"),
        ("f=team", "is no filter"),
        ("n=0", "limit is 0"),
        ("grain=eon", "'eon' is no grain"),
        ("s=-cost&measures=requests", "can't sort by"),
    ],
)
def test_a_question_that_cant_be_asked_says_why(site: Site, query: str, said: str) -> None:
    answer = ask(site, site.key("app"), query)
    assert (answer.status_code, answer.json()["code"]) == (422, "query_invalid")
    assert said in answer.json()["detail"]


def test_an_unknown_parameter_is_a_note_not_an_error(site: Site) -> None:
    answer = ask(site, site.key("app"), "measures=requests&colour=red")
    assert answer.status_code == 200
    assert answer.json()["notes"][0]["code"] == "parameter_not_used"


def test_a_key_sees_what_it_is_bound_to(site: Site) -> None:
    send(site, call("a", user="ann", team="core"), call("b", user="bob", team="core"), call("c", user="cid"))
    seen = {
        name: ask(site, site.key(name, **bound), "measures=requests").json()["totals"]["requests"]
        for name, bound in {"all": {}, "ann": {"user": "ann"}, "core": {"team": "core"}}.items()
    }
    assert seen == {"all": 3, "ann": 1, "core": 2}


def test_a_key_that_may_only_send_sees_nothing(site: Site) -> None:
    headers = send(site, call("a"), scopes=frozenset({"send"}))
    assert ask(site, headers, "measures=requests").status_code == 403
    assert site.client.get("/api/v1/usage").status_code == 401
