"""Past calls of a member are moved to another team from their page: shown, decided on, taken back, and told."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from time import monotonic, sleep
from typing import Any, Final

import pytest
from sqlalchemy import select

from outlay.control.currencies import Rate, put_rates
from outlay.control.memberships import Period, change_period, memberships_of, set_memberships
from outlay.control.organisations import OrganisationChange, change_organisation
from outlay.control.teams import TeamSearch, TeamSettings, archive_team, create_team, find_teams
from outlay.control.trail import SYSTEM
from outlay.control.trail_tables import audit_entries
from outlay.intake.outcome import STORED
from outlay.usage import Tokens, UsageEvent
from tests.web.pages.people import People, Visitor
from tests.web.site import NOW

ASKED: Final = {"old": "growth", "new": "core", "first": "", "last": ""}


@pytest.fixture
def ada(people: People) -> Visitor:
    """Ada's browser; Lin was in Growth with two calls, and is in Core since an hour."""
    outlay = people.site.outlay
    control, organisation = outlay.control, outlay.organisation
    for name in ("Growth", "Core"):
        create_team(control, organisation, TeamSettings(name=name), SYSTEM, NOW)
    with control.begin() as connection:
        set_memberships(connection, organisation, people.lin.id, ["growth"], SYSTEM, NOW)
    ada = people.browser_of(people.ada, page="/settings/members")
    lin = {"email": people.lin.email, "name": "Lin", "role": "lead", "user": "lin", "leads": ""}
    ada.post(_path(people), **lin, teams="growth")
    found = [_event(people, "a"), _event(people, "b", time=NOW - timedelta(days=40))]
    assert outlay.intake.accept(organisation, found) == [STORED] * 2
    people.site.clock.move(timedelta(hours=1))
    ada.post(_path(people), **lin, teams="core")
    return ada


def _event(people: People, event_id: str, **fields: Any) -> UsageEvent:
    named: dict[str, Any] = {"provider": "openai", "model": "gpt-4o", "tokens": Tokens(output=1_000_000), "time": NOW}
    organisation = people.site.outlay.organisation
    return UsageEvent(
        organisation=organisation, source="api:t", id=event_id, received_at=NOW, user="lin", team="growth",
        **(named | fields),
    )  # fmt: skip


def _path(people: People) -> str:
    return f"/settings/members/{people.lin.id}"


def _teams(people: People) -> dict[str, tuple[int, int]]:
    with people.site.outlay.ledger.snapshot() as snapshot:
        found = snapshot.rows("SELECT team, sum(requests), sum(output) FROM events GROUP BY team")
    return {team: (requests, output) for team, requests, output in found if requests or output}


def _shown(ada: Visitor, answer: Any, until: str) -> Any:
    assert answer.status_code == 303, answer.text
    end = monotonic() + 30
    while until not in (shown := ada.get(answer.headers["location"])).text:
        assert monotonic() < end, shown.text
        sleep(0.02)
    return shown


def _decided(ada: Visitor, shown: Any) -> Any:
    path = re.search(r'action="([^"]*/settings/moves/[^"/]+)"', shown.text)
    assert path
    return _shown(ada, ada.post(path[1], choice="adjust"), "Done.")


def _told(people: People) -> Sequence[tuple[str, str]]:
    asked = select(audit_entries.c.action, audit_entries.c.name).order_by(audit_entries.c.number)
    with people.site.outlay.control.read() as connection:
        return [(row.action, row.name) for row in connection.execute(asked) if row.action.startswith("usage.")]


def test_past_calls_are_moved_and_given_back(people: People, ada: Visitor) -> None:
    page = ada.get(_path(people)).text
    assert "stay with Growth." in page
    assert f'action="{_path(people)}/move"' in page
    shown = _shown(ada, ada.post(f"{_path(people)}/move", **ASKED), "Discard")
    for each in ("Move past calls of Lin from Growth to Core", "Move 2 calls", "October 2026", "2M", "$20.00"):
        assert each in shown.text
    assert _teams(people) == {"growth": (2, 2_000_000)}
    assert _told(people) == []
    done = _decided(ada, shown)
    assert _teams(people) == {"core": (2, 2_000_000)}
    assert _told(people) == [("usage.move", "Lin")]
    assert "Growth → Core" in ada.get("/settings/moves").text
    assert "Move past" not in ada.get("/prices?show=repricings").text
    _listed_once_in_core(ada)
    undo = re.search(r'action="([^"]*/undo)"', done.text)
    assert undo
    _decided(ada, _shown(ada, ada.post(undo[1]), "Discard"))
    assert _teams(people) == {"growth": (2, 2_000_000)}
    assert _told(people)[1:] == [("usage.move_back", "Lin")]
    moves = ada.get("/settings/moves").text
    assert "taken back" in moves
    assert "Core → Growth" in moves
    before = ada.get(undo[1].removesuffix("/undo")).text
    assert "This was taken back" in before
    assert "/undo" not in before


