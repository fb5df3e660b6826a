"""README and the how-to pages work as they are written: each command is run on a server and prints what is shown."""

import re
from pathlib import Path
from typing import Final

import pytest

from outlay.config import SettingInvalid, Settings, load_settings
from tests.docs.markdown import read
from tests.docs.shell import Block, blocks_of, reader

PAGES: Final = (
    "README",
    *(
        f"docs/how-to/{name}"
        for name in (
            "send-events",
            "opentelemetry",
            "import-agent-logs",
            "query-the-api",
            "prices",
            "demo",
            "operate",
            "audit-trail",
            "organisations",
            "export",
            "single-sign-on",
        )
    ),
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


def test_the_settings_for_a_proxy_can_be_used(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", read(Path("docs/how-to/behind-a-proxy.md")), re.DOTALL)
    assert found
    file = tmp_path / "outlay.toml"
    file.write_text(found.group(1), encoding="utf-8")
    settings = load_settings(file, {})
    assert (settings.public_url, settings.root_path) == ("https://tools.example.com", "/outlay")


def test_the_variables_that_kubernetes_sets_do_stop_the_start() -> None:
    with pytest.raises(SettingInvalid, match=r"port = 'tcp://10\.0\.0\.7:8400' \(from the environment\)"):
        load_settings(environ={"OUTLAY_PORT": "tcp://10.0.0.7:8400"})
    assert load_settings(environ={"OUTLAY_SERVICE_HOST": "10.0.0.7"}) == Settings()
