"""`outlay members`: people and their sign-in links."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from outlay.access.links import use_link
from outlay.access.passwords import Passwords
from outlay.access.second_factor import SecondFactors
from outlay.access.secrets import SecretKeys
from outlay.access.sign_in import SignIn
from outlay.access.totp import code_at, step_at
from outlay.cli.members import members
from outlay.control.database import CONTROL_FILE, open_control
from outlay.control.member_changes import disable_member
from outlay.control.members import member_of_email
from outlay.control.trail import SYSTEM
from outlay.kit.clock import SystemClock


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTLAY_DATA", raising=False)


def _run(*arguments: str, typed: str | bytes | None = None) -> Result:
    return CliRunner().invoke(members, arguments, input=typed)


def test_a_member_added_with_a_password_signs_in(tmp_path: Path) -> None:
    done = _run("add", "ada@example.com", "--role", "admin", "--password-stdin", typed="correct horse battery\n")
    assert (done.exit_code, done.stdout) == (0, "")
    control = open_control(tmp_path / "data" / CONTROL_FILE)
    sign_in = SignIn(control, Passwords())
    now = SystemClock().now()
    (member,) = sign_in.sign_in("ada@example.com", "correct horse battery", "192.0.2.1", now)
    assert (member.role, member.name) == ("admin", "ada")
    control.close()


def test_a_link_signs_in_who_it_was_made_for(tmp_path: Path) -> None:
    _run("add", "ada@example.com", "--role", "lead", "--leads", "growth", "--leads", "core", "--user", "u1")
    done = _run("link", "ADA@example.com")
    assert done.exit_code == 0
    url = urlsplit(done.stdout.strip())
    assert (url.netloc, url.path) == ("127.0.0.1:8400", "/sign-in/link")
    control = open_control(tmp_path / "data" / CONTROL_FILE)
    member = use_link(control, parse_qs(url.query)["token"][0], SystemClock().now())
    assert (member.email, member.teams_led, member.user) == ("ada@example.com", ("core", "growth"), "u1")
    control.close()


def test_all_members_are_listed(tmp_path: Path) -> None:
    _run("add", "bo@example.com", "--name", "Bo Builder")
    _run("add", "ada@example.com", "--role", "lead", "--leads", "growth", "--user", "u1")
    control = open_control(tmp_path / "data" / CONTROL_FILE)
    bo = member_of_email(control, "default", "bo@example.com")
    disable_member(control, "default", bo.id, SYSTEM, SystemClock().now())
    control.close()
    assert [line.split("\t") for line in _run("list").stdout.splitlines()] == [
        ["email", "name", "role", "leads", "user", "state"],
        ["ada@example.com", "ada", "lead", "growth", "u1", "active"],
        ["bo@example.com", "Bo Builder", "member", "-", "-", "disabled"],
    ]
    assert _run("link", "bo@example.com").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "message"),
    [
        pytest.param(("add", "ada"), "", 1, "is no e-mail address", id="no e-mail"),
        pytest.param(("add", "there@example.com"), "", 1, "there is a member", id="taken"),
        pytest.param(("add", "a@b.de", "--role", "owner"), "", 2, "'owner' is not one of", id="unknown role"),
        pytest.param(("add", "a@b.de", "--password-stdin"), "short\n", 1, "at least 12", id="short password"),
        pytest.param(("add", "a@b.de", "--password-stdin"), b"\xff" * 20, 2, "is no text", id="binary password"),
        pytest.param(("link", "nobody@example.com"), "", 1, "no such member", id="unknown member"),
    ],
)
def test_what_goes_wrong_is_said_on_stderr_and_adds_nobody(
    arguments: tuple[str, ...], typed: str | bytes, code: int, message: str
) -> None:
    _run("add", "there@example.com")
    done = _run(*arguments, typed=typed)
    assert done.exit_code == code
    assert message in done.stderr
    assert done.stdout == ""
    assert len(_run("list").stdout.splitlines()) == 2


def test_a_lost_second_factor_is_removed(tmp_path: Path) -> None:
    _run("add", "ada@example.com")
    control, now = open_control(tmp_path / "data" / CONTROL_FILE), SystemClock().now()
    factors = SecondFactors(control, SecretKeys(tmp_path / "data"))
    ada = member_of_email(control, "default", "ada@example.com")
    factors.begin(ada, now)
    secret = factors.pending(ada, "Outlay").secret
    factors.confirm(ada, code_at(secret, step_at(now)), SYSTEM, now)
    for _ in range(2):
        done = _run("reset-second-factor", "Ada@example.com")
        assert (done.exit_code, "no second factor any more" in done.stderr) == (0, True)
    assert factors.of(ada) is None
    assert _run("reset-second-factor", "nobody@example.com").exit_code == 1
    control.close()
