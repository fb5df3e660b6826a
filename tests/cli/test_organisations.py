"""`outlay organisations` and the keys of others than the first: what an operator does at the terminal."""

from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner, Result

from outlay.access.key_ring import KeyRing
from outlay.access.links import PATHS, member_of_link
from outlay.cli.keys import keys
from outlay.cli.members import members
from outlay.cli.operators import operators
from outlay.cli.organisations import organisations
from outlay.cli.teams import teams
from outlay.control.database import CONTROL_FILE, open_control
from outlay.control.organisations import OPERATORS
from outlay.kit.clock import SystemClock

GLOBEX = ("create", "globex", "--name", "Globex")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTLAY_DATA", raising=False)


def _run(command: Command, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_an_organisation_is_made_with_the_invitation_of_its_first_admin(tmp_path: Path) -> None:
    assert _run(organisations, *GLOBEX, "--admin", "nobody").exit_code == 1
    made = _run(organisations, *GLOBEX, "--admin", "hank@globex.example")
    assert made.exit_code == 0, made.output
    control = open_control(tmp_path / "data" / CONTROL_FILE)
    token = made.stdout.strip().partition("token=")[2]
    invited = member_of_link(control, token, SystemClock().now(), PATHS["invitation"])
    assert (invited.organisation, invited.email, invited.role) == ("globex", "hank@globex.example", "admin")
    control.close()
    assert _run(organisations, "create", "bare", "--name", "Bare").stdout == ""


def test_members_teams_and_keys_of_another_organisation_than_the_first_are_reached(tmp_path: Path) -> None:
    _run(organisations, *GLOBEX)
    there = ("--organisation", "globex")
    assert _run(members, "add", "hank@globex.example", "--role", "admin", *there).exit_code == 0
    assert _run(teams, "create", "Core", *there).stdout == "core\n"
    made = _run(keys, "create", "ci", *there)
    control = open_control(tmp_path / "data" / CONTROL_FILE)
    assert KeyRing(control).resolve(made.stdout.strip(), SystemClock().now()).organisation == "globex"
    control.close()
    for command in (members, teams, keys):
        assert len(_run(command, "list", *there).stdout.splitlines()) == 2
        assert len(_run(command, "list").stdout.splitlines()) == 1
        assert "no organisation" in _run(command, "list", "--organisation", "nowhere").stderr
    assert _run(keys, "revoke", "ci", *there).exit_code == 0


def test_operators_are_made_by_their_own_command_alone_and_their_keys_only_administer() -> None:
    here = ("--organisation", OPERATORS)
    assert _run(operators, "add", "op@host.example").exit_code == 0
    for refused in (
        _run(members, "add", "eve@host.example", *here),
        _run(members, "link", "op@host.example", *here),
        _run(teams, "create", "Core", *here),
    ):
        assert (refused.exit_code, "outlay operators" in refused.stderr) == (2, True)
    assert "no other" in _run(keys, "create", "console", *here).stderr
    made = _run(keys, "create", "console", "--scope", "admin", "--user", "op@host.example", *here)
    assert made.stdout.startswith("outlay_")
    assert len(_run(operators, "list").stdout.splitlines()) == 2
