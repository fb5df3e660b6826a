"""The page of the audit trail: who may look, what an entry tells, filters and pages in the address, whole exports."""

import csv
import io
import json
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select

from outlay.audit import entries
from outlay.control.trail import Actor, Change, write_down
from outlay.control.trail_tables import audit_entries
from outlay.web.pages.audit.page import PER_PAGE
from tests.web.pages.people import OTHERS, People

TRAIL = "/settings/audit"


def note(people: People, change: Change, by: Actor | None = None, organisation: str = "") -> None:
    outlay = people.site.outlay
    by = by or Actor("member", people.ada.id, "Ada", "192.0.2.7")
    with outlay.control.begin() as connection:
        write_down(connection, organisation or outlay.organisation, by, change, people.site.clock.now())
    people.site.clock.move(timedelta(seconds=1))


def key_made(name: str) -> Change:
    return Change("key.create", "key", f"key_{name}", name, after={"scopes": ["send"], "pod": None, "cap": 3})


def shown(people: People, query: str = "") -> str:
    answer = people.browser_of(people.ada).get(TRAIL + query)
    assert answer.status_code == 200
    return unescape(answer.text)


def test_only_admins_look_and_each_at_their_own_organisation(people: People) -> None:
    note(people, key_made("ours"))
    note(people, key_made("theirs"), organisation=OTHERS)
    for path in (TRAIL, f"{TRAIL}/export.csv", f"{TRAIL}/export.json"):
        assert people.browser_of(people.lin).get(path).status_code == 403
        assert people.nobody().get(path).status_code == 303
        ours, theirs = (people.browser_of(who).get(path).text for who in (people.ada, people.eve))
        assert "ours" in ours
        assert "theirs" not in ours
        assert "theirs" in theirs
        assert "ours" not in theirs.replace("yours", "")


def test_an_entry_tells_who_what_and_both_sides(people: People) -> None:
    sides = {"before": {"role": "member", "teams": ["core"]}, "after": {"role": "lead", "teams": ["core", "growth"]}}
    note(people, Change("member.change", "member", "mem_bo", "Bo <b>", **sides), Actor("terminal", "0", "root"))
    page = people.browser_of(people.ada).get(TRAIL).text
    assert "<strong>root</strong> changed the member Bo &lt;b&gt;" in page
    assert "command line" in page
    for text in ("member", "lead", "core", "core, growth"):
        assert f'<span class="side">{text}</span>' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?who=ada", {"one"}),
        ("?who=192.0.2.7", {"one"}),
        ("?who=tester", {"two", "three"}),
        ("?action=key", {"one", "two"}),
        ("?action=key.revoke", {"two"}),
        ("?subject=key_one", {"one"}),
        ("?q=GR%C3%9CN", {"three"}),
        ("?q=%25", set()),
        ("?who=tester&action=team", {"three"}),
        ("?from=2000-01-01&to=2000-01-31", set()),
        ("?from=2000-01-01", {"one", "two", "three"}),
    ],
)
def test_filters(people: People, query: str, found: set[str]) -> None:
    tester = Actor("terminal", "1000", "tester")
    note(people, key_made("one"))
    note(people, Change("key.revoke", "key", "key_two", "two"), tester)
    note(people, Change("team.change", "team", "team_three", "three", after={"name": "Grün"}), tester)
    everything = {"one", "two", "three"}
    page = shown(people, query)
    assert {each for each in everything if each in names_in(page)} == found


def names_in(page: str) -> set[str]:
    return {part.split("<")[0].strip().split(" ")[-1] for part in page.split("</strong>")[1:]}


@pytest.mark.parametrize("query", ["?from=tomorrow", "?action=key.fly", "?who=%00", "?below=x", "?to=0001-01-01"])
def test_what_can_not_be_meant_is_told_and_not_used(people: People, query: str) -> None:
    note(people, key_made("one"))
    page = shown(people, query)
    assert "one" in names_in(page)
    assert ("not used" in page) == (query != "?below=x")


def test_pages_follow_each_other_and_keep_the_filters(people: People) -> None:
    for number in range(PER_PAGE + 5):
        note(people, key_made(f"k{number:03}"))
    first = shown(people, "?action=key")
    assert "k054" in first
    assert "k004" not in first
    older = next(part.split('"')[0] for part in first.split('href="') if "below=" in part.split('"')[0])
    assert older.startswith(f"{TRAIL}?action=key&below=")
    second = shown(people, older.removeprefix(TRAIL))
    assert "k004" in second
    assert "k054" not in second
    assert "Newest" in second


def test_an_export_has_every_entry_that_the_filters_leave(people: People) -> None:
    for number in range(PER_PAGE * 2):
        note(people, key_made(f"=k{number}"))
    ada = people.browser_of(people.ada)
    found: list[dict[str, Any]] = json.loads(ada.get(f"{TRAIL}/export.json?action=key").text)
    assert [each["name"] for each in found] == [f"=k{number}" for number in reversed(range(PER_PAGE * 2))]
    answer = ada.get(f"{TRAIL}/export.csv?action=key")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["name"] for row in rows] == [f"'{each['name']}" for each in found]
    assert [json.loads(row["after"]) for row in rows] == [each["after"] for each in found]
    assert ada.get(f"{TRAIL}/export.json?who=nobody").text == "[]\n"
    assert ada.get(f"{TRAIL}/export.xlsx").status_code == 404


def followed(people: People, page: str) -> str:
    """Return the page that “Look further” leads to."""
    href = page.split("Look further", maxsplit=1)[0].rpartition('href="')[2].partition('"')[0]
    return shown(people, href.removeprefix(TRAIL))


def test_a_search_looks_through_so_many_at_a_time_and_goes_on(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "LOOKED_THROUGH", 10)
    for number in range(25):
        note(people, key_made(f"k{number:02}"))
    with people.site.outlay.control.read() as connection:
        newest = connection.execute(select(func.max(audit_entries.c.number))).scalar_one() + 1  # of the sign-in to look
    page = shown(people, "?q=k02")
    assert names_in(page) == set()
    assert f"Looked through the entries {newest - 9} to {newest}." in page
    page = followed(people, page)
    assert "Look further" in page
    page = followed(people, page)
    assert "k02" in names_in(page)
    while "Look further" in page:
        page = followed(people, page)
    assert "below=" in page or "Newest" in page
    assert "Look further" not in shown(people, "?action=key.create"), "an index finds these"
    assert "Look further" not in shown(people)
