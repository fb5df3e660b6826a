"""Moves of past calls to another team: the sums of each are as plain Python has them, whatever else was repriced."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final

import duckdb
import pytest
from msgspec import Struct

from outlay.control.database import open_control
from outlay.control.organisations import create_organisation
from outlay.control.price_rules import RuleChange
from outlay.control.repricings import Move, Scope
from outlay.control.trail import SYSTEM
from outlay.errors import LedgerFailed
from outlay.intake import reprice, reprice_rows
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.usage import PricedEvent, ReportedCost, Tokens, UsageEvent
from tests.intake.making import NOW, event
from tests.intake.repriced import ORG, Shop, open_shop, rule

TEAMS: Final = (None, "core", "growth", "search")
OWN: Final[dict[str, Any]] = {"provider": "selfhosted", "model": "own-7b", "model_raw": "own-7b"}
STEPS: Final = 9


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    control = open_control(tmp_path / "control.sqlite")
    create_organisation(control, ORG, "Acme", "UTC", SYSTEM, NOW)
    ledger = DuckLedger(tmp_path / "ledger.duckdb", lambda _: parse_zone("UTC"), memory_mb=512)
    yield open_shop(ledger, control)
    ledger.close()
    control.close()


def moved(old: str | None, new: str, start: datetime | None = None, end: datetime | None = None) -> reprice.Moved:
    move = Move(member="member_1", name="Ann", old=old, new=new)
    return reprice.Moved(ORG, Scope(user="ann", start=start, end=end), move)


def own(event_id: str, team: str | None = "core", **fields: Any) -> UsageEvent:
    wanted = {"user": "ann", "tokens": Tokens(input_uncached=1_000_000, output=3)}
    return event(event_id, team=team, **(OWN | wanted | fields))


def figures(shop: Shop) -> dict[str | None, tuple[Any, ...]]:
    """Return by team what day sums have: requests, unpriced ones, input, output, quantity, cost, stated cost."""
    names = ("requests", "unpriced_requests", "input_uncached", "output", "quantity", "cost", "reported_cost")
    sums = ", ".join(f'coalesce(sum("{name}"), 0)' for name in names)
    both = "SELECT * FROM usage_day UNION ALL SELECT * FROM usage_day_recent"
    found = shop.rows(f"SELECT team, {sums} FROM ({both}) GROUP BY team")
    return {team: tuple(amounts) for team, *amounts in found if any(amounts)}


def test_a_move_takes_all_of_a_call_along(shop: Shop) -> None:
    shop.accept(
        own("a", run_id="r1", tags=("env:prod",)),
        own("b", tokens=Tokens(output=5), service="ocr", quantity=Decimal("2.5"), unit="pages"),
        own("c", reported_cost=ReportedCost(7 * 10**12), time=NOW - timedelta(days=40)),
        own("d", team="growth"),
        own("e", user="bob"),
    )
    changes = moved("core", "search")
    effect = shop.preview(changes)
    assert (effect.events, effect.requests, effect.tokens, effect.old, effect.new) == (3, 3, 2_000_011, "7", "7")
    assert [(each.month, each.requests, each.tokens, each.old) for each in effect.lines] == [
        ("2026-09", 1, 1_000_003, "7"),
        ("2026-10", 2, 1_000_008, "0"),
    ]
    assert figures(shop).keys() == {"core", "growth"}
    assert shop.write(changes, "move_1") == effect
    after = figures(shop)
    assert after["search"] == (3, 2, 2_000_000, 11, Decimal("2.5"), Decimal(7), Decimal(7))
    assert after["core"] == (1, 1, 1_000_000, 3, 0, 0, 0)
    assert shop.write(changes, "move_2").events == 0
    shop.check()
    shop.ledger.fold()
    assert figures(shop) == after
    shop.check()
    assert shop.take_back("move_1").events == 3
    assert figures(shop)["core"] == (4, 3, 3_000_000, 14, Decimal("2.5"), Decimal(7), Decimal(7))
    assert "search" not in figures(shop)
    shop.check()


def test_only_calls_of_that_time_are_moved(shop: Shop) -> None:
    shop.accept(*(own(str(day), time=NOW - timedelta(days=day)) for day in range(6)))
    changes = moved("core", "search", start=NOW - timedelta(days=4), end=NOW - timedelta(days=1))
    assert shop.write(changes, "move_1").events == 3  # up to but without the end
    assert figures(shop)["search"][0] == 3
    shop.check()


def test_calls_of_no_team_get_one_and_lose_it_again(shop: Shop) -> None:
    shop.accept(own("a", team=None), own("b"))
    assert shop.write(moved(None, "search"), "move_1").events == 1
    assert figures(shop)["search"][0] == 1
    shop.take_back("move_1")
    assert figures(shop).keys() == {None, "core"}
    assert shop.write(moved(None, "growth"), "move_2").events == 1
    shop.check()


def test_who_starts_again_after_a_crash_ends_where_the_other_would(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reprice, "WRITTEN_AT_ONCE", 3)
    shop.accept(*(own(str(number), time=NOW - timedelta(days=number % 3)) for number in range(30)))
    pieces: list[Sequence[PricedEvent]] = []

    def dies_halfway(events: Sequence[PricedEvent]) -> None:
        if len(pieces) == 4:
            raise LedgerFailed("the disk is full")
        pieces.append(events)
        shop.commit(events)

    changes = moved("core", "search")
    with pytest.raises(LedgerFailed):
        reprice.write(shop.ledger, changes, reprice.Writing(ORG, "move_1", NOW, dies_halfway), lambda *_: None)
    assert figures(shop)["search"][0] == 12  # four pieces of three
    shop.check()
    assert shop.write(changes, "move_1").events == 18
    assert figures(shop).keys() == {"search"}
    assert shop.take_back("move_1").events == 30
    assert figures(shop).keys() == {"core"}
    shop.check()


def test_a_ledger_from_before_there_were_moves_has_them_too(tmp_path: Path) -> None:
    """The column comes by itself, and what waited to be folded is looked at without what was taken out."""
    file = tmp_path / "ledger.duckdb"
    control = open_control(tmp_path / "control.sqlite")
    create_organisation(control, ORG, "Acme", "UTC", SYSTEM, NOW)
    ledger = DuckLedger(file, lambda _: parse_zone("UTC"), memory_mb=512)
    open_shop(ledger, control).accept(own("a", run_id="r1"))
    ledger.close()
    with duckdb.connect(str(file)) as connection:
        views = connection.execute("SELECT sql FROM duckdb_views() WHERE view_name LIKE '%_recent'").fetchall()
        connection.execute("ALTER TABLE events DROP COLUMN moved_by")
        for (view,) in views:
            before = re.sub(r'"?moved_by"? IS NULL', "TRUE", view)
            assert before != view
            connection.execute(before.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    ledger = DuckLedger(file, lambda _: parse_zone("UTC"), memory_mb=512)
    shop = open_shop(ledger, control)
    assert shop.write(moved("core", "search"), "move_1").events == 1
    assert figures(shop).keys() == {"search"}
    assert shop.rows("SELECT DISTINCT team FROM usage_day_recent") == [("search",)]
    assert shop.rows("SELECT team, run_id FROM run_day") == [("search", "r1")]
    shop.check()
    ledger.close()
    control.close()


class Thing(Struct):
    """One call as plain Python keeps it; `price` in picodollars a token, None for none."""

    event: UsageEvent
    team: str | None
    price: int | None = None


class Step(Struct):
    """What one step changed: of which calls the team or the price, from what to what."""

    name: str
    field: str
    changed: dict[str, tuple[Any, Any]]


@pytest.mark.parametrize("seed", range(5))
def test_moves_and_repricings_in_any_order(shop: Shop, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reprice, "WRITTEN_AT_ONCE", 4)
    monkeypatch.setattr(reprice_rows, "READ_AT_ONCE", 7)
    random = Random(seed)
    things = {str(number): _thing(random, str(number)) for number in range(40)}
    shop.accept(*(each.event for each in things.values()))
    steps: list[Step] = []
    for number in range(STEPS):
        kind = random.choice(["move", "move", "price", "back"]) if steps else "move"
        if kind == "back":
            steps.append(_back(random.choice(steps), things, shop, f"move_{number}"))
        elif kind == "price":
            steps.append(_price(random, things, shop, number))
        else:
            steps.append(_move(random, things, shop, f"move_{number}"))
        assert figures(shop) == _expected(things), (number, kind)
        if random.random() < 0.3:
            shop.ledger.fold()
            assert figures(shop) == _expected(things)
    shop.check()


def _thing(random: Random, event_id: str) -> Thing:
    team = random.choice(TEAMS)
    made = own(
        event_id,
        team,
        user=random.choice(["ann", "ann", "bob"]),
        time=NOW - timedelta(days=random.randint(0, 40), seconds=random.randint(0, 80_000)),
        tokens=Tokens(input_uncached=random.randint(0, 10**6), output=random.randint(0, 10**6)),
        run_id=random.choice([None, "r1", "r2", event_id]),
        tags=random.choice([(), ("env:prod",), ("a", "b")]),
    )
    if random.random() < 0.2:
        made = UsageEvent(**{name: getattr(made, name) for name in made.__struct_fields__} | {"adjusts": "0"})
    return Thing(made, team)


def _move(random: Random, things: dict[str, Thing], shop: Shop, name: str) -> Step:
    old, new = random.choice(TEAMS), random.choice(TEAMS[1:])
    start = NOW - timedelta(days=random.randint(0, 45))
    end = random.choice([None, start + timedelta(days=random.randint(1, 30))])
    step = Step(name, "team", {})
    for event_id, each in things.items():
        within = start <= each.event.time and (end is None or each.event.time < end)
        if each.event.user == "ann" and within and each.team == old and old != new:
            step.changed[event_id] = (old, new)
            each.team = new
    if old != new:
        assert shop.write(moved(old, new or "", start=start, end=end), name).events == len(step.changed)
    return step


def _price(random: Random, things: dict[str, Thing], shop: Shop, number: int) -> Step:
    micro = random.randint(1, 9_999_999)  # millionths of a dollar for a million tokens
    amount = f"{Decimal(micro) / 10**6:f}"
    body = {"provider": "selfhosted", "model": "own-7b", "input": amount, "output": amount}
    name = f"reprice_{number}"
    shop.reprice(RuleChange(adds=rule("price", f"price_{number:03}", NOW - timedelta(days=80 - number), **body)), name)
    step = Step(name, "price", {})
    for event_id, each in things.items():
        if each.price != micro:
            step.changed[event_id] = (each.price, micro)
            each.price = micro
    return step


def _back(undone: Step, things: dict[str, Thing], shop: Shop, name: str) -> Step:
    """Take a step back: what is as the step made it becomes as it was."""
    step = Step(name, undone.field, {})
    for event_id, (was, became) in undone.changed.items():
        present = getattr(things[event_id], undone.field)
        if present == became:
            step.changed[event_id] = (became, was)
            setattr(things[event_id], undone.field, was)
    assert shop.take_back(undone.name, name).events == len(step.changed)
    return step


def _expected(things: dict[str, Thing]) -> dict[str | None, tuple[Any, ...]]:
    found: dict[str | None, list[Any]] = {}
    for each in things.values():
        counts, requests = each.event.tokens, each.event.requests
        both = (counts.input_uncached or 0) + (counts.output or 0)
        cost = Decimal(both * (each.price or 0)).scaleb(-12)
        line = (
            *(requests, requests if each.price is None else 0),
            *(counts.input_uncached, counts.output, 0, cost, 0),
        )
        sums = found.setdefault(each.team, [0] * len(line))
        found[each.team] = [before + more for before, more in zip(sums, line, strict=True)]
    return {team: tuple(sums) for team, sums in found.items() if any(sums)}
