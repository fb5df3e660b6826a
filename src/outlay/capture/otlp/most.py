"""How much one export may be made of. Two bytes of a body can become dozens in memory, in either encoding."""

from typing import Final

from outlay.errors import BodyTooLarge

MOST_RECORDS: Final = 100_000  # spans or log records, also those that are no model calls; and what they are grouped by
MOST_PARTS: Final = 2_000_000  # messages in all: records, attributes, values


def check_records(count: int) -> None:
    """Raise BodyTooLarge for more records than one export may have."""
    if count > MOST_RECORDS:
        raise BodyTooLarge(f"more than {MOST_RECORDS:,} spans or log records in one export; send smaller batches")


def check_parts(count: int) -> None:
    """Raise BodyTooLarge for more messages than one export may have."""
    if count > MOST_PARTS:
        raise BodyTooLarge(f"an export of more than {MOST_PARTS:,} parts; send smaller batches")
