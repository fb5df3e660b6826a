"""The same on Postgres: every schema that was ever released leads to today's, in place and with its data.

The data are those of the dumps of SQLite, put into what the migrations up to their revision make on Postgres.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, create_engine, func, insert, select

from outlay.control.database import open_control
from outlay.control.engine import as_url, connect
from outlay.control.schema import SCHEMA
from outlay.control.tables import REVISION
from outlay.control.upgrade import revisions, upgrade
from outlay.errors import OutlayError
from tests.control.schema_dump import SCHEMAS, load
from tests.control_engine import empty_database

pytestmark = pytest.mark.postgres_only

_STRUCTURE = (
    """SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name
    FROM information_schema.columns WHERE table_schema = 'public'""",
    "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
)


def _structure(engine: Engine) -> list[tuple[object, ...]]:
    """Return what Postgres itself says of columns, indexes, constraints, triggers and functions."""
    with engine.begin() as connection:
        return sorted(
            (tuple(row) for statement in _STRUCTURE for row in connection.exec_driver_sql(statement)), key=repr
        )


def _load(revision: str, folder: Path, engine: Engine) -> None:
    load((SCHEMAS / f"{revision}.sql").read_text(encoding="utf-8"), folder / "old.sqlite")
    old = create_engine(f"sqlite:///{folder / 'old.sqlite'}")
    there, here = MetaData(), MetaData()
    there.reflect(old)
    with engine.begin() as connection:
        here.reflect(connection)
    with old.begin() as source, engine.execution_options(outlay_writes="synced").begin() as target:
        for table in (each for each in here.sorted_tables if each.name != "alembic_version"):
            rows = [dict(row) for row in source.execute(select(there.tables[table.name])).mappings()]
            assert rows, table.name
            target.execute(insert(table), rows)
    old.dispose()


@pytest.fixture
def url() -> str:
    return empty_database()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    found = connect(as_url(url))
    yield found
    found.dispose()


@pytest.fixture(scope="module")
def today() -> list[tuple[object, ...]]:
    """Return the structure of a new database."""
    url = empty_database()
    open_control(url).close()
    engine = connect(as_url(url))
    try:
        return _structure(engine)
    finally:
        engine.dispose()


def test_the_migrations_lead_to_the_tables_as_declared(
    url: str, engine: Engine, today: list[tuple[object, ...]]
) -> None:
    upgrade(url)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SCHEMA) == []
        assert context.get_current_revision() == REVISION
    assert _structure(engine) == today


@pytest.mark.parametrize("revision", revisions())
def test_a_database_of_every_revision_opens_with_its_data(
    url: str, engine: Engine, today: list[tuple[object, ...]], tmp_path: Path, revision: str
) -> None:
    upgrade(url, revision)
    _load(revision, tmp_path, engine)
    old = MetaData()
    with engine.begin() as connection:
        old.reflect(connection)
    control = open_control(url)
    with control.read() as connection:
        for table in (each for each in SCHEMA.sorted_tables if each.name in old.tables):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() > 0, table.name
    control.close()
    assert _structure(engine) == today


def test_entities_are_numbered_in_the_order_they_were_first_seen(url: str, engine: Engine) -> None:
    upgrade(url, "0001")
    with engine.execution_options(outlay_writes="synced").begin() as connection:
        connection.exec_driver_sql("INSERT INTO organisations VALUES ('acme', 'Acme', 'UTC', '2026-09-01 00:00:00+00')")
        for kind, entity, day in [("user", "first", 1), ("user", "third", 20), ("user", "second", 3), ("team", "t", 9)]:
            row = f"'acme', '{kind}', '{entity}', NULL, NULL, NULL, 5, '{entity}', '2026-09-{day:02d} 00:00:00+00'"
            connection.exec_driver_sql(f"INSERT INTO entities VALUES ({row})")
    control = open_control(url)
    with control.read() as connection:
        found = connection.exec_driver_sql("SELECT kind, id, number FROM entities ORDER BY kind, number").all()
    assert [tuple(row) for row in found] == [
        ("team", "t", 0),
        ("user", "first", 0),
        ("user", "second", 1),
        ("user", "third", 2),
    ]
    control.close()


def test_a_migration_that_fails_leaves_the_database_as_it_was(url: str, engine: Engine) -> None:
    upgrade(url, "0001")
    with engine.execution_options(outlay_writes="synced").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE saved_views (not_ours INTEGER)")  # in the way of the third step
    before = _structure(engine)
    with pytest.raises(OutlayError, match='can\'t upgrade the control database: relation "saved_views" already exists'):
        open_control(url)
    assert _structure(engine) == before


def test_of_two_processes_that_open_an_old_database_both_find_it_upgraded(
    url: str, engine: Engine, today: list[tuple[object, ...]]
) -> None:
    upgrade(url, "0001")
    with ThreadPoolExecutor(2) as pool:  # each upgrades in a process of its own
        for opened in [pool.submit(open_control, url) for _ in range(2)]:
            opened.result().close()
    assert _structure(engine) == today


def test_a_database_of_a_newer_outlay_is_refused_and_left_alone(url: str, engine: Engine) -> None:
    open_control(url).close()
    with engine.execution_options(outlay_writes="synced").begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = _structure(engine)
    with pytest.raises(OutlayError, match="newer Outlay"):
        open_control(url)
    assert _structure(engine) == before
