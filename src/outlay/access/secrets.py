"""The keys that credentials are sealed with: where they come from, which is in force, and how a new one takes over.

The setting `secret_key` holds keys, newest first; without it they are lines of `secret.key` in the data directory, made
when first needed. The newest seals, all open: so a key is replaced without a moment in which nothing can be read.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from outlay.errors import SecretUnreadable
from outlay.kit.sealing import (
    Sealed,
    SealingKey,
    is_mac,
    mac,
    new_sealing_key,
    parse_sealing_keys,
    seal,
    unseal,
    written,
)

KEY_FILE: Final = "secret.key"
_HEAD: Final = (
    "# The keys that credentials in the control database are sealed with, newest first. Keep this file apart\n"
)


class SecretKeys:
    """Safe to use from several threads and beside other processes: a file that changed is read again."""

    def __init__(self, directory: Path, given: str = "") -> None:
        """`given` is the setting, which was checked when it was read."""
        self._file = directory / KEY_FILE
        self._given = parse_sealing_keys(given)
        self._known: tuple[SealingKey, ...] = ()

    def seal(self, text: str, context: str) -> Sealed:
        """Seal with the newest key there is now, made when there is none.

        To be called in the transaction that stores the result: then `renew` can't forget the key in between.
        """
        keys = self._read()
        return seal(keys[0] if keys else self._first(), text, context)

    def unseal(self, sealed: Sealed, context: str) -> str:
        """Return the text; SecretUnreadable without the key, or when the seal was made for another context."""
        for keys in (self._known, self._read()):  # what another process made meanwhile is in the file
            for key in keys:
                if key.id == sealed.key:
                    return self._opened(key, sealed, context)
        raise SecretUnreadable(
            f"the secret key {sealed.key} is missing: put it back into {self._file} or the setting secret_key, "
            "or enter the credential again"
        )

    def mac(self, message: bytes) -> tuple[str, bytes]:
        """Return the newest key's id and what only who has this key can make of the message."""
        keys = self._read()
        key = keys[0] if keys else self._first()
        return key.id, mac(key, message)

    def made(self, message: bytes, key: str, tag: bytes) -> bool:
        """Whether `mac` made this of the message, with the key of this id; not where that key is missing."""
        return any(is_mac(each, message, tag) for each in self._read() if each.id == key)

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all keys, that of the newest first."""
        return tuple(key.id for key in self._read())

    def renew(self) -> None:
        """Put a new key in force, in the file; of those given the first is in force already."""
        if not self._given:
            self._replace((new_sealing_key(), *self._in_file()))

    def forget_all_but(self, key: str) -> None:
        """Take every other key out of the file: nothing is sealed with them any more."""
        if self._file.is_file():
            self._replace(tuple(each for each in self._in_file() if each.id == key))

    def _opened(self, key: SealingKey, sealed: Sealed, context: str) -> str:
        try:
            return unseal(key, sealed, context)
        except ValueError:
            raise SecretUnreadable("a stored credential was altered; enter it again") from None

    def _read(self) -> tuple[SealingKey, ...]:
        self._known = (*self._given, *self._in_file())
        return self._known

    def _in_file(self) -> tuple[SealingKey, ...]:
        try:
            return parse_sealing_keys(self._file.read_text(encoding="ascii", errors="replace"))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise SecretUnreadable(f"can't read {self._file}: {error.strerror}") from error
        except ValueError as error:
            raise SecretUnreadable(f"{self._file}: {error}") from None

    def _first(self) -> SealingKey:
        """Make the file; of two processes that do so at once, both use the key of the faster."""
        fresh = self._beside((new_sealing_key(),))
        try:
            with suppress(FileExistsError):
                os.link(fresh, self._file)
        finally:
            fresh.unlink()
        return self._read()[0]

    def _replace(self, keys: tuple[SealingKey, ...]) -> None:
        if keys:
            self._beside(keys).replace(self._file)
        else:
            self._file.unlink()
        self._known = (*self._given, *keys)

    def _beside(self, keys: tuple[SealingKey, ...]) -> Path:
        """Return a complete file next to the one that counts: readers never see half of it."""
        path = self._file.with_name(f"{KEY_FILE}.{secrets.token_hex(8)}")
        text = _HEAD + "# from backups of the database.\n" + "".join(f"{written(key)}\n" for key in keys)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return path
