"""`outlay upstreams` and `outlay secrets`: what scripts rely on, and that no credential is ever printed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from outlay.access.secrets import SecretKeys
from outlay.cli.secrets import secrets
from outlay.cli.upstreams import upstreams
from outlay.control.database import CONTROL_FILE, open_control
from outlay.control.upstream import Timeouts
from outlay.control.upstreams import ConfiguredUpstream, UpstreamBook
from outlay.kit.clock import SystemClock
from tests.providing import Provider, provider

CREDENTIAL = "sk-proj-0123456789abcdefWXYZ"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OUTLAY_DATA", "OUTLAY_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def there() -> Iterator[Provider]:
    with provider() as found:
        found.answers = {"/v1/models": (200, "application/json", b"{}"), "/no/v1/models": (401, "text/plain", b"")}
        yield found


def _run(*arguments: str, typed: str | None = None) -> Result:
    done = CliRunner().invoke(upstreams, arguments, input=typed)
    assert CREDENTIAL[:-4] not in done.output
    return done


def _kept(name: str) -> tuple[ConfiguredUpstream, str | None]:
    control = open_control(Path("data") / CONTROL_FILE)
    try:
        book = UpstreamBook(control, SecretKeys(Path("data")), SystemClock())
        found = book.named("default", name)
        return found, book.credential_of(found)
    finally:
        control.close()


def test_a_known_provider_needs_a_credential_alone() -> None:
    done = _run("add", "anthropic", "--credential-stdin", typed=f"{CREDENTIAL}\n")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "calls to /anthropic go to https://api.anthropic.com now" in done.stderr
    found, credential = _kept("anthropic")
    assert (found.settings.provider, found.settings.auth, credential) == ("anthropic", "x-api-key", CREDENTIAL)


def test_everything_can_be_said() -> None:
    done = _run(
        *("add", "ours", "--provider", "my-company", "--url", "http://10.0.0.7:8000/v1/", "--auth", "api-key"),
        *("--reading", "openai_chat", "--region", "eu-west-1", "--header", "x-a: 1", "--header", "x-b:2"),
        *("--connect-seconds", "3", "--first-byte-seconds", "0", "--idle-seconds", "20", "--total-seconds", "90"),
        *("--no-own-keys", "--private"),
    )
    assert done.exit_code == 0
    assert "there is no credential yet" in done.stderr
    settings = _kept("ours")[0].settings
    assert (settings.provider, settings.base_url, settings.auth) == ("my-company", "http://10.0.0.7:8000/v1", "api-key")
    assert (settings.reading, settings.region) == ("openai_chat", "eu-west-1")
    assert settings.headers == (("x-a", "1"), ("x-b", "2"))
    assert settings.timeouts == Timeouts(connect_seconds=3, first_byte_seconds=None, idle_seconds=20, total_seconds=90)
    assert (settings.allow_pass_through, settings.allow_private) == (False, True)


def test_what_is_not_said_stays() -> None:
    _run("add", "openai", "--credential-stdin", "--header", "x-a:1", "--idle-seconds", "20", typed=CREDENTIAL)
    assert _run("change", "openai", "--off", "--total-seconds", "60").exit_code == 0
    found, credential = _kept("openai")
    assert (found.settings.enabled, found.settings.headers, credential) == (False, (("x-a", "1"),), CREDENTIAL)
    assert (found.settings.timeouts.idle_seconds, found.settings.timeouts.total_seconds) == (20, 60)
    assert _run("change", "openai", "--on", "--forget-credential").exit_code == 0
    found, credential = _kept("openai")
    assert (found.settings.enabled, credential) == (True, None)
    _run("change", "openai", "--credential-stdin", typed="sk-another")
    assert _kept("openai")[1] == "sk-another"


def test_the_list_says_what_one_must_know() -> None:
    _run("add", "openai", "--credential-stdin", typed=CREDENTIAL)
    _run("add", "ollama", "--url", "http://127.0.0.1:11434", "--private")
    _run(
        "add", "ours", "--provider", "x", "--url", "https://x.example", "--no-own-keys", "--credential-stdin", typed="k"
    )
    _run("change", "ours", "--off")
    assert _run("own-keys", "allow").exit_code == 0
    lines = [line.split("\t") for line in _run("list").stdout.splitlines()]
    assert lines[1:] == [
        ["ollama", "/ollama", "http://127.0.0.1:11434", "none", "-", "allowed", "on"],
        ["openai", "/openai", "https://api.openai.com", "bearer", "…WXYZ", "allowed", "on"],
        ["ours", "/via/ours", "https://x.example", "bearer", "kept", "refused", "off"],
    ]
    _run("own-keys", "refuse")
    assert {line.split("\t")[5] for line in _run("list").stdout.splitlines()[1:]} == {"refused"}
    assert _run("remove", "ours").exit_code == 0
    assert len(_run("list").stdout.splitlines()) == 3


def test_an_upstream_is_tested(there: Provider) -> None:
    _run("add", "ours", "--provider", "x", "--url", there.url, "--private", "--credential-stdin", typed=CREDENTIAL)
    done = _run("test", "ours")
    assert done.exit_code == 0
    assert "takes the credential" in done.stdout
    _run("change", "ours", "--url", f"{there.url}/no")
    done = _run("test", "ours")
    assert done.exit_code == 1
    assert "refuses the credential (401)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(("add", "azure"), 1, "--url, such as https://my-resource.openai.azure.com", id="no address"),
        pytest.param(("add", "ours"), 1, "--provider and --url", id="unknown"),
        pytest.param(("add", "openai"), 1, "there is an upstream 'openai' already", id="taken"),
        pytest.param(("add", "gemini", "--credential-stdin"), 1, "no credential on standard input", id="nothing typed"),
        pytest.param(("add", "gemini", "--header", "x"), 1, "NAME:VALUE", id="no header"),
        pytest.param(("add", "gemini", "--auth", "basic"), 2, "'basic' is not one of", id="unknown authorisation"),
        pytest.param(("add", "x", "--provider", "x", "--url", "http://10.0.0.7"), 1, "--private", id="private"),
        pytest.param(
            ("add", "x", "--provider", "x", "--url", "http://169.254.169.254", "--private"), 1, "never", id="metadata"
        ),
        pytest.param(("change", "openai", "--url", "https://evil.example"), 1, "enter the credential", id="elsewhere"),
        pytest.param(("change", "nothing"), 1, "no such upstream", id="unknown to change"),
        pytest.param(("remove", "nothing"), 1, "no such upstream", id="unknown to remove"),
        pytest.param(("test", "nothing"), 1, "no such upstream", id="unknown to test"),
        pytest.param(("own-keys", "maybe"), 2, "'maybe' is not one of", id="neither"),
    ],
)
def test_what_goes_wrong_is_said_on_stderr(arguments: tuple[str, ...], code: int, message: str) -> None:
    _run("add", "openai", "--credential-stdin", typed=CREDENTIAL)
    done = _run(*arguments, typed="")
    assert done.exit_code == code
    assert message in done.stderr
    assert done.stdout == ""


def test_a_new_secret_key_takes_over() -> None:
    _run("add", "openai", "--credential-stdin", typed=CREDENTIAL)
    before = CliRunner().invoke(secrets, ["list"]).stdout.split()
    done = CliRunner().invoke(secrets, ["rotate"])
    assert (done.exit_code, done.stdout) == (0, "")
    after = CliRunner().invoke(secrets, ["list"]).stdout.split()
    assert len(before) == len(after) == 1
    assert before != after
    assert f"encrypted with the key {after[0]} now: 1." in done.stderr
    assert _kept("openai")[1] == CREDENTIAL


def test_without_the_secret_key_rotating_says_which_is_missing() -> None:
    _run("add", "openai", "--credential-stdin", typed=CREDENTIAL)
    (Path("data") / "secret.key").unlink()
    done = CliRunner().invoke(secrets, ["rotate"])
    assert done.exit_code == 1
    assert "is missing: put it back into data/secret.key" in done.stderr
