"""The values to filter by: counted as the events say, in the reader's sight; the form leads to our pages only."""

import re
from collections import Counter
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from outlay.control.entities import EntityName
from outlay.web.pages.agents import one_page as one_agent
from outlay.web.pages.agents import page as agents
from outlay.web.pages.calls import page as calls
from outlay.web.pages.consumption import page as consumption
from outlay.web.pages.usage import page as usage
from tests.web.pages.made import HOSTILE, STRANGERS, Made, made
from tests.web.site import Site

SEPTEMBER = "for=/calls&r=2026-09"
INSIDE = {"hx-request": "true"}

_BOX = re.compile(
    r'<li[^>]*><label title="([^"]*)"><input type="checkbox" name="(pick|none)" value="([^"]*)"( checked)?>.*?'
    r'<span class="name[^"]*">([^<]*).*?<span class="count-of">([^<]*)</span>'
)


def boxes(html: str) -> list[tuple[str, str, bool, str]]:
    """Return what is offered, in order: field or value, name, whether it is chosen, and its count."""
    return [
        (unescape(value) if field == "pick" else "(none)", unescape(name), bool(chosen), count)
        for _, field, value, chosen, name, count in _BOX.findall(html)
    ]


def fields(html: str) -> list[tuple[str, str]]:
    """Return what the form would send, as a browser does: hidden fields, and chosen boxes."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', html.partition('class="values"')[2])
    sent = [(unescape(name), unescape(value)) for name, value in found]
    sent += [("op", value) for value in re.findall(r'name="op" value="(\w+)" checked', html)]
    return sent + [("none", "1") if value == "(none)" else ("pick", value) for value, _, on, _ in boxes(html) if on]


def counts(html: str) -> dict[str, int]:
    return {value: int(count) for value, _, _, count in boxes(html) if count.isdigit()}


@pytest.fixture
def own(tmp_path: Path) -> Any:
    with made(tmp_path) as found:
        yield found


@pytest.mark.parametrize("dimension", ["team", "user", "agent", "agent_type", "model", "service", "status"])
def test_every_value_is_counted_as_the_events_say(shop: Made, admin: dict[str, str], dimension: str) -> None:
    page = shop.get(f"/filter?{SEPTEMBER}&dim={dimension}", admin).text
    wanted = Counter(getattr(each.event, dimension) or "(none)" for each in shop.of("2026-09"))
    assert counts(page) == wanted
    listed = [int(count) for value, *_, count in boxes(page) if value != "(none)"]
    assert listed == sorted(listed, reverse=True)


def test_the_other_filters_count_and_the_own_one_does_not(shop: Made, admin: dict[str, str]) -> None:
    page = shop.get(f"/filter?{SEPTEMBER}&dim=team&f=team:is:growth&f=agent_type:is:api", admin).text
    wanted = Counter(each.event.team or "(none)" for each in shop.of("2026-09", agent_type="api"))
    assert counts(page) == wanted
    assert [value for value, _, chosen, _ in boxes(page) if chosen] == ["growth"]


def test_chosen_values_stand_first_and_those_without_requests_stay(shop: Made, admin: dict[str, str]) -> None:
    page = shop.get(f"/filter?{SEPTEMBER}&dim=user&f=user:is:u8,gone", admin).text
    assert [value for value, *_ in boxes(page) if value != "(none)"][:2] == ["u8", "gone"]
    assert [count for value, *_, count in boxes(page) if value == "gone"] == ["—"]


@pytest.mark.parametrize(
    ("filters", "op", "chosen"),
    [
        ("f=team:not:core", "not", ["core"]),
        ("f=team:none", "is", ["(none)"]),
        ("f=team:none_or:core", "is", ["(none)", "core"]),
        ("f=team:has", "not", ["(none)"]),
    ],
)
def test_what_a_filter_means_is_what_is_chosen(
    shop: Made, admin: dict[str, str], filters: str, op: str, chosen: list[str]
) -> None:
    page = shop.get(f"/filter?{SEPTEMBER}&dim=team&{filters}", admin).text
    assert [value for value, _, on, _ in boxes(page) if on] == chosen
    assert ("op", op) in fields(page)


def test_the_form_carries_the_state_and_leads_back_to_it(shop: Made, admin: dict[str, str]) -> None:
    state = "f=agent_type:is:api&f=team:is:growth&r=2026-09&view=activity"
    page = shop.get(f"/filter?for=/consumption&dim=team&{state}&after=abc&page=3", admin).text
    assert 'action="/consumption"' in page
    sent = urlencode([*fields(page), ("pick", "core")])
    answer = shop.get(f"/consumption?{sent}", admin)
    assert answer.status_code == 303
    found = sorted(parse_qsl(answer.headers["location"].partition("?")[2]))
    wanted = [("f", "agent_type:is:api"), ("f", "team:is:core,growth"), ("r", "2026-09"), ("view", "activity")]
    assert found == wanted
    cleared = re.search(r'<a class="quiet-link" href="([^"]*)">Clear', page)
    assert cleared
    assert unescape(cleared[1]) == "/consumption?f=agent_type:is:api&r=2026-09&view=activity"


def test_a_form_without_script_keeps_what_is_chosen_while_it_is_searched(shop: Made, admin: dict[str, str]) -> None:
    page = shop.get(f"/filter?{SEPTEMBER}&dim=user&f=user:is:u1&f=agent_type:is:api", admin).text
    sent = urlencode([*fields(page), ("pick", "u2"), ("find", "u3")])
    again = shop.get(f"/filter?{sent}", admin).text
    assert {value for value, *_ in boxes(again)} == {"u1", "u2", "u3"}
    assert [value for value, _, on, _ in boxes(again) if on] == sorted(
        ["u1", "u2"], key=lambda each: -counts(again).get(each, -1)
    )
    assert ("f", "agent_type:is:api") in fields(again)
    assert not [value for name, value in fields(again) if name == "f" and value.startswith("user")]


def test_values_come_fifty_at_a_time(own: Made) -> None:
    _more_users(own.site, 120)
    admin = own.as_role("admin")
    first = own.get("/filter?for=/calls&dim=user", admin).text
    assert len([each for each in boxes(first) if each[0] != "(none)"]) == 50
    more = re.search(r'name="show" value="(\d+)"', first)
    assert more
    assert len(boxes(own.get(f"/filter?for=/calls&dim=user&show={more[1]}", admin).text)) >= 100
    every = own.get("/filter?for=/calls&dim=user&show=1000", admin).text
    assert len(boxes(every)) > 120
    assert 'name="show"' not in every


def test_people_are_found_by_name_and_e_mail(own: Made) -> None:
    _name_people(own.site)
    admin = own.as_role("admin")
    for find in ("bob", "SECRET", "b.secret@", "u2"):
        page = own.get(f"/filter?{SEPTEMBER}&dim=user&find={find}", admin).text
        assert [(value, name) for value, name, *_ in boxes(page)] == [("u2", "Bob Secret")], find
    assert "Nothing is called" in own.get(f"/filter?{SEPTEMBER}&dim=user&find=nobody", admin).text
    assert [each[0] for each in boxes(own.get(f"/filter?{SEPTEMBER}&dim=service&find=hosting", admin).text)] == [
        "knowledge_graph"
    ]


@pytest.mark.parametrize("query", ["", "&find=secret", "&find=u2", "&f=user:is:u2", "&draft=1&pick=u2&find=u2"])
def test_a_member_never_learns_a_name_they_can_not_see(own: Made, query: str) -> None:
    _name_people(own.site)
    page = own.get(f"/filter?{SEPTEMBER}&dim=user{query}", own.as_role("member", user="u1")).text
    assert "Bob" not in page
    assert "b.secret" not in page
    assert {value for value, *_ in boxes(page)} <= {"u1", "u2", "(none)"}
    assert "u2" not in counts(page)


def test_a_lead_sees_the_values_of_their_teams(shop: Made) -> None:
    page = shop.get(f"/filter?{SEPTEMBER}&dim=user", shop.as_role("lead", teams_led=("growth",))).text
    assert counts(page) == Counter(each.event.user or "(none)" for each in shop.of("2026-09", team="growth"))


def test_a_stranger_sees_their_own_alone(shop: Made) -> None:
    page = shop.get("/filter?for=/calls&dim=user", shop.as_role("admin", organisation=STRANGERS)).text
    assert [value for value, *_ in boxes(page)] == ["mallory"]


@pytest.mark.parametrize(
    "path",
    ["", "//evil.example", "https://evil.example", "/keys", "/sign-out", "/calls/../keys", "/nowhere", "\\\\evil"],
)
def test_it_leads_to_no_other_place(shop: Made, admin: dict[str, str], path: str) -> None:
    answer = shop.get(f"/filter?{urlencode({'for': path, 'dim': 'team'})}", admin)
    assert answer.status_code == 404
    assert not any("evil" in link for link in re.findall(r'<a [^>]*href="([^"]*)"', answer.text))


@pytest.mark.parametrize("page", [agents, calls, consumption, one_agent, usage], ids=lambda page: page.__name__)
def test_whatever_a_bar_offers_is_found_here(shop: Made, admin: dict[str, str], page: Any) -> None:
    assert page.OFFER.pickers
    for dimension in (*page.OFFER.pickers, *page.OFFER.more):
        assert shop.get(f"/filter?for=/usage&dim={dimension}", admin).status_code == 200, dimension


@pytest.mark.parametrize("dimension", ["", "id", "run_id", "day", "organisation", "tag:", "cost"])
def test_only_what_is_offered_can_be_picked(shop: Made, admin: dict[str, str], dimension: str) -> None:
    assert shop.get(f"/filter?for=/calls&dim={dimension}", admin).status_code in {404, 422}


def test_it_is_for_those_who_may_see_the_page(shop: Made) -> None:
    assert shop.get("/filter?for=/consumption&dim=team", shop.as_role("member")).status_code == 403
    assert shop.get("/filter?for=/calls&dim=team", {"accept": "text/html"}).status_code == 303


def test_inside_a_page_it_is_a_form_alone(shop: Made, admin: dict[str, str]) -> None:
    inside = shop.get(f"/filter?{SEPTEMBER}&dim=team", admin | INSIDE)
    assert inside.text.strip().startswith("<form")
    assert "<nav" not in inside.text
    for more in ({"hx-boosted": "true"}, {"hx-history-restore-request": "true"}):
        assert "<nav" in shop.get(f"/filter?{SEPTEMBER}&dim=team", admin | INSIDE | more).text


def test_what_others_named_is_text(shop: Made, admin: dict[str, str]) -> None:
    page = shop.get("/filter?" + urlencode({"for": "/calls", "dim": "user", "find": HOSTILE, "x": HOSTILE}), admin)
    assert HOSTILE not in page.text
    assert [value for value, *_ in boxes(page.text)] == [HOSTILE]


@pytest.mark.parametrize(
    "query", ["r=nonsense", "f=team:is", "f=nonsense", "show=-1", "show=99999999999", "find=%00", "over=x"]
)
def test_what_can_not_be_read_does_no_harm(shop: Made, admin: dict[str, str], query: str) -> None:
    assert shop.get(f"/filter?for=/calls&dim=user&{query}", admin).status_code == 200


def _name_people(site: Site) -> None:
    site.outlay.names.put_labels(
        site.outlay.organisation,
        "user",
        [EntityName("u2", "Bob Secret", "b.secret@example.com"), EntityName("u1", "Ann")],
    )


def _more_users(site: Site, count: int) -> None:
    headers = site.key("more") | {"content-type": "application/x-ndjson"}
    lines = "\n".join(f'{{"id": "m{each}", "user": "more-{each}", "model": "gpt-4o"}}' for each in range(count))
    assert site.client.post("/v1/events", content=lines, headers=headers).json()["stored"] == count
