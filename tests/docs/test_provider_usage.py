"""The page on provider usage names every API with a path that is really read so, and every mark."""

from pathlib import Path
from typing import Final

from outlay.capture.readings.events import PART_OF
from outlay.capture.readings.reading import APIS, CONTRADICTS, PARTIAL
from outlay.capture.readings.routes import api_of
from outlay.usage import BILLED_TOKENS
from tests.docs.markdown import read

PAGE: Final = Path("docs/reference/provider-usage.md")


def rows() -> list[list[str]]:
    return [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in read(PAGE).splitlines() if line.startswith("| `")
    ]


def test_every_api_is_there_with_a_path_of_its_own() -> None:
    named = {row[0].strip("`"): row[1].strip("`") for row in rows() if row[1].startswith("`POST ")}
    assert set(named) == set(APIS)
    assert {api: api_of("", "POST", path.removeprefix("POST ")) for api, path in named.items()} == {
        api: api for api in APIS
    }


def test_every_mark_is_there() -> None:
    assert {PARTIAL, CONTRADICTS, BILLED_TOKENS, PART_OF, "error"} == {
        row[0].strip("`") for row in rows() if not row[1].startswith("`POST ")
    }
