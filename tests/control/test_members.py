"""Members: one per e-mail and organisation, invisible to every other organisation."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from outlay.control.credentials import credentials_of_email, set_password_hash
from outlay.control.database import Control
from outlay.control.emails import email_key, is_email, parse_email
from outlay.control.member_changes import MemberChange, change_member, disable_member, enable_member
from outlay.control.members import (
    NewMember,
    admins_of,
    create_member,
    member_of_email,
    member_of_id,
    member_of_user,
    members_of,
    names_of,
)
from outlay.control.tables import teams_led
from outlay.control.trail import SYSTEM
from outlay.errors import Conflict, InputError, NotFound
from outlay.testing import FrozenClock


def test_a_member_is_found_by_email_in_any_case(control: Control, clock: FrozenClock) -> None:
    made = create_member(control, "acme", NewMember(email=" Ada@Example.com ", role="admin"), SYSTEM, clock.now())
    assert (made.email, made.name, made.has_password) == ("Ada@Example.com", "Ada", False)
    assert member_of_email(control, "acme", "ADA@example.COM") == made
    assert member_of_id(control, "acme", made.id) == made


def test_an_email_is_one_member_per_organisation(control: Control, clock: FrozenClock) -> None:
    create_member(control, "acme", NewMember(email="ada@example.com", role="admin"), SYSTEM, clock.now())
    with pytest.raises(Conflict, match=r"ADA@example\.com"):
        create_member(control, "acme", NewMember(email="ADA@example.com", role="member"), SYSTEM, clock.now())
    create_member(control, "other", NewMember(email="ada@example.com", role="member"), SYSTEM, clock.now())
    assert [each.role for each in members_of(control, "acme")] == ["admin"]


def test_a_member_is_nobody_in_another_organisation(control: Control, clock: FrozenClock) -> None:
    wanted = NewMember(email="ada@example.com", role="lead", user="ada", teams_led=("growth",))
    made = create_member(control, "acme", wanted, SYSTEM, clock.now())
    with pytest.raises(NotFound):
        member_of_id(control, "other", made.id)
    with pytest.raises(NotFound):
        member_of_email(control, "other", "ada@example.com")
    assert member_of_user(control, "other", "ada") is None
    assert [each.organisation for each in credentials_of_email(control, "ada@example.com")] == []
    assert members_of(control, "other") == []
    with pytest.raises(NotFound):
        change_member(control, "other", made.id, MemberChange(role="admin", teams_led=()), SYSTEM, clock.now())
    with pytest.raises(NotFound):
        disable_member(control, "other", made.id, SYSTEM, clock.now())
    with pytest.raises(NotFound):
        set_password_hash(control, "other", made.id, "$argon2id$…", SYSTEM, clock.now())
    assert member_of_id(control, "acme", made.id) == made


def test_a_row_can_not_point_into_another_organisation(control: Control, clock: FrozenClock) -> None:
    made = create_member(control, "acme", NewMember(email="ada@example.com", role="lead"), SYSTEM, clock.now())
    with pytest.raises(IntegrityError), control.begin() as connection:
        connection.execute(insert(teams_led).values(organisation="other", member=made.id, team="growth"))


def test_a_role_comes_with_the_teams_led(control: Control, clock: FrozenClock) -> None:
    wanted = NewMember(email="ada@example.com", role="lead", teams_led=("growth", "core", "core"))
    made = create_member(control, "acme", wanted, SYSTEM, clock.now())
    assert made.teams_led == ("core", "growth")
    change_member(control, "acme", made.id, MemberChange(role="lead", teams_led=("data",)), SYSTEM, clock.now())
    assert member_of_id(control, "acme", made.id).teams_led == ("data",)
    change_member(control, "acme", made.id, MemberChange(role="member", teams_led=()), SYSTEM, clock.now())
    assert member_of_id(control, "acme", made.id).teams_led == ()


def test_a_disabled_member_has_no_credentials_until_enabled(control: Control, clock: FrozenClock) -> None:
    made = create_member(control, "acme", NewMember(email="ada@example.com", role="billing"), SYSTEM, clock.now())
    set_password_hash(control, "acme", made.id, "hash", SYSTEM, clock.now())
    disable_member(control, "acme", made.id, SYSTEM, clock.now())
    assert credentials_of_email(control, "ada@example.com") == []
    assert member_of_id(control, "acme", made.id).disabled_at == clock.now()
    enable_member(control, "acme", made.id, SYSTEM, clock.now())
    assert [each.member for each in credentials_of_email(control, "Ada@example.com")] == [made.id]


def test_of_two_members_for_one_user_the_one_in_force_counts(control: Control, clock: FrozenClock) -> None:
    old = create_member(control, "acme", NewMember(email="a@example.com", role="lead", user="ada"), SYSTEM, clock.now())
    new = create_member(
        control, "acme", NewMember(email="b@example.com", role="member", user="ada"), SYSTEM, clock.now()
    )
    disable_member(control, "acme", old.id, SYSTEM, clock.now())
    assert member_of_user(control, "acme", "ada") == new


def test_no_representation_shows_a_password_hash(control: Control, clock: FrozenClock) -> None:
    made = create_member(control, "acme", NewMember(email="ada@example.com", role="admin"), SYSTEM, clock.now())
    set_password_hash(control, "acme", made.id, "$argon2id$secret", SYSTEM, clock.now())
    shown = repr(member_of_id(control, "acme", made.id)) + repr(credentials_of_email(control, made.email))
    assert "argon2" not in shown
    assert "has_password=True" in shown


@pytest.mark.parametrize(
    "text",
    ["", "ada", "@example.com", "ada@", "a@b@c", "ada @example.com", "ada@exa\nmple.com", "a\0@b", "a" * 250 + "@b.de"],
)
def test_what_is_no_email_is_refused(control: Control, clock: FrozenClock, text: str) -> None:
    with pytest.raises(InputError, match="is no e-mail address"):
        create_member(control, "acme", NewMember(email=text, role="member"), SYSTEM, clock.now())


def test_a_name_that_would_upset_a_terminal_is_refused(control: Control, clock: FrozenClock) -> None:
    with pytest.raises(InputError, match="printable"):
        create_member(control, "acme", NewMember(email="a@b.de", role="member", name="A\x1b[2J"), SYSTEM, clock.now())


_ADDRESSES = st.builds("{}@{}".format, st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20)).filter(
    is_email
)


@given(_ADDRESSES)
def test_a_key_of_a_key_is_itself(address: str) -> None:
    assert email_key(email_key(address)) == email_key(address)


@given(_ADDRESSES)
def test_surrounding_space_and_composition_make_no_other_person(address: str) -> None:
    assert email_key(parse_email(f"  {address}\t")) == email_key(address)


@given(st.emails())
def test_case_makes_no_other_person(address: str) -> None:
    assert email_key(address.upper()) == email_key(address.lower()) == email_key(address)


def test_letters_that_only_casefold_makes_equal_are_two_people() -> None:
    assert email_key("strasse@example.com") != email_key("straße@example.com")


@pytest.mark.parametrize("last", [MemberChange(role="lead"), None], ids=["demoted", "disabled"])
def test_the_last_admin_stays(control: Control, clock: FrozenClock, last: MemberChange | None) -> None:
    now = clock.now()
    first, second = (
        create_member(control, "acme", NewMember(email=f"{name}@example.com", role="admin"), SYSTEM, now)
        for name in ("a", "b")
    )
    create_member(control, "other", NewMember(email="c@example.com", role="admin"), SYSTEM, now)
    disable_member(control, "acme", second.id, SYSTEM, now)
    take = (
        partial(change_member, control, "acme", first.id, last)
        if last
        else partial(disable_member, control, "acme", first.id)
    )
    with pytest.raises(Conflict, match="last admin"):
        take(SYSTEM, now)
    assert member_of_id(control, "acme", first.id) == first
    enable_member(control, "acme", second.id, SYSTEM, now)
    disable_member(control, "acme", first.id, SYSTEM, now)
    assert [each.email for each in admins_of(control, "acme", 5)] == ["b@example.com"]


def test_a_member_is_changed_as_far_as_asked(control: Control, clock: FrozenClock) -> None:
    now = clock.now()
    made = create_member(control, "acme", NewMember(email="ada@example.com", role="member", user="ada"), SYSTEM, now)
    create_member(control, "acme", NewMember(email="bo@example.com", role="member"), SYSTEM, now)
    changed = change_member(control, "acme", made.id, MemberChange(name="Ada L"), SYSTEM, now)
    assert (changed.name, changed.user, changed.role, changed.email) == ("Ada L", "ada", "member", "ada@example.com")
    changed = change_member(control, "acme", made.id, MemberChange(email="Lady@Example.com", user=None), SYSTEM, now)
    assert (changed.email, changed.user) == ("Lady@Example.com", None)
    with pytest.raises(Conflict, match="BO@example"):
        change_member(control, "acme", made.id, MemberChange(email="BO@example.com"), SYSTEM, now)


def test_names_are_told_within_the_organisation(control: Control, clock: FrozenClock) -> None:
    ada = create_member(control, "acme", NewMember(email="ada@example.com", role="member"), SYSTEM, clock.now())
    eve = create_member(control, "other", NewMember(email="eve@example.com", role="member"), SYSTEM, clock.now())
    assert names_of(control, "acme", [ada.id, eve.id, None, "nobody"]) == {ada.id: "ada"}
