"""Which upstream a name means: configured before known, another organisation's never, a change within a second."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import event

from outlay.access.rotation import rotate
from outlay.access.secrets import KEY_FILE, SecretKeys
from outlay.access.standing import Standing
from outlay.access.upstreams import OpenUpstreams
from outlay.control.database import Control
from outlay.control.upstream import Upstream
from outlay.control.upstream_checks import UpstreamSettings
from outlay.control.upstreams import UpstreamBook
from outlay.errors import SecretUnreadable
from outlay.kit.sealing import new_sealing_key, written
from outlay.testing import FrozenClock
from tests.actors import TESTER

CREDENTIAL = "sk-proj-0123456789abcdefWXYZ"
OPENAI = UpstreamSettings(name="openai", provider="openai", base_url="https://api.openai.com")
NOW = FrozenClock().now()


@pytest.fixture
def keys(tmp_path: Path) -> SecretKeys:
    return SecretKeys(tmp_path)


@pytest.fixture
def book(control: Control, clock: FrozenClock, keys: SecretKeys) -> UpstreamBook:
    return UpstreamBook(control, keys, clock)


@pytest.fixture
def found(book: UpstreamBook, clock: FrozenClock) -> OpenUpstreams:
    return OpenUpstreams(book, Standing(book._control), clock)


@pytest.fixture
def reads(control: Control) -> Iterator[list[str]]:
    """What is asked of the database from now on."""
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(control.engine, "before_cursor_execute", note)
    yield statements
    event.remove(control.engine, "before_cursor_execute", note)


def test_a_known_provider_is_there_without_a_word_said(found: OpenUpstreams) -> None:
    openai = found.find("acme", "openai")
    assert openai == Upstream(name="openai", provider="openai", base_url="https://api.openai.com")
    anthropic = found.find("acme", "anthropic")
    assert anthropic is not None
    assert (anthropic.auth, anthropic.credential) == ("x-api-key", None)


@pytest.mark.parametrize("name", ["azure", "bedrock", "ollama", "nothing", "", "../openai"])
def test_without_an_address_there_is_nothing(found: OpenUpstreams, name: str) -> None:
    assert found.find("acme", name) is None


def test_a_configured_one_takes_the_place_of_the_known(found: OpenUpstreams, book: UpstreamBook) -> None:
    book.add("acme", replace(OPENAI, base_url="https://eu.api.openai.com"), CREDENTIAL, by=TESTER)
    openai = found.find("acme", "openai")
    assert openai is not None
    assert (openai.base_url, openai.credential) == ("https://eu.api.openai.com", CREDENTIAL)
    theirs = found.find("other", "openai")
    assert theirs is not None
    assert theirs.credential is None


def test_one_that_is_switched_off_hides_the_known(found: OpenUpstreams, book: UpstreamBook) -> None:
    book.add("acme", replace(OPENAI, enabled=False), by=TESTER)
    assert found.find("acme", "openai") is None
    assert found.find("other", "openai") is not None


@pytest.mark.parametrize("of_organisation", [False, True])
@pytest.mark.parametrize("of_upstream", [False, True])
def test_own_keys_pass_where_both_allow(
    found: OpenUpstreams, book: UpstreamBook, *, of_organisation: bool, of_upstream: bool
) -> None:
    book.allow_pass_through("acme", allowed=of_organisation, by=TESTER)
    book.add("acme", replace(OPENAI, allow_pass_through=of_upstream), by=TESTER)
    openai, mistral = found.find("acme", "openai"), found.find("acme", "mistral")
    assert openai is not None
    assert mistral is not None
    assert openai.allow_pass_through is (of_organisation and of_upstream)
    assert mistral.allow_pass_through is of_organisation


def test_the_database_is_asked_once_a_second_and_a_change_counts_then(
    found: OpenUpstreams, book: UpstreamBook, clock: FrozenClock, reads: list[str]
) -> None:
    assert found.find("acme", "ours") is None
    reads.clear()
    for name in ("ours", "openai", "gemini") * 50:
        found.find("acme", name)
    assert reads == []
    book.add("acme", replace(OPENAI, name="ours"), CREDENTIAL, by=TESTER)
    clock.move(timedelta(seconds=1))
    ours = found.find("acme", "ours")
    assert ours is not None
    assert ours.credential == CREDENTIAL


def test_a_clock_that_is_set_back_keeps_nothing_alive(
    found: OpenUpstreams, book: UpstreamBook, clock: FrozenClock
) -> None:
    made = book.add("acme", OPENAI, CREDENTIAL, by=TESTER)
    assert found.find("acme", "openai") is not None
    book.change("acme", made.id, replace(OPENAI, enabled=False), by=TESTER)
    clock.move(timedelta(hours=-1))
    assert found.find("acme", "openai") is None


def test_a_credential_that_can_not_be_read_leaves_the_others(
    book: UpstreamBook,
    tmp_path: Path,
    clock: FrozenClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    book.add("acme", OPENAI, CREDENTIAL, by=TESTER)
    (tmp_path / KEY_FILE).unlink()
    book.add("acme", replace(OPENAI, name="ours"), CREDENTIAL, by=TESTER)  # with a new key
    elsewhere = OpenUpstreams(UpstreamBook(book._control, SecretKeys(tmp_path), clock), Standing(book._control), clock)
    with caplog.at_level(logging.ERROR):
        openai, ours = elsewhere.find("acme", "openai"), elsewhere.find("acme", "ours")
    assert openai is not None
    assert ours is not None
    assert (openai.credential, ours.credential) == (None, CREDENTIAL)
    assert "upstream openai of acme: the secret key" in caplog.text
    assert CREDENTIAL not in caplog.text
    assert CREDENTIAL not in repr(ours)


def test_rotating_seals_everything_anew_and_forgets_the_old_key(
    found: OpenUpstreams, book: UpstreamBook, keys: SecretKeys, clock: FrozenClock
) -> None:
    for organisation in ("acme", "other"):
        book.add(organisation, OPENAI, f"{CREDENTIAL}-{organisation}", by=TESTER)
    book.add("acme", replace(OPENAI, name="without"), by=TESTER)
    before = keys.ids()
    rotated = rotate(book._control, keys, TESTER, NOW)
    assert rotated.secrets == 2
    assert keys.ids() == (rotated.key,)
    assert rotated.key not in before
    clock.move(timedelta(seconds=1))
    for organisation in ("acme", "other"):
        openai = found.find(organisation, "openai")
        assert openai is not None
        assert openai.credential == f"{CREDENTIAL}-{organisation}"


def test_a_rotation_that_is_killed_leaves_everything_readable(
    book: UpstreamBook, keys: SecretKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = book.add("acme", OPENAI, CREDENTIAL, by=TESTER)
    for step in ("renew", "forget_all_but"):
        with monkeypatch.context() as killed:
            work = getattr(keys, step)

            def die(*arguments: object, work: object = work, step: str = step) -> None:
                if step == "renew":
                    work(*arguments)  # type: ignore[operator]
                raise KeyboardInterrupt

            killed.setattr(keys, step, die)
            with pytest.raises(KeyboardInterrupt):
                rotate(book._control, keys, TESTER, NOW)
        assert book.credential_of(book.named("acme", made.name)) == CREDENTIAL
    assert len(keys.ids()) > 1
    assert rotate(book._control, keys, TESTER, NOW).secrets == 1
    assert len(keys.ids()) == 1


def test_nothing_is_rotated_while_a_credential_can_not_be_read(book: UpstreamBook, tmp_path: Path) -> None:
    book.add("acme", OPENAI, CREDENTIAL, by=TESTER)
    (tmp_path / KEY_FILE).unlink()
    fresh = SecretKeys(tmp_path)
    with pytest.raises(SecretUnreadable, match="is missing"):
        rotate(book._control, fresh, TESTER, NOW)
    assert not (tmp_path / KEY_FILE).exists()


def test_moving_from_the_file_to_a_given_key(book: UpstreamBook, tmp_path: Path, clock: FrozenClock) -> None:
    book.add("acme", OPENAI, CREDENTIAL, by=TESTER)
    key = new_sealing_key()
    given = SecretKeys(tmp_path, written(key))
    moved = UpstreamBook(book._control, given, clock)
    assert rotate(book._control, given, TESTER, NOW).key == key.id
    assert not (tmp_path / KEY_FILE).exists()
    assert moved.credential_of(moved.named("acme", "openai")) == CREDENTIAL
