"""A ledger ten times as large, made from another by copying its events inside the engine.

Making a hundred million events through the whole way takes an hour; what a page then costs depends on the number of
events, their spread over time and the number of groups a day, and those are the same in a copy. Each copy has ids and
times of its own; the day sums are multiplied.
"""

import shutil
from pathlib import Path
from typing import Final

import duckdb

from outlay.app import LEDGER_FILE
from outlay.ledger.schema import DAY, DAY_TAGS, EVENT_COLUMNS, EVENTS, ROLLUP_SUMS

TIMES: Final = 10

_CHANGED: Final = {"seq": '"seq" + ? * ?', "id": "\"id\" || '~' || ?", "time": '"time" + to_microseconds(?)'}


def grow(source: Path, target: Path) -> None:
    """Copy the data directory `source` to `target` with ten times its events."""
    shutil.copytree(source, target)
    with duckdb.connect(str(target / LEDGER_FILE), config={"preserve_insertion_order": False}) as connection:
        last = connection.execute(f"SELECT max(seq) FROM {EVENTS}").fetchall()[0][0]
        columns = ", ".join(_CHANGED.get(name, f'"{name}"') for name in EVENT_COLUMNS)
        for copy in range(1, TIMES):
            statement = f"INSERT INTO {EVENTS} SELECT {columns} FROM {EVENTS} WHERE seq <= ?"
            connection.execute(statement, [copy, last, copy, copy, last])
            connection.execute("CHECKPOINT")
        sums = ", ".join(f'"{name}" = "{name}" * {TIMES}' for name in ROLLUP_SUMS)
        for table in (DAY, DAY_TAGS):
            connection.execute(f"UPDATE {table} SET {sums}")
        connection.execute("CHECKPOINT")
