"""`outlay members move`: alone and through a server, the same figures; mistakes are refused first."""

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from outlay.app import LEDGER_FILE
from outlay.cli import main
from tests.live import live_outlay, outlay

CALLS = """at,user,team,model,provider,n
2026-10-03 12:00:00,u1,growth,gpt-4o,openai,7
2026-09-03 12:00:00,u1,growth,gpt-4o,openai,5
"""
MAPPING = """[columns]
time = "at"
user = "user"
team = "team"
model = "model"
provider = "provider"
tokens.output = "n"
"""
ASKED = ("members", "move", "ada@example.com", "--from", "growth", "--to", "core", "--since", "2026-01-01")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--undo", "move_1", "--to", "core"], "--undo takes back all of a move"),
        (["--from", "growth"], "say --from which team --to which"),
        (["--from", "growth", "--to", "core", "--since", "soon"], "--since is no day such as 2026-10-01"),
        (["--from", "growth", "--to", "nowhere", "--since", "2026-01-01"], "there is no team 'nowhere'"),
        (["--undo", "move_1"], "no such"),
    ],
)
def test_mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    monkeypatch.delenv("OUTLAY_DATA", raising=False)
    data = ["--data", str(tmp_path / "data")]
    run = CliRunner().invoke
    run(main, ["members", "add", "ada@example.com", "--user", "u1", "--team", "growth", "--team", "core", *data])
    result = run(main, ["members", "move", "ada@example.com", *arguments, *data])
    assert result.exit_code
    assert message in result.output


def test_a_move_alone_and_one_through_a_server(tmp_path: Path) -> None:
    with live_outlay(tmp_path / "live") as live:
        data = ["--data", str(live.data)]
        (tmp_path / "calls.csv").write_text(CALLS)
        (tmp_path / "calls.toml").write_text(MAPPING)
        outlay("import", "csv", str(tmp_path / "calls.csv"), "--mapping", str(tmp_path / "calls.toml"), *data)
        outlay("members", "add", "ada@example.com", "--user", "u1", "--team", "growth", "--team", "core", *data)
        looked = outlay(*ASKED, "--dry-run", *data)
        assert "2 events looked at, 2 would move" in looked.stdout
        assert "2026-09: 1 events, 1 requests, 5 tokens" in looked.stdout
        moved = outlay(*ASKED, "--yes", *data)
        assert moved.stdout == looked.stdout
        move = moved.stderr.rpartition(" ")[2].strip()
        again = outlay(*ASKED, "--dry-run", *data).stdout
        assert again.startswith("Past calls of ada, from growth to core\n2 events looked at, 0 would move")
        live.stop()
        assert _teams(live.data) == [("core", 12)]
        back = outlay("members", "move", "ada@example.com", "--undo", move, "--yes", *data).stdout
        assert back.startswith("Past calls of ada, back from core to growth\n")
        assert _teams(live.data) == [("growth", 12)]
        outlay("verify", *data)


def _teams(data: Path) -> list[tuple[str, int]]:
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        asked = "SELECT team, sum(output) FROM events GROUP BY team HAVING sum(requests) > 0"
        return connection.execute(asked).fetchall()
