"""Sealed texts: what goes in comes out, for the same key and context alone, and nothing shows on the way."""

import base64
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.kit.sealing import Sealed, new_sealing_key, parse_sealing_keys, seal, unseal, written

KEY = new_sealing_key()
OTHER = new_sealing_key()


@given(st.text(), st.text())
def test_a_seal_opens_to_what_was_sealed(text: str, context: str) -> None:
    text, context = (each.encode(errors="replace").decode() for each in (text, context))
    assert unseal(KEY, seal(KEY, text, context), context) == text


def test_the_same_text_never_looks_the_same() -> None:
    sealed = {seal(KEY, "sk-secret", "a").content for _ in range(50)}
    assert len(sealed) == 50
    assert not any(b"sk-secret" in each for each in sealed)


@pytest.mark.parametrize("at", [0, 5, 12, 15, -1])
def test_an_altered_seal_does_not_open(at: int) -> None:
    sealed = seal(KEY, "sk-secret", "a")
    altered = bytearray(sealed.content)
    altered[at] ^= 1
    with pytest.raises(ValueError, match="seal is broken"):
        unseal(KEY, Sealed(sealed.key, bytes(altered)), "a")


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 12, b"x" * 13])
def test_what_is_no_seal_does_not_open(content: bytes) -> None:
    with pytest.raises(ValueError, match="seal is broken"):
        unseal(KEY, Sealed(KEY.id, content), "a")


def test_a_seal_opens_for_its_key_and_context_alone() -> None:
    sealed = seal(KEY, "sk-secret", "upstream:acme:1")
    for key, context in ((OTHER, "upstream:acme:1"), (KEY, "upstream:other:1")):
        with pytest.raises(ValueError, match="seal is broken"):
            unseal(key, sealed, context)


def test_keys_are_read_as_they_are_written_newest_first() -> None:
    text = f"# for people\n{written(KEY)}  # made in May\n\n {written(OTHER)}\n"
    assert parse_sealing_keys(text) == (KEY, OTHER)
    assert parse_sealing_keys(f"{written(KEY)},{written(OTHER)}") == (KEY, OTHER)
    assert parse_sealing_keys(base64.b64encode(KEY.secret).decode()) == (KEY,)
    assert parse_sealing_keys(written(KEY).rstrip("=")) == (KEY,)
    assert parse_sealing_keys(" \n# nothing\n") == ()


@pytest.mark.parametrize("text", ["hunter2", "A" * 42, "A" * 45, "ä" * 43, "A" * 43 + " A"])
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="32 random bytes") as raised:
        parse_sealing_keys(text)
    assert text not in str(raised.value)


def test_nothing_secret_shows_in_a_traceback() -> None:
    assert written(KEY) not in repr(KEY)
    assert repr(KEY.secret) not in repr(KEY)
    assert repr(seal(KEY, "sk-secret", "a")) == f"Sealed(key={KEY.id!r})"


def test_a_key_has_the_same_id_everywhere() -> None:
    assert parse_sealing_keys(written(KEY))[0].id == KEY.id != OTHER.id


def test_the_cipher_is_loaded_when_something_is_sealed_and_not_before() -> None:
    program = (
        "import sys; from outlay.kit.sealing import new_sealing_key, seal; key = new_sealing_key(); "
        "before = 'cryptography' in sys.modules; seal(key, 'a', 'b'); print(before, 'cryptography' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
