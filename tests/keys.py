"""API keys in tests: made by somebody who does not matter, and all of them at once."""

from datetime import datetime

from outlay.access.key_changes import create_key
from outlay.access.key_search import KeyPage, KeySearch, find_keys
from outlay.access.keys import ApiKey, NewKey
from outlay.control.database import Control
from outlay.testing import FrozenClock
from tests.actors import TESTER


def issued(control: Control, organisation: str, wanted: NewKey, now: datetime) -> tuple[ApiKey, str]:
    """Return a new key and its plain text."""
    return create_key(control, organisation, wanted, TESTER, now)


def every_key(control: Control, organisation: str) -> list[ApiKey]:
    """Return all keys of an organisation, revoked ones too, newest first."""
    search = KeySearch(organisation=organisation, state="all")
    return list(find_keys(control, search, KeyPage(1000), FrozenClock().now()))
