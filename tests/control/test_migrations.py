"""Every schema that was ever released leads to today's, in place and with its data."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, make_url, select

from outlay.control.database import open_control
from outlay.control.engine import connect
from outlay.control.schema import SCHEMA
from outlay.control.tables import REVISION
from outlay.control.upgrade import revisions, upgrade
from outlay.errors import OutlayError
from tests.control.schema_dump import SCHEMAS, load

pytestmark = pytest.mark.sqlite_only


def _structure(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return what SQLite itself says of every table: columns, indexes with their columns, foreign keys."""
    connection = sqlite3.connect(path)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in tables:
            parts = list(connection.execute(f"PRAGMA table_info({table})"))
            parts += _foreign_keys(connection, table)
            for index in connection.execute(f"PRAGMA index_list({table})").fetchall():
                columns = connection.execute(f"PRAGMA index_info({index[1]})").fetchall()
                parts.append((*index[2:], tuple(columns)))
            parts += connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
            )
            found[table] = sorted(parts, key=repr)
        return found
    finally:
        connection.close()


def _foreign_keys(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    """Return each with its columns, without the number it has: copying a table may change their order."""
    found: dict[int, list[object]] = {}
    for number, *rest in connection.execute(f"PRAGMA foreign_key_list({table})"):
        found.setdefault(number, []).append(tuple(rest))
    return [tuple(columns) for columns in found.values()]


def test_the_migrations_lead_to_the_tables_as_declared(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'migrated.sqlite'}"
    upgrade(url)
    engine = connect(make_url(url))
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SCHEMA) == []
        assert context.get_current_revision() == REVISION
    engine.dispose()


def test_a_new_database_is_the_same_as_a_migrated_one(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
    open_control(tmp_path / "new.sqlite").close()
    assert _structure(tmp_path / "new.sqlite") == _structure(tmp_path / "migrated.sqlite")


def test_the_declared_revision_is_the_newest_and_every_one_has_a_dump() -> None:
    assert revisions()[-1] == REVISION
    assert sorted(path.stem for path in SCHEMAS.glob("*.sql")) == sorted(revisions())


@pytest.mark.parametrize("revision", revisions())
def test_a_database_of_every_revision_opens_with_its_data(tmp_path: Path, revision: str) -> None:
    path = tmp_path / "old.sqlite"
    load((SCHEMAS / f"{revision}.sql").read_text(encoding="utf-8"), path)
    there = set(_structure(path))
    control = open_control(path)
    with control.read() as connection:
        for table in (each for each in SCHEMA.sorted_tables if each.name in there):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() > 0, table.name
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    control.close()
    open_control(tmp_path / "new.sqlite").close()
    assert _structure(path) == _structure(tmp_path / "new.sqlite")


def test_entities_are_numbered_in_the_order_they_were_first_seen(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    load((SCHEMAS / "0001.sql").read_text(encoding="utf-8"), path)
    seen = [("user", "first", 1), ("user", "third", 20), ("user", "second", 3), ("team", "t", 9)]
    for kind, entity, day in seen:
        row = f"'acme', '{kind}', '{entity}', NULL, NULL, NULL, 5, '{entity}', '2026-09-{day:02d} 00:00:00.000000'"
        load(f"INSERT INTO entities VALUES ({row});", path)
    control = open_control(path)
    with control.read() as connection:
        found = connection.exec_driver_sql("SELECT kind, id, number, colour_slot FROM entities ORDER BY kind, number")
        assert [tuple(row) for row in found] == [
            ("api_key", "key_pie92fjg08jbw997", 0, 0),
            ("team", "t", 0, 5),
            ("user", "first", 0, 5),
            ("user", "second", 1, 5),
            ("user", "third", 2, 5),
            ("user", "ada", 3, 0),
        ]
    control.close()


def test_members_whom_a_provider_or_a_directory_knows_become_the_user_of_their_address(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    load((SCHEMAS / "0012.sql").read_text(encoding="utf-8"), path)
    connection = sqlite3.connect(path)
    with connection:
        # Each as Ada is, but without a user id or with another's: known by sign-on, by SCIM, by nobody.
        made = {"sso": None, "scim": None, "none": None, "late": None, "has": "kept", "other": "LATE@example.com"}
        for name, user in made.items():
            ada = _copied(connection, "members", "email = 'Ada@example.com' AND organisation = 'acme'")
            email = f"{name.upper()}@example.com"
            _put(connection, "members", ada | {"id": name, "email": email, "email_key": email.lower(), "user": user})
        for name in ("sso", "late", "has"):
            identity = _copied(connection, "sign_on_identities", "1 = 1")
            _put(connection, "sign_on_identities", identity | {"subject": name, "member": name})
        known = _copied(connection, "scim_users", "1 = 1")
        _put(connection, "scim_users", known | {"member": "scim", "user_name": "scim", "user_name_key": "scim"})
    connection.close()
    control = open_control(path)
    with control.read() as read:
        rows = read.exec_driver_sql('SELECT id, "user", search_text FROM members').all()
    control.close()
    users = {row[0]: row[1] for row in rows}
    assert (users["sso"], users["scim"]) == ("SSO@example.com", "SCIM@example.com")
    assert (users["none"], users["late"], users["has"]) == (None, None, "kept")
    assert next(row[2] for row in rows if row[0] == "sso").endswith("sso@example.com\nsso@example.com")


def _copied(connection: sqlite3.Connection, table: str, condition: str) -> dict[str, object]:
    """Return one row of a table, to be put there again with some of it changed."""
    found = connection.execute(f"SELECT * FROM {table} WHERE {condition}")
    return dict(zip([each[0] for each in found.description], found.fetchone(), strict=True))


def _put(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))


def test_opening_runs_the_migrations_that_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    load("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);", path)
    open_control(path).close()
    open_control(tmp_path / "new.sqlite").close()
    assert _structure(path) == _structure(tmp_path / "new.sqlite")


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    load("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);", path)
    load("CREATE TABLE entities (not_ours INTEGER);", path)  # in the way of the last of the first step's tables
    before = _structure(path)
    with pytest.raises(OutlayError, match="can't upgrade the control database: table entities already exists"):
        open_control(path)
    assert _structure(path) == before


def test_of_two_processes_that_open_an_old_database_both_find_it_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    load("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);", path)
    with ThreadPoolExecutor(2) as pool:  # each upgrades in a process of its own
        for opened in [pool.submit(open_control, path) for _ in range(2)]:
            opened.result().close()
    open_control(tmp_path / "new.sqlite").close()
    assert _structure(path) == _structure(tmp_path / "new.sqlite")


def test_a_database_of_a_newer_outlay_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    open_control(path).close()
    load("UPDATE alembic_version SET version_num = '9999';", path)
    before = _structure(path)
    with pytest.raises(OutlayError, match="newer Outlay"):
        open_control(path)
    assert _structure(path) == before


def test_opening_never_loads_alembic(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from outlay.control.database import open_control; "
        f"open_control(Path({str(tmp_path / 'control.sqlite')!r})).close(); "
        "print([name for name in sys.modules if name.split('.')[0] in {'alembic', 'mako'}])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
