"""What becomes of each event that is handed in."""

from typing import Literal

from msgspec import Struct


class Outcome(Struct, frozen=True):
    """`stored`, `duplicate`, or `rejected` with the error's code and message.

    Where names are more than may be registered, `kind` and `names` say which.
    """

    result: Literal["stored", "duplicate", "rejected"]
    code: str | None = None
    message: str | None = None
    kind: str | None = None
    names: tuple[str, ...] = ()


STORED = Outcome("stored")
DUPLICATE = Outcome("duplicate")
