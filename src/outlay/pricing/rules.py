"""The operator's own prices: exact prices, contract multipliers, aliases and service prices, from TOML text or tables.

Every amount is a decimal string or a whole number; a TOML float is refused, because money never passes through a
float. What can't hold (an unknown key, two equally specific rules for the same time …) is refused by name and number.
A rule with an id is an organisation's own; one without stands in `prices.toml`, which holds for all.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import PriceInvalid
from outlay.pricing.fields import ANY, RuleFields, TomlFloat

_MAX_BYTES: Final = 4 * 1024 * 1024

ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)  # the start of what holds since ever
TOKEN_AMOUNTS: Final = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output")


class Rule(Struct, frozen=True, kw_only=True):
    """`number` counts the rules of a kind in their file; `id` names one that an organisation keeps."""

    number: int
    id: str = ""

    @property
    def is_own(self) -> bool:
        return self.id != ""


class PriceRule(Rule, frozen=True, kw_only=True):
    """An exact price. Token amounts are dollars per million tokens; what is not stated is charged as input."""

    provider: str
    model: str
    variant: str | None
    start: datetime
    until: datetime | None
    amounts: Mapping[str, Decimal]

    @property
    def target(self) -> tuple[str | None, ...]:
        return self.provider, self.model, self.variant


class MultiplierRule(Rule, frozen=True, kw_only=True):
    """A factor on the catalogue's price; None stands for every provider, model or variant."""

    provider: str | None
    model: str | None
    variant: str | None
    start: datetime
    until: datetime | None
    factor: Decimal

    @property
    def target(self) -> tuple[str | None, ...]:
        return self.provider, self.model, self.variant


class ServiceRule(Rule, frozen=True, kw_only=True):
    """The price of one unit of a service."""

    service: str
    unit: str
    start: datetime
    until: datetime | None
    price: Decimal

    @property
    def target(self) -> tuple[str | None, ...]:
        return self.service, self.unit


class AliasRule(Rule, frozen=True, kw_only=True):
    """A name as it is sent (a deployment, a profile), and the model it stands for; without a start, since ever."""

    name: str
    sent_to: str | None
    start: datetime
    until: datetime | None
    provider: str
    model: str

    @property
    def target(self) -> tuple[str | None, ...]:
        return self.name.lower(), self.sent_to


class Rules(Struct, frozen=True):
    """All rules of one prices.toml, or of one organisation."""

    prices: tuple[PriceRule, ...] = ()
    multipliers: tuple[MultiplierRule, ...] = ()
    services: tuple[ServiceRule, ...] = ()
    aliases: tuple[AliasRule, ...] = ()


NO_RULES: Final = Rules()


class Dated(Protocol):
    """What every rule with a period has."""

    @property
    def number(self) -> int: ...
    @property
    def start(self) -> datetime: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def target(self) -> tuple[str | None, ...]: ...


def parse_rules(text: str) -> Rules:
    """Read the text of a prices.toml; PriceInvalid names the rule, its number and what is wrong with it."""
    if len(text) > _MAX_BYTES:
        raise PriceInvalid(f"the price rules are {len(text):,} characters long; at most {_MAX_BYTES:,} are read")
    try:
        document = tomllib.loads(text, parse_float=TomlFloat)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise PriceInvalid(f"the price rules are not valid TOML: {error}") from error
    unknown = sorted(set(document) - set(_READERS))
    if unknown:
        raise PriceInvalid(f"unknown table {unknown[0]!r}; price rules are {', '.join(f'[[{n}]]' for n in _READERS)}")
    found = {kind: _read_all(kind, document.get(kind, [])) for kind in _READERS}
    for kind in _READERS:
        refuse_overlaps(kind, found[kind])
    return _as_rules(found)


def rules_from(tables: Iterable[tuple[str, str, Mapping[str, Any]]]) -> Rules:
    """Return the rules of an organisation from `(id, kind, keys and values)`, which were read once by `read_rule`."""
    found: dict[str, list[Any]] = {kind: [] for kind in _READERS}
    for number, (rule, kind, table) in enumerate(tables, start=1):
        found[kind].append(replace(_READERS[kind](RuleFields(kind, number, table), number), id=rule))
    return _as_rules(found)


