"""What groups make of people: of several rules the right one, and never more than a rule says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.access.group_standing import standing
from outlay.access.viewer import ROLES
from outlay.control.group_rules import GroupRule

ADMINS = GroupRule(group="admins", role="admin")
LEADS = GroupRule(group="leads", role="lead", teams=("core",))
STAFF = GroupRule(group="staff", teams=("everyone",))


@pytest.mark.parametrize(
    ("groups", "role", "teams", "leads"),
    [
        pytest.param([], "member", set(), set(), id="none"),
        pytest.param(["admins", "leads"], "admin", {"core"}, {"core"}, id="the one that may most"),
        pytest.param(["leads", "staff"], "lead", {"core", "everyone"}, {"core"}, id="leads its own teams only"),
        pytest.param(["Admins", "ADMINS", "admin"], "member", set(), set(), id="names count to the letter"),
    ],
)
def test_standing(groups: list[str], role: str, teams: set[str], leads: set[str]) -> None:
    found = standing([ADMINS, LEADS, STAFF], groups)
    assert found.role == role
    assert (set(found.teams), set(found.leads)) == (teams, leads)
    assert set(found.ruled_teams) == {"core", "everyone"}


def test_without_a_rule_that_gives_roles_the_role_stays() -> None:
    assert standing([STAFF], ["staff"]).role is None
    assert standing([STAFF], ["staff"], formerly=ADMINS).role == "member"
    assert standing([ADMINS], [], "billing").role == "billing"


RULES = st.lists(
    st.builds(
        GroupRule,
        group=st.sampled_from("abc"),
        role=st.none() | st.sampled_from(ROLES),
        teams=st.lists(st.sampled_from(["x", "y"]), max_size=2).map(tuple),
    ),
    max_size=4,
    unique_by=lambda rule: rule.group,
)


@given(RULES, st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("abcd")))
def test_more_groups_never_give_less(rules: list[GroupRule], fewer: set[str], more: set[str]) -> None:
    one, both = standing(rules, fewer), standing(rules, fewer | more)
    assert one.teams <= both.teams
    assert one.leads <= both.leads
    if one.role is not None and both.role is not None and any(rule.group in fewer and rule.role for rule in rules):
        assert ROLES.index(both.role) <= ROLES.index(one.role)
