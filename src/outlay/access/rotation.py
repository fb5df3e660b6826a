"""Puts a new secret key in force: everything that was sealed with an older one is sealed with the new one.

Every column that holds a sealed text is listed here: one that is missing could never be read again after a rotation.
The ends of the audit trail are signed anew, where they bear the signature they should.
"""

from datetime import datetime
from typing import Final

from msgspec import Struct

from outlay.access.second_factor import SECRETS
from outlay.access.secrets import SecretKeys
from outlay.control.database import Control
from outlay.control.outgoing_mail import LETTERS
from outlay.control.sealed import SealedColumn, reseal
from outlay.control.sign_on_providers import CLIENT_SECRETS
from outlay.control.trail import INSTALLATION, Actor, Change, sign_heads, trusted_heads, write_down
from outlay.control.upstreams import CREDENTIALS

SEALED: Final[tuple[SealedColumn, ...]] = (CREDENTIALS, SECRETS, LETTERS, CLIENT_SECRETS)


class Rotated(Struct, frozen=True):
    """The id of the key in force now, and how many secrets are sealed with it."""

    key: str
    secrets: int


def rotate(control: Control, keys: SecretKeys, by: Actor, now: datetime) -> Rotated:
    """Rotate; a server may be running. Killed in between, everything can still be read, and it can be run again.

    Raises SecretUnreadable when a secret can't be opened; nothing is changed then.
    """
    with control.begin() as connection:
        heads = trusted_heads(connection)
        count = reseal(connection, keys, SEALED, keys.renew)
        sign_heads(connection, heads)
        newest = keys.ids()[0]
        change = Change("secret_key.rotate", "secret_key", newest, newest, after={"secrets": count})
        write_down(connection, INSTALLATION, by, change, now)
    with control.begin():  # which waits until a rotation that began meanwhile has put its own key in force
        if keys.ids()[0] == newest:
            keys.forget_all_but(newest)
    return Rotated(newest, count)
