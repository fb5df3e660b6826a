"""Editions: an organisation's sums and runs in one zone, as a number beside each of their rows, and which of them show.

What is read are views of the tables without the hidden editions. So new sums are written beside those that are read,
and take their place by a change of the views, however many there are. Rows are always either of the edition that the
organisation has now (0 until it changes its zone) or of a hidden one; whose number was never given before.
"""

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
from msgspec import Struct

from outlay.kit.period import parse_zone
from outlay.ledger.schema import DAY_ZONES, HIDDEN

EDITION: Final = {"edition": "INTEGER"}
# For a statement that reads rows of organisations, joined so.
WITH_EDITION: Final = f"LEFT JOIN (SELECT organisation, edition AS current FROM {DAY_ZONES}) USING (organisation)"
CURRENT: Final = "coalesce(current, 0)"
CURRENT_OF_ONE: Final = f"coalesce((SELECT edition FROM {DAY_ZONES} WHERE organisation = ?), 0)"
NOT_HIDDEN: Final = f"ANTI JOIN {HIDDEN} USING (organisation, edition)"


class Edition(Struct, frozen=True):
    """One organisation's sums and runs in one zone."""

    organisation: str
    number: int


def create_editions(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"CREATE TABLE IF NOT EXISTS {DAY_ZONES} (organisation VARCHAR, zone VARCHAR, edition INTEGER)")
    connection.execute(f"ALTER TABLE {DAY_ZONES} ADD COLUMN IF NOT EXISTS edition INTEGER DEFAULT 0")
    connection.execute(f"CREATE TABLE IF NOT EXISTS {HIDDEN} (organisation VARCHAR, edition INTEGER)")


def zones_in(connection: duckdb.DuckDBPyConnection) -> Mapping[str, ZoneInfo]:
    """Return the zones that days are counted in, of the organisations that ever changed theirs."""
    rows = connection.execute(f"SELECT organisation, zone FROM {DAY_ZONES}").fetchall()
    return {organisation: parse_zone(zone) for organisation, zone in rows}


def hidden_in(connection: duckdb.DuckDBPyConnection) -> list[Edition]:
    found = connection.execute(f"SELECT organisation, edition FROM {HIDDEN} ORDER BY ALL").fetchall()
    return [Edition(*row) for row in found]


def hide_next(connection: duckdb.DuckDBPyConnection, organisation: str) -> Edition:
    """Return an edition that nothing is of yet, hidden; the views are to be made anew with it."""
    found = connection.execute(
        f"SELECT max(edition) FROM (SELECT edition FROM {DAY_ZONES} UNION ALL SELECT edition FROM {HIDDEN})"
    ).fetchall()
    edition = Edition(organisation, int(found[0][0] or 0) + 1)
    connection.execute(f"INSERT INTO {HIDDEN} VALUES (?, ?)", [organisation, edition.number])
    return edition


def take_over(connection: duckdb.DuckDBPyConnection, edition: Edition, zone: ZoneInfo) -> None:
    """Have an edition take the place of the one its organisation has, which is hidden; views are to be made anew."""
    organisation = edition.organisation
    connection.execute(f"INSERT INTO {HIDDEN} SELECT ?, {CURRENT_OF_ONE}", [organisation, organisation])
    unhide(connection, edition)
    connection.execute(f"DELETE FROM {DAY_ZONES} WHERE organisation = ?", [organisation])
    connection.execute(f"INSERT INTO {DAY_ZONES} VALUES (?, ?, ?)", [organisation, zone.key, edition.number])


def unhide(connection: duckdb.DuckDBPyConnection, edition: Edition) -> None:
    """Hide an edition no more: it is the current one now, or has no rows any more."""
    connection.execute(
        f"DELETE FROM {HIDDEN} WHERE organisation = ? AND edition = ?", [edition.organisation, edition.number]
    )


def shown(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the condition for rows of editions that are not hidden, with all values in it: views have no others.

    The number is compared first, which is quick, and all there is as long as nobody changed a zone.
    """
    return " AND ".join(
        [
            "true",
            *(
                f"NOT (edition = {each.number:d} AND organisation = {quoted(each.organisation)})"
                for each in hidden_in(connection)
            ),
        ]
    )


def quoted(text: str) -> str:
    """Return a text as a literal of SQL, for the views."""
    return "'" + text.replace("'", "''") + "'"
