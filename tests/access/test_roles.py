"""Roles: what each may do, and what a key sees in their place."""

import pytest
from msgspec.structs import replace

from outlay.access.keys import ApiKey, NewKey
from outlay.access.roles import CAPABILITIES, Capability, may, parse_role, require, viewer_of, viewer_of_key
from outlay.access.viewer import Role, Viewer
from outlay.control.database import Control
from outlay.control.member_changes import MemberChange, change_member, disable_member
from outlay.control.trail import SYSTEM
from outlay.errors import Forbidden, InputError, KeyInvalid
from outlay.testing import FrozenClock
from tests.access.conftest import People
from tests.keys import issued

_ALLOWED: dict[Role, set[Capability]] = {
    "admin": {
        "see_consumption",
        "see_usage",
        "export",
        "import_files",
        "manage_keys",
        "hold_keys",
        "manage_members",
        "manage_prices",
        "manage_settings",
        "manage_upstreams",
        "manage_shared",
        "see_audit_trail",
        "see_teams",
    },
    "billing": {"see_consumption", "see_usage", "see_teams", "export", "hold_keys"},
    "lead": {"see_usage", "see_teams", "export", "hold_keys"},
    "member": {"see_usage", "export", "hold_keys"},
    "operator": {"operate"},
}


@pytest.mark.parametrize("role", _ALLOWED)
@pytest.mark.parametrize("capability", CAPABILITIES)
def test_each_role_may_what_is_written_here(role: Role, capability: Capability) -> None:
    assert may(role, capability) == (capability in _ALLOWED[role])


def test_a_refusal_says_who_can_grant_it() -> None:
    with pytest.raises(Forbidden) as raised:
        require(Viewer(organisation="acme", role="lead"), "see_consumption", "Acme Ltd")
    assert raised.value.message == (
        "only the roles admin and billing may see what the whole organisation spends; yours is lead. "
        "Ask an admin of Acme Ltd."
    )
    with pytest.raises(Forbidden, match="only the role admin may manage members and teams; yours is billing"):
        require(Viewer(organisation="acme", role="billing"), "manage_members")
    require(Viewer(organisation="acme", role="billing"), "see_consumption")


def test_the_three_people_see_what_is_theirs(people: People) -> None:
    assert viewer_of(people.owner) == Viewer(organisation="acme", role="admin", user="owner")
    assert viewer_of(people.mate) == Viewer(organisation="acme", role="lead", user="mate", teams=("growth",))
    assert viewer_of(people.stranger) == Viewer(organisation="other", role="admin", user="owner")


@pytest.mark.parametrize("role", ["admin", "billing", "member"])
def test_teams_count_for_leads_only(people: People, role: Role) -> None:
    assert viewer_of(replace(people.mate, role=role)).teams == ()


@pytest.mark.parametrize("text", ["", "Admin", "owner", "admin "])
def test_what_is_no_role_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="admin, billing, lead, member"):
        parse_role(text)


def _key(control: Control, clock: FrozenClock, wanted: NewKey, organisation: str = "acme") -> ApiKey:
    return issued(control, organisation, wanted, clock.now())[0]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(NewKey(name="k"), Viewer(organisation="acme", role="billing"), id="unbound"),
        pytest.param(NewKey(name="k", pod="p"), Viewer(organisation="acme", role="billing"), id="bound to a pod"),
        pytest.param(
            NewKey(name="k", team="core"), Viewer(organisation="acme", role="lead", teams=("core",)), id="to a team"
        ),
        pytest.param(
            NewKey(name="k", user="mate"),
            Viewer(organisation="acme", role="lead", user="mate", teams=("growth",)),
            id="to a member",
        ),
        pytest.param(
            NewKey(name="k", user="mate", team="core"),
            Viewer(organisation="acme", role="lead", user="mate", teams=("growth",)),
            id="the user counts before the team",
        ),
        pytest.param(
            NewKey(name="k", user="nobody"), Viewer(organisation="acme", role="member", user="nobody"), id="to a user"
        ),
        pytest.param(
            NewKey(name="k", user="owner"), Viewer(organisation="acme", role="billing", user="owner"), id="to an admin"
        ),
    ],
)
@pytest.mark.usefixtures("people")
def test_a_key_sees_what_it_is_bound_to(control: Control, clock: FrozenClock, wanted: NewKey, expected: Viewer) -> None:
    assert viewer_of_key(control, _key(control, clock, wanted)) == expected


@pytest.mark.usefixtures("people")
def test_a_user_of_the_same_name_elsewhere_lends_no_rights(control: Control, clock: FrozenClock) -> None:
    key = _key(control, clock, NewKey(name="k", user="mate"), "other")
    assert viewer_of_key(control, key) == Viewer(organisation="other", role="member", user="mate")


def test_a_key_that_only_sends_reads_nothing(control: Control, clock: FrozenClock) -> None:
    key = _key(control, clock, NewKey(name="k", scopes=frozenset({"send"})))
    with pytest.raises(Forbidden, match="Ask an admin of Acme Ltd for a key with the scope read"):
        viewer_of_key(control, key, "Acme Ltd")


def test_a_key_changes_with_its_member(control: Control, people: People, clock: FrozenClock) -> None:
    key = _key(control, clock, NewKey(name="k", user="mate"))
    change_member(control, "acme", people.mate.id, MemberChange(role="member"), SYSTEM, clock.now())
    assert viewer_of_key(control, key) == Viewer(organisation="acme", role="member", user="mate")
    disable_member(control, "acme", people.mate.id, SYSTEM, clock.now())
    with pytest.raises(KeyInvalid):
        viewer_of_key(control, key)
