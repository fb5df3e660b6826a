"""What becomes of each event that is handed in."""

from typing import Literal

from msgspec import Struct


class Outcome(Struct, frozen=True):
    """`stored`, `duplicate`, or `rejected` with the error's code and message."""

    result: Literal["stored", "duplicate", "rejected"]
    code: str | None = None
    message: str | None = None


STORED = Outcome("stored")
DUPLICATE = Outcome("duplicate")