def _listed_once_in_core(ada: Visitor) -> None:
    assert "No call passes the filters" in ada.get("/calls?r=90d&f=team:is:growth").text
    shown = ada.get("/calls?r=90d&f=team:is:core").text
    assert shown.count('<tr class="linked">') == 2
    assert shown.count("moved from Growth</span>") == 2
    for each in ("All 2", "$10.00", "1,000,000", "<dt>Came in for</dt><dd>Growth</dd>", "<dt>Moved to Core</dt>"):
        assert each in shown
    assert re.search(r'title="Moved from Growth to Core on [^"]+ by Ada', shown)
    rows = ada.get("/calls/export.csv?r=90d&f=team:is:core").text.splitlines()
    assert len([row for row in rows if ",growth," in row and ",core," in row]) == 2
    assert "growth" not in ada.get("/calls/export.csv?r=90d&f=team:is:growth").text.partition("\n")[2]


def test_teams_that_are_called_alike_are_told_apart_by_their_ids(people: People, ada: Visitor) -> None:
    control, organisation = people.site.outlay.control, people.site.outlay.organisation
    create_team(control, organisation, TeamSettings(name="Core"), SYSTEM, NOW, "core-2")
    archive_team(control, organisation, "growth", SYSTEM, NOW)
    answer = ada.post(f"{_path(people)}/move", **ASKED)
    shown = _shown(ada, answer, "Discard")
    assert "Move past calls of Lin from Growth to Core (core)" in shown.text
    _decided(ada, shown)
    with control.read() as connection:
        entry = connection.execute(select(audit_entries).where(audit_entries.c.action == "usage.move")).one()
    assert json.loads(entry.before) == {"team": "Growth", "team_id": "growth"}
    after = json.loads(entry.after)
    assert (after["team"], after["team_id"]) == ("Core (core)", "core")


def test_a_move_is_no_repricing_and_has_an_address_of_its_own(people: People, ada: Visitor) -> None:
    assert "None yet" in ada.get("/settings/moves").text
    path = str(ada.post(f"{_path(people)}/move", **ASKED).headers["location"])
    assert path.startswith("/settings/moves/move_")
    other = path.replace("/settings/moves/", "/prices/repricings/")
    assert ada.get(other).status_code == 404
    assert ada.post(other, choice="adjust").status_code == 404


def test_only_calls_of_those_days_are_moved(people: People, ada: Visitor) -> None:
    day = NOW.date().isoformat()
    _decided(ada, _shown(ada, ada.post(f"{_path(people)}/move", **(ASKED | {"first": day})), "Discard"))
    assert _teams(people) == {"growth": (1, 1_000_000), "core": (1, 1_000_000)}


@pytest.mark.parametrize(
    "fields",
    [
        {"new": "nowhere"},
        {"new": ""},
        {"old": "nowhere"},
        {"new": "growth"},
        {"first": "yesterday"},
        {"first": "2026-10-02", "last": "2026-09-01"},
    ],
    ids=["no team", "to none", "from nowhere", "the same", "no day", "crossed"],
)
def test_what_can_not_be_is_refused(people: People, ada: Visitor, fields: dict[str, str]) -> None:
    answer = ada.post(f"{_path(people)}/move", **(ASKED | fields))
    assert answer.status_code == 303
    assert "Nothing was moved: " in ada.get(answer.headers["location"]).text
    assert "None yet" in ada.get("/settings/moves").text
    assert _teams(people) == {"growth": (2, 2_000_000)}


def test_who_may_not_moves_nothing(people: People, ada: Visitor) -> None:
    assert ada.get(_path(people)).status_code == 200
    lin, eve = people.browser_of(people.lin), people.browser_of(people.eve)
    assert lin.post(f"{_path(people)}/move", **ASKED).status_code == 403
    assert eve.post(f"{_path(people)}/move", **ASKED).status_code == 404


def test_ones_own_page_and_the_teams_show_the_organisations_currency(people: People, ada: Visitor) -> None:
    control = people.site.outlay.control
    change_organisation(control, "default", OrganisationChange(currency="EUR"), SYSTEM, NOW)
    lin = people.browser_of(people.lin)
    assert "$10.00" in ada.get("/settings/teams/growth").text
    put_rates(control, "default", [Rate("EUR", NOW.date(), Decimal("0.5"))], "rates.csv", SYSTEM, NOW)
    for page in (ada.get("/settings/teams/growth").text, lin.get("/me?r=mtd").text):
        assert "€5.00" in page
        assert "$10.00" not in page


def test_who_joins_later_is_not_counted_in_a_team_now(people: People, ada: Visitor) -> None:
    def counted() -> int:
        found = find_teams(control, "default", TeamSearch(at=people.site.clock.now(), text="Core")).teams
        return found[0].members

    control = people.site.outlay.control
    assert counted() == 1
    core = next(each for each in memberships_of(control, "default", people.lin.id) if each.team == "core")
    later = Period(people.site.clock.now() + timedelta(days=3), None)
    change_period(control, "default", core.id, later, SYSTEM, people.site.clock.now())
    assert counted() == 0
    assert "Nobody is in it" in ada.get("/settings/teams/core").text
    people.site.clock.move(timedelta(days=4))
    assert counted() == 1
