"""One crowd for the reading tests of this folder: making it takes longer than asking it."""

from collections.abc import Iterator

import pytest

from tests.web.pages.held import Held
from tests.web.pages.usage.crowd import crowd


@pytest.fixture(scope="package")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    with crowd(tmp_path_factory.mktemp("crowd")) as found:
        yield found
