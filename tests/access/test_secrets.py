"""Secret keys: made at the first use, kept for their owner alone, replaced while others read and write."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from outlay.access.secrets import KEY_FILE, SecretKeys
from outlay.errors import SecretUnreadable
from outlay.kit.sealing import Sealed, new_sealing_key, written


def test_nothing_is_made_until_something_is_sealed(tmp_path: Path) -> None:
    keys = SecretKeys(tmp_path)
    assert keys.ids() == ()
    with pytest.raises(SecretUnreadable, match="the secret key abc is missing"):
        keys.unseal(Sealed("abc", b""), "a")
    assert not list(tmp_path.iterdir())


def test_the_first_seal_makes_the_file_for_its_owner_alone(tmp_path: Path) -> None:
    sealed = SecretKeys(tmp_path).seal("sk-secret", "a")
    (file,) = tmp_path.iterdir()
    assert file.name == KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert SecretKeys(tmp_path).unseal(sealed, "a") == "sk-secret"


def test_processes_that_make_the_file_at_once_use_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        sealed = list(pool.map(lambda _: SecretKeys(tmp_path).seal("x", "a"), range(64)))
    assert len({each.key for each in sealed}) == 1
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


def test_a_given_key_needs_no_file(tmp_path: Path) -> None:
    key = new_sealing_key()
    keys = SecretKeys(tmp_path, written(key))
    assert keys.seal("x", "a").key == key.id
    assert not list(tmp_path.iterdir())


def test_a_given_key_takes_over_from_the_file_which_still_opens(tmp_path: Path) -> None:
    old = SecretKeys(tmp_path).seal("x", "a")
    key = new_sealing_key()
    keys = SecretKeys(tmp_path, written(key))
    assert keys.unseal(old, "a") == "x"
    assert keys.seal("x", "a").key == key.id
    assert keys.ids() == (key.id, old.key)


def test_of_several_given_keys_the_first_seals_and_all_open(tmp_path: Path) -> None:
    old, new = new_sealing_key(), new_sealing_key()
    sealed = SecretKeys(tmp_path, written(old)).seal("x", "a")
    keys = SecretKeys(tmp_path, f"{written(new)},{written(old)}")
    assert keys.unseal(sealed, "a") == "x"
    assert keys.seal("x", "a").key == new.id
    keys.renew()
    assert keys.ids() == (new.id, old.id)


def test_a_renewed_file_is_seen_by_who_has_read_the_old_one(tmp_path: Path) -> None:
    keys, elsewhere = SecretKeys(tmp_path), SecretKeys(tmp_path)
    old = keys.seal("x", "a")
    assert elsewhere.unseal(old, "a") == "x"
    keys.renew()
    new = keys.seal("y", "a")
    assert new.key != old.key
    assert elsewhere.unseal(new, "a") == "y"
    assert elsewhere.unseal(old, "a") == "x"
    assert elsewhere.seal("z", "a").key == new.key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_forgetting_leaves_the_one_key(tmp_path: Path) -> None:
    keys = SecretKeys(tmp_path)
    old = keys.seal("x", "a")
    keys.renew()
    newest = keys.ids()[0]
    keys.forget_all_but(newest)
    assert keys.ids() == (newest,)
    with pytest.raises(SecretUnreadable, match=f"the secret key {old.key} is missing"):
        SecretKeys(tmp_path).unseal(old, "a")


def test_with_a_given_key_forgetting_takes_the_file_away(tmp_path: Path) -> None:
    SecretKeys(tmp_path).seal("x", "a")
    keys = SecretKeys(tmp_path, written(new_sealing_key()))
    keys.forget_all_but(keys.ids()[0])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"hunter2\n", b"\xff\xfe\n"], ids=["no key", "no text"])
def test_a_file_that_holds_no_keys_is_named_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(SecretUnreadable, match=r"secret\.key: a secret key is 32 random bytes") as raised:
        SecretKeys(tmp_path).seal("x", "a")
    assert "hunter2" not in raised.value.message
    assert (tmp_path / KEY_FILE).read_bytes() == content


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).mkdir()
    with pytest.raises(SecretUnreadable, match="can't read"):
        SecretKeys(tmp_path).seal("x", "a")


def test_a_seal_for_another_context_is_told_as_altered(tmp_path: Path) -> None:
    keys = SecretKeys(tmp_path)
    with pytest.raises(SecretUnreadable, match="altered"):
        keys.unseal(keys.seal("x", "upstream:acme:1"), "upstream:other:1")
