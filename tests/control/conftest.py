"""A control database of its own for each test, with two organisations."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.control.database import Control, open_control
from outlay.control.organisations import create_organisation
from outlay.control.trail import SYSTEM
from outlay.testing import FrozenClock
from tests.control_engine import ON_POSTGRES, empty_database


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def control_file(tmp_path: Path) -> Path:
    return tmp_path / "control.sqlite"


@pytest.fixture
def new_database(tmp_path: Path) -> str:
    """Return where a database is that nobody has opened yet."""
    return empty_database() if ON_POSTGRES else str(tmp_path / "new.sqlite")


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
