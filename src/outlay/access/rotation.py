"""Puts a new secret key in force: everything that was sealed with an older one is sealed with the new one."""

from msgspec import Struct

from outlay.access.secrets import SecretKeys
from outlay.control.upstreams import UpstreamBook


class Rotated(Struct, frozen=True):
    """The id of the key in force now, and how many credentials are sealed with it."""

    key: str
    credentials: int


def rotate(keys: SecretKeys, book: UpstreamBook) -> Rotated:
    """Rotate; a server may be running. Killed in between, everything can still be read, and it can be run again.

    Raises SecretUnreadable when a credential can't be opened; nothing is changed then.
    """
    count = book.reseal(keys.renew)
    newest = keys.ids()[0]
    keys.forget_all_but(newest)
    return Rotated(newest, count)
