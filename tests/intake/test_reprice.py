"""Repricing: what changes is what was previewed, every sum stays right, and taking it back restores every figure."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from outlay.control.database import open_control
from outlay.control.organisations import create_organisation
from outlay.control.price_rules import RuleChange
from outlay.control.trail import SYSTEM
from outlay.errors import LedgerFailed
from outlay.intake import reprice, reprice_rows
from outlay.intake.reprice_aim import standing_of
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.usage import PricedEvent, ReportedCost, Tokens, UsageEvent
from tests.intake.making import NOW, event
from tests.intake.repriced import EVERYTHING, ORG, Shop, open_shop, rule

MILLION = Tokens(input_uncached=1_000_000, output=1_000_000)
OWN_PRICE: dict[str, Any] = {"provider": "selfhosted", "model": "own-7b", "input": "0.05", "output": "0.20"}
GPT_PRICE: dict[str, Any] = {"provider": "openai", "model": "gpt-4o", "input": "1", "output": "2"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    control = open_control(tmp_path / "control.sqlite")
    create_organisation(control, ORG, "Acme", "UTC", SYSTEM, NOW)
    ledger = DuckLedger(tmp_path / "ledger.duckdb", lambda _: parse_zone("UTC"), memory_mb=512)
    yield open_shop(ledger, control)
    ledger.close()
    control.close()


def own(event_id: str, **fields: Any) -> UsageEvent:
    named: dict[str, Any] = {"provider": "selfhosted", "model": "own-7b", "model_raw": "own-7b", "tokens": MILLION}
    return event(event_id, **(named | fields))


def test_a_price_takes_events_out_of_the_unpriced(shop: Shop) -> None:
    shop.accept(own("a", user="ann"), own("b", time=NOW - timedelta(days=40)), event("c"))
    assert shop.sums()["own-7b"] == (2, 2, None)
    effect = shop.reprice(RuleChange(adds=rule("price", "price_own", **OWN_PRICE)))
    assert (effect.events, effect.old, effect.new, effect.unpriced_before, effect.unpriced_after) == (
        2,
        "0",
        "0.5",
        2,
        0,
    )
    assert [(line.month, line.model, line.new) for line in effect.lines] == [
        ("2026-09", "own-7b", "0.25"),
        ("2026-10", "own-7b", "0.25"),
    ]
    assert shop.sums()["own-7b"] == (2, 0, Decimal("0.5"))
    assert shop.sums("user")["ann"] == (1, 0, Decimal("0.25"))
    assert shop.statuses()["unpriced"] == (0, None)
    shop.check()
    shop.ledger.fold()
    assert shop.sums()["own-7b"] == (2, 0, Decimal("0.5"))
    shop.check()


def test_repricing_again_changes_nothing(shop: Shop) -> None:
    shop.accept(own("a"), event("b"))
    change = RuleChange(adds=rule("price", "price_own", **OWN_PRICE))
    shop.reprice(change)
    assert shop.reprice(change, "reprice_2").events == 0
    assert shop.write(shop.by_book(), "reprice_3").events == 0
    shop.check()


def test_only_what_the_change_is_about_is_touched(shop: Shop) -> None:
    shop.accept(own("a"), event("b", tokens=MILLION), event("c", tokens=MILLION, time=NOW - timedelta(days=300)))
    shop.change(RuleChange(adds=rule("price", "price_own", **OWN_PRICE)))  # for new calls only
    effect = shop.reprice(RuleChange(adds=rule("price", "price_gpt", **GPT_PRICE)))
    assert (effect.events, effect.old, effect.new) == (1, "12.5", "3")
    assert shop.sums()["own-7b"] == (1, 1, None)
    assert shop.preview(shop.by_book()).events == 1
    shop.check()


def test_a_price_like_the_list_price_takes_events_out_of_a_wider_one(shop: Shop) -> None:
    shop.accept(event("a", tokens=MILLION))
    shop.reprice(RuleChange(adds=rule("multiplier", "price_all", provider="openai", factor="0.5")))
    listed = GPT_PRICE | {"input": "2.5", "output": "10"}
    effect = shop.reprice(RuleChange(adds=rule("price", "price_gpt", **listed)), "reprice_2")
    assert (effect.events, effect.old, effect.new) == (1, "6.25", "12.5")
    effect = shop.reprice(RuleChange(removes="price_gpt"), "reprice_3")
    assert (effect.events, effect.new) == (1, "6.25")
    shop.check()


def test_a_change_that_another_price_goes_before_touches_nothing(shop: Shop) -> None:
    shop.accept(event("a", tokens=MILLION))
    shop.change(RuleChange(adds=rule("price", "price_gpt", **GPT_PRICE)))  # for new calls only
    assert shop.reprice(RuleChange(adds=rule("multiplier", "price_all", factor="0.5"))).events == 0
    assert shop.sums()["gpt-4o"] == (1, 0, Decimal("12.5"))


def test_the_parts_of_a_cost_move_each_by_its_difference(shop: Shop) -> None:
    shop.accept(event("a", tokens=MILLION, tags=("env:prod",), pod="p1"))
    shop.reprice(RuleChange(adds=rule("multiplier", "price_m", provider="openai", factor="0.5")))
    found = shop.rows("SELECT requests, cost, cost_input, cost_output, cost_status, tags, pod, adjusts FROM events")
    assert found[1] == (
        *(0, Decimal("-6.25"), Decimal("-1.25"), Decimal(-5), "priced"),
        *(["env:prod"], "p1", "a"),
    )
    shop.check()


def test_removing_a_price_restores_every_figure(shop: Shop) -> None:
    shop.accept(own("a"), event("b", tokens=MILLION), own("c", reported_cost=ReportedCost(7, "tool")))
    before = (shop.sums(), shop.statuses())
    shop.reprice(RuleChange(adds=rule("price", "price_own", **OWN_PRICE)))
    assert shop.statuses()["estimated"] == (0, Decimal(0))
    effect = shop.reprice(RuleChange(removes="price_own"), "reprice_2")
    assert (effect.events, effect.unpriced_after) == (2, 1)
    assert shop.sums()["own-7b"] == (2, 1, before[0]["own-7b"][2])
    assert {status: figures[0] for status, figures in shop.statuses().items() if figures[0]} == {
        status: figures[0] for status, figures in before[1].items()
    }
    shop.check()


def test_a_price_that_ends_leaves_what_was_before(shop: Shop) -> None:
    shop.accept(own("old", time=NOW - timedelta(days=10)), own("new"))
    shop.reprice(RuleChange(adds=rule("price", "price_own", **OWN_PRICE)))
    end = NOW - timedelta(days=5)
    effect = shop.reprice(RuleChange(ends="price_own", ends_at=end), "reprice_2")
    assert (effect.events, effect.new) == (1, "0")
    assert shop.sums("day") == {
        (NOW - timedelta(days=10)).date(): (1, 0, Decimal("0.25")),
        NOW.date(): (1, 1, Decimal(0)),
    }
    shop.check()


def test_an_alias_prices_what_came_before_it_and_keeps_its_name(shop: Shop) -> None:
    shop.accept(event("a", provider=None, model="prod-chat", model_raw="prod-chat", tokens=MILLION))
    alias = rule("alias", "price_alias", since=None, name="prod-chat", provider="openai", model="gpt-4o")
    assert shop.reprice(RuleChange(adds=alias)).new == "12.5"
    assert shop.sums()["prod-chat"] == (1, 0, Decimal("12.5"))
    shop.accept(event("b", provider=None, model="prod-chat", model_raw="prod-chat", tokens=MILLION))
    assert shop.sums()["gpt-4o"] == (1, 0, Decimal("12.5"))
    shop.reprice(RuleChange(adds=rule("price", "price_gpt", **GPT_PRICE)), "reprice_2")
    assert shop.sums()["prod-chat"] == (1, 0, Decimal(3))
    shop.reprice(RuleChange(removes="price_alias"), "reprice_3")
    assert shop.sums()["prod-chat"][1] == 1
    shop.check()


def test_a_service_gets_a_price(shop: Shop) -> None:
    shop.accept(
        event("a", service="ocr", quantity=Decimal(40), unit="pages", model=None, model_raw=None, provider=None)
    )
    effect = shop.reprice(RuleChange(adds=rule("service", "price_ocr", service="ocr", unit="pages", price="0.0015")))
    assert [(line.model, line.new) for line in effect.lines] == [("ocr", "0.06")]
    assert shop.sums("unit")["pages"] == (1, 0, Decimal("0.06"))
    shop.check()


def test_a_row_of_many_requests_moves_them_all(shop: Shop) -> None:
    shop.accept(own("a", calls=40), own("b", calls=0, reported_cost=ReportedCost(5)))
    assert shop.sums()["own-7b"][:2] == (40, 40)
    shop.reprice(RuleChange(adds=rule("price", "price_own", **OWN_PRICE)))
    assert shop.sums()["own-7b"][:2] == (40, 0)
    assert shop.statuses()["unpriced"] == (0, None)
    shop.check()


def test_an_estimate_stays_one_at_another_price(shop: Shop) -> None:
    shop.accept(event("a", tokens=MILLION, metadata={"estimated": True}))
    shop.reprice(RuleChange(adds=rule("price", "price_gpt", **GPT_PRICE)))
    assert shop.statuses() == {"estimated": (1, Decimal(3))}
    shop.check()


def test_corrections_are_priced_again_like_events(shop: Shop) -> None:
    shop.accept(event("a", tokens=MILLION), event("b", adjusts="a", tokens=Tokens(output=-500_000)))
    effect = shop.reprice(RuleChange(adds=rule("price", "price_gpt", **GPT_PRICE)))
    assert (effect.events, effect.old, effect.new) == (2, "7.5", "2")
    assert shop.sums()["gpt-4o"] == (1, 0, Decimal(2))
    shop.check()


def test_what_a_provider_bills_gives_way_to_an_exact_price_only(shop: Shop) -> None:
    shop.accept(event("a", tokens=MILLION, reported_cost=ReportedCost(9 * 10**12, "provider")))
    assert shop.preview(shop.by_book()).events == 0
    shop.reprice(RuleChange(adds=rule("price", "price_gpt", **GPT_PRICE)))
    assert shop.statuses() == {"reported": (0, Decimal(0)), "priced": (1, Decimal(3))}
    shop.reprice(RuleChange(removes="price_gpt"), "reprice_2")
    assert shop.statuses() == {"reported": (1, Decimal(9)), "priced": (0, Decimal(0))}
    shop.check()


def test_a_repricing_is_taken_back_whatever_the_prices_are_now(shop: Shop) -> None:
    shop.accept(own("a"), own("b"), event("c", tokens=MILLION))
    before = shop.sums()
    shop.reprice(RuleChange(adds=rule("price", "price_own", **OWN_PRICE)))
    assert shop.take_back("reprice_1").events == 2
    assert shop.take_back("reprice_1", "undo_2").events == 0
    assert shop.sums()["own-7b"][:2] == before["own-7b"][:2]
    assert shop.sums()["own-7b"][2] == 0
    shop.check()


def test_taking_back_leaves_what_was_repriced_since(shop: Shop) -> None:
    shop.accept(event("a", tokens=MILLION), event("b", tokens=MILLION, provider="anthropic", model="claude-opus-4-1"))
    shop.reprice(RuleChange(adds=rule("multiplier", "price_all", factor="0.5")))
    shop.reprice(RuleChange(adds=rule("price", "price_gpt", **GPT_PRICE)), "reprice_2")
    effect = shop.take_back("reprice_1")
    assert (effect.events, effect.kept) == (1, 1)
    assert shop.sums()["gpt-4o"] == (1, 0, Decimal(3))
    assert shop.sums()["claude-opus-4-1"] == (1, 0, Decimal(90))
    shop.check()


def test_who_starts_again_after_a_crash_ends_where_the_other_would(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reprice, "WRITTEN_AT_ONCE", 3)
    monkeypatch.setattr(reprice_rows, "READ_AT_ONCE", 4)
    shop.accept(*(own(str(number), time=NOW - timedelta(days=number % 3)) for number in range(30)))
    changes = reprice.Repriced(ORG, EVERYTHING, shop.change(RuleChange(adds=rule("price", "price_own", **OWN_PRICE))))
    written: list[Sequence[PricedEvent]] = []

    def dies_halfway(events: Sequence[PricedEvent]) -> None:
        if len(written) == 4:
            raise LedgerFailed("the disk is full")
        written.append(events)
        shop.commit(events)

    writing = reprice.Writing(ORG, "reprice_1", NOW, dies_halfway)
    with pytest.raises(LedgerFailed):
        reprice.write(shop.ledger, changes, writing, lambda *_: None)
    assert shop.sums()["own-7b"][1] == 18  # four pieces of three
    shop.check()
    assert shop.write(changes).events == 18
    assert shop.sums()["own-7b"] == (30, 0, Decimal("7.5"))
    assert shop.take_back("reprice_1").events == 30
    assert shop.sums()["own-7b"][:2] == (30, 30)
    shop.check()


def test_progress_is_told_to_the_end(shop: Shop) -> None:
    shop.accept(*(own(str(number), time=NOW - timedelta(days=number)) for number in range(3)))
    shop.preview(shop.by_book())
    assert shop.heard == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_an_amount_no_event_can_cost_is_left_and_told(shop: Shop) -> None:
    shop.accept(own("a", tokens=Tokens(input_uncached=10**13, output=0)), own("b"))
    effect = shop.reprice(RuleChange(adds=rule("price", "price_own", **(OWN_PRICE | {"input": "900000"}))))
    assert (effect.events, effect.refused) == (1, 1)
    shop.check()


@pytest.mark.parametrize("seed", range(4))
def test_every_event_costs_what_the_prices_in_force_make_it(shop: Shop, seed: int) -> None:
    """Random events, rules that come, end and go, repricings and undoings: sums are checked event by event."""
    random = Random(seed)
    events = [_drawn(random, str(number)) for number in range(60)]
    shop.accept(*events)
    first = _costs(shop)
    written = []
    for step in range(5):
        change = _drawn_change(random, shop, step)
        shop.reprice(change, f"reprice_{step}")
        written.append(f"reprice_{step}")
    shop.write(shop.by_book(), "reprice_all")
    shop.check()
    by_id = {each.id: each for each in events}
    book = shop.books.book_of(ORG)
    for event_id, (status, parts) in _costs(shop).items():
        one = by_id[event_id]
        name = book.identify(one.provider, one.model_raw, one.time)
        stored = shop.rows("SELECT provider, model FROM events WHERE id = ?", event_id)[0]
        again = UsageEvent(**{**_fields(one), "provider": stored[0], "model": stored[1]})
        name = book.named_again(again)
        named = UsageEvent(**{**_fields(one), "provider": name.provider, "model": name.model})
        wanted = standing_of(book.cost_of(named), None)
        assert (status, parts) == (wanted.status, wanted.parts), event_id
    for repricing in ("reprice_all", *reversed(written)):
        shop.take_back(repricing, f"undo_{repricing}")
    shop.check()
    assert _costs(shop) == first


def _fields(one: UsageEvent) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


def _costs(shop: Shop) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return by event what it costs now: its status (the one with a request, or an adjustment's last) and its parts."""
    parts = ", ".join(
        f"CAST(sum(coalesce(cost_{each}, 0)) * 1000000000000 AS HUGEINT)"
        for each in ("input", "cache_read", "cache_write", "output", "other")
    )
    found = shop.rows(
        f"""SELECT CASE WHEN repricing IS NULL THEN id ELSE adjusts END AS about, arg_max(cost_status, seq), {parts}
        FROM events GROUP BY about"""
    )
    return {about: (status, tuple(amounts)) for about, status, *amounts in found}


