"""Opening, file modes, transactions, instants."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier, Event

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect, func, insert, make_url, select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.schema import CreateTable

from outlay.control.columns import Instant
from outlay.control.conflict import insert_or_replace, insert_unless_there
from outlay.control.database import Control, open_control
from outlay.control.organisations import (
    create_organisation,
    every_organisation,
    first_organisation,
    organisation_of,
)
from outlay.control.schema import SCHEMA
from outlay.control.tables import members, organisations
from outlay.control.trail import SYSTEM
from outlay.errors import Conflict, InputError, NotFound, OutlayError, Unavailable
from outlay.testing import FrozenClock

_SQLITE: Dialect = make_url("sqlite://").get_dialect()()
_POSTGRES: Dialect = make_url("postgresql://").get_dialect()()


def _row(identity: str) -> dict[str, object]:
    return {"id": identity, "name": identity, "zone": "UTC", "created_at": datetime(2026, 1, 1, tzinfo=UTC)}


@pytest.mark.sqlite_only
def test_every_file_is_readable_by_its_owner_only(control: Control, control_file: Path) -> None:
    del control
    files = sorted(path.name for path in control_file.parent.iterdir())
    assert files == ["control.sqlite", "control.sqlite-shm", "control.sqlite-wal"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in control_file.parent.iterdir()} == {0o600}


@pytest.mark.sqlite_only
def test_a_file_put_back_from_a_backup_is_closed_to_others_again(control_file: Path) -> None:
    open_control(control_file).close()
    control_file.chmod(0o644)
    open_control(control_file).close()
    assert stat.S_IMODE(control_file.stat().st_mode) == 0o600


@pytest.mark.sqlite_only
@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("foreign_keys", 1), ("busy_timeout", 10_000)])
def test_each_connection_is_set_up_for_durability(control: Control, pragma: str, value: object) -> None:
    with control.begin(), control.read() as second:  # the second connection is another one
        assert second.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


@pytest.mark.sqlite_only
def test_a_change_waits_for_the_disk_and_a_note_does_not(control: Control) -> None:
    pragma = "PRAGMA synchronous"
    for _ in range(2):  # connections are used again
        with control.begin() as connection:
            assert connection.exec_driver_sql(pragma).scalar_one() == 2
        with control.note() as connection:
            assert connection.exec_driver_sql(pragma).scalar_one() == 1


@pytest.mark.sqlite_only
def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "control.sqlite"
    path.write_text("these are my notes, and they are longer than a header of a hundred bytes" * 3)
    with pytest.raises(OutlayError, match=r"control\.sqlite: file is not a database"):
        open_control(path)
    assert path.read_text().startswith("these are my notes")


@pytest.mark.sqlite_only
def test_a_place_that_can_not_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutlayError, match="can't open the control database"):
        open_control(tmp_path / "file" / "control.sqlite")


def test_an_error_shows_no_values(control: Control) -> None:
    with pytest.raises(IntegrityError) as raised, control.begin() as connection:
        connection.execute(insert(organisations), [_row("secret-value"), _row("secret-value")])
    assert "secret-value" not in str(raised.value)


def test_a_transaction_that_fails_leaves_nothing(control: Control) -> None:
    with pytest.raises(IntegrityError), control.begin() as connection:  # noqa: PT012 - the first must go through
        connection.execute(insert(organisations), [_row("gone")])
        connection.execute(insert(organisations), [_row("acme")])
    with pytest.raises(NotFound, match="gone"):
        organisation_of(control, "gone")


def test_a_reader_sees_one_state_and_waits_for_no_writer(control: Control, elsewhere: Control) -> None:
    counted = select(func.count()).select_from(organisations)
    with control.read() as reader:
        before = reader.execute(counted).scalar_one()
        with elsewhere.begin() as writer:
            writer.execute(insert(organisations), [_row("new")])
        assert reader.execute(counted).scalar_one() == before
    with control.read() as reader:
        assert reader.execute(counted).scalar_one() == before + 1


def test_two_writers_that_read_first_both_succeed(control: Control, elsewhere: Control) -> None:
    first_has_read = Event()

    def add(into: Control, wait: bool) -> int:  # noqa: FBT001 - of this test alone
        if wait:
            assert first_has_read.wait(5)
        with into.begin() as connection:
            count = connection.execute(select(func.count()).select_from(organisations)).scalar_one()
            first_has_read.set()
            connection.execute(insert(organisations), [_row(f"number-{count}")])
            return int(count)

    with ThreadPoolExecutor(2) as pool:
        counts = [pool.submit(add, control, False), pool.submit(add, elsewhere, True)]  # noqa: FBT003 - as above
        assert sorted(each.result() for each in counts) == [2, 3]


def test_processes_that_open_a_new_database_together_all_succeed(new_database: str) -> None:
    program = (
        "from outlay.control.database import open_control; import sys; "
        "from outlay.control.organisations import first_organisation; from datetime import datetime, UTC; "
        "print(first_organisation(open_control(sys.argv[1]), 'Acme', 'UTC', datetime.now(UTC)).id)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, new_database], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [each.communicate()[0].strip() for each in started] == ["default"] * 4


@pytest.mark.parametrize("attempt", range(5))
def test_threads_that_open_a_new_database_together_all_succeed(new_database: str, attempt: int) -> None:
    del attempt
    together = Barrier(4)

    def opened() -> None:
        together.wait()
        open_control(new_database).close()

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(opened) for _ in range(4)]:
            each.result()


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_comes_back_as_the_same_instant_in_utc(moment: datetime) -> None:
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:  # the first and last day of the calendar
        return
    for dialect in (_SQLITE, _POSTGRES):
        stored = Instant().process_bind_param(moment, dialect)
        back = Instant().process_result_value(stored, dialect)
        assert back == utc
        assert back is not None
        assert back.tzinfo is UTC


def test_an_instant_of_another_zone_is_read_as_utc() -> None:
    nepal = timezone(timedelta(hours=5, minutes=45))
    moment = datetime(2026, 10, 15, 5, 45, tzinfo=nepal)
    assert Instant().process_result_value(moment, _POSTGRES) == datetime(2026, 10, 15, tzinfo=UTC)


def test_a_time_without_zone_is_refused(control: Control) -> None:
    naive = _row("x") | {"created_at": datetime(2026, 1, 1)}  # noqa: DTZ001 - the mistake under test
    with pytest.raises(StatementError, match="has no zone"), control.begin() as connection:
        connection.execute(insert(organisations), [naive])


def test_all_tables_and_conflict_clauses_are_good_for_postgres() -> None:
    dialect = _POSTGRES
    for table in SCHEMA.sorted_tables:
        assert str(insert(table).compile(dialect=dialect))
        assert str(CreateTable(table).compile(dialect=dialect))
    kept = str(insert_unless_there(members).compile(dialect=dialect))
    assert kept.endswith(") ON CONFLICT DO NOTHING")
    replaced = str(insert_or_replace(members, "name", "user").compile(dialect=dialect))
    assert replaced.endswith(') ON CONFLICT (id) DO UPDATE SET name = excluded.name, "user" = excluded."user"')


def test_the_first_organisation_keeps_its_name_and_zone(control: Control, clock: FrozenClock) -> None:
    made = first_organisation(control, "Acme", "Asia/Kathmandu", clock.now())
    clock.move(timedelta(days=1))
    assert first_organisation(control, "Renamed in settings", "UTC", clock.now()) == made
    assert (made.id, made.name, made.zone, made.created_at) == (
        "default",
        "Acme",
        "Asia/Kathmandu",
        clock.now() - timedelta(days=1),
    )
    assert [each.id for each in every_organisation(control)] == ["acme", "default", "other"]


def test_an_organisation_needs_a_free_id_and_a_zone(control: Control, clock: FrozenClock) -> None:
    with pytest.raises(Conflict, match="acme"):
        create_organisation(control, "acme", "Again", "UTC", SYSTEM, clock.now())
    with pytest.raises(InputError, match="Mars/Olympus"):
        create_organisation(control, "mars", "Mars", "Mars/Olympus", SYSTEM, clock.now())


@pytest.mark.sqlite_only
def test_a_full_disk_is_told_as_such_and_nothing_is_half_done(control: Control) -> None:
    with control.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # the engine's own way of having no room
    with pytest.raises(Unavailable, match="can't be used now"), control.note() as connection:
        connection.execute(insert(organisations), [_row(f"{number:0500}") for number in range(500)])
    with control.begin() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    assert [each.id for each in every_organisation(control)] == ["acme", "other"]
