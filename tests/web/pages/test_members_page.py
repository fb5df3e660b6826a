"""The pages of members: an admin who manages them, a lead who must not, and an admin of another organisation."""

import re
from datetime import timedelta

import pytest

from outlay.access.proof import FRESH
from outlay.access.second_factor import SecondFactors
from outlay.access.totp import code_at, step_at
from outlay.audit.entries import Wanted, look_for
from outlay.control.members import Member, NewMember, create_member, member_of_email, member_of_id
from outlay.control.memberships import memberships_of
from outlay.control.teams import TeamSettings, create_team
from outlay.control.trail import SYSTEM
from tests.web.pages.people import PASSWORD, People
from tests.web.site import NOW

MEMBERS = "/settings/members"


def team(people: People, name: str, organisation: str = "default") -> str:
    return create_team(people.site.outlay.control, organisation, TeamSettings(name=name), SYSTEM, NOW).id


def named(people: People, email: str) -> Member:
    return member_of_email(people.site.outlay.control, "default", email)


def test_who_is_invited_comes_in_by_the_link_that_is_shown_once(people: People) -> None:
    team(people, "Growth")
    team(people, "Core")
    ada = people.browser_of(people.ada, page=MEMBERS)
    page = ada.post(f"{MEMBERS}/new", email="bo@acme.example", role="lead", teams="Growth\r\ncore", leads="growth")
    assert page.status_code == 201
    link = re.search(r'value="http[^"]*(/sign-in/[^"]+)"', page.text)
    assert link is not None
    bo = named(people, "bo@acme.example")
    assert (bo.role, bo.user, bo.teams_led) == ("lead", "bo@acme.example", ("growth",))
    in_teams = memberships_of(people.site.outlay.control, "default", bo.id)
    assert [(each.team, each.primary) for each in in_teams] == [("growth", True), ("core", False)]
    assert link[1] not in ada.get(MEMBERS).text
    assert people.nobody().get(link[1].replace("&amp;", "&")).status_code == 200


@pytest.mark.parametrize(
    ("changed", "asks"),
    [
        ({"name": "Linda", "teams": "Core"}, False),
        ({"email": "mallory@evil.example"}, True),
        ({"role": "admin"}, True),
        ({"user": "ada@acme.example"}, True),
        ({"leads": "Core"}, True),
    ],
    ids=["name and team", "address", "role", "user", "leads"],
)
def test_a_change_that_opens_more_asks_who_is_there(people: People, changed: dict[str, str], *, asks: bool) -> None:
    team(people, "Core")
    lin = named(people, "lin@acme.example")
    here = f"{MEMBERS}/{lin.id}"
    ada = people.browser_of(people.ada, page=here)
    people.site.clock.move(FRESH)
    as_before = {"email": lin.email, "name": lin.name, "role": lin.role, "user": lin.user or ""}
    answer = ada.post(here, **(as_before | changed))
    assert answer.headers["location"] == (f"/account/proof?next={here}" if asks else f"{here}?done=changed")
    kept = named(people, "lin@acme.example")
    assert (kept.role, kept.user, kept.teams_led) == (lin.role, lin.user, lin.teams_led)
    if asks:
        ada.get(answer.headers["location"])
        assert ada.post("/account/proof", next=here, password=PASSWORD).headers["location"] == here
        ada.get(here)
        assert ada.post(here, **(as_before | changed)).headers["location"] == f"{here}?done=changed"
        people.site.clock.move(FRESH - timedelta(seconds=1))  # and then asks no more for a while
        ada.get(f"{MEMBERS}/new")
        assert ada.post(f"{MEMBERS}/new", email="bo@acme.example", role="admin").status_code == 201


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": "nonsense"}, "is no e-mail address"),
        ({"email": "LIN@acme.example"}, "There is a member LIN@acme.example already"),
        ({"email": "a@b.example", "role": "king"}, "Choose one of these"),
        ({"email": "a@b.example", "teams": "nowhere"}, "There is no team “nowhere”"),
        ({"email": "a@b.example", "teams": "Theirs"}, "There is no team “Theirs”"),
        ({"email": "a@b.example", "leads": "Twice"}, "Several teams are called “Twice”"),
        ({"email": "a@b.example", "user": "u" * 300}, "at most 256"),
    ],
    ids=["no e-mail", "there already", "no role", "no team", "another's team", "which team", "no user id"],
)
def test_what_can_not_be_is_said_beside_the_field(people: People, fields: dict[str, str], said: str) -> None:
    team(people, "Theirs", "others")
    control = people.site.outlay.control
    for each in ("one", "two"):
        create_team(control, "default", TeamSettings(name="Twice"), SYSTEM, NOW, team=each)
    page = people.browser_of(people.ada, page=MEMBERS).post(f"{MEMBERS}/new", **({"role": "member"} | fields))
    assert page.status_code in {409, 422}
    assert said in page.text
    assert f'value="{fields["email"]}"' in page.text


