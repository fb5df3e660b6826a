"""`outlay keys`: what scripts rely on: stdout, stderr, exit codes."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from outlay.access.key_ring import KeyRing
from outlay.access.keys import key_named
from outlay.cli.keys import keys
from outlay.control.database import CONTROL_FILE, open_control
from outlay.errors import KeyInvalid
from outlay.kit.clock import SystemClock
from tests.keys import every_key


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTLAY_DATA", raising=False)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(keys, arguments)


def test_create_prints_the_key_alone_on_stdout(tmp_path: Path) -> None:
    done = _run(
        *("create", "ci", "--scope", "send", "--user", "ada", "--team", "growth", "--agent", "indexer"),
        *("--agent-type", "no_code", "--pod", "search", "--tag", "env:prod", "--tag", "a:b", "--days", "2"),
        *("--data", "d"),
    )
    assert done.exit_code == 0
    assert "ci" in done.stderr
    control = open_control(tmp_path / "d" / CONTROL_FILE)
    key = KeyRing(control).resolve(done.stdout.removesuffix("\n"), SystemClock().now())
    assert (key.organisation, key.name, key.scopes) == ("default", "ci", frozenset({"send"}))
    assert (key.user, key.team, key.agent, key.agent_type, key.pod) == ("ada", "growth", "indexer", "no_code", "search")
    assert key.tags == ("env:prod", "a:b")
    assert key.expires_at == key.created_at + timedelta(days=2)
    control.close()


@pytest.mark.parametrize(
    ("options", "scopes"),
    [
        pytest.param((), "send,gateway,read", id="bound to nobody"),
        pytest.param(("--agent", "bot"), "send,gateway", id="an agent's"),
        pytest.param(("--agent-type", "api"), "send,gateway", id="an agent type's"),
        pytest.param(("--pod", "search"), "send,gateway", id="a pod's"),
        pytest.param(("--tag", "env:prod"), "send,gateway", id="a tag's"),
        pytest.param(("--user", "ada", "--pod", "search"), "send,gateway,read", id="a user's"),
        pytest.param(("--team", "growth", "--agent", "bot"), "send,gateway,read", id="a team's"),
        pytest.param(("--agent", "bot", "--scope", "send,read"), "send,read", id="both on purpose"),
        pytest.param(("--team", "growth", "--scope", "read"), "read", id="reading on purpose"),
    ],
)
def test_what_a_key_may_do_follows_from_whose_it_is(options: tuple[str, ...], scopes: str) -> None:
    assert _run("create", "k", *options).exit_code == 0
    assert _run("list").stdout.splitlines()[1].split("\t")[2] == scopes


def test_the_data_directory_comes_from_the_environment_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTLAY_DATA", str(tmp_path / "from-environment"))
    assert _run("create", "a").exit_code == 0
    assert _run("create", "b", "--data", str(tmp_path / "given")).exit_code == 0
    for folder, name in (("from-environment", "a"), ("given", "b")):
        control = open_control(tmp_path / folder / CONTROL_FILE)
        assert [key.name for key in every_key(control, "default")] == [name]
        control.close()


def test_a_key_is_listed_until_it_is_revoked(tmp_path: Path) -> None:
    plaintext = _run("create", "ci", "--pod", "search").stdout.strip()
    control = open_control(tmp_path / "data" / CONTROL_FILE)
    ring = KeyRing(control)
    now = SystemClock().now()
    key = ring.resolve(plaintext, now)
    listed = _run("list").stdout.splitlines()
    assert listed[1].split("\t")[:4] == ["ci", key.prefix, "send,gateway", "pod=search"]
    assert listed[1].endswith("in force")
    assert plaintext not in _run("list").output

    done = _run("revoke", "ci")
    assert (done.exit_code, done.stdout) == (0, "")
    with pytest.raises(KeyInvalid):
        ring.resolve(plaintext, now + timedelta(seconds=1))
    assert len(_run("list").stdout.splitlines()) == 1
    assert _run("list", "--all").stdout.splitlines()[1].endswith("revoked")
    control.close()


def test_a_key_can_be_revoked_by_its_public_part(tmp_path: Path) -> None:
    plaintext = _run("create", "ci").stdout.strip()
    assert _run("revoke", plaintext.split("_")[1]).exit_code == 0
    control = open_control(tmp_path / "data" / CONTROL_FILE)
    with pytest.raises(Exception, match="no key 'ci' in force"):
        key_named(control, "default", "ci")
    control.close()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(("create",), 2, "Missing argument 'NAME'", id="no name"),
        pytest.param(("create", "x", "--scope", "root"), 2, "take send, gateway, read, admin", id="unknown scope"),
        pytest.param(("create", "x", "--scope", ","), 2, "take send, gateway, read, admin", id="no scope"),
        pytest.param(("create", "x", "--agent-type", "robot"), 2, "'robot' is not one of", id="unknown agent type"),
        pytest.param(("create", "x", "--days", "0"), 2, "--days", id="no days"),
        pytest.param(("create", " "), 1, "a key's name has 1 to 100", id="blank name"),
        pytest.param(("create", "taken"), 1, "there is a key 'taken' in force already", id="name taken"),
        pytest.param(("revoke", "nope"), 1, "there is no key 'nope' in force", id="unknown key"),
        pytest.param(("list", "--data", "file/x"), 1, "can't use the data directory", id="impossible directory"),
        pytest.param(("list", "--data", ""), 2, "setting data", id="setting that can't be"),
    ],
)
def test_what_goes_wrong_is_said_on_stderr(tmp_path: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    (tmp_path / "file").write_text("")
    _run("create", "taken")
    done = _run(*arguments)
    assert done.exit_code == code
    assert message in done.stderr
    assert done.stdout == ""
