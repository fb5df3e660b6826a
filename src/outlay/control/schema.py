"""The whole schema of the control database: importing this loads the tables of every file."""

from typing import Final

from outlay.control import directory_tables, log_tables, tables, team_tables

SCHEMA: Final = tables.metadata

__all__ = ["SCHEMA", "directory_tables", "log_tables", "team_tables"]
