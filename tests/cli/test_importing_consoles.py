"""`outlay import` of what consoles export: counted as the requests they stand for, once, and found sound by verify."""

from pathlib import Path

import click.testing
import pytest

from outlay.cli.verify import verify
from tests.capture.consoles.test_consoles import SAMPLES
from tests.capture.consoles.test_litellm import FORMS
from tests.cli.test_importing import ledger, run

FILES = {**{kind: text.encode() for kind, text in SAMPLES.items()}, "litellm": FORMS["array"]}
REQUESTS = {
    "openai-usage": 19,
    "openai-costs": 0,
    "anthropic-usage": 2,
    "anthropic-costs": 0,
    "openrouter": 2,
    "openrouter-activity": 4115,
    "cursor": 4,
    "litellm": 3,
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_each_kind(tmp_path: Path, kind: str) -> None:
    data, file = tmp_path / "data", tmp_path / "export"
    file.write_bytes(FILES[kind])
    first = run(data, kind, str(file))
    assert first.exit_code == 0, first.output
    stored = ledger(data, "SELECT sum(requests), min(source), sum(cost) FROM events")
    assert stored[0][:2] == (REQUESTS[kind], f"import:{kind}")
    second = run(data, kind, str(file))
    assert "stored 0\n" in second.stdout
    assert ledger(data, "SELECT sum(requests), min(source), sum(cost) FROM events") == stored
    checked = click.testing.CliRunner().invoke(verify, ["--data", str(data)])
    assert checked.exit_code == 0, checked.output


def test_a_file_of_another_kind_says_which_columns_are_missing(tmp_path: Path) -> None:
    file = tmp_path / "export"
    file.write_bytes(FILES["cursor"])
    refused = run(tmp_path / "data", "openai-usage", str(file))
    assert refused.exit_code == 1
    assert "there is no column 'num_model_requests', which is to feed what kind of file this is" in refused.stderr
