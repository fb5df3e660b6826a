"""Decisions about prices: one after the other, each at the prices that were shown; what broke off can be undone."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outlay.control.database import Control, open_control
from outlay.control.organisations import create_organisation
from outlay.control.price_rules import RuleChange
from outlay.control.repricings import NewRepricing, Repricing
from outlay.control.trail import SYSTEM
from outlay.control.trail_tables import audit_entries
from outlay.errors import Conflict, LedgerFailed
from outlay.intake import reprice
from outlay.intake.repricing_work import Means, decide, may_undo, open_repricing, run_preview, run_writing
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.testing import FrozenClock
from outlay.usage import PricedEvent, Tokens, UsageEvent
from tests.actors import ADA
from tests.intake.making import NOW, event
from tests.intake.repriced import ORG, Shop, open_shop, rule

PRICE: dict[str, Any] = {"provider": "selfhosted", "model": "own-7b", "input": "1", "output": "1"}


class Desk:
    """A shop, and what decisions about its prices are carried out with."""

    def __init__(self, shop: Shop, control: Control) -> None:
        self.shop = shop
        self.commits_left = 1_000
        self.means = Means(control, shop.books, shop.ledger, FrozenClock(NOW), self._commit, lambda: None)

    def look(self, change: RuleChange | None = None, undoes: str | None = None) -> Repricing:
        opened = open_repricing(self.means, ORG, NewRepricing(change=change, undoes=undoes))
        return run_preview(self.means, opened, lambda *_: None)

    def decide(self, repricing: Repricing, *, adjust: bool = True) -> Repricing:
        return decide(self.means, repricing, ADA, adjust=adjust)

    def write(self, repricing: Repricing) -> Repricing:
        return run_writing(self.means, repricing, lambda *_: None)

    def _commit(self, events: Sequence[PricedEvent]) -> None:
        if not self.commits_left:
            raise LedgerFailed("the disk is full")
        self.commits_left -= 1
        self.shop.commit(events)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    control = open_control(tmp_path / "control.sqlite")
    create_organisation(control, ORG, "Acme", "UTC", SYSTEM, NOW)
    ledger = DuckLedger(tmp_path / "ledger.duckdb", lambda _: parse_zone("UTC"), memory_mb=512)
    found = Desk(open_shop(ledger, control), control)
    found.shop.accept(*(own(str(number)) for number in range(6)))
    yield found
    ledger.close()
    control.close()


def own(event_id: str) -> UsageEvent:
    named = {"provider": "selfhosted", "model": "own-7b", "model_raw": "own-7b"}
    return event(event_id, tokens=Tokens(input_uncached=1_000_000), **named)


def adding(rule_id: str, **body: str) -> RuleChange:
    return RuleChange(adds=rule("price", rule_id, **(PRICE | body)))


def test_of_two_prices_for_the_same_only_the_first_decided_is_made(desk: Desk) -> None:
    first, second = desk.look(adding("price_1")), desk.look(adding("price_2", input="7"))
    decided = desk.decide(first)
    for adjust in (True, False):  # before the first is written: many events may be waiting for that
        with pytest.raises(Conflict):
            desk.decide(second, adjust=adjust)
    assert desk.write(decided).state == "done"
    assert desk.shop.sums()["own-7b"] == (6, 0, Decimal(6))


def test_what_waits_to_be_written_is_not_written_at_other_prices(desk: Desk) -> None:
    desk.shop.change(adding("price_1"))
    compared, other = desk.look(), desk.look(adding("price_2", model="other"))
    decided = desk.decide(compared)
    desk.decide(other, adjust=False)
    left = desk.write(decided)
    assert (left.state, left.written) == ("failed", None)
    assert "prices were changed" in (left.error or "")
    assert desk.shop.sums()["own-7b"] == (6, 6, None)


def test_what_is_left_half_written_is_taken_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reprice, "WRITTEN_AT_ONCE", 2)
    desk.shop.change(adding("price_1"))
    decided = desk.decide(desk.look())
    desk.commits_left = 2
    broken = desk.write(decided)
    assert (broken.state, broken.error) == ("writing", "the disk is full")
    assert not may_undo(broken)
    desk.commits_left = 1_000
    desk.shop.change(adding("price_2", model="other"))
    assert desk.write(broken).state == "failed"
    assert desk.shop.sums()["own-7b"][1] == 2
    undone = desk.write(desk.decide(desk.look(undoes=decided.id)))
    assert undone.state == "done"
    assert desk.shop.sums()["own-7b"] == (6, 6, Decimal(0))
    desk.shop.check()


def test_the_trail_tells_who_decided_and_what_was_foreseen(desk: Desk) -> None:
    def told() -> list[tuple[str, str]]:
        with desk.means.control.read() as connection:
            found = connection.execute(select(audit_entries).order_by(audit_entries.c.number)).mappings().all()
        mine = [each for each in found if each["action"].startswith(("price.", "repricing."))]
        assert {each["actor"] for each in mine} <= {ADA.id}
        return [(each["action"], each["name"]) for each in mine]

    desk.decide(desk.look(adding("price_1")), adjust=False)
    assert told() == [("price.change", "selfhosted/own-7b")]
    decided = desk.decide(desk.look())
    assert told()[1:] == [("repricing.write", "all calls")]
    desk.write(desk.decide(desk.look(undoes=desk.write(decided).id)))
    assert told()[2:] == [("repricing.undo", decided.id)]
