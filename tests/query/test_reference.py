"""The reference page says what the code does: every word of the grammar, and nothing that can't be read."""

import re

import pytest

from outlay.access.viewer import Viewer
from outlay.query.ask import GRAINS, OPERATORS, RESTS, Query
from outlay.query.notation import parse_range
from outlay.query.parse import BESIDE, WORDS, parse
from outlay.query.run import MOST_ROWS
from tools.queries_reference import queries_page

PAGE = queries_page()


def rows_of(section: str) -> list[str]:
    body = PAGE.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    return [cells[0] for line in body.splitlines() if (cells := re.findall(r"^\| (.*?) \|", line))][2:]


def test_every_parameter_is_described() -> None:
    described = {re.findall(r"`(\w+)`", cell)[0] for cell in rows_of("Parameters")}
    assert described == {*WORDS, *BESIDE, "f"}


@pytest.mark.parametrize("text", [text for cell in rows_of("Ranges") for text in re.findall(r"`(.*?)`", cell)])
def test_every_range_that_is_described_can_be_read(text: str) -> None:
    parse_range(text)


def test_the_example_can_be_read() -> None:
    example = PAGE.split("```\n?", 1)[1].split("\n", 1)[0]
    assert parse(example, Query(Viewer(organisation="acme", role="admin"))).notices == ()


def test_words_and_limits_are_named_as_they_are() -> None:
    for word in (*GRAINS, *RESTS):
        assert f"`{word}`" in PAGE
    for operator in OPERATORS:
        assert f":{operator}" in PAGE
    assert f"{MOST_ROWS:,} rows" in PAGE
