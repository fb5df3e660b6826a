"""One crowd for the reading tests of this folder: making it takes longer than asking it."""

from collections.abc import Iterator

import pytest

from tests.web.pages.usage.crowd import Crowd, crowd


@pytest.fixture(scope="package")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    with crowd(tmp_path_factory.mktemp("crowd")) as found:
        yield found
