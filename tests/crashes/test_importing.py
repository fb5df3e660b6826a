"""Promise: an import or a demo that was killed, however often and whenever, is finished by running it again."""

import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Final

import duckdb
import pytest

from outlay.app import LEDGER_FILE
from tests.crashes.preloaded import Preloaded, preloaded
from tests.live import free_port, live_outlay, outlay, wait_until_ready

KILLS: Final = 50
LATEST: Final = 0.7  # of the time of a whole import: what is behind that is reached by going on after a kill
SERVED_KILLS: Final = 5
DEMO_KILLS: Final = 6
ROWS: Final = 30_000
DEMO_EVENTS: Final = 30_000
BAD_EVERY: Final = 1_000  # a row that is no event
SAME_EVERY: Final = 10  # a row that says the same as the one before
MAPPING: Final = '[columns]\ntime = "at"\nuser = "user"\nmodel = "model"\ntokens.output = "n"\n'

Row = tuple[str, str, int]  # time, user, output


class Calls:
    """A file of numbered calls, with rows that are alike and rows that are broken, and what it should leave behind."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "calls.csv"
        self.mapping = folder / "calls.toml"
        self.mapping.write_text(MAPPING)
        lines, expected = ["at,user,model,n"], Counter[Row]()
        for number in range(ROWS):
            told = number - 1 if number % SAME_EVERY == 1 else number
            time, user = f"2026-09-{told % 28 + 1:02} 12:00:00", f"user-{told % 97}"
            if number % BAD_EVERY == 500:
                lines.append(f"{time},{user},gpt-4o,many")
                continue
            lines.append(f"{time},{user},gpt-4o,{told}")
            expected[time, user, told] += 1
        self.expected = expected
        self.rejected = ROWS - expected.total()
        self.file.write_text("\n".join(lines))

    def command(self, data: Path, source: str) -> list[str]:
        told = ["--mapping", str(self.mapping), "--source", source, "--data", str(data)]
        return ["import", "csv", str(self.file), *told]

    def expect_in(self, data: Path, source: str) -> None:
        """Every good row is in the ledger as often as in the file; importing a copy of the file changes nothing."""
        assert stored(data, source) == self.expected
        copy = self.file.with_name("copy.csv")
        shutil.copy(self.file, copy)
        again = outlay(*[str(copy) if each == str(self.file) else each for each in self.command(data, source)])
        assert f"stored 0\nduplicates {self.expected.total():,}\nrejected {self.rejected:,}\n" in again.stdout
        assert stored(data, source) == self.expected


def stored(data: Path, source: str) -> Counter[Row]:
    sql = 'SELECT time::VARCHAR, "user", output, count(*) FROM events WHERE source = ? GROUP BY ALL'
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        found = connection.execute(sql, [f"import:{source}"]).fetchall()
    return Counter({(time, user, output): count for time, user, output, count in found})


def expect_in_order(data: Path, events: int) -> None:
    assert f"{events:,} events checked" in outlay("verify", "--data", str(data)).stdout


@pytest.fixture(scope="module")
def commands() -> Iterator[Preloaded]:
    with preloaded() as started:
        yield started


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Calls:
    return Calls(tmp_path_factory.mktemp("calls"))


def seconds_of(commands: Preloaded, arguments: list[str]) -> float:
    began = monotonic()
    assert commands.run(*arguments) == 0
    return monotonic() - began


def test_killing_imports_at_random_moments_loses_and_doubles_nothing(
    commands: Preloaded, calls: Calls, tmp_path: Path
) -> None:
    """Whenever one gets through all the same, the next begins: the same rows under another name of their source."""
    moments = Random("kill the importer")
    whole = seconds_of(commands, calls.command(tmp_path, "whole"))
    sources = ["first"]
    killed = 0
    while killed < KILLS:
        commands.start(*calls.command(tmp_path, sources[-1]))
        sleep(moments.uniform(0.0, LATEST * whole))
        code = commands.kill()
        assert code in {0, -signal.SIGKILL}
        killed += code != 0
        if code == 0:
            sources.append(f"source-{len(sources)}")
    assert commands.run(*calls.command(tmp_path, sources[-1])) == 0
    for source in sources:
        assert stored(tmp_path, source) == calls.expected, source
    calls.expect_in(tmp_path, sources[-1])
    expect_in_order(tmp_path, calls.expected.total() * (1 + len(sources)))


def test_killing_imports_through_a_running_server_loses_and_doubles_nothing(
    commands: Preloaded, calls: Calls, tmp_path: Path
) -> None:
    moments = Random("kill the sender")
    with live_outlay(tmp_path) as server:
        whole = seconds_of(commands, calls.command(tmp_path, "whole"))
        for _ in range(SERVED_KILLS):
            commands.start(*calls.command(tmp_path, "cut"))
            sleep(moments.uniform(0.0, whole))
            assert commands.kill() in {0, -signal.SIGKILL}
        assert commands.run(*calls.command(tmp_path, "cut")) == 0
        told = server.usage(measures="requests", r="2026-09")
        assert told["totals"]["requests"] == 2 * calls.expected.total()
    calls.expect_in(tmp_path, "cut")
    expect_in_order(tmp_path, 2 * calls.expected.total())


def test_killing_the_server_below_an_import_fails_it_and_it_goes_on_with_the_next(
    commands: Preloaded, calls: Calls, tmp_path: Path
) -> None:
    moments = Random("kill the server")
    whole = seconds_of(commands, calls.command(tmp_path, "whole"))
    port = free_port()
    with preloaded() as serving:
        for _ in range(SERVED_KILLS):
            serving.start("serve", "--data", str(tmp_path), "--port", str(port))
            wait_until_ready(f"http://127.0.0.1:{port}", serving.lives)
            commands.start(*calls.command(tmp_path, "cut"))
            sleep(moments.uniform(0.0, whole))
            assert serving.kill() == -signal.SIGKILL
            assert commands.wait() in {0, 1}
    assert (tmp_path / "serving.json").exists(), "what a killed server leaves behind is passed over"
    assert commands.run(*calls.command(tmp_path, "cut")) == 0
    calls.expect_in(tmp_path, "cut")
    expect_in_order(tmp_path, 2 * calls.expected.total())


def test_a_demo_that_was_killed_is_finished_by_running_it_again(commands: Preloaded, tmp_path: Path) -> None:
    moments = Random("kill the demo")
    told = ["demo", "--events", str(DEMO_EVENTS), "--months", "2"]
    whole = seconds_of(commands, [*told, "--data", str(tmp_path / "whole")])
    data = str(tmp_path / "killed")
    killed = 0
    for _ in range(DEMO_KILLS):
        commands.start(*told, "--data", data, "--if-missing")
        sleep(moments.uniform(0.0, 0.6 * whole))
        killed += commands.kill() != 0
    assert killed, "all of them got through"
    assert commands.run(*told, "--data", data, "--if-missing") == 0
    expect_in_order(tmp_path / "killed", DEMO_EVENTS)
    assert commands.run(*told, "--data", data, "--if-missing") == 0
    assert commands.run(*told, "--data", data) == 1, "a second demo is refused"
    expect_in_order(tmp_path / "killed", DEMO_EVENTS)
