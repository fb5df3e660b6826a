"""A control database with an organisation, a mail server, and mail on its way between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.access.secrets import SecretKeys
from outlay.control.database import Control, open_control
from outlay.control.organisations import create_organisation
from outlay.control.outgoing_mail import Outbox
from outlay.control.trail import SYSTEM
from outlay.testing import FrozenClock
from tests.mail_server import MailTaker, mail_taker


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def control(tmp_path: Path, clock: FrozenClock) -> Iterator[Control]:
    control = open_control(tmp_path / "control.sqlite")
    create_organisation(control, "acme", "Acme", "Europe/Berlin", SYSTEM, clock.now())
    yield control
    control.close()


@pytest.fixture
def outbox(control: Control, tmp_path: Path) -> Outbox:
    return Outbox(control, SecretKeys(tmp_path))


@pytest.fixture
def taker() -> Iterator[MailTaker]:
    with mail_taker() as server:
        yield server
