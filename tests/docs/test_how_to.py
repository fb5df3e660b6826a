"""README and the how-to pages work as they are written: each command is run on a server and prints what is shown."""

from pathlib import Path
from typing import Final

import pytest

from tests.docs.markdown import read
from tests.docs.shell import Block, blocks_of, reader

PAGES: Final = (
    "README",
    *(f"docs/how-to/{name}" for name in ("send-events", "query-the-api", "prices", "demo", "operate")),
)


@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_the_page_works(tmp_path: Path, name: str) -> None:
    blocks = blocks_of(read(Path(f"{name}.md")))
    assert blocks
    with reader(tmp_path) as person:
        person.type(Block('export PATH="$PWD/.venv/bin:$PATH"', None))
        person.type(Block("outlay serve", None))
        person.type(Block("KEY=$(outlay keys create docs)", None))
        for block in blocks:
            person.type(block)
