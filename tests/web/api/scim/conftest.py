from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.api.scim.provider import Service, service_at


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with service_at(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all that changes nothing: three users, the last of them not active, and a group."""
    with service_at(tmp_path_factory.mktemp("control")) as found:
        users = [found.acme.makes_user(f"user-{each}", active=each != 2)["id"] for each in range(3)]
        found.acme.makes_group("a", users[0])
        yield found
