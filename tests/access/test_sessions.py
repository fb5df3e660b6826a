"""Sessions: who a browser is, until when, and that nothing stored opens one."""

from datetime import timedelta

import pytest

from outlay.access.open_sessions import end_sessions
from outlay.access.sessions import Opening, Sessions
from outlay.control.database import Control
from outlay.control.member_changes import disable_member
from outlay.control.trail import SYSTEM
from outlay.errors import NotSignedIn
from outlay.testing import FrozenClock
from tests.access.conftest import People
from tests.control_engine import everything_in

_LASTING = timedelta(hours=10)


@pytest.fixture
def sessions(control: Control) -> Sessions:
    return Sessions(control, _LASTING)


def test_each_of_the_three_people_is_who_they_are(sessions: Sessions, people: People, clock: FrozenClock) -> None:
    opened = [
        (member, sessions.open(member, clock.now())[0]) for member in (people.owner, people.mate, people.stranger)
    ]
    for member, token in opened:
        found, session = sessions.member_of(token, clock.now())
        assert found == member
        assert (session.organisation, session.member) == (member.organisation, member.id)


def test_another_process_knows_the_session(
    sessions: Sessions, elsewhere: Control, people: People, clock: FrozenClock
) -> None:
    token, session = sessions.open(people.owner, clock.now())
    assert Sessions(elsewhere, _LASTING).member_of(token, clock.now()) == (people.owner, session)


def test_many_are_known_at_once_without_those_who_are_gone(
    sessions: Sessions, control: Control, people: People, clock: FrozenClock
) -> None:
    everyone = (people.owner, people.mate, people.stranger)
    tokens = {sessions.open(member, clock.now())[0]: member for member in everyone}
    assert sessions.members_of([*tokens, "made up", ""], clock.now()) == tokens
    owner, mate, stranger = tokens
    sessions.close(owner)
    disable_member(control, people.mate.organisation, people.mate.id, SYSTEM, clock.now())
    assert sessions.members_of([owner, mate, stranger], clock.now()) == {stranger: people.stranger}
    clock.move(_LASTING)
    assert sessions.members_of([stranger], clock.now()) == {}
    assert sessions.members_of([], clock.now()) == {}


def test_a_session_ends_when_it_expires(sessions: Sessions, people: People, clock: FrozenClock) -> None:
    token, _ = sessions.open(people.owner, clock.now())
    clock.move(_LASTING - timedelta(microseconds=1))
    sessions.member_of(token, clock.now())
    clock.move(timedelta(microseconds=1))
    with pytest.raises(NotSignedIn):
        sessions.member_of(token, clock.now())


def test_signing_in_replaces_the_token_the_browser_brought(
    sessions: Sessions, people: People, clock: FrozenClock
) -> None:
    planted, _ = sessions.open(people.stranger, clock.now())
    token, _ = sessions.open(people.owner, clock.now(), Opening(replacing=planted))
    assert token != planted
    with pytest.raises(NotSignedIn):
        sessions.member_of(planted, clock.now())
    assert sessions.member_of(token, clock.now())[0] == people.owner


def test_signing_out_ends_this_browser_only(sessions: Sessions, people: People, clock: FrozenClock) -> None:
    here, _ = sessions.open(people.owner, clock.now())
    there, _ = sessions.open(people.owner, clock.now())
    sessions.close(here)
    sessions.close(here)
    with pytest.raises(NotSignedIn):
        sessions.member_of(here, clock.now())
    sessions.member_of(there, clock.now())


def test_signing_out_everywhere_is_for_one_member_of_one_organisation(
    sessions: Sessions, control: Control, people: People, clock: FrozenClock
) -> None:
    tokens = [sessions.open(each, clock.now())[0] for each in (people.owner, people.owner, people.mate)]
    end_sessions(control, people.stranger, SYSTEM, clock.now())
    sessions.member_of(tokens[0], clock.now())
    assert end_sessions(control, people.owner, SYSTEM, clock.now()) == 2
    for token in tokens[:2]:
        with pytest.raises(NotSignedIn):
            sessions.member_of(token, clock.now())
    sessions.member_of(tokens[2], clock.now())


def test_a_disabled_member_is_out_with_the_next_request(
    sessions: Sessions, elsewhere: Control, people: People, clock: FrozenClock
) -> None:
    token, _ = sessions.open(people.mate, clock.now())
    disable_member(elsewhere, "acme", people.mate.id, SYSTEM, clock.now())
    with pytest.raises(NotSignedIn, match="ended"):
        sessions.member_of(token, clock.now())


@pytest.mark.parametrize("token", ["", "x", "\ud800", "' OR 1=1 --", "x" * 10_000])
def test_what_is_no_token_signs_nobody_in(sessions: Sessions, people: People, clock: FrozenClock, token: str) -> None:
    sessions.open(people.owner, clock.now())
    with pytest.raises(NotSignedIn):
        sessions.member_of(token, clock.now())


def test_neither_the_database_nor_a_representation_holds_the_secret(
    sessions: Sessions, people: People, clock: FrozenClock, control: Control
) -> None:
    token, session = sessions.open(people.owner, clock.now())
    assert len(token) >= 43
    stored = everything_in(control)
    assert token.encode() not in stored
    assert "secret" not in repr(session)
    assert repr(session.csrf_secret) not in repr(session)


def test_looking_is_written_down_every_few_minutes_only(
    sessions: Sessions, control: Control, people: People, clock: FrozenClock
) -> None:
    token, _ = sessions.open(people.owner, clock.now())
    seen = "SELECT last_seen_at FROM sessions"

    def last_seen() -> object:
        with control.read() as connection:
            return connection.exec_driver_sql(seen).scalar_one()

    first = last_seen()
    clock.move(timedelta(minutes=4))
    sessions.member_of(token, clock.now())
    assert last_seen() == first
    clock.move(timedelta(minutes=1))
    sessions.member_of(token, clock.now())
    assert last_seen() != first
