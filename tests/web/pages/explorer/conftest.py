"""One site for the reading tests of a module: building it takes longer than asking it."""

from collections.abc import Iterator

import pytest

from tests.web.pages.explorer.explored import Explored, explored


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explored]:
    with explored(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture(scope="module")
def admin(shop: Explored) -> dict[str, str]:
    return shop.made.as_role("admin")
