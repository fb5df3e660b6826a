"""The page of the gateway works as it is written, but that each provider it adds leads to one on this machine."""

import re
from pathlib import Path
from typing import Final

import pytest

from outlay.web.pages.gateway.programs import programs_for
from tests.docs.markdown import read
from tests.docs.shell import Block, Reader, blocks_of, reader
from tests.providing import Provider, saying_hello

PAGE: Final = read(Path("docs/how-to/gateway.md"))
_KEYS: Final = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY")
_ADDED: Final = re.compile(r"outlay upstreams add (\S+)")


def test_every_command_of_the_page_works(tmp_path: Path) -> None:
    blocks = blocks_of(PAGE)
    assert len(blocks) > 10
    with saying_hello() as there, reader(tmp_path) as person:
        person.type(Block('export PATH="$PWD/.venv/bin:$PATH"', None))
        person.type(Block("\n".join(f"{name}=sk-of-a-reader-0123456789" for name in _KEYS), None))
        person.type(Block("outlay serve", None))
        person.type(Block("KEY=$(outlay keys create docs)", None))
        for block in blocks:
            person.type(block)
            lead_elsewhere(person, block, there)
        assert {asked.headers.get("authorization", "").partition(" ")[2] for asked in there.asked} - {""} == {
            "sk-of-a-reader-0123456789"
        }


def lead_elsewhere(person: Reader, block: Block, there: Provider) -> None:
    """Have what a block added, and its credential, lead to this machine; a moment later the server knows."""
    for name in _ADDED.findall(block.commands):
        to = f"outlay upstreams change {name} --private --url {there.url} --credential-stdin"
        person.type(Block(f"echo sk-of-a-reader-0123456789 | {to}\nsleep 1", None))


@pytest.mark.parametrize("program", programs_for("http://127.0.0.1:8400"), ids=lambda program: program.id)
def test_the_page_says_what_the_product_says(program: object) -> None:
    """Every address that the product prints for a program stands on the page, too."""
    addresses = re.findall(r"http://127\.0\.0\.1:8400/[\w/.-]+", str(program))
    assert addresses
    assert all(address in PAGE for address in addresses)
