"""One crew for the reading tests of this folder: making it takes longer than asking it."""

from collections.abc import Iterator

import pytest

from tests.web.pages.agents.crew import crew
from tests.web.pages.held import Held


@pytest.fixture(scope="package")
def agents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    with crew(tmp_path_factory.mktemp("crew")) as found:
        yield found


@pytest.fixture(scope="package")
def owner(agents: Held) -> dict[str, str]:
    return agents.made.as_role("admin")