def test_a_member_is_changed_and_the_teams_keep_their_past(people: People) -> None:
    team(people, "Growth")
    team(people, "Core")
    ada = people.browser_of(people.ada, page=MEMBERS)
    fields = {"email": people.lin.email, "name": "Linda", "role": "lead", "user": "lin", "leads": ""}
    path = f"{MEMBERS}/{people.lin.id}"
    assert ada.post(path, **fields, teams="growth").headers["location"] == f"{path}?done=changed"
    people.site.clock.move(timedelta(hours=1))
    ada.post(path, **fields, teams="core")
    page = ada.get(path).text
    assert "Linda" in page
    assert page.index(">Core</a>") < page.index(">Growth</a>")
    core, growth = memberships_of(people.site.outlay.control, "default", people.lin.id)
    assert (growth.ends_at, core.starts_at) == (people.site.clock.now(), people.site.clock.now())
    corrected = ada.post(f"{path}/memberships/{core.id}", first="2026-10-25", last="")
    assert corrected.headers["location"] == f"{path}?done=period"
    crossed = ada.post(f"{path}/memberships/{core.id}", first="2026-10-25", last="2026-10-20")
    assert (crossed.status_code, "ends after it starts" in crossed.text) == (422, True)


def test_access_is_taken_and_given_again(people: People) -> None:
    ada, lin = people.browser_of(people.ada, page=MEMBERS), people.browser_of(people.lin)
    path = f"{MEMBERS}/{people.lin.id}"
    ada.post(f"{path}/sign-out")
    assert lin.get("/password").status_code == 303
    lin = people.browser_of(people.lin)
    ada.post(f"{path}/disable")
    assert lin.get("/password").status_code == 303
    assert "not yet here" not in ada.get(MEMBERS).text.split(people.lin.email)[1].split("</tr>")[0]
    assert ada.post(f"{path}/link").status_code == 409
    ada.post(f"{path}/enable")
    assert lin.get("/password").status_code == 303, "a session of before comes not to life again"
    assert ada.post(f"{path}/link").status_code == 201


def test_a_second_factor_that_was_lost_is_taken_away(people: People) -> None:
    outlay, now = people.site.outlay, people.site.clock.now()
    factors, path = SecondFactors(outlay.control, outlay.secrets), f"{MEMBERS}/{people.lin.id}"
    ada = people.browser_of(people.ada, page=MEMBERS)
    assert "Remove second factor" not in ada.get(path).text
    assert ada.post(f"{path}/second-factor").status_code == 404
    for member in (people.lin, people.ada):
        factors.begin(member, now)
        secret = factors.pending(member, "Outlay").secret
        factors.confirm(member, code_at(secret, step_at(now)), SYSTEM, now)
    assert "Remove second factor" in ada.get(path).text
    assert ada.post(f"{path}/second-factor").status_code == 303
    assert factors.of(people.lin) is None
    (told,) = look_for(outlay.control, "default", Wanted(), None, 1).entries
    assert (told.action, told.subject, told.by.id) == ("second_factor.remove", people.lin.id, people.ada.id)
    assert "Remove second factor" not in ada.get(f"{MEMBERS}/{people.ada.id}").text
    assert ada.post(f"{MEMBERS}/{people.ada.id}/second-factor").status_code == 409
    assert factors.of(people.ada) is not None


def test_the_last_admin_is_told_so(people: People) -> None:
    ada = people.browser_of(people.ada, page=MEMBERS)
    path = f"{MEMBERS}/{people.ada.id}"
    assert ada.post(f"{path}/disable").status_code == 409
    page = ada.post(path, email=people.ada.email, name="Ada", role="member")
    assert (page.status_code, "last admin" in page.text) == (409, True)
    assert member_of_id(people.site.outlay.control, "default", people.ada.id).role == "admin"


def test_members_are_found_and_paged(people: People) -> None:
    control = people.site.outlay.control
    for number in range(120):
        wanted = NewMember(email=f"p{number:03}@acme.example", role="member")
        create_member(control, "default", wanted, SYSTEM, NOW)
    ada = people.browser_of(people.ada, page=MEMBERS)
    seen: list[str] = []
    for page in range(1, 4):
        seen += re.findall(r'class="sub">([^<]+@[^<]+)<', ada.get(f"{MEMBERS}?p={page}").text)
    assert len(seen) == len(set(seen)) == 122
    assert "p007@acme.example" in ada.get(f"{MEMBERS}?q=P007&role=member&state=invited").text
    assert "Nobody like that" in ada.get(f"{MEMBERS}?q=P007&role=admin").text
    assert ada.get(f"{MEMBERS}?p=999999&state=nonsense&role=king").status_code == 200


@pytest.mark.parametrize("path", [MEMBERS, f"{MEMBERS}/new", f"{MEMBERS}/{{member}}"])
def test_a_lead_sees_no_members_and_a_stranger_not_ours(people: People, path: str) -> None:
    address = path.format(member=people.lin.id)
    lin, eve = people.browser_of(people.lin), people.browser_of(people.eve)
    assert lin.get(address).status_code == 403
    page = eve.get(address)
    assert page.status_code == (404 if "{" in path else 200)
    assert people.ada.email not in page.text


@pytest.mark.parametrize(
    "act", ["", "/disable", "/enable", "/sign-out", "/link", "/second-factor", "/memberships/{membership}"]
)
def test_nobody_else_changes_a_member(people: People, act: str) -> None:
    before = member_of_id(people.site.outlay.control, "default", people.lin.id)
    path = f"{MEMBERS}/{people.lin.id}{act.format(membership='ms_1')}"
    for member, status in ((people.lin, 403), (people.eve, 404)):
        answer = people.browser_of(member).post(path, email="x@acme.example", role="admin", first="", last="")
        assert answer.status_code == status
    assert member_of_id(people.site.outlay.control, "default", people.lin.id) == before
