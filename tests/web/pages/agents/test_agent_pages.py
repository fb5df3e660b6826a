"""The Agents pages as HTML and files: who sees what, hostile ids, sessions whole, links, sizes."""

import csv
import gzip
import io
import json
import re
from decimal import Decimal
from html import unescape
from typing import Any, Final

import pytest

from outlay.query.ask import Filter, Query
from outlay.query.timerange import LastDays
from outlay.web.pages.agents import list_figures, one_figures, runs
from tests.web.pages.agents.crew import BUSY, HOSTILE_SESSION, LONG, NESTED, SECRET, address
from tests.web.pages.held import Held
from tests.web.pages.made import HOSTILE, STRANGERS

ENDINGS: Final = ("csv", "json", "parquet", "xlsx", "zip")
ONE: Final = "/agents/one"
SESSION: Final = "/agents/session"
HOSTILE_IDS: Final = (HOSTILE, HOSTILE_SESSION, "a/../b", "%2F%00", "\x00", "\U0001f600", "';--", "x" * 4_096, " ")


def shown(agents: Held, path: str, headers: dict[str, str]) -> str:
    answer = agents.made.get(path, headers)
    assert answer.status_code == 200
    text: str = answer.text
    return text


def panel(html: str, name: str) -> str:
    """Return the text of one part of a page."""
    found = re.search(rf'<(section|div|dl) [^>]*id="{name}".*?</\1>', html, re.DOTALL)
    assert found is not None
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


@pytest.mark.parametrize("path", ["/agents", address(ONE, agent=BUSY), address(SESSION, session=LONG)])
@pytest.mark.parametrize("role", ["admin", "billing", "lead", "member"])
def test_everybody_sees_agents_as_far_as_their_sight_goes(agents: Held, path: str, role: str) -> None:
    headers = agents.made.as_role(role, user="u1")
    assert agents.made.get(path, headers).status_code == 200
    for ending in ENDINGS:
        target = path.replace("?", f"/export.{ending}?") if "?" in path else f"{path}/export.{ending}"
        assert agents.made.get(target, headers).status_code == 200


def test_nobody_who_is_not_signed_in_sees_any(agents: Held) -> None:
    for path in ("/agents", ONE, SESSION):
        answer = agents.made.get(path, {"accept": "text/html"})
        assert answer.status_code in {302, 303}
        assert "/sign-in" in answer.headers["location"]


def test_a_member_sees_the_figures_of_their_own_calls(agents: Held) -> None:
    html = shown(agents, address(ONE, agent=BUSY, r="60d"), agents.made.as_role("member", user="u3"))
    viewer = agents.viewer("member", user="u3")
    query = Query(viewer, ("requests",), range=LastDays(60), filters=(Filter("agent", "is", (BUSY,)),))
    (requests,) = agents.expected(query).totals
    cards = dict(re.findall(r'card-label">(?:<a [^>]*>)?([^<]+)<.*?card-value"[^>]*>([^<]+)<', html, re.DOTALL))
    assert cards["Requests"] == f"{requests:,}"
    assert "u2" not in panel(html, "users")


@pytest.mark.parametrize(
    ("path", "unknown"),
    [
        (address(ONE, agent=SECRET), address(ONE, agent="never-was")),
        (address(SESSION, session="ses-secret"), address(SESSION, session="never-was")),
        (address(SESSION, run="run-secret"), address(SESSION, run="never-was")),
    ],
)
@pytest.mark.parametrize("role", ["admin", "lead", "member"])
def test_what_is_of_others_is_told_of_like_what_does_not_exist(
    agents: Held, path: str, unknown: str, role: str
) -> None:
    headers = agents.made.as_role(role)
    theirs, nothing = shown(agents, path, headers), shown(agents, unknown, headers)
    names = ("never-was", SECRET, "ses-secret", "run-secret")

    def told(html: str) -> str:
        html = re.sub(r"[0-9a-f]{32,}|[A-Za-z0-9_-]{40,}", "", html)
        for name in names:
            html = html.replace(name, "NAME")
        return html

    assert told(theirs) == told(nothing)
    strangers = agents.made.as_role("admin", organisation=STRANGERS)
    assert "or it is not among what you may see" not in shown(agents, path, strangers)


