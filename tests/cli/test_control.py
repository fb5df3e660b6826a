"""`outlay control copy` from SQLite into an empty Postgres database."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, update

from outlay.cli.control import control as control_command
from outlay.control.copying import copy_control
from outlay.control.database import CONTROL_FILE, Control, open_control
from outlay.control.schema import SCHEMA
from outlay.control.tables import entities, organisations
from outlay.errors import Conflict, OutlayError
from tests.control.schema_dump import fill
from tests.control_engine import URL_VARIABLE, empty_database


def _copy(data: Path, url: str) -> Result:
    return CliRunner().invoke(control_command, ["copy", "--data", str(data)], env={URL_VARIABLE: url})


def _sqlite(path: Path) -> Control:
    return open_control(f"sqlite:///{path}")


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Control]:
    """Return a filled control database on SQLite."""
    found = _sqlite(tmp_path / "old.sqlite")
    fill(found)
    yield found
    found.close()


@pytest.mark.postgres_only
def test_every_row_of_every_table_is_there_after(old: Control) -> None:
    with closing(open_control(empty_database())) as new:
        copied = copy_control(old, new)
        for table in SCHEMA.sorted_tables:
            with old.read() as before, new.read() as after:
                wanted = select(table).order_by(*table.primary_key.columns)
                rows = [tuple(row) for row in before.execute(wanted)]
                assert [tuple(row) for row in after.execute(wanted)] == rows
                assert copied[table.name] == len(rows) > 0
        with pytest.raises(Conflict, match="already; it must be empty"):
            copy_control(old, new)


@pytest.mark.postgres_only
def test_what_postgres_can_not_hold_ends_the_copy_with_nothing_copied(old: Control) -> None:
    with old.begin() as connection:
        connection.execute(update(entities).values(name="a\0b"))
    with closing(open_control(empty_database())) as new:
        with pytest.raises(OutlayError, match="entities can't be copied: a text holds the character NUL"):
            copy_control(old, new)
        with new.read() as connection:
            assert connection.execute(select(func.count()).select_from(organisations)).scalar_one() == 0


_ALTERS = """
CREATE FUNCTION renamed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name = 'Another'; RETURN NEW; END $$;
CREATE TRIGGER renames BEFORE INSERT ON organisations FOR EACH ROW EXECUTE FUNCTION renamed()
"""


@pytest.mark.postgres_only
def test_a_row_that_comes_back_otherwise_ends_it_too(old: Control) -> None:
    with closing(open_control(empty_database())) as new:
        with new.begin() as connection:
            connection.exec_driver_sql(_ALTERS)
        with pytest.raises(OutlayError, match="row 1 of organisations is not what it was; nothing was copied"):
            copy_control(old, new)


@pytest.mark.postgres_only
def test_the_command_says_what_it_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(_sqlite(tmp_path / "data" / CONTROL_FILE)) as control:
        fill(control)
    monkeypatch.setattr("outlay.cli.control.open_control", _sqlite)
    url = empty_database()
    done = _copy(tmp_path / "data", url)
    assert done.exit_code == 0, done.output
    assert "members\t" in done.stdout
    assert "copied and compared: " in done.stderr
    assert _copy(tmp_path / "data", url).exit_code == 1
    (tmp_path / "data" / CONTROL_FILE).unlink()  # a database on SQLite is what other tests must not leave


@pytest.mark.parametrize(
    ("url", "code", "reason"),
    [("", 2, "set control_url"), ("postgresql://u@db.invalid/o", 1, "there is no ")],
    ids=["where to", "nothing there"],
)
def test_what_is_missing_is_said(tmp_path: Path, url: str, code: int, reason: str) -> None:
    done = _copy(tmp_path / "data", url)
    assert (done.exit_code, reason in done.stderr) == (code, True)
