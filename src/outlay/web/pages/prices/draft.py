"""The forms that change a price: what was filled in, as text, and the change of rules it asks for.

A refused form comes back as it was. Days are local to the organisation; a price begins with its first day and ends with
its last one.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from outlay.control.price_rules import NewRule, RuleChange, StoredRule, new_rule_id
from outlay.errors import PriceInvalid
from outlay.intake.price_books import check_rule, own_rules
from outlay.kit.period import day_start, local_day
from outlay.pricing.fields import FIRST_YEAR, LAST_YEAR
from outlay.pricing.rules import Dated
from outlay.web.forms import Form

AMOUNTS: Final = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "per_request", "factor", "price")
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "price": (
        *("provider", "model", "variant", "input", "output"),
        *("cache_read", "cache_write_5m", "cache_write_1h", "per_request"),
    ),
    "multiplier": ("provider", "model", "variant", "factor"),
    "service": ("service", "unit", "price"),
    "alias": ("name", "sent_to", "provider", "model"),
}
_FIELDS: Final = {"from": "starts", "until": "ends"}  # of the rule, by what the form calls them
_NO_DAY: Final = "Write a day as YYYY-MM-DD."
_THOUSANDS: Final = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)


class Draft(Struct, frozen=True, kw_only=True):
    """The fields as they were filled in; `starts` and `ends` are the first and the last day."""

    kind: str = "price"
    provider: str = ""
    model: str = ""
    variant: str = ""
    input: str = ""
    output: str = ""
    cache_read: str = ""
    cache_write_5m: str = ""
    cache_write_1h: str = ""
    per_request: str = ""
    factor: str = ""
    service: str = ""
    unit: str = ""
    price: str = ""
    name: str = ""
    sent_to: str = ""
    starts: str = ""
    ends: str = ""
    replaces: str = ""

    @property
    def has_more(self) -> bool:
        """Whether a field is filled in that few need."""
        return any((self.variant, self.cache_read, self.cache_write_5m, self.cache_write_1h, self.per_request))


class Refused(Exception):
    """What is wrong, by field; a message under "" is about none in particular."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(str(errors))
        self.errors = errors


def draft_of(form: Form) -> Draft:
    found = {name: form.text(name).strip()[:300] for name in Draft.__struct_fields__}
    return Draft(**(found | {"kind": found["kind"] if found["kind"] in KEYS else "price"}))


def draft_of_rule(rule: StoredRule, zone: ZoneInfo) -> Draft:
    """Return the form that changes a rule: filled in as the rule is."""
    starts = "" if rule.starts_at is None else local_day(rule.starts_at, zone).isoformat()
    ends = "" if rule.ends_at is None else (local_day(rule.ends_at, zone) - timedelta(days=1)).isoformat()
    return Draft(kind=rule.kind, starts=starts, ends=ends, replaces=rule.id, **rule.body)


def change_asked_for(draft: Draft, rules: Sequence[StoredRule], zone: ZoneInfo, now: datetime) -> RuleChange:
    """Return the change: the new rule, and what becomes of the one that it takes over from. Raises Refused."""
    added = NewRule(
        id=new_rule_id(),
        kind=draft.kind,
        body={key: _value(key, draft) for key in KEYS[draft.kind] if getattr(draft, key)},
        starts_at=_start(draft, zone),
        ends_at=_day_after(draft.ends, "ends", zone),
    )
    try:
        check_rule(added)
    except PriceInvalid as error:
        key = error.message.partition(" ")[0]
        named = _FIELDS.get(key, key if key in KEYS[draft.kind] else "")
        raise Refused({named: error.message}) from None
    if draft.replaces:
        if all(rule.id != draft.replaces for rule in rules):
            raise Refused({"": "this price was changed or removed meanwhile; look at the prices as they are now"})
        others = [rule for rule in rules if rule.id != draft.replaces]
        return _beside(RuleChange(adds=added, removes=draft.replaces), added, others, now)
    return _beside(RuleChange(adds=added), added, rules, now)


def ending(rule: StoredRule, last_day: str, zone: ZoneInfo) -> RuleChange:
    """Return the change that ends a rule with a day, or takes it away where no day is given. Raises Refused."""
    end = _day_after(last_day, "ends", zone)
    if end is None or (rule.starts_at is not None and end <= rule.starts_at):
        return RuleChange(removes=rule.id)
    return RuleChange(ends=rule.id, ends_at=end, ended_before=rule.ends_at)


def _beside(change: RuleChange, added: NewRule, rules: Sequence[StoredRule], now: datetime) -> RuleChange:
    """Have the rule that held until now for the same end where the new one begins, or give way to it."""
    mine = _dated(StoredRule(created_at=now, **structs.asdict(added)))
    same = [(rule, dated) for rule in rules if (dated := _dated(rule)) is not None and _overlap(mine, dated)]
    if not same:
        return change
    if len(same) > 1 or mine is None:
        raise Refused({"starts": "Several prices for the same begin after this day; end or remove those first."})
    rule, dated = same[0]
    if mine.until is not None and (dated.until is None or mine.until < dated.until):
        raise Refused({"ends": "Another price for the same holds on after this day and would be lost; end that first."})
    if dated.start < mine.start:
        return structs.replace(change, ends=rule.id, ends_at=mine.start, ended_before=rule.ends_at)
    if change.removes is not None:
        raise Refused({"starts": "Another price for the same begins after this day; end or remove that one first."})
    return structs.replace(change, removes=rule.id)


def _dated(rule: StoredRule) -> Dated | None:
    rules = own_rules([rule])
    found: list[Any] = [*rules.prices, *rules.multipliers, *rules.services, *rules.aliases]
    return found[0] if found else None


def _overlap(one: Dated | None, other: Dated) -> bool:
    if one is None or type(one) is not type(other) or one.target != other.target:
        return False
    return (one.until is None or other.start < one.until) and (other.until is None or one.start < other.until)


def _value(key: str, draft: Draft) -> str:
    text: str = getattr(draft, key)
    if key not in AMOUNTS:
        return text
    amount = text.removeprefix("$").strip()
    # Elsewhere a comma begins the decimals: 2,50 must not become 250.
    return amount.replace(",", "") if _THOUSANDS.fullmatch(amount) else amount


def _start(draft: Draft, zone: ZoneInfo) -> datetime | None:
    if draft.starts:
        return _first_instant(draft.starts, "starts", zone)
    if draft.kind == "alias":
        return None
    raise Refused({"starts": "Say from which day on it holds: calls from before keep the price they have."})


def _day_after(text: str, field: str, zone: ZoneInfo) -> datetime | None:
    return _first_instant(text, field, zone, days=1) if text else None


def _first_instant(text: str, field: str, zone: ZoneInfo, days: int = 0) -> datetime:
    try:
        first = day_start(date.fromisoformat(text) + timedelta(days=days), zone)
    except (ValueError, OverflowError):
        raise Refused({field: _NO_DAY}) from None
    if not FIRST_YEAR <= first.year <= LAST_YEAR:
        raise Refused({field: f"It must lie between the years {FIRST_YEAR} and {LAST_YEAR}."})
    return first
