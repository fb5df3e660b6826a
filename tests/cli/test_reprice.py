"""`outlay reprice`: what can't be meant is refused before the ledger is opened."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from outlay.cli import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "yesterday"], "--from is no day such as 2026-10-01"),
        (["--from", "0001-01-01"], "--from is no day such as 2026-10-01"),
        (["--until", "9999-12-31"], "--until is no day such as 2026-10-01"),
        (["--undo", "reprice_1", "--model", "gpt-4o"], "--undo takes back all of a repricing"),
        (["--undo", "reprice_1", "--until", "2026-10-01"], "--undo takes back all of a repricing"),
    ],
)
def test_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    monkeypatch.setenv("OUTLAY_ZONE", "Europe/Berlin")
    result = CliRunner().invoke(main, ["reprice", *arguments, "--data", str(tmp_path / "data")])
    assert result.exit_code == 2
    assert message in result.output
