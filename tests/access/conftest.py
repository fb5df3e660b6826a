"""A control database of its own for each test, with the three standing people of every access test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from outlay.access.passwords import Passwords
from outlay.control.database import Control, open_control
from outlay.control.members import Member, NewMember, create_member
from outlay.control.organisations import create_organisation
from outlay.control.trail import SYSTEM
from outlay.testing import FrozenClock


class People(Struct, frozen=True):
    """`owner` and `mate` are of Acme, with the same team; `stranger` owns another organisation."""

    owner: Member
    mate: Member
    stranger: Member


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def control_file(tmp_path: Path) -> Path:
    return tmp_path / "control.sqlite"


@pytest.fixture
def control(control_file: Path, clock: FrozenClock) -> Iterator[Control]:
    control = open_control(control_file)
    create_organisation(control, "acme", "Acme", "Europe/Berlin", SYSTEM, clock.now())
    create_organisation(control, "other", "Other Ltd", "Asia/Kathmandu", SYSTEM, clock.now())
    yield control
    control.close()


@pytest.fixture
def elsewhere(control: Control, control_file: Path) -> Iterator[Control]:
    """The same database as another process has it: an engine of its own."""
    del control
    other = open_control(control_file)
    yield other
    other.close()


@pytest.fixture
def people(control: Control, clock: FrozenClock) -> People:
    owner = NewMember(email="owner@acme.example", role="admin", user="owner")
    mate = NewMember(email="mate@acme.example", role="lead", user="mate", teams_led=("growth",))
    stranger = NewMember(email="owner@other.example", role="admin", user="owner")
    return People(
        create_member(control, "acme", owner, SYSTEM, clock.now()),
        create_member(control, "acme", mate, SYSTEM, clock.now()),
        create_member(control, "other", stranger, SYSTEM, clock.now()),
    )


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    return Passwords()