def _drawn(random: Random, event_id: str) -> UsageEvent:
    provider, model = random.choice(
        [("openai", "gpt-4o"), ("anthropic", "claude-opus-4-1"), ("selfhosted", "own-7b"), (None, "prod-chat")]
    )
    fields: dict[str, Any] = {
        "provider": provider,
        "model": model,
        "model_raw": model,
        "time": NOW - timedelta(days=random.randint(0, 50), seconds=random.randint(0, 86_400)),
        "variant": random.choice([None, None, "batch"]),
        "status": random.choice(["ok", "ok", "error", "blocked", "cancelled"]),
        "tokens": random.choice(
            [
                Tokens(),
                Tokens(input_uncached=random.randint(0, 10**6), output=random.randint(0, 10**5)),
                Tokens(input_uncached=7, cache_read=random.randint(0, 10**6), cache_write_1h=3, output=1, reasoning=1),
            ]
        ),
        "reported_cost": random.choice(
            [None, None, ReportedCost(random.randint(0, 10**13), "provider"), ReportedCost(5, "tool"), ReportedCost(0)]
        ),
    }
    if random.random() < 0.2:
        fields |= {"service": "ocr", "quantity": Decimal(random.randint(0, 99)) / 8, "unit": "pages"}
    if random.random() < 0.1:
        fields |= {"adjusts": "0", "tokens": Tokens(output=-random.randint(1, 10**5))}
    return event(event_id, **fields)


