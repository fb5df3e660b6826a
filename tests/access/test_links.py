"""One-time links: used exactly once, by whoever is first, within a day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import get_args

import pytest

from outlay.access.links import PATHS, Purpose, create_link, link_url, member_of_link, use_link
from outlay.config import Settings
from outlay.control.database import Control, open_control
from outlay.control.member_changes import MemberChange, change_member, disable_member
from outlay.control.trail import SYSTEM
from outlay.errors import SignInFailed
from outlay.testing import FrozenClock
from tests.access.conftest import People
from tests.control_engine import everything_in

_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - only written into a link


def test_a_link_signs_in_its_member_once(control: Control, people: People, clock: FrozenClock) -> None:
    for member in (people.owner, people.mate, people.stranger):
        token = create_link(control, member, SYSTEM, clock.now())
        assert use_link(control, token, clock.now()) == member
        with pytest.raises(SignInFailed, match="used up or expired"):
            use_link(control, token, clock.now())


def test_looking_at_a_link_does_not_use_it(control: Control, people: People, clock: FrozenClock) -> None:
    token = create_link(control, people.owner, SYSTEM, clock.now())
    for _ in range(3):
        assert member_of_link(control, token, clock.now()) == people.owner
    assert use_link(control, token, clock.now()) == people.owner
    with pytest.raises(SignInFailed):
        member_of_link(control, token, clock.now())


@pytest.mark.parametrize("purpose", get_args(Purpose))
def test_a_link_sent_to_an_address_ends_with_that_address(
    control: Control, people: People, clock: FrozenClock, purpose: Purpose
) -> None:
    def sent() -> str:
        return create_link(control, people.mate, SYSTEM, clock.now(), purpose)

    def changed(email: str) -> None:
        change_member(control, "acme", people.mate.id, MemberChange(name="Mate", email=email), SYSTEM, clock.now())

    first = sent()
    changed("MATE@acme.example")
    assert use_link(control, first, clock.now(), PATHS[purpose]).id == people.mate.id
    second = sent()
    changed("mate@elsewhere.example")
    with pytest.raises(SignInFailed, match="used up or expired"):
        use_link(control, second, clock.now(), PATHS[purpose])
    assert use_link(control, sent(), clock.now(), PATHS[purpose]).id == people.mate.id


def test_a_link_lasts_a_day(control: Control, people: People, clock: FrozenClock) -> None:
    token = create_link(control, people.owner, SYSTEM, clock.now())
    clock.move(timedelta(hours=24))
    with pytest.raises(SignInFailed):
        member_of_link(control, token, clock.now())
    with pytest.raises(SignInFailed):
        use_link(control, token, clock.now())


def test_of_many_processes_exactly_one_uses_the_link(
    control: Control, control_file: Path, people: People, clock: FrozenClock
) -> None:
    opened = [open_control(control_file) for _ in range(8)]
    for _ in range(5):
        token = create_link(control, people.owner, SYSTEM, clock.now())
        together = Barrier(len(opened))

        def used(control: Control, token: str = token, together: Barrier = together) -> bool:
            together.wait()
            try:
                use_link(control, token, clock.now())
            except SignInFailed:
                return False
            return True

        with ThreadPoolExecutor(len(opened)) as pool:
            assert sum(pool.map(used, opened)) == 1
    for each in opened:
        each.close()


def test_a_disabled_member_has_no_use_of_a_link(control: Control, people: People, clock: FrozenClock) -> None:
    token = create_link(control, people.mate, SYSTEM, clock.now())
    disable_member(control, "acme", people.mate.id, SYSTEM, clock.now())
    with pytest.raises(SignInFailed):
        member_of_link(control, token, clock.now())
    with pytest.raises(SignInFailed):
        use_link(control, token, clock.now())


def test_the_database_holds_no_token(control: Control, people: People, clock: FrozenClock) -> None:
    token = create_link(control, people.owner, SYSTEM, clock.now())
    assert token.encode() not in everything_in(control)


@pytest.mark.parametrize("token", ["", "guess", "\ud800", "' OR 1=1 --"])
def test_a_guess_signs_nobody_in(control: Control, people: People, clock: FrozenClock, token: str) -> None:
    create_link(control, people.owner, SYSTEM, clock.now())
    with pytest.raises(SignInFailed):
        use_link(control, token, clock.now())


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        pytest.param(Settings(), "http://127.0.0.1:8400/sign-in/link?token=t-_x", id="as shipped"),
        pytest.param(
            Settings(public_url="https://cost.example.com", root_path="/tools/outlay"),
            "https://cost.example.com/tools/outlay/sign-in/link?token=t-_x",
            id="behind a proxy",
        ),
        pytest.param(
            Settings(host=_EVERY_ADDRESS, port=9),
            "http://127.0.0.1:9/sign-in/link?token=t-_x",
            id="every address",
        ),
        pytest.param(Settings(host="::1"), "http://[::1]:8400/sign-in/link?token=t-_x", id="IPv6"),
    ],
)
def test_a_link_leads_where_people_reach_outlay(settings: Settings, url: str) -> None:
    assert link_url(settings, "t-_x") == url
