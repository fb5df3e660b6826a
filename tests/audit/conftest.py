"""Chains to tamper with, and the notary that stands beside the database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.access.secrets import SecretKeys
from outlay.audit.notary import TrailNotary
from outlay.control.database import Control, open_control
from outlay.testing import FrozenClock
from tests.audit.chains import written


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def keys(tmp_path: Path) -> SecretKeys:
    return SecretKeys(tmp_path)


@pytest.fixture
def notary(keys: SecretKeys, tmp_path: Path) -> TrailNotary:
    return TrailNotary(keys, tmp_path)


@pytest.fixture
def control(tmp_path: Path, notary: TrailNotary) -> Iterator[Control]:
    control = open_control(tmp_path / "control.sqlite", notary)
    yield control
    control.close()


@pytest.fixture
def chain(control: Control, clock: FrozenClock) -> Control:
    """Acme's chain has entries enough to tamper with, and the other one's some."""
    written(control, "acme", 8, clock)
    written(control, "other", 3, clock)
    return control