def test_an_agent_of_another_team_is_not_confirmed(agents: Held) -> None:
    """The name that the registry knows is not told either."""
    html = shown(agents, address(ONE, agent=NESTED), agents.made.as_role("member", user="stranger"))
    assert "No such agent" in html
    assert "Nested helper" not in html
    listed = shown(agents, "/agents", agents.made.as_role("member", user="stranger"))
    assert "Nested helper" not in listed


def test_an_agent_that_did_nothing_in_the_range_is_said_to_have_calls_elsewhere(
    agents: Held, owner: dict[str, str]
) -> None:
    html = shown(agents, address(ONE, agent=BUSY, r="2026-01"), owner)
    assert "No calls in this range" in html
    assert "<h1>Élan</h1>" in html


@pytest.mark.parametrize("named", HOSTILE_IDS)
@pytest.mark.parametrize(("path", "word"), [(ONE, "agent"), (SESSION, "session"), (SESSION, "run")])
def test_hostile_ids_are_text(agents: Held, owner: dict[str, str], path: str, word: str, named: str) -> None:
    html = shown(agents, address(path, **{word: named}), owner)
    assert "<img src=x" not in html
    assert "<script>alert" not in html
    export = agents.made.get(address(f"{path}/export.csv", **{word: named}), owner)
    assert export.status_code == 200


@pytest.mark.parametrize("raw", ["%ED%A0%80", "%FF%FE", "%", "%2525"])
def test_bytes_that_are_no_text_are_no_error(agents: Held, owner: dict[str, str], raw: str) -> None:
    for path in (f"{ONE}?agent={raw}", f"{SESSION}?session={raw}", f"{SESSION}?run={raw}"):
        shown(agents, path, owner)


def test_a_hostile_session_opens_from_its_agent(agents: Held, owner: dict[str, str]) -> None:
    html = shown(agents, address(ONE, agent=HOSTILE), owner)
    href = re.search(r'href="(/agents/session\?session=[^"]+)"', html)
    assert href is not None
    assert "1 request" in panel(shown(agents, unescape(href[1]), owner), "calls")


@pytest.mark.parametrize("path", [ONE, SESSION, address(SESSION, session=""), address(ONE, agent="")])
def test_an_address_without_an_id_is_no_error(agents: Held, owner: dict[str, str], path: str) -> None:
    shown(agents, path, owner)


@pytest.mark.parametrize(
    "query", ["s=nope&page=-1", "by=nope&chart=nope", "page=99999", "r=nope&f=nope&g=nope&cmp=nope"]
)
@pytest.mark.parametrize("path", ["/agents", ONE, SESSION])
def test_what_an_address_can_not_say_gives_a_notice(agents: Held, owner: dict[str, str], path: str, query: str) -> None:
    shown(agents, f"{path}?{query}&agent={BUSY}&session={LONG}", owner)


def test_a_session_is_shown_whole_beyond_the_range(agents: Held, owner: dict[str, str]) -> None:
    calls = [each for each in agents.events if each.event.session_id == LONG]
    pages = [shown(agents, address(SESSION, session=LONG, r="7d", page=page), owner) for page in ("1", "2")]
    assert "This session reaches beyond the chosen range" in pages[0]
    spent = [re.findall(r'<tr class="linked">.*?title="([^"]*)">[^<]*</td></tr>', each, re.DOTALL) for each in pages]
    assert [len(each) for each in spent] == [50, len(calls) - 50]
    known = [each.cost.pico for each in sorted(calls, key=lambda each: each.event.time)]
    running = [sum(pico for pico in known[: at + 1] if pico is not None) for at in range(len(known))]
    exact = [unescape(text).replace("$", "").replace(",", "") for text in (*spent[0], *spent[1])]
    assert [Decimal(text) for text in exact if text != "—"] == [Decimal(pico).scaleb(-12) for pico in running][
        len(running) - sum(text != "—" for text in exact) :
    ]
    assert "started by Élan" in panel(pages[0], "facts")
    assert "run-nested" in pages[0]
    assert "continued" in pages[0]


def test_a_run_opens_alone(agents: Held, owner: dict[str, str]) -> None:
    html = shown(agents, address(SESSION, run="run-nested"), owner)
    count = sum(each.event.run_id == "run-nested" for each in agents.events)
    assert f"{count} requests" in panel(html, "calls")
    assert "<h1>Run run-nested</h1>" in html


