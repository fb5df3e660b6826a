"""What every site makes anew though it always comes out the same: made once in a test process, then repeated.

Opening a site costs half of what it did. Each site still loads templates of its own, with its own globals, and each
control database is made in its own file by the statements that made the first; only compiling them is not repeated.
"""

from functools import cache, partial

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from sqlalchemy import Connection

from outlay.control.schema import SCHEMA
from outlay.web import render
from outlay.web.assets import Assets


class _CompiledOnce(BytecodeCache):
    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], Bucket] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        known = self._compiled.get((bucket.key, bucket.checksum))
        bucket.code = known.code if known else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket


class _CreatedOnce:
    """Creates the tables of the control database in SQLite files, whose statements the first file tells."""

    def __init__(self) -> None:
        self._create = SCHEMA.create_all
        self._statements: list[str] = []

    def create_all(self, connection: Connection) -> None:
        if connection.dialect.name != "sqlite" or not self._statements:
            self._create(connection)
        else:
            for statement in self._statements:
                connection.exec_driver_sql(statement)
        if connection.dialect.name == "sqlite" and not self._statements:
            told = connection.exec_driver_sql(
                "SELECT sql, tbl_name FROM sqlite_master WHERE sql NOTNULL ORDER BY rowid"
            )
            self._statements = [statement for statement, table in told if table in SCHEMA.tables]


def make_once(patch: pytest.MonkeyPatch) -> None:
    """Have this process compile the templates and the control database's tables once, and read static files once."""
    patch.setattr(render, "Environment", partial(Environment, bytecode_cache=_CompiledOnce()))
    patch.setattr(render, "_content_hashes", cache(render._content_hashes))
    patch.setattr("outlay.web.site.Assets", cache(Assets))
    patch.setattr(SCHEMA, "create_all", _CreatedOnce().create_all)
