"""Passwords: argon2id hashes, and which passwords are taken at all. Plain passwords never leave the call that got them.

46 MiB and one pass is the first of OWASP's recommended settings: 40 ms on one core, which a person doesn't notice and
someone guessing does. At most two hashes are computed at a time, or a burst of sign-ins would take all memory.
"""

import unicodedata
from collections.abc import Sequence
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from outlay.access.password_strength import weakness_of
from outlay.errors import InputError

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256

_AT_ONCE: Final = 2

# The hash of a random text nobody knows: checked for unknown accounts, so that they take as long as known ones.
_NOBODY: Final = "$argon2id$v=19$m=47104,t=1,p=1$1xP6/28TmBIGdu07WYuAzg$cWDYyF9WAE19/bEPZgfbOF2bvTuC9IR655+Z4wK9XGo"


class Passwords:
    """Hashes and checks passwords; one for the whole process."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
        self._turn = BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str, about: Sequence[str] = ()) -> str:
        """Return the hash to store; InputError when the password is too short, too long, or too easy to guess.

        `about` is what a guesser knows of its owner: e-mail, name, organisation.
        """
        text = _normal(password)
        if len(text) < SHORTEST_PASSWORD:
            raise InputError(f"the password is too short; take at least {SHORTEST_PASSWORD} characters")
        if len(text) > LONGEST_PASSWORD:
            raise InputError(f"the password is too long; take at most {LONGEST_PASSWORD} characters")
        weakness = weakness_of(text, about)
        if weakness is not None:
            raise InputError(f"the password is too easy to guess: {weakness}")
        return self._hashed(text)

    def hash_again(self, password: str) -> str:
        """Return the hash of a password that was taken once, whatever would be asked of a new one."""
        return self._hashed(_normal(password))

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Return whether this is the password; takes as long when there is no hash to compare with."""
        text = _normal(password[:LONGEST_PASSWORD])
        try:
            with self._turn:
                self._hasher.verify(password_hash or _NOBODY, text)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None and len(password) <= LONGEST_PASSWORD

    def _hashed(self, text: str) -> str:
        with self._turn:
            return self._hasher.hash(text)

    def is_outdated(self, password_hash: str) -> bool:
        """Return whether the hash was made with weaker settings than today's; then hash again at the next sign-in."""
        return self._hasher.check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    # The same password typed on two keyboards may arrive in two Unicode forms; a lone surrogate can't be typed at all.
    return unicodedata.normalize("NFKC", password).encode(errors="replace").decode()
