"""One site for the reading tests of a module: building it takes longer than asking it."""

from collections.abc import Iterator

import pytest

from tests.web.pages.made import Made, made


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with made(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture(scope="module")
def admin(shop: Made) -> dict[str, str]:
    return shop.as_role("admin")
