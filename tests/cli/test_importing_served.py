"""`outlay import` in a second terminal, while `outlay serve` holds the ledger: the same as without it."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from outlay.app import LEDGER_FILE, PRICES_FILE
from outlay.intake.handover import RECORD_FILE
from tests.live import LiveOutlay, live_outlay, outlay

PRICES = '[[price]]\nprovider = "openai"\nmodel = "unheard-of"\nfrom = 2026-01-01\ninput = "1"\noutput = "1"\n'
MAPPING = 'cost_by = "tool"\n[columns]\ntime = "at"\nmodel = "model"\nuser = "user"\ntokens.input = "n"\ncost = "usd"\n'
ROWS = "at,model,user,n,usd\n" + "".join(
    f"2026-10-{number % 28 + 1:02}T12:00:00Z,{'gpt-4o' if number % 7 else 'unheard-of'},u{number % 9},"
    f"{number if number % 50 else 'many'},{'0.5' if number % 3 else ''}\n"
    for number in range(12_000)
)
COLUMNS = 'source, id, time, "user", provider, model, model_raw, input_uncached, cost_status, cost, price_id, tags'


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("calls")
    (folder / "calls.toml").write_text(MAPPING)
    (folder / "calls.csv").write_text(ROWS)
    return ["import", "csv", str(folder / "calls.csv"), "--mapping", str(folder / "calls.toml"), "--tag", "env:test"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveOutlay]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OUTLAY_ROOT_PATH", "/tools/outlay")
        with live_outlay(tmp_path_factory.mktemp("served")) as live:
            yield live


def test_figures_and_ledger_are_those_of_an_import_without_server(
    command: list[str], server: LiveOutlay, tmp_path: Path
) -> None:
    trial = outlay(*command, "--dry-run", "--data", str(server.data))
    assert "could be stored 11,760\n" in trial.stdout
    alone = outlay(*command, "--data", str(tmp_path / "alone"))
    served = outlay(*command, "--data", str(server.data))
    assert served.stdout == alone.stdout
    assert "stored 11,760\n" in served.stdout
    assert "rejected 240\n" in served.stdout
    assert "no price known for" in served.stdout
    again = outlay(*command, "--data", str(server.data))
    assert again.stdout == served.stdout.replace("stored 11,760\nduplicates 0", "stored 0\nduplicates 11,760")
    assert server.usage(measures="requests", r="2026-10")["totals"]["requests"] == 11_760
    server.stop()
    assert rows(server.data) == rows(tmp_path / "alone")


def rows(data: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        return connection.execute(f"SELECT {COLUMNS} FROM events ORDER BY id").fetchall()


def test_what_else_a_second_terminal_may_do(command: list[str], tmp_path: Path) -> None:
    with live_outlay(tmp_path) as server:
        assert stat.S_IMODE((tmp_path / RECORD_FILE).stat().st_mode) == 0o600
        pid = server.process.pid
        refused = outlay("verify", "--data", str(tmp_path), check=False)
        assert refused.returncode == 1
        assert f"process {pid} holds the ledger" in refused.stderr
        assert "`outlay serve` with Ctrl-C" in refused.stderr
        assert outlay("keys", "create", "beside", "--data", str(tmp_path)).stdout.startswith("outlay_")
        assert "admin@localhost" in outlay("members", "list", "--data", str(tmp_path)).stdout
        (tmp_path / PRICES_FILE).write_text(PRICES)
        other = outlay(*command, "--data", str(tmp_path), check=False)
        assert other.returncode == 1
        assert f"{PRICES_FILE} was changed after the server (process {pid}) started; restart it" in other.stderr
    assert not (tmp_path / RECORD_FILE).exists()


def test_what_a_killed_server_left_behind_is_passed_over(command: list[str], tmp_path: Path) -> None:
    with live_outlay(tmp_path) as server:
        server.kill()
        assert (tmp_path / RECORD_FILE).exists()
        assert "stored 11,760\n" in outlay(*command, "--data", str(tmp_path)).stdout
