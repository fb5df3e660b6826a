"""What organisations ask of the ledger as a whole is done once, also where a process died in between."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from outlay.control.database import Control, open_control
from outlay.control.entities import Registry
from outlay.control.organisations import (
    OrganisationChange,
    change_organisation,
    create_organisation,
    organisation_of,
)
from outlay.control.tables import entities
from outlay.control.tenancy import delete_organisation, forget_organisation
from outlay.control.trail import SYSTEM
from outlay.control.trail_tables import audit_entries
from outlay.errors import LedgerFailed, NotFound
from outlay.intake.accept import Intake
from outlay.intake.horizon import Horizon
from outlay.intake.upkeep import AFTERMATH, LOOK_EVERY, Rewritable, Upkeep, UpkeepThread
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.verify import findings
from outlay.testing import FrozenClock
from tests.intake.making import LIMITS, OneDollarEach, event
from tests.ledger.making import priced


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def control(tmp_path: Path, clock: FrozenClock) -> Iterator[Control]:
    control = open_control(tmp_path / "control.sqlite")
    for organisation in ("acme", "other"):
        create_organisation(control, organisation, organisation, "UTC", SYSTEM, clock.now())
    yield control
    control.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[DuckLedger]:
    opened = DuckLedger(tmp_path / "ledger.duckdb", lambda _: parse_zone("UTC"), memory_mb=512)
    yield opened
    opened.close()


def fill(ledger: DuckLedger, clock: FrozenClock) -> None:
    for organisation in ("acme", "other"):
        ledger.append(
            [priced(f"e{at}", organisation=organisation, time=clock.now() - timedelta(days=at)) for at in range(100)]
        )


def events(ledger: DuckLedger, organisation: str = "acme") -> int:
    with ledger.snapshot() as snapshot:
        assert [each.rule for each in findings(snapshot, snapshot.zone_of) if each.wrong] == []
        found: int = snapshot.rows("SELECT count(*) FROM events WHERE organisation = ?", (organisation,))[0][0]
        return found


def removals_told(control: Control) -> list[Any]:
    """Return what the trail says was removed."""
    runs = audit_entries.c.action == "retention.run"
    with control.read() as connection:
        found = connection.execute(select(audit_entries.c.before).where(runs).order_by(audit_entries.c.number))
        return [json.loads(before) for before in found.scalars()]


def test_a_zone_that_was_counted_but_not_noted_is_noted(
    control: Control, ledger: DuckLedger, clock: FrozenClock
) -> None:
    fill(ledger, clock)
    change_organisation(control, "acme", OrganisationChange(zone="Asia/Kathmandu"), SYSTEM, clock.now())
    list(ledger.count_in_zone("acme", parse_zone("Asia/Kathmandu")))  # and here the process died
    Upkeep(control, ledger, clock).work()
    found = organisation_of(control, "acme")
    assert (found.zone, found.next_zone) == ("Asia/Kathmandu", None)
    assert events(ledger) == events(ledger, "other") == 100


def test_a_zone_that_is_not_wanted_any_more_is_left_for_the_next(
    control: Control, ledger: DuckLedger, clock: FrozenClock
) -> None:
    fill(ledger, clock)
    ledger.fold()
    upkeep = Upkeep(control, ledger, clock)

    def change_mind() -> bool:
        change_organisation(control, "acme", OrganisationChange(zone="Pacific/Apia"), SYSTEM, clock.now())
        return True

    change_organisation(control, "acme", OrganisationChange(zone="Asia/Kathmandu"), SYSTEM, clock.now())
    upkeep.work(change_mind)
    found = organisation_of(control, "acme")
    assert (found.zone, found.next_zone) == ("UTC", "Pacific/Apia")
    upkeep.work()
    found = organisation_of(control, "acme")
    assert (found.zone, found.next_zone) == ("Pacific/Apia", None)
    assert events(ledger) == events(ledger, "other") == 100


def test_a_count_of_days_stops_when_the_process_does_and_is_done_by_the_next(
    control: Control, ledger: DuckLedger, clock: FrozenClock
) -> None:
    fill(ledger, clock)
    ledger.fold()
    change_organisation(control, "acme", OrganisationChange(zone="Asia/Kathmandu"), SYSTEM, clock.now())
    Upkeep(control, ledger, clock).work(lambda: False)
    with ledger.snapshot() as snapshot:
        assert snapshot.zone_of("acme").key == "UTC"
    assert events(ledger) == 100
    Upkeep(control, ledger, clock).work()
    with ledger.snapshot() as snapshot:
        assert snapshot.zone_of("acme").key == "Asia/Kathmandu"
        assert snapshot.rows("SELECT count(*) FROM hidden_editions") == [(0,)]
    assert organisation_of(control, "acme").next_zone is None


def test_an_organisation_that_is_deleted_meanwhile_is_not_counted_on(
    control: Control, ledger: DuckLedger, clock: FrozenClock
) -> None:
    fill(ledger, clock)
    ledger.fold()
    change_organisation(control, "acme", OrganisationChange(zone="Asia/Kathmandu"), SYSTEM, clock.now())

    def delete() -> bool:
        if organisation_of(control, "acme").deleted_at is None:
            delete_organisation(control, "acme", SYSTEM, clock.now())
        return True

    upkeep = Upkeep(control, ledger, clock)
    upkeep.work(delete)
    upkeep.work()
    assert (events(ledger), events(ledger, "other")) == (0, 100)
    with ledger.snapshot() as snapshot:
        assert snapshot.rows("SELECT count(*) FROM run_lone WHERE organisation = 'acme'") == [(0,)]
        assert snapshot.rows("SELECT count(*) FROM usage_day_sums WHERE organisation = 'acme'") == [(0,)]


def test_each_day_removes_the_day_that_became_too_old(control: Control, ledger: DuckLedger, clock: FrozenClock) -> None:
    fill(ledger, clock)
    change_organisation(control, "acme", OrganisationChange(retention_days=40), SYSTEM, clock.now())
    upkeep, horizon = Upkeep(control, ledger, clock), Horizon(control, clock)
    upkeep.work()
    upkeep.work()
    assert (events(ledger), events(ledger, "other")) == (41, 100)
    assert horizon.earliest("acme") == clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(40)
    clock.move(timedelta(days=1))
    upkeep.work()
    assert events(ledger) == 40


def test_what_comes_after_its_day_was_removed_is_removed_soon(
    control: Control, ledger: DuckLedger, clock: FrozenClock
) -> None:
    change_organisation(control, "acme", OrganisationChange(retention_days=40), SYSTEM, clock.now())
    upkeep = Upkeep(control, ledger, clock)
    upkeep.work()
    ledger.append([priced("late", organisation="acme", time=clock.now() - timedelta(days=41))])  # was on its way
    clock.move(LOOK_EVERY)
    upkeep.work()
    assert events(ledger) == 0
    assert removals_told(control) == [{"events": 1}]


class Dying:
    """A ledger whose process dies as soon as events are removed, or that can't remove any."""

    def __init__(self, ledger: DuckLedger, error: BaseException, *, removes: bool) -> None:
        self._ledger, self._error, self._removes = ledger, error, removes
        self.events_before = ledger.events_before
        self.organisations = ledger.organisations

    def remove_before(self, organisation: str, day: date) -> int:
        if self._removes:
            self._ledger.remove_before(organisation, day)
        raise self._error


