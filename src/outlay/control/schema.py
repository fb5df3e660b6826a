"""The whole schema of the control database: importing this loads the tables of every area."""

from typing import Final

from outlay.control import (
    columns,
    directory_tables,
    gateway_tables,
    key_tables,
    log_tables,
    price_tables,
    saved_tables,
    sign_in_tables,
    tables,
    team_tables,
    trail_tables,
)

SCHEMA: Final = columns.metadata

__all__ = [
    "SCHEMA",
    "directory_tables",
    "gateway_tables",
    "key_tables",
    "log_tables",
    "price_tables",
    "saved_tables",
    "sign_in_tables",
    "tables",
    "team_tables",
    "trail_tables",
]
