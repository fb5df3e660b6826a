"""`GET /api/v1/audit`: who may ask, filters, and pages that miss nothing. Other organisations: tests/isolation."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outlay.audit import entries
from outlay.control.trail import Actor, Change, write_down
from tests.actors import ADA, TESTER
from tests.web.site import Site, open_site

TRAIL = "/api/v1/audit"
COUNT = 7
_TEAMS = entries.Wanted(subject="T", action="team")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path / "data") as site:
        for number in range(COUNT):
            change = Change("team.change", "team", f"team_{number}", f"T{number}", {"n": number}, {"n": None, "m": [1]})
            _write(site, change, TESTER if number % 2 else ADA)
        yield site


def _write(site: Site, change: Change, by: Actor) -> None:
    with site.outlay.control.begin() as connection:
        write_down(connection, site.outlay.organisation, by, change, site.clock.now())
    site.clock.move(timedelta(hours=1))


@pytest.fixture
def admin(site: Site) -> dict[str, str]:
    return site.key("admin", scopes=frozenset({"admin"}))


def _asked(site: Site, admin: dict[str, str], **query: Any) -> dict[str, Any]:
    answer = site.client.get(TRAIL, params=query, headers=admin)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _names(found: dict[str, Any]) -> list[str]:
    return [each["name"] for each in found["entries"]]


def test_an_entry_is_whole(site: Site, admin: dict[str, str]) -> None:
    newest, before, *_ = _asked(site, admin, action="team")["entries"]
    assert newest["before"] == {"n": COUNT - 1}
    assert newest["after"] == {"n": None, "m": [1]}
    who = {"actor_kind": "member", "actor": "mem_ada", "actor_name": "Ada", "address": "192.0.2.7"}
    assert {name: newest[name] for name in who} == who
    assert newest["previous"] == before["hash"]
    assert newest["at"].endswith("Z")


def test_a_search_looks_through_so_many_at_a_time_and_its_cursor_goes_on(
    site: Site, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "LOOKED_THROUGH", 3)
    found, pages = _asked(site, admin, text="t1"), 1
    assert _names(found) == []
    while found["next"] is not None and not _names(found):
        found, pages = _asked(site, admin, text="t1", after=found["next"]), pages + 1
    assert (_names(found), pages > 1) == (["T1"], True)
    teams = [f"T{number}" for number in reversed(range(COUNT))]
    found = _asked(site, admin, subject="T", action="team", n=2)
    listed = _names(found)
    while found["next"] is not None:
        found = _asked(site, admin, subject="T", action="team", n=2, after=found["next"])
        listed += _names(found)
    assert listed == teams
    every = entries.every_entry(site.outlay.control, site.outlay.organisation, _TEAMS)
    assert [each.name for each in every] == teams


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"who": "mem_ada"}, ["T6", "T4", "T2", "T0"]),
        ({"who": "TEST"}, ["T5", "T3", "T1"]),
        ({"subject": "team_3"}, ["T3"]),
        ({"text": "t4"}, ["T4"]),
        ({"action": "team.change", "who": "tester", "subject": "T1"}, ["T1"]),
        ({"action": "team.create"}, []),
    ],
    ids=str,
)
def test_filters(site: Site, admin: dict[str, str], query: dict[str, str], found: list[str]) -> None:
    assert _names(_asked(site, admin, **({"action": "team"} | query))) == found


def test_times_are_a_half_open_range(site: Site, admin: dict[str, str]) -> None:
    times = [each["at"] for each in _asked(site, admin, action="team")["entries"]]
    found = _asked(site, admin, **{"action": "team", "from": times[3], "to": times[1]})
    assert [each["at"] for each in found["entries"]] == times[2:4]


def test_pages_together_are_the_whole(site: Site, admin: dict[str, str]) -> None:
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = _asked(site, admin, action="team", n=3, **after)
        found += _names(page)
        if page["next"] is None:
            break
        _write(site, Change("team.change", "team", "late", "late"), ADA)  # what comes meanwhile moves nothing
        after = {"after": page["next"]}
    assert found == [f"T{number}" for number in reversed(range(COUNT))]


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-10-01"},
        {"to": "soon"},
        {"from": "0001-01-01T00:00:00+14:00"},
        {"action": "key.fly"},
        {"n": "0"},
        {"after": "x"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_what_can_not_be_meant_is_refused(site: Site, admin: dict[str, str], query: dict[str, str]) -> None:
    assert site.client.get(TRAIL, params=query, headers=admin).status_code == 422


def test_only_a_key_that_administers_opens_it(site: Site) -> None:
    assert site.client.get(TRAIL).status_code == 401
    reads = site.key("reads", scopes=frozenset({"read"}))
    assert site.client.get(TRAIL, headers=reads).status_code == 403