def test_what_is_removed_is_in_the_trail_though_the_process_dies(
    control: Control, ledger: DuckLedger, clock: FrozenClock
) -> None:
    fill(ledger, clock)
    change_organisation(control, "acme", OrganisationChange(retention_days=40), SYSTEM, clock.now())
    dying = cast("Rewritable", Dying(ledger, SystemExit(9), removes=True))
    with pytest.raises(SystemExit):
        Upkeep(control, dying, clock).work()
    Upkeep(control, ledger, clock).work()
    assert events(ledger) == 41
    assert removals_told(control) == [{"events": 59}]


def test_a_removal_that_is_tried_again_is_told_once(control: Control, ledger: DuckLedger, clock: FrozenClock) -> None:
    fill(ledger, clock)
    change_organisation(control, "acme", OrganisationChange(retention_days=40), SYSTEM, clock.now())
    upkeep = Upkeep(control, cast("Rewritable", Dying(ledger, LedgerFailed("not now"), removes=False)), clock)
    for _ in range(3):
        with pytest.raises(LedgerFailed):
            upkeep.work()
    assert removals_told(control) == [{"events": 59}]


def test_no_day_more_is_removed_where_the_zone_changes_too(
    control: Control, ledger: DuckLedger, clock: FrozenClock
) -> None:
    # It is the 16th already in Kiritimati, and the 15th still in Honolulu.
    change_organisation(control, "acme", OrganisationChange(zone="Pacific/Kiritimati"), SYSTEM, clock.now())
    Upkeep(control, ledger, clock).work()
    fill(ledger, clock)
    wanted = OrganisationChange(zone="Pacific/Honolulu", retention_days=40)
    change_organisation(control, "acme", wanted, SYSTEM, clock.now())
    Upkeep(control, ledger, clock).work()
    assert events(ledger) == 41


