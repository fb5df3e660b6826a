"""`outlay sign-on`: providers at the terminal, and the ways out."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from outlay.access.secrets import SecretKeys
from outlay.cli.sign_on import sign_on
from outlay.control.database import CONTROL_FILE, open_control
from outlay.control.members import NewMember, create_member
from outlay.control.sign_on_identities import identities_of, link
from outlay.control.sign_on_providers import ProviderBook
from outlay.control.trail import SYSTEM
from outlay.kit.clock import SystemClock

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
