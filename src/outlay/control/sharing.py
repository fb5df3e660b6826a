"""Who sees and who may change what members keep for themselves or share: the one rule of saved views and annotations.

What is private is its author's alone, to admins too; what is shared everybody of the organisation sees, and those who
tend it may change and delete it beside its author.
"""

import unicodedata

from msgspec import Struct
from sqlalchemy import ColumnElement, Table, and_, or_

from outlay.errors import InputError


class Reader(Struct, frozen=True):
    """A member who reads or writes; `tends` says that what others share is in their hands too."""

    organisation: str
    member: str
    tends: bool = False


def in_sight(table: Table, reader: Reader) -> ColumnElement[bool]:
    """Return the condition that a row is the reader's own, or shared in their organisation."""
    return and_(table.c.organisation == reader.organisation, or_(_own(table, reader), table.c.shared))


def in_hands(table: Table, reader: Reader) -> ColumnElement[bool]:
    """Return the condition that the reader may change or delete a row."""
    mine = _own(table, reader)
    return and_(table.c.organisation == reader.organisation, or_(mine, table.c.shared) if reader.tends else mine)


def parse_line(text: str, most: int, what: str) -> str:
    """Return text as one line without surplus space; InputError when it is empty, too long or not printable."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if not (0 < len(line) <= most and line.isprintable()):
        raise InputError(f"{what} has 1 to {most} printable characters")
    return line


def _own(table: Table, reader: Reader) -> ColumnElement[bool]:
    own: ColumnElement[bool] = table.c.member == reader.member
    return own
