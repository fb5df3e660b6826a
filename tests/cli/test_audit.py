"""`outlay audit`: what scripts rely on, and that a trail altered in the database is told of."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from outlay.access.secrets import SecretKeys
from outlay.audit.notary import TrailNotary
from outlay.cli.audit import audit
from outlay.cli.options import at_terminal
from outlay.control.database import CONTROL_FILE, Control, open_control
from outlay.control.trail import INSTALLATION, Actor, Change, write_down
from outlay.testing import FrozenClock
from tests.audit.chains import Tampering, written

COUNT = 5


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTLAY_DATA", raising=False)
    _run("list")  # makes the directory and its organisation


def _run(*arguments: str, said: str = "") -> Result:
    return CliRunner().invoke(audit, [*arguments, "--data", "data"], input=said)


def _control() -> Control:
    folder = Path("data")
    return open_control(folder / CONTROL_FILE, TrailNotary(SecretKeys(folder), folder))


@pytest.fixture
def control() -> Control:
    control = _control()
    written(control, "acme", COUNT, FrozenClock())
    return control


def test_what_holds_is_told_with_its_end(control: Control) -> None:
    done = _run("verify")
    assert done.exit_code == 0
    lines = {line.split()[1]: line.split()[0:1] + line.split()[2:] for line in done.stdout.splitlines()}
    assert set(lines) >= {"installation", "default", "acme"}
    mark, end = lines["acme"]
    assert mark == "ok"
    assert end.startswith(f"{COUNT}:")
    assert _run("verify", "--organisation", "acme", "--expect", end).exit_code == 0
    written(control, "acme", 1, FrozenClock())
    assert _run("verify", "--organisation", "acme", "--expect", end).exit_code == 0
    control.close()


def test_what_was_altered_is_named_and_fails(control: Control) -> None:
    end = _run("verify", "--organisation", "acme").stdout.split()[2]
    with control.begin() as connection:
        tampering = Tampering(connection, "acme")
        rows = tampering.rows()
        rows[1]["actor_name"] = "somebody else"
        tampering.put(rows)
        tampering.leave()
    done = _run("verify")
    assert done.exit_code == 1
    assert "WRONG  acme" in done.stdout
    assert "entry 2: it was altered" in done.stdout
    assert _run("verify", "--organisation", "default").exit_code == 0
    assert _run("verify", "--organisation", "acme", "--expect", end.replace(f"{COUNT}:", "2:")).exit_code == 1
    control.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "--expect", "3:aa"),
        ("verify", "--organisation", "acme", "--expect", "three"),
        ("list", "--from", "yesterday"),
        ("list", "--until", "9999-12-31"),
        ("export", "--action", "key.fly"),
        ("export", "--format", "xml"),
    ],
    ids=" ".join,
)
def test_wrong_use(arguments: tuple[str, ...]) -> None:
    assert _run(*arguments).exit_code == 2


def test_the_list_is_the_newest_first_and_keeps_to_lines(control: Control) -> None:
    with control.begin() as connection:
        change = Change("team.create", "team", "t", "T\nroot\tdid it")
        write_down(connection, "acme", Actor("terminal", "0", "root"), change, FrozenClock().now())
    control.close()
    lines = _run("list", "--organisation", "acme", "--most", "3").stdout.splitlines()
    assert lines[0] == "entry\ttime\twho\tfrom\tdid"
    assert [line.split("\t")[0] for line in lines[1:]] == [str(COUNT + 1), str(COUNT), str(COUNT - 1)]
    assert lines[1].split("\t")[4] == "created the team T root did it"
    only = _run("list", "--organisation", "acme", "--who", "ada").stdout.splitlines()[1:]
    assert [line.split("\t")[2] for line in only] == ["Ada", "Ada"]
    assert _run("list", "--organisation", "acme", "--until", "2000-01-01").stdout.count("\n") == 1


def test_exports_hold_the_same_entries(control: Control) -> None:
    control.close()
    told = json.loads(_run("export", "--organisation", "acme", "--format", "json").stdout)
    rows = list(csv.DictReader(io.StringIO(_run("export", "--organisation", "acme").stdout)))
    assert [each["number"] for each in told] == list(range(COUNT, 0, -1))
    assert [(int(row["number"]), row["name"], row["hash"]) for row in rows] == [
        (each["number"], each["name"], each["hash"]) for each in told
    ]


def test_forgetting_asks_first_and_leaves_a_trace(control: Control) -> None:
    control.close()
    assert _run("forget", "acme", said="n\n").exit_code == 0
    assert _run("verify", "--organisation", "acme").stdout.split()[2].startswith(f"{COUNT}:")
    assert _run("forget", "default", "--yes").exit_code == 1  # it is there
    done = _run("forget", "acme", "--yes")
    assert done.exit_code == 0
    assert f"{COUNT} entries" in done.stderr
    assert "acme" not in _run("verify").stdout
    control = _control()
    with control.read() as connection:
        sought = "SELECT actor_name, subject FROM audit_entries WHERE organisation = :chain AND action = 'trail.forget'"
        assert connection.execute(text(sought), {"chain": INSTALLATION}).all() == [(at_terminal().name, "acme")]
    control.close()


def test_the_terminal_is_the_account_and_whom_sudo_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "somebody")
    monkeypatch.setenv("LOGNAME", "somebody")
    monkeypatch.delenv("SUDO_USER", raising=False)
    plain = at_terminal()
    assert (plain.kind, plain.member) == ("terminal", None)
    assert "somebody" not in plain.name
    monkeypatch.setenv("SUDO_USER", "grace")
    assert at_terminal().name == f"{plain.name} (sudo by grace)"
