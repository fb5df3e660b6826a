"""`outlay sign-on`: providers at the terminal, and the ways out."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from outlay.access.links import use_link
from outlay.access.secrets import SecretKeys
from outlay.cli.members import members
from outlay.cli.organisations import organisations
from outlay.cli.sign_on import sign_on
from outlay.control.database import CONTROL_FILE, open_control
from outlay.control.members import NewMember, create_member, member_of_email
from outlay.control.sign_on_identities import identities_of, link
from outlay.control.sign_on_providers import ProviderBook
from outlay.control.trail import SYSTEM
from outlay.errors import SignInFailed
from outlay.kit.clock import SystemClock
from tests.openid_provider import openid_provider

OKTA = ("Okta", "--issuer", "https://acme.okta.example", "--client-id", "0oa1", "--domain", "acme.example")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTLAY_DATA", raising=False)


def _run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(sign_on, arguments, input=typed)


def test_a_provider_is_added_listed_and_removed(tmp_path: Path) -> None:
    added = _run("add", *OKTA, "--creates-members", "--secret-stdin", typed="0123456789abcdef\n")
    assert added.exit_code == 0, added.output
    provider = added.stdout.strip()
    control = open_control(tmp_path / "data" / CONTROL_FILE)
    book = ProviderBook(control, SecretKeys(tmp_path / "data"), SystemClock())
    kept = book.one_of("default", provider)
    assert (kept.settings.creates_members, book.secret_of(kept)) == (True, "0123456789abcdef")
    control.close()
    listed = _run("list").stdout.splitlines()
    assert listed[1] == f"{provider}\tOkta\thttps://acme.okta.example\tacme.example\ton"
    assert "0123456789abcdef" not in "".join(listed)
    assert _run("remove", provider).exit_code == 0
    assert _run("remove", provider).exit_code == 1


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--issuer", "http://acme.okta.example"), "take https"),
        (("--domain", "*"), "is no domain"),
        (("--organisation", "nobody"), "no organisation"),
    ],
)
def test_what_can_not_be_is_refused(more: tuple[str, ...], says: str) -> None:
    refused = _run("add", *OKTA, *more)
    assert refused.exit_code == 1
    assert says in refused.stderr


def test_a_provider_is_switched_off_and_on_again(tmp_path: Path) -> None:
    provider = _run("add", *OKTA, "--secret-stdin", typed="0123456789abcdef\n").stdout.strip()
    for command, state in (("disable", "off"), ("disable", "off"), ("enable", "on")):
        assert _run(command, provider).exit_code == 0
        assert _run("list").stdout.splitlines()[1].endswith(f"\t{state}")
    control = open_control(tmp_path / "data" / CONTROL_FILE)
    book = ProviderBook(control, SecretKeys(tmp_path / "data"), SystemClock())
    assert book.secret_of(book.one_of("default", provider)) == "0123456789abcdef"
    control.close()
    assert _run("disable", "idp_none").exit_code == 1


def test_a_test_says_whether_the_provider_answers() -> None:
    with openid_provider() as there:
        mine = ("Ours", "--issuer", there.issuer, "--client-id", "outlay", "--domain", "acme.example", "--private")
        provider = _run("add", *mine).stdout.strip()
        answered = _run("test", provider)
        assert (answered.exit_code, "publishes 1 key" in answered.stderr) == (0, True)
        there.metadata = {"issuer": "https://other.example"}
        refused = _run("test", provider)
        assert (refused.exit_code, "Error: " in refused.stderr) == (1, True)
    assert _run("test", "idp_none").exit_code == 1


def test_groups_are_set_listed_and_removed() -> None:
    assert _run("groups", "set", "Eng / Core", "--role", "lead", "--team", "core", "--team", "all").exit_code == 0
    assert _run("groups", "set", "Eng / Core", "--team", "core").exit_code == 0
    assert _run("groups", "list").stdout == "group\trole\tteams\nEng / Core\t-\tcore\n"
    assert _run("groups", "set", "nothing").exit_code == 1
    assert _run("groups", "remove", "Eng / Core").exit_code == 0
    assert _run("groups", "remove", "Eng / Core").exit_code == 1


def test_scim_tokens_are_made_listed_and_revoked() -> None:
    made = [_run("scim", "create").stdout.strip() for _ in range(2)]
    assert all(each.startswith("outlay_scim_") for each in made)
    assert _run("scim", "create").exit_code == 1
    listed = _run("scim", "list").stdout
    assert made[0] not in listed
    token = listed.splitlines()[1].partition("\t")[0]
    assert _run("scim", "revoke", token).exit_code == 0
    assert _run("scim", "revoke", token).exit_code == 1


def test_who_locked_everybody_out_of_another_organisation_gets_in_again(tmp_path: Path) -> None:
    there, runner = ("--organisation", "globex"), CliRunner()
    runner.invoke(organisations, ("create", "globex", "--name", "Globex"))
    runner.invoke(members, ("add", "ada@globex.example", "--role", "admin", *there))
    runner.invoke(members, ("add", "bo@globex.example", *there))
    provider = _run("add", *OKTA, *there).stdout.strip()
    control, now = open_control(tmp_path / "data" / CONTROL_FILE), SystemClock().now()
    ada = member_of_email(control, "globex", "ada@globex.example")
    with control.begin() as connection:
        link(connection, "globex", (provider, "00u1"), ada.id, now)
    assert _run("only", "--on", *there).exit_code == 0
    for stays in ("disable", "remove"):
        refused = _run(stays, provider, *there)
        assert (refused.exit_code, "allow other ways first" in refused.stderr) == (1, True)

    def let_in(email: str) -> str:
        printed = runner.invoke(members, ("link", email, *there)).stdout
        return use_link(control, printed.strip().partition("token=")[2], SystemClock().now()).email

    assert let_in("ada@globex.example") == "ada@globex.example"  # an admin's link stays a way in
    with pytest.raises(SignInFailed, match="single sign-on only"):
        let_in("bo@globex.example")
    assert _run("only", "--off", *there).exit_code == 0
    assert let_in("bo@globex.example") == "bo@globex.example"
    assert _run("disable", provider, *there).exit_code == 0
    assert _run("remove", provider, *there).exit_code == 0
    control.close()


def test_the_private_network_is_open_to_the_terminal() -> None:
    assert _run("add", *OKTA, "--issuer", "http://127.0.0.1:9000", "--private").exit_code == 0


def test_who_is_linked_wrongly_is_unlinked_and_the_only_way_in_is_opened(tmp_path: Path) -> None:
    provider = _run("add", *OKTA).stdout.strip()
    control, now = open_control(tmp_path / "data" / CONTROL_FILE), SystemClock().now()
    ada = create_member(control, "default", NewMember(email="ada@acme.example", role="admin"), SYSTEM, now)
    assert _run("only", "--on").exit_code == 1
    with control.begin() as connection:
        link(connection, "default", (provider, "00u1"), ada.id, now)
    assert _run("only", "--on").exit_code == 0
    assert "only way in" in _run("list").stderr
    assert _run("only", "--off").exit_code == 0
    assert "had 1 linked account;" in _run("unlink", "ADA@acme.example").stderr
    with control.read() as connection:
        assert identities_of(connection, "default", ada.id) == []
    assert "had 0 linked accounts" in _run("unlink", "ada@acme.example").stderr
    assert _run("unlink", "nobody@acme.example").exit_code == 1
    control.close()
