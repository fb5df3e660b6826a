"""What the journal holds of organisations that were suspended or deleted meanwhile holds up nobody else's calls."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import select

from outlay.control.database import Control, open_control
from outlay.control.entities import Registry
from outlay.control.organisations import create_organisation
from outlay.control.tables import entities
from outlay.control.tenancy import delete_organisation, forget_organisation, suspend_organisation
from outlay.control.trail import SYSTEM
from outlay.gateway.counters import GatewayCounters
from outlay.gateway.journal import Journal
from outlay.gateway.recording import Recorder
from outlay.intake.accept import Intake
from outlay.intake.horizon import Horizon
from outlay.intake.queue import IntakeQueue, QueueLimits
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.testing import FrozenClock
from outlay.usage import UsageEvent
from outlay.wiring.idle import IdleWork
from tests.intake.making import LIMITS, OneDollarEach, event

ENDS: Final = (("ended", "ok"), ("open", "pending"))
TENANTS: Final = ("deleted", "forgotten", "served", "suspended")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def control(tmp_path: Path, clock: FrozenClock) -> Iterator[Control]:
    control = open_control(tmp_path / "control.sqlite")
    for organisation in TENANTS:
        create_organisation(control, organisation, organisation, "UTC", SYSTEM, clock.now())
    yield control
    control.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[DuckLedger]:
    opened = DuckLedger(tmp_path / "ledger.duckdb", lambda _: parse_zone("UTC"), memory_mb=512)
    yield opened
    opened.close()


def call(organisation: str, name: str, clock: FrozenClock, status: str = "ok") -> UsageEvent:
    named = f"{organisation}-{name}"
    now = clock.now()
    return event(
        named, organisation=organisation, source="gateway", time=now, received_at=now, status=status, user=named
    )


def left_behind(folder: Path, clock: FrozenClock, organisations: Sequence[str]) -> None:
    """Leave the journal of a process that died: of each organisation a call that ended, and one that did not."""
    journal = Journal(folder, lambda: None)
    for organisation in organisations:
        journal.pending(call(organisation, "ended", clock, "pending"))
        journal.pending(call(organisation, "open", clock, "pending"))
        journal.settled((call(organisation, "ended", clock),))


def replayed(folder: Path, control: Control, ledger: DuckLedger, clock: FrozenClock) -> GatewayCounters:
    """Take up the journal as the next process does."""
    counters = GatewayCounters()
    intake = Intake(ledger, OneDollarEach(), Registry(control, clock, 100), LIMITS)
    intake.keep_from(Horizon(control, clock).earliest)

    async def run() -> None:
        queue = IntakeQueue(intake, QueueLimits(1_000, 10**9, 100), IdleWork(lambda: False, lambda: True))
        queue.start()
        recorder = Recorder(intake, queue, Journal(folder, counters.journal_failed), counters, lambda *_: None)
        recorder.start()
        await recorder.close()
        await asyncio.to_thread(queue.close)

    asyncio.run(run())
    assert not folder.exists(), "something of the journal could not be recorded"
    return counters


def recorded(ledger: DuckLedger) -> list[tuple[str, str]]:
    with ledger.snapshot() as snapshot:
        return [(name, status) for name, status in snapshot.rows("SELECT id, status FROM events ORDER BY id")]


def test_calls_of_suspended_organisations_are_recorded_those_of_deleted_ones_are_not(
    tmp_path: Path, control: Control, ledger: DuckLedger, clock: FrozenClock
) -> None:
    folder = tmp_path / "gateway"
    left_behind(folder, clock, TENANTS)
    suspend_organisation(control, "suspended", SYSTEM, clock.now())
    for organisation in ("deleted", "forgotten"):
        delete_organisation(control, organisation, SYSTEM, clock.now())
    forget_organisation(control, "forgotten")
    counters = replayed(folder, control, ledger, clock)
    went_out = [(f"{each}-{name}", status) for each in ("served", "suspended") for name, status in ENDS]
    assert recorded(ledger) == went_out, "what a provider was asked for before is owed to it"
    assert (counters.replayed_calls, counters.lost_events) == (2 * len(TENANTS), 4)
    with control.read() as connection:
        named = set(connection.execute(select(entities.c.organisation)).scalars())
    assert named == {"served", "suspended"}
