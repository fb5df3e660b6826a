"""Members: one per e-mail and organisation, invisible to every other organisation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from outlay.control.database import Control
from outlay.control.emails import email_key, is_email, parse_email
from outlay.control.members import (
    NewMember,
    create_member,
    credentials_of,
    disable_member,
    enable_member,
    member_of_email,
    member_of_id,
    member_of_user,
    members_of,
    set_password_hash,
    set_role,
)
from outlay.control.tables import teams_led
from outlay.errors import Conflict, InputError, NotFound
from outlay.testing import FrozenClock


def test_a_member_is_found_by_email_in_any_case(control: Control, clock: FrozenClock) -> None:
    made = create_member(control, "acme", NewMember(email=" Ada@Example.com ", role="admin"), clock.now())
    assert (made.email, made.name, made.has_password) == ("Ada@Example.com", "Ada", False)
    assert member_of_email(control, "acme", "ADA@example.COM") == made
    assert member_of_id(control, "acme", made.id) == made


def test_an_email_is_one_member_per_organisation(control: Control, clock: FrozenClock) -> None:
    create_member(control, "acme", NewMember(email="ada@example.com", role="admin"), clock.now())
    with pytest.raises(Conflict, match=r"ADA@example\.com"):
        create_member(control, "acme", NewMember(email="ADA@example.com", role="member"), clock.now())
    create_member(control, "other", NewMember(email="ada@example.com", role="member"), clock.now())
    assert [each.role for each in members_of(control, "acme")] == ["admin"]


def test_a_member_is_nobody_in_another_organisation(control: Control, clock: FrozenClock) -> None:
    wanted = NewMember(email="ada@example.com", role="lead", user="ada", teams_led=("growth",))
    made = create_member(control, "acme", wanted, clock.now())
    with pytest.raises(NotFound):
        member_of_id(control, "other", made.id)
    with pytest.raises(NotFound):
        member_of_email(control, "other", "ada@example.com")
    assert member_of_user(control, "other", "ada") is None
    assert credentials_of(control, "other", "ada@example.com") is None
    assert members_of(control, "other") == []
    with pytest.raises(NotFound):
        set_role(control, "other", made.id, "admin")
    with pytest.raises(NotFound):
        disable_member(control, "other", made.id, clock.now())
    with pytest.raises(NotFound):
        set_password_hash(control, "other", made.id, "$argon2id$…")
    assert member_of_id(control, "acme", made.id) == made


def test_a_row_can_not_point_into_another_organisation(control: Control, clock: FrozenClock) -> None:
    made = create_member(control, "acme", NewMember(email="ada@example.com", role="lead"), clock.now())
    with pytest.raises(IntegrityError), control.begin() as connection:
        connection.execute(insert(teams_led).values(organisation="other", member=made.id, team="growth"))


def test_a_role_comes_with_the_teams_led(control: Control, clock: FrozenClock) -> None:
    wanted = NewMember(email="ada@example.com", role="lead", teams_led=("growth", "core", "core"))
    made = create_member(control, "acme", wanted, clock.now())
    assert made.teams_led == ("core", "growth")
    set_role(control, "acme", made.id, "lead", ["data"])
    assert member_of_id(control, "acme", made.id).teams_led == ("data",)
    set_role(control, "acme", made.id, "member")
    assert member_of_id(control, "acme", made.id).teams_led == ()


def test_a_disabled_member_has_no_credentials_until_enabled(control: Control, clock: FrozenClock) -> None:
    made = create_member(control, "acme", NewMember(email="ada@example.com", role="admin"), clock.now())
    set_password_hash(control, "acme", made.id, "hash")
    disable_member(control, "acme", made.id, clock.now())
    assert credentials_of(control, "acme", "ada@example.com") is None
    assert member_of_id(control, "acme", made.id).disabled_at == clock.now()
    enable_member(control, "acme", made.id)
    assert credentials_of(control, "acme", "Ada@example.com") is not None


def test_of_two_members_for_one_user_the_one_in_force_counts(control: Control, clock: FrozenClock) -> None:
    old = create_member(control, "acme", NewMember(email="a@example.com", role="admin", user="ada"), clock.now())
    new = create_member(control, "acme", NewMember(email="b@example.com", role="member", user="ada"), clock.now())
    disable_member(control, "acme", old.id, clock.now())
    assert member_of_user(control, "acme", "ada") == new


def test_no_representation_shows_a_password_hash(control: Control, clock: FrozenClock) -> None:
    made = create_member(control, "acme", NewMember(email="ada@example.com", role="admin"), clock.now())
    set_password_hash(control, "acme", made.id, "$argon2id$secret")
    shown = repr(member_of_id(control, "acme", made.id)) + repr(credentials_of(control, "acme", made.email))
    assert "argon2" not in shown
    assert "has_password=True" in shown


@pytest.mark.parametrize(
    "text",
    ["", "ada", "@example.com", "ada@", "a@b@c", "ada @example.com", "ada@exa\nmple.com", "a\0@b", "a" * 250 + "@b.de"],
)
def test_what_is_no_email_is_refused(control: Control, clock: FrozenClock, text: str) -> None:
    with pytest.raises(InputError, match="is no e-mail address"):
        create_member(control, "acme", NewMember(email=text, role="member"), clock.now())


def test_a_name_that_would_upset_a_terminal_is_refused(control: Control, clock: FrozenClock) -> None:
    with pytest.raises(InputError, match="printable"):
        create_member(control, "acme", NewMember(email="a@b.de", role="member", name="A\x1b[2J"), clock.now())


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