def _drawn_change(random: Random, shop: Shop, step: int) -> RuleChange:
    there = [rule_id for (rule_id,) in _own_rules(shop)]
    if there and random.random() < 0.4:
        gone = random.choice(there)
        if random.random() < 0.5:
            return RuleChange(removes=gone)
        return RuleChange(ends=gone, ends_at=NOW - timedelta(days=random.randint(1, 40)))
    since = NOW - timedelta(days=random.randint(1, 60))
    amount = f"{random.randint(0, 9)}.{random.randint(0, 999999):06d}"
    made = random.choice(
        [
            rule("price", f"price_{step}", since, provider="openai", model="gpt-4o", input=amount, output="3"),
            rule("price", f"price_{step}", since, provider="selfhosted", model="*", input=amount, output=amount),
            rule("multiplier", f"price_{step}", since, provider="anthropic", factor=amount),
            rule("multiplier", f"price_{step}", since, factor=amount, variant="batch"),
            rule("service", f"price_{step}", since, service="OCR", unit="pages", price=amount),
            rule("alias", f"price_{step}", since, name="prod-chat", provider="openai", model="gpt-4o"),
        ]
    )
    return RuleChange(adds=made)


def _own_rules(shop: Shop) -> list[tuple[str]]:
    with shop.books._control.read() as connection:
        found = connection.exec_driver_sql("SELECT id FROM price_rules WHERE removed_at IS NULL AND ends_at IS NULL")
        return [(row[0],) for row in found]