def test_the_list_leads_to_agents_and_they_to_sessions_and_calls(agents: Held, owner: dict[str, str]) -> None:
    listed = shown(agents, "/agents?r=60d&f=team:is:growth&s=-requests", owner)
    to_agent = re.search(rf'href="(/agents/one\?[^"]*agent={BUSY}[^"]*)"', listed)
    assert to_agent is not None
    one = shown(agents, unescape(to_agent[1]), owner)
    assert "r=60d" in to_agent[1]
    assert "team:is:growth" in unescape(to_agent[1])
    to_session = re.search(r'href="(/agents/session\?[^"]*session=ses-[^"]*)"', one)
    assert to_session is not None
    session = shown(agents, unescape(to_session[1]), owner)
    assert re.search(r'href="/calls\?[^"]*session_id:is:ses-', unescape(session))


@pytest.mark.parametrize("path", ["/agents", address(ONE, agent=BUSY, r="60d"), address(SESSION, session=LONG)])
def test_a_full_page_is_small(agents: Held, owner: dict[str, str], path: str) -> None:
    size = len(gzip.compress(shown(agents, path, owner).encode(), 6))
    assert size <= 20 * 1024


@pytest.mark.parametrize("order", ["-first_time", "latency_p95", "-cost"])
@pytest.mark.parametrize("by", ["session", "run"])
def test_the_file_has_every_session_and_the_totals_of_the_page(
    agents: Held, owner: dict[str, str], by: str, order: str
) -> None:
    target = address(f"{ONE}/export.json", agent=BUSY, r="60d", by=by, s=order, page="2")
    answer: Any = json.loads(agents.made.get(target, owner).content, parse_float=Decimal)
    tables = {each["id"]: each for each in answer["tables"]}
    query = Query(agents.viewer("admin"), runs.NUMBERS, range=LastDays(60), filters=(Filter("agent", "is", (BUSY,)),))
    totals = dict(zip(runs.NUMBERS, agents.expected(query).totals, strict=True))
    rows = tables[f"{by}s"]["rows"]
    groups = agents.groups(
        query.__class__(query.viewer, runs.NUMBERS, (f"{by}_id",), range=query.range, filters=query.filters)
    )
    assert {row["id"]: row["requests"] for row in rows} == {key: each["requests"] for key, each in groups.items()}
    for measure in ("requests", "tokens", "errors"):
        assert sum(row[measure] or 0 for row in rows) == totals[measure] == tables[f"{by}s"]["total"][measure]
    for table in (f"{by}s", "models", "users", "over_time"):
        assert sum(Decimal(row["cost"] or 0) for row in tables[table]["rows"]) == totals["cost"]


def test_the_file_of_the_list_has_every_agent(agents: Held, owner: dict[str, str]) -> None:
    answer: Any = json.loads(agents.made.get("/agents/export.json?page=2&s=name", owner).content, parse_float=Decimal)
    table = next(each for each in answer["tables"] if each["id"] == "agents")
    query = Query(agents.viewer("admin"), (*list_figures.SUMS, *list_figures.TIMES), range=LastDays(30))
    groups = agents.groups(Query(query.viewer, query.measures, ("agent",), range=query.range))
    assert {row["id"]: row["latency_p95"] for row in table["rows"]} == {
        key: each["latency_p95"] for key, each in groups.items()
    }
    assert sum(row["requests"] for row in table["rows"]) == table["total"]["requests"]
    assert table["adds_up"] is True


def test_the_file_of_a_session_has_every_call_in_order(agents: Held, owner: dict[str, str]) -> None:
    answer = agents.made.get(address(f"{SESSION}/export.csv", session=LONG, r="7d") + "&table=calls", owner)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    calls = sorted((each for each in agents.events if each.event.session_id == LONG), key=lambda each: each.event.time)
    assert [row["id"] for row in rows] == [each.event.id for each in calls]


def test_the_summary_of_a_file_is_the_cards(agents: Held, owner: dict[str, str]) -> None:
    target = address(f"{ONE}/export.json", agent=BUSY)
    answer: Any = json.loads(agents.made.get(target, owner).content, parse_float=Decimal)
    summary = next(each for each in answer["tables"] if each["id"] == "summary")["rows"][0]
    query = Query(
        agents.viewer("admin"), (*one_figures.SUMS, *one_figures.TIMES), filters=(Filter("agent", "is", (BUSY,)),)
    )
    expected = dict(zip(query.measures, agents.expected(query).totals, strict=True))
    assert {each: Decimal(summary[each]) for each in ("requests", "latency_p95", "runs", "cost")} == {
        each: Decimal(str(expected[each])) for each in ("requests", "latency_p95", "runs", "cost")
    }
