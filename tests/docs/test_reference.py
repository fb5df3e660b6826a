"""The reference says what really holds: lengths are limits, and every command, route and metric is there."""

from pathlib import Path
from typing import Any, Final

import click
import pytest

from outlay.capture.wire import WireEvent
from outlay.cli import COMMANDS, main
from outlay.config import Settings
from tests.docs.markdown import read
from tests.web.site import open_site
from tools.api_reference import openapi
from tools.metrics_reference import metrics_page

REFERENCE: Final = Path("docs/reference")
LONGEST: Final = Settings().max_field_chars
EVENT: Final[dict[str, Any]] = {"id": "1", "quantity": "1", "unit": "pages"}
TEXTS: Final = [
    row.split("`")[1]
    for row in read(REFERENCE / "events.md").splitlines()
    if row.startswith("| `") and "1 to 256 characters" in row
]


def test_a_text_has_the_length_that_is_said_and_no_more(tmp_path: Path) -> None:
    with open_site(tmp_path / "data") as site:
        key = site.key("docs")
        fits = [EVENT | {"id": f"fits-{name}", name: "x" * longest(name)} for name in TEXTS]
        passes = [EVENT | {"id": f"passes-{name}", name: "x" * (longest(name) + 1)} for name in TEXTS]
        assert site.client.post("/v1/events", json=fits, headers=key).json()["rejected"] == []
        refused = site.client.post("/v1/events", json=passes, headers=key).json()["rejected"]
        assert [each["index"] for each in refused] == list(range(len(TEXTS)))


def longest(name: str) -> int:
    return LONGEST - len("api:") if name == "source" else LONGEST


def test_every_field_that_names_something_is_among_them() -> None:
    assert {"id", "user", "team", "agent", "pod", "model"} < set(TEXTS) < set(WireEvent.__struct_fields__)


def test_the_meaning_of_a_field_stands_in_openapi_too() -> None:
    described = openapi()["components"]["schemas"]["WireEvent"]["properties"]
    assert [name for name, schema in described.items() if "description" not in schema] == []


def test_every_route_of_the_api_is_described() -> None:
    page = read(REFERENCE / "api.md")
    assert [path for path in openapi()["paths"] if f" {path}\n" not in page] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_described(name: str) -> None:
    page = read(REFERENCE / "command-line.md")
    command = main.get_command(click.Context(main), name)
    assert command is not None
    below = command.commands.values() if isinstance(command, click.Group) else [command]
    for each in below:
        for parameter in each.params:
            if isinstance(parameter, click.Option):
                assert parameter.opts[-1] in page


def test_metrics_of_what_was_spent_are_marked_as_such() -> None:
    rows = [row.split(" | ") for row in metrics_page().splitlines() if row.startswith("| `outlay_")]
    assert {row[0].strip("| `"): row[-1].strip(" |") for row in rows}["outlay_cost_usd_total"] == "key"
    assert len(rows) == len({row[0] for row in rows}) == 19
