"""A control database of its own for each test, with two organisations."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.control.database import Control, open_control
from outlay.control.organisations import create_organisation
from outlay.testing import FrozenClock


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def control_file(tmp_path: Path) -> Path:
    return tmp_path / "control.sqlite"


@pytest.fixture
def control(control_file: Path, clock: FrozenClock) -> Iterator[Control]:
    control = open_control(control_file)
    create_organisation(control, "acme", "Acme", "Europe/Berlin", clock.now())
    create_organisation(control, "other", "Other Ltd", "Asia/Kathmandu", clock.now())
    yield control
    control.close()


@pytest.fixture
def elsewhere(control: Control, control_file: Path) -> Iterator[Control]:
    """The same database as another process has it: an engine of its own."""
    del control
    other = open_control(control_file)
    yield other
    other.close()
