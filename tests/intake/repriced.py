"""A funnel with real prices over a real ledger, whose rules can be changed and whose events be priced again."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from msgspec import Struct

from outlay.control.database import Control
from outlay.control.price_rules import NewRule, RuleChange
from outlay.control.repricings import Scope
from outlay.intake.accept import Intake
from outlay.intake.price_books import PriceBooks
from outlay.intake.reprice import Changes, Repriced, TakenBack, Writing, preview, write
from outlay.intake.reprice_aim import ByBook, ByChange
from outlay.intake.reprice_effect import Effect
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.verify import findings
from outlay.pricing.catalogue import Catalogue, load_catalogue
from outlay.pricing.rules import NO_RULES
from outlay.usage import PricedEvent, UsageEvent
from tests.actors import TESTER
from tests.intake.making import LIMITS, NOW, RememberedNames

ORG = "acme"
JANUARY = NOW.replace(month=1)
EVERYTHING = Scope()
catalogue = cache(load_catalogue)


def rule(kind: str, rule_id: str, since: datetime | None = JANUARY, **body: str) -> NewRule:
    return NewRule(id=rule_id, kind=kind, body=body, starts_at=since)


class Shop(Struct, frozen=True):
    """One organisation's ledger and prices; `heard` are the steps that were told of."""

    ledger: DuckLedger
    books: PriceBooks
    intake: Intake
    heard: list[tuple[int, int]]

    def accept(self, *events: UsageEvent) -> None:
        assert {each.result for each in self.intake.accept(ORG, events)} == {"stored"}

    def change(self, change: RuleChange) -> ByChange:
        """Return the aim of a change; the change itself is made."""
        books = self.books
        aim = ByChange(
            books.book_with(ORG, change), books.book_without(ORG, change), books.book_of_changed(ORG, change)
        )
        books.change(ORG, change, NOW, TESTER)
        return aim

    def by_book(self, scope: Scope = EVERYTHING) -> Repriced:
        return Repriced(ORG, scope, ByBook(self.books.book_of(ORG)))

    def preview(self, changes: Changes) -> Effect:
        return preview(self.ledger, changes, self._hear)

    def write(self, changes: Changes, repricing: str = "reprice_1") -> Effect:
        return write(self.ledger, changes, Writing(ORG, repricing, NOW, self.commit), self._hear)

    def reprice(self, change: RuleChange, repricing: str = "reprice_1") -> Effect:
        """Make a change and write what it changes; what was previewed is what is written."""
        changes = Repriced(ORG, Scope(), self.change(change))
        foreseen = self.preview(changes)
        assert self.write(changes, repricing) == foreseen
        return foreseen

    def take_back(self, repricing: str, undoing: str = "undo_1") -> Effect:
        return self.write(TakenBack(ORG, repricing), undoing)

    def commit(self, events: Sequence[PricedEvent]) -> None:
        outcomes = self.intake.commit([self.intake.prepare_priced(events)])
        assert {each.result for each in outcomes[0]} == {"stored"}

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.ledger.snapshot() as snapshot:
            return snapshot.rows(sql, parameters)

    def sums(self, by: str = "model") -> dict[Any, tuple[int, int, Decimal | None]]:
        """Return requests, unpriced requests and cost by a column, from the day sums and as a page would."""
        found = self.rows(
            f"""SELECT "{by}", sum(requests), sum(unpriced_requests), sum(cost) FROM
            (SELECT * FROM usage_day UNION ALL SELECT * FROM usage_day_recent) GROUP BY ALL"""
        )
        return {key: (requests, unpriced, cost) for key, requests, unpriced, cost in found}

    def statuses(self) -> dict[str, tuple[int, Decimal | None]]:
        found = self.rows("SELECT cost_status, sum(requests), sum(cost) FROM events GROUP BY ALL")
        return {status: (requests, cost) for status, requests, cost in found}

    def check(self) -> None:
        with self.ledger.snapshot() as snapshot:
            wrong = [each for each in findings(snapshot, lambda _: parse_zone("UTC")) if each.wrong]
        assert wrong == []

    def _hear(self, done: int, total: int) -> None:
        self.heard.append((done, total))


def open_shop(ledger: DuckLedger, control: Control, catalogued: Catalogue | None = None) -> Shop:
    books = PriceBooks(catalogued or catalogue(), NO_RULES, control)
    return Shop(ledger, books, Intake(ledger, books, RememberedNames(), LIMITS), [])