def test_a_ledger_from_before_there_were_repricings_is_repriced_too(tmp_path: Path) -> None:
    """The columns come by themselves; who reported a cost is told from how it was priced."""
    file = tmp_path / "ledger.duckdb"
    control = open_control(tmp_path / "control.sqlite")
    create_organisation(control, ORG, "Acme", "UTC", SYSTEM, NOW)
    ledger = DuckLedger(file, lambda _: parse_zone("UTC"), memory_mb=512)
    open_shop(ledger, control).accept(
        event("billed", tokens=MILLION, reported_cost=ReportedCost(7 * 10**12)),
        event("reckoned", tokens=MILLION, reported_cost=ReportedCost(7 * 10**12, "tool")),
        own("unknown", reported_cost=ReportedCost(7 * 10**12, "tool")),
    )
    ledger.close()
    with duckdb.connect(str(file)) as connection:
        for column in ("repricing", "reported_by", "moved_by"):
            connection.execute(f"ALTER TABLE events DROP COLUMN {column}")
    ledger = DuckLedger(file, lambda _: parse_zone("UTC"), memory_mb=512)
    shop = open_shop(ledger, control)
    assert shop.preview(shop.by_book()).events == 0
    shop.reprice(RuleChange(adds=rule("price", "price_own", **OWN_PRICE)))
    assert shop.statuses() == {
        "reported": (1, Decimal(7)),
        "priced": (2, Decimal("12.75")),
        "estimated": (0, Decimal(0)),
    }
    shop.check()
    ledger.close()
    control.close()