def test_a_deleted_organisation_is_emptied_at_once_and_again_before_it_is_forgotten(
    control: Control, ledger: DuckLedger, clock: FrozenClock
) -> None:
    fill(ledger, clock)
    delete_organisation(control, "acme", SYSTEM, clock.now())
    upkeep = Upkeep(control, ledger, clock)
    upkeep.work()
    assert (events(ledger), events(ledger, "other")) == (0, 100)
    ledger.append([priced("late", organisation="acme", time=clock.now())])  # was on its way
    upkeep.work()
    assert organisation_of(control, "acme").deleted_at is not None
    clock.move(AFTERMATH)
    upkeep.work()
    assert events(ledger) == 0
    with pytest.raises(NotFound):
        organisation_of(control, "acme")


def test_what_a_ledger_still_holds_of_a_forgotten_organisation_is_removed_at_the_start(
    control: Control, ledger: DuckLedger, clock: FrozenClock
) -> None:
    fill(ledger, clock)
    ledger.append([priced("lost", organisation="never-heard-of", time=clock.now())])
    delete_organisation(control, "acme", SYSTEM, clock.now())
    forget_organisation(control, "acme")  # by another process, which has a ledger of its own
    Upkeep(control, ledger, clock).work()
    assert ledger.organisations() == ["never-heard-of", "other"], "what no trail tells of stays"


def test_events_of_no_organisation_are_a_finding(control: Control, tmp_path: Path, clock: FrozenClock) -> None:
    ledger = DuckLedger(tmp_path / "own.duckdb", lambda each: parse_zone(organisation_of(control, each).zone))
    ledger.append([priced("left", organisation="acme", time=clock.now()), priced("fine", organisation="other")])
    delete_organisation(control, "acme", SYSTEM, clock.now())
    forget_organisation(control, "acme")
    with ledger.snapshot() as snapshot:
        wrong = [(each.wrong, each.example) for each in findings(snapshot, snapshot.zone_of) if each.wrong]
    ledger.close()
    assert wrong == [(1, "an event on 2026-10-15 of 'acme', which is no organisation")]


def test_what_is_on_its_way_to_a_deleted_organisation_is_refused_and_leaves_no_names(
    control: Control, ledger: DuckLedger, clock: FrozenClock
) -> None:
    intake = Intake(ledger, OneDollarEach(), Registry(control, clock, 100), LIMITS)
    intake.keep_from(Horizon(control, clock).earliest)

    def came(name: str, organisation: str = "acme") -> str:
        now = clock.now()
        call = event(name, organisation=organisation, time=now, received_at=now, user=name)
        outcome = intake.accept(organisation, [call])[0]
        return outcome.code or outcome.result

    assert came("before") == "stored"
    delete_organisation(control, "acme", SYSTEM, clock.now())
    assert came("at once") == "stored", "what was read of an organisation counts for a second"
    clock.move(timedelta(seconds=2))
    assert came("late") == "event_too_old"
    upkeep = Upkeep(control, ledger, clock)
    upkeep.work()
    clock.move(AFTERMATH)
    upkeep.work()
    with control.read() as connection:
        assert connection.execute(select(entities.c.id).where(entities.c.organisation == "acme")).all() == []
    assert events(ledger) == 0
    with pytest.raises(NotFound):
        organisation_of(control, "acme")
    clock.move(timedelta(days=1))
    assert came("much later") == "event_too_old"
    assert came("of others", "other") == "stored"


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(LedgerFailed("no space left"), id="the ledger"),
        pytest.param(IntegrityError("delete", None, ValueError()), id="the control database"),
    ],
)
def test_the_thread_goes_on_after_a_piece_that_failed(failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    done, failures = threading.Event(), [failure]

    def work(_: Callable[[], bool]) -> None:
        thread.soon()
        if failures:
            raise failures.pop()
        done.set()

    thread = UpkeepThread(work)
    thread.start()
    assert done.wait(10)
    thread.close()
    assert "the upkeep of the ledger failed" in caplog.text