def read_rule(kind: str, table: Mapping[str, Any]) -> None:
    """Raise PriceInvalid unless the keys and values make a rule of this kind."""
    fields = RuleFields(kind, None, table)
    _READERS[kind](fields, 1)
    fields.finish()


def _as_rules(found: Mapping[str, Sequence[Any]]) -> Rules:
    return Rules(tuple(found["price"]), tuple(found["multiplier"]), tuple(found["service"]), tuple(found["alias"]))


def refuse_overlaps(kind: str, rules: Iterable[Dated]) -> None:
    """Raise PriceInvalid where two rules for the same thing hold at the same time."""
    by_target: dict[tuple[str | None, ...], list[Dated]] = {}
    for rule in rules:
        by_target.setdefault(rule.target, []).append(rule)
    for target, same in by_target.items():
        same.sort(key=lambda rule: rule.start)
        for earlier, later in pairwise(same):
            if earlier.until is None or later.start < earlier.until:
                what = "/".join(part or ANY for part in target)
                numbers = sorted((earlier.number, later.number))
                since = "" if later.start == ALWAYS else f" from {later.start:%Y-%m-%d %H:%M} UTC on"
                raise PriceInvalid(
                    f"[[{kind}]] {numbers[0]} and {numbers[1]} ({what}) both hold{since}; give the earlier one an "
                    "`until`"
                )


def _read_all(kind: str, tables: object) -> list[Any]:
    if not isinstance(tables, list):
        raise PriceInvalid(f"{kind} must be written as [[{kind}]], one block for each rule")
    rules = []
    for number, table in enumerate(tables, start=1):
        fields = RuleFields(kind, number, table)
        rules.append(_READERS[kind](fields, number))
        fields.finish()
    return rules


def _price(fields: RuleFields, number: int) -> PriceRule:
    provider, model, variant = fields.provider("provider"), fields.text("model"), fields.optional_variant()
    start, until = fields.period()
    amounts: dict[str, Decimal] = {}
    for key in (*TOKEN_AMOUNTS, "per_request"):
        amount = fields.optional_amount(key)
        if amount is not None:
            amounts[key] = amount
    if not amounts:
        raise fields.refuse("no amount; state input and output per million tokens, or per_request")
    by_token = [key for key in TOKEN_AMOUNTS if key in amounts]
    for key in ("input", "output"):
        if by_token and key not in amounts:
            raise fields.refuse(f"{key} is missing beside {by_token[0]}; write {key} = 0 if it costs nothing")
    return PriceRule(
        number=number, provider=provider, model=model, variant=variant, start=start, until=until, amounts=amounts
    )


def _multiplier(fields: RuleFields, number: int) -> MultiplierRule:
    provider, model = fields.optional_provider("provider"), fields.optional_text("model")
    variant = fields.optional_variant()
    start, until = fields.period()
    return MultiplierRule(
        number=number,
        provider=provider,
        model=None if model == ANY else model,
        variant=variant,
        start=start,
        until=until,
        factor=fields.amount("factor"),
    )


def _service(fields: RuleFields, number: int) -> ServiceRule:
    service, unit = fields.text("service"), fields.text("unit")
    start, until = fields.period()
    return ServiceRule(
        number=number, service=service, unit=unit, start=start, until=until, price=fields.amount("price")
    )


def _alias(fields: RuleFields, number: int) -> AliasRule:
    start, until = fields.period(since_ever=ALWAYS)
    return AliasRule(
        number=number,
        name=fields.text("name"),
        sent_to=fields.optional_provider("sent_to"),
        start=start,
        until=until,
        provider=fields.provider("provider"),
        model=fields.text("model"),
    )


_READERS: Final[dict[str, Callable[[RuleFields, int], Any]]] = {
    "price": _price,
    "multiplier": _multiplier,
    "alias": _alias,
    "service": _service,
}
