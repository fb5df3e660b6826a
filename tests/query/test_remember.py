from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from outlay.query.remember import Remembered


class Counting:
    """A snapshot that counts how often it is read."""

    dialect = "duckdb"
    watermark = 7
    days_waiting = 2
    runs_waiting = 3

    def __init__(self) -> None:
        self.reads = 0

    def zone_of(self, organisation: str) -> ZoneInfo:
        return ZoneInfo(f"Europe/{organisation}")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        self.reads += 1
        return [(sql, *parameters)]


def test_the_same_statement_is_read_once() -> None:
    counting = Counting()
    remembered = Remembered(counting)
    assert remembered.rows("a", [1]) == remembered.rows("a", (1,)) == [("a", 1)]
    assert remembered.rows("a", [2]) == [("a", 2)]
    assert remembered.rows("b", [1]) == [("b", 1)]
    assert counting.reads == 3
    assert (remembered.watermark, remembered.days_waiting, remembered.runs_waiting, remembered.dialect) == (
        7,
        2,
        3,
        "duckdb",
    )
    assert remembered.zone_of("Berlin").key == "Europe/Berlin"
