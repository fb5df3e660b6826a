"""After any moves and undos every figure is what plain Python makes of the calls as they would be, had each come in for
the team it has by now: of the old team nothing is left, and the new one has all of it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from outlay.access.viewer import Viewer
from outlay.control.repricings import Move, Scope
from outlay.intake.reprice import Changes, Moved, TakenBack, Writing, write
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.verify import findings
from outlay.query.ask import Filter, Query
from outlay.query.catalogue import MEASURES
from outlay.query.charges import count_charges, list_charges
from outlay.query.event_count import count_events
from outlay.query.refine import Moment
from outlay.query.rows import list_events
from outlay.query.run import run
from outlay.query.timerange import Days, LastDays
from outlay.usage import PricedEvent
from tests.query import drawn, oracle
from tests.query.drawn import MOMENTS
from tests.query.test_oracle import ELSEWHERE, check, slow

NAME: Final = "Europe/Berlin"
ZONE: Final = parse_zone(NAME)
NOW: Final = MOMENTS[NAME][0]
TEAMS: Final = (None, "core", "growth", "search")
USERS: Final = ("ann", "bob")
STEPS: Final = 4


class Step(Struct):
    """What a move or an undo changed: of which calls, from which team, to which."""

    name: str
    changed: dict[str, tuple[str | None, str | None]]


class Office:
    """A ledger, its calls as they are by now, and what was moved."""

    def __init__(self, random: Random, ledger: DuckLedger, events: Sequence[PricedEvent]) -> None:
        self._random = random
        self._steps: list[Step] = []
        self.ledger = ledger
        self.calls = {each.event.id: each for each in events}

    def broken(self) -> set[str]:
        with self.ledger.snapshot() as snapshot:
            return {each.rule for each in findings(snapshot, lambda _: ZONE) if each.wrong}

    def commit(self, events: Sequence[PricedEvent]) -> None:
        self.ledger.append(events)

    def step(self) -> None:
        if self._steps and self._random.random() < 0.4:
            self._undo(self._random.choice(self._steps))
        else:
            self._move()
        if self._random.random() < 0.5:
            self.ledger.fold()

    def _move(self) -> None:
        old, new = self._random.sample(TEAMS, 2)
        user, days = self._random.choice(USERS), self._random.randint(0, 70)
        scope = Scope(user=user, start=self._random.choice([None, NOW - timedelta(days=days)]))
        move = Move(member="member_1", name="Ann", old=old, new=new or "core")
        step = Step(f"move_{len(self._steps)}", {})
        for call in self.calls.values():
            event = call.event
            is_theirs = (event.organisation, event.user, event.team) == ("acme", user, old)
            if is_theirs and old != move.new and (scope.start is None or event.time >= scope.start):
                step.changed[event.id] = (old, move.new)
        if old != move.new:
            self._done(step, Moved("acme", scope, move))

    def _undo(self, undone: Step) -> None:
        step = Step(f"move_{len(self._steps)}", {})
        for event_id, (was, became) in undone.changed.items():
            if self.calls[event_id].event.team == became:
                step.changed[event_id] = (became, was)
        self._done(step, TakenBack("acme", undone.name))

    def _done(self, step: Step, changes: Changes) -> None:
        writing = Writing("acme", step.name, NOW, self.commit)
        assert write(self.ledger, changes, writing, lambda *_: None).events == len(step.changed)
        for event_id, (_, team) in step.changed.items():
            call = self.calls[event_id]
            self.calls[event_id] = replace(call, event=replace(call.event, team=team))
        self._steps.append(step)


@contextmanager
def office_of(random: Random, count: int, zone: ZoneInfo = ZONE) -> Iterator[Office]:
    """Open a ledger that has folded some of its calls and not yet the others."""
    events = [each for each in drawn.ledger(random, count, NAME, NOW) if each.event.repricing is None]
    ledger = DuckLedger(None, lambda _: zone, memory_mb=256, threads=1)
    try:
        some = random.randint(0, len(events))
        ledger.append(events[:some])
        ledger.fold()
        ledger.append(events[some:])
        yield Office(random, ledger, events)
    finally:
        ledger.close()


@given(seed=st.integers(0, 2**32), count=st.integers(20, 60))
@settings(slow, max_examples=4)
def test_every_figure_is_that_of_calls_in_their_present_team(seed: int, count: int) -> None:
    random = Random(seed)
    with office_of(random, count) as office:
        for _ in range(STEPS):
            office.step()
            calls = list(office.calls.values())
            by_team = Query(drawn.ADMIN, tuple(MEASURES), ("team",), range=LastDays(90), zone=NAME)
            with office.ledger.snapshot() as snapshot:
                for query in (by_team, replace(by_team, dimensions=("team", "user")), drawn.query(random, NAME, NOW)):
                    result = run(query, snapshot, ZONE, NOW)
                    check(result, calls, ZONE)
                    assert run(query, snapshot, ELSEWHERE, NOW) == result  # from the events alone
        assert office.broken() <= {"no count is negative but in an adjustment"}  # drawn so


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("viewer", [drawn.ADMIN, drawn.LEAD, drawn.MEMBER], ids=["admin", "lead", "member"])
def test_lists_and_files_have_each_call_once_in_its_present_team(seed: int, viewer: Viewer) -> None:
    random, moment = Random(seed), Moment(ZONE, NOW)
    with office_of(random, 40) as office:
        for _ in range(STEPS):
            office.step()
        query = Query(viewer, ("requests", "cost"), range=LastDays(90))
        for filters in ((), (Filter("team", "is", ("core",)),), (Filter("cost", "over", ("0",)),)):
            asked = replace(query, filters=filters)
            with office.ledger.snapshot() as snapshot:
                result = run(asked, snapshot, ZONE, NOW)
                wanted = oracle.selected(result.query, result.span, list(office.calls.values()))
                page = list_events(asked, snapshot, moment, limit=1_000)
                counted = count_charges(asked, snapshot, moment)
                charges = [each for _, lines in list_charges(asked, snapshot, moment, counted) for each in lines]
                assert count_events(asked, snapshot, moment) == len(page.rows) == len(wanted)
            assert {(row.id, row.team, row.latency_ms, row.tokens) for row in page.rows} == {
                (each.event.id, each.event.team, each.event.latency_ms, each.event.tokens.total) for each in wanted
            }
            assert sum(row.cost or 0 for row in page.rows) == (result.total("cost") or 0) == counted.cost
            assert {each.team for each in charges} == {each.event.team for each in wanted}


def test_pages_that_follow_show_the_list_as_the_first_one_did() -> None:
    with office_of(Random(3), 30) as office:
        query, moment = Query(drawn.ADMIN, range=LastDays(90)), Moment(ZONE, NOW)
        with office.ledger.snapshot() as snapshot:
            wanted = [(row.id, row.team) for row in list_events(query, snapshot, moment, limit=1_000).rows]
            page = list_events(query, snapshot, moment, limit=5)
        found = [(row.id, row.team) for row in page.rows]
        while page.next is not None:
            office.step()
            with office.ledger.snapshot() as snapshot:
                page = list_events(query, snapshot, moment, after=page.next, limit=5)
            found += [(row.id, row.team) for row in page.rows]
        assert found == wanted


def test_a_moved_call_tells_where_it_was() -> None:
    with office_of(Random(4), 40) as office:
        call = next(each for each in office.calls.values() if each.event.user == "ann" and each.event.team == "core")
        for number, (old, new) in enumerate((("core", "search"), ("search", "growth"))):
            move = Moved("acme", Scope(user="ann"), Move(member="m", name="Ann", old=old, new=new))
            writing = Writing("acme", f"move_{number}", NOW + timedelta(days=number), office.commit)
            write(office.ledger, move, writing, lambda *_: None)
        only = (Filter("id", "is", (call.event.id,)),)
        with office.ledger.snapshot() as snapshot:
            query = Query(drawn.ADMIN, range=Days(NOW.date() - timedelta(days=90), NOW.date()), filters=only)
            (row,) = list_events(query, snapshot, Moment(ZONE, NOW)).rows
        assert (row.team, row.requests, row.repricing) == ("growth", call.event.requests, "move_1")
        assert (row.adjusts, row.received_at) == (call.event.adjusts, call.event.received_at)
        assert [(each.move, each.old, each.new) for each in row.moves] == [
            ("move_0", "core", "search"),
            ("move_1", "search", "growth"),
        ]
        assert [each.at for each in row.moves] == [NOW, NOW + timedelta(days=1)]
