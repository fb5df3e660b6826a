"""Statements as the engine parses them, kept: to parse one is a fifth of what a page's statement costs.

A text has marks in place of values, so pages come with the same few texts again and again, whoever asks. Nothing of an
answer is kept, and nothing that depends on the state of the ledger: each time the engine plans anew.
"""

from functools import lru_cache
from typing import Final

import duckdb

MOST_KEPT: Final = 256  # some 20 kB for each thousand characters
LONGEST_KEPT: Final = 10_000  # characters; longer ones have a mark for each of many values, and hardly come again


class Statements:
    """Parses with a connection of its own; any thread may ask, and execute what it gets on any cursor."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._kept = lru_cache(MOST_KEPT)(self._parsed)

    def of(self, text: str) -> duckdb.Statement | str:
        """Return what to execute for one statement."""
        return text if len(text) > LONGEST_KEPT else self._kept(text)

    def _parsed(self, text: str) -> duckdb.Statement:
        (statement,) = self._connection.extract_statements(text)
        return statement
