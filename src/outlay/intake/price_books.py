"""The price book of each organisation: the catalogue, the rules of the installation's file, and the organisation's own.

A book never changes; a change of rules makes another. Changes made here hold at once, those that another process made
within RECHECK_SECONDS: asking the control database before every event would cost more than pricing it.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from time import monotonic
from typing import Any, Final, Protocol

from msgspec import Struct

from outlay.control.database import Control
from outlay.control.price_rules import (
    NewRule,
    RuleChange,
    StoredRule,
    change_rules,
    changed,
    rules_mark,
    rules_of,
    sides_of,
)
from outlay.control.trail import Actor
from outlay.errors import PriceInvalid
from outlay.pricing.book import PriceBook
from outlay.pricing.catalogue import Catalogue
from outlay.pricing.match import ModelName
from outlay.pricing.rules import NO_RULES, Rules, read_rule, rules_from
from outlay.usage import Cost, UsageEvent

RECHECK_SECONDS: Final = 1.0
_PERIOD: Final = (("from", "starts_at"), ("until", "ends_at"))

_log = logging.getLogger(__name__)


class Prices(Protocol):
    """What the funnel asks of one organisation's price book; its `version` stands for all prices in it."""

    @property
    def version(self) -> str: ...

    def identify(self, provider: str | None, model_raw: str | None, at: datetime | None = None) -> ModelName: ...

    def cost_of(self, event: UsageEvent) -> Cost: ...


class Books(Protocol):
    """Whose prices hold for whom."""

    def book_of(self, organisation: str) -> Prices: ...


class _Open(Struct, frozen=True):
    book: PriceBook
    mark: tuple[object, ...]
    checked: float


class PriceBooks:
    def __init__(
        self, catalogue: Catalogue, rules: Rules, control: Control, seconds: Callable[[], float] = monotonic
    ) -> None:
        """`rules` are those of the installation. Raises PriceInvalid where they can't hold together."""
        self.catalogue = catalogue
        self.rules = rules
        self._control = control
        self._seconds = seconds
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}
        self._without_own = PriceBook(catalogue, rules)

    @property
    def version(self) -> str:
        """The catalogue and the installation's rules, without any organisation's own."""
        return self._without_own.version

    def book_of(self, organisation: str) -> PriceBook:
        known = self._open.get(organisation)
        if known is not None and self._seconds() - known.checked < RECHECK_SECONDS:
            return known.book
        with self._lock:
            return self._checked(organisation)

    def change(self, organisation: str, change: RuleChange, now: datetime, by: Actor) -> None:
        """Change an organisation's rules; every book asked for from here on has the change."""
        change_rules(self._control, organisation, change, now, by)
        self.forget(organisation)

    def forget(self, organisation: str) -> None:
        """Read the rules again before the next event."""
        with self._lock:
            self._open.pop(organisation, None)

    def book_with(self, organisation: str, change: RuleChange) -> PriceBook:
        """Return the book as a change makes it. Raises PriceInvalid or Conflict where it can't be made."""
        if change.adds is not None:
            check_rule(change.adds)
        before, after = sides_of(self._control, organisation, change)
        return self._book(changed(rules_of(self._control, organisation), before, after))

    def book_without(self, organisation: str, change: RuleChange) -> PriceBook:
        """Return the book as it is without a change, whether that was made already or not."""
        before, after = sides_of(self._control, organisation, change)
        return self._book(changed(rules_of(self._control, organisation), after, before))

    def book_of_changed(self, organisation: str, change: RuleChange) -> PriceBook:
        """Return a book of those rules alone that a change is about, as before and as after it."""
        before, after = sides_of(self._control, organisation, change)
        return PriceBook(self.catalogue, NO_RULES, own_rules([*before, *after]))

    def _checked(self, organisation: str) -> PriceBook:
        known = self._open.get(organisation)
        mark = rules_mark(self._control, organisation)
        if known is None or known.mark != mark:
            # Rules may change between the two looks: then the mark is the older one, and the next check finds it out.
            known = _Open(self._book(rules_of(self._control, organisation)), mark, self._seconds())
        self._open[organisation] = _Open(known.book, mark, self._seconds())
        return known.book

    def _book(self, own: Iterable[StoredRule]) -> PriceBook:
        rules = own_rules(own)
        return self._without_own if rules == NO_RULES else PriceBook(self.catalogue, self.rules, rules)


def check_rule(rule: NewRule) -> None:
    """Raise PriceInvalid unless this can be a rule."""
    read_rule(rule.kind, _table(rule))


def own_rules(stored: Iterable[StoredRule]) -> Rules:
    """Return the rules as prices are read from them; one that can't be read any more is told in the log and left out.

    They were checked when they were made, so only an older or newer Outlay can have written such a one.
    """
    tables: list[tuple[str, str, dict[str, Any]]] = []
    for rule in stored:
        table = _table(rule)
        try:
            read_rule(rule.kind, table)
        except (PriceInvalid, KeyError):
            _log.exception("a stored price can't be read; it is left out", extra={"fields": {"price": rule.id}})
            continue
        tables.append((rule.id, rule.kind, table))
    return rules_from(tables)


def _table(rule: StoredRule | NewRule) -> dict[str, Any]:
    period = {key: getattr(rule, field) for key, field in _PERIOD}
    return dict(rule.body) | {key: moment for key, moment in period.items() if moment is not None}
