"""What tables and views a ledger has, and with which columns: asked at each start, to make what is missing.

DuckDB's information_schema tells the same, but the first question to it takes 12 ms and each further one 2.
"""

import duckdb


def columns_of(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    """Return the types of the columns of a table or view by their names, in order; nothing where there is none.

    To be asked outside of a transaction: where there is none, it would be lost.
    """
    try:
        return dict(connection.execute("SELECT name, type FROM pragma_table_info(?)", [name]).fetchall())
    except (duckdb.CatalogException, duckdb.BinderException):  # a view of what is gone is as good as none
        return {}


def is_view(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM duckdb_views() WHERE view_name = ? AND NOT internal", [name])
    return bool(found.fetchall())
