"""Puts a new secret key in force: everything that was sealed with an older one is sealed with the new one.

Every column that holds a sealed text is listed here: one that is missing could never be read again after a rotation.
"""

from typing import Final

from msgspec import Struct

from outlay.access.secrets import SecretKeys
from outlay.control.database import Control
from outlay.control.sealed import SealedColumn, reseal
from outlay.control.upstreams import CREDENTIALS

SEALED: Final[tuple[SealedColumn, ...]] = (CREDENTIALS,)


class Rotated(Struct, frozen=True):
    """The id of the key in force now, and how many secrets are sealed with it."""

    key: str
    secrets: int


def rotate(control: Control, keys: SecretKeys) -> Rotated:
    """Rotate; a server may be running. Killed in between, everything can still be read, and it can be run again.

    Raises SecretUnreadable when a secret can't be opened; nothing is changed then.
    """
    count = reseal(control, keys, SEALED, keys.renew)
    newest = keys.ids()[0]
    keys.forget_all_but(newest)
    return Rotated(newest, count)
