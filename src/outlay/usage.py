"""The datum: one metered operation (`UsageEvent`), its token counts and what it cost.

Everything that measures, prices, stores or asks speaks of these four types; nothing here knows a format, a store or a
page. An unknown count is None, never 0: sums skip it and pages can say that it was not stated.

The types are left out of garbage collection (`gc=False`): they hold no cycles, and there are many of them at a time.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final, Literal, get_args

from msgspec import Struct
from msgspec.structs import astuple

from outlay.errors import FieldInvalid, TokensContradict

Status = Literal["ok", "error", "cancelled", "blocked", "pending"]
AgentType = Literal["api", "framework", "no_code"]
CostStatus = Literal["priced", "reported", "estimated", "unpriced", "free"]
CostSource = Literal["provider", "tool"]
Component = Literal["input", "cache_read", "cache_write", "output", "other"]

STATUSES: Final[tuple[str, ...]] = get_args(Status)
AGENT_TYPES: Final[tuple[str, ...]] = get_args(AgentType)
COMPONENTS: Final[tuple[Component, ...]] = get_args(Component)

LLM: Final = "llm"
# Names of a variant that say on which side of a price's limit the calls lie that one event sums up.
SHORT_CONTEXT: Final = "short_context"
LONG_CONTEXT: Final = "long_context"
# Metadata: the counts a provider charges for, by their names in `Tokens`, where they are others than it served.
BILLED_TOKENS: Final = "billed_tokens"
# A mark in an event's metadata: its counts are a guess, because its provider never stated them. So is then its cost.
ESTIMATED: Final = "estimated"


class Tokens(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Token counts of one call; disjoint parts of the input, the whole output, and subsets of either.

    `input_uncached + cache_read + cache_write_* = input_total`; `output` includes reasoning. The subsets
    (`reasoning`, `audio_*`, `image_*`) are inside input or output and never added to them.
    """

    input_uncached: int | None = None
    cache_read: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    cache_write_other: int | None = None
    output: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None
    image_input: int | None = None
    image_output: int | None = None
    audio_cache_read: int | None = None

    @property
    def cache_write(self) -> int | None:
        return _known_sum(self.cache_write_5m, self.cache_write_1h, self.cache_write_other)

    @property
    def input_total(self) -> int | None:
        return _known_sum(self.input_uncached, self.cache_read, self.cache_write)

    @property
    def total(self) -> int | None:
        return _known_sum(self.input_total, self.output)

    def check(self) -> None:
        """Raise TokensContradict where a count is negative or a subset is larger than what it is part of."""
        if min(filter(None, astuple(self)), default=0) < 0:
            name, count = next((name, count) for name, count in self.stated() if count < 0)
            raise TokensContradict(f"tokens.{name} is {count}; a count can't be negative")
        self.check_subsets()

    def check_subsets(self) -> None:
        """Raise TokensContradict where a subset is larger than what it is part of."""
        output = self.output or 0
        if (self.reasoning or 0) > output or (self.audio_output or 0) > output or (self.image_output or 0) > output:
            _within("reasoning", self.reasoning, "output", self.output)
            _within("audio_output", self.audio_output, "output", self.output)
            _within("image_output", self.image_output, "output", self.output)
        if self.audio_cache_read or self.audio_input or self.image_input:
            _within("audio_cache_read", self.audio_cache_read, "cache_read", self.cache_read)
            _within("audio_input", self.audio_input, "input", self.input_total)
            _within("image_input", self.image_input, "input", self.input_total)

    def stated(self) -> Iterator[tuple[str, int]]:
        """Yield `(name, count)` for every count that is known."""
        for name in self.__struct_fields__:
            count = getattr(self, name)
            if count is not None:
                yield name, count


NO_TOKENS: Final = Tokens()
QUANTITY_PLACES: Final = 6
MAX_QUANTITY: Final = Decimal(10) ** 12
MAX_CALLS: Final = 10**12

_UNMISTAKABLE: Final = re.compile(r"(?=[!-~]*[0-9])[!-~]{16,256}")
_QUANTITY_UNIT: Final = Decimal(1).scaleb(-QUANTITY_PLACES)
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)


class CostLine(Struct, frozen=True, gc=False):
    """One component of a cost: `quantity` units at `unit_price` dollars each make `pico` picodollars.

    `component` is the column the amount is summed in; `meter` says precisely what was counted (`input_uncached`,
    `cache_write_1h`, `web_search` …).
    """

    component: Component
    meter: str
    quantity: Decimal | int
    unit_price: Decimal
    pico: int


class Cost(Struct, frozen=True, gc=False):
    """What an event cost. `pico` is None exactly when `status` is `unpriced`; else it is the sum of the lines."""

    status: CostStatus
    pico: int | None
    lines: tuple[CostLine, ...] = ()
    price_id: str | None = None


class ReportedCost(Struct, frozen=True, gc=False):
    """A cost the source stated itself. A `provider`'s figure is what it bills; a `tool`'s is its own calculation."""

    pico: int
    by: CostSource = "provider"


class UsageEvent(Struct, frozen=True, kw_only=True, gc=False):
    """One metered operation, as captured: who did what, when, and how much of it.

    Identity is `(organisation, source, id)` with its own immutable `time`. `time` and `received_at` are zone-aware UTC.
    `time_stated` is False where the producer gave no time and the receipt time stands in for it. `adjusts` makes the
    event an adjustment: it points at the id (same source) of the event it corrects, counts as zero requests, and its
    tokens and cost are differences that may be negative. An adjustment that a `repricing` wrote may also move the
    requests from one cost status (negative) to another. One that `takes_out` ends all that was stored about the event:
    together with it that makes nothing, and no question reads it any more. `calls` is how many requests the event
    stands for: one, but for the rows of a provider's report, which sum several up, or are a charge and no request.
    """

    organisation: str
    source: str
    id: str
    time: datetime
    received_at: datetime
    time_stated: bool = True
    adjusts: str | None = None
    calls: int = 1
    # who
    user: str | None = None
    team: str | None = None
    api_key: str | None = None
    agent: str | None = None
    agent_type: AgentType | None = None
    parent_agent: str | None = None
    run_id: str | None = None
    session_id: str | None = None
    pod: str | None = None
    task: str | None = None
    tags: tuple[str, ...] = ()
    # what
    service: str = LLM
    operation: str | None = None
    provider: str | None = None
    model: str | None = None
    model_raw: str | None = None
    response_id: str | None = None
    status: Status = "ok"
    latency_ms: int | None = None
    first_token_ms: int | None = None
    # how much
    tokens: Tokens = NO_TOKENS
    quantity: Decimal | None = None
    unit: str | None = None
    variant: str | None = None
    reported_cost: ReportedCost | None = None
    metadata: dict[str, Any] | None = None
    # set by repricings alone
    repricing: str | None = None
    moves: int = 0
    takes_out: bool = False

    @property
    def requests(self) -> int:
        return self.calls if self.adjusts is None else self.moves


class PricedEvent(Struct, frozen=True, gc=False):
    """An event with its cost: what intake commits to the ledger."""

    event: UsageEvent
    cost: Cost


def names_one_call(provider_id: str) -> bool:
    """Say whether an id that a provider gave to an answer is one that no other answer has.

    Servers at home count their answers (`chatcmpl-123`), or call all of them `stub`.
    """
    return _UNMISTAKABLE.fullmatch(provider_id) is not None


def split_input(stated_input: int, cached_parts: dict[str, int | None]) -> int:
    """Return the uncached input when a source states the input total (cache inside) and its cached parts.

    Raises TokensContradict naming both figures when the parts are larger than the total.
    """
    if stated_input < 0:
        raise TokensContradict(f"tokens.input is {stated_input}; a count can't be negative")
    cached = sum(count or 0 for count in cached_parts.values())
    if cached > stated_input:
        named = " + ".join(f"{name} {count}" for name, count in cached_parts.items() if count)
        raise TokensContradict(f"tokens.input is {stated_input} but its parts {named} make {cached}")
    return stated_input - cached


def rounded_quantity(quantity: Decimal) -> Decimal:
    """Return a checked quantity with at most six decimals, which is what the ledger keeps, rounded half-even."""
    exponent = quantity.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -QUANTITY_PLACES:
        return quantity
    return quantity.quantize(_QUANTITY_UNIT, context=_WIDE)


def check_quantity(quantity: Decimal | None, unit: str | None, *, adjusting: bool = False) -> None:
    """Raise FieldInvalid unless quantity and unit come together and the quantity is one that can be.

    It must be checked before any arithmetic: `1e999999999` takes ten bytes to write and for ever to multiply.
    """
    if quantity is None:
        return
    if not quantity.is_finite():
        raise FieldInvalid(f"quantity is {quantity}; it must be a finite number")
    if not -MAX_QUANTITY < quantity < MAX_QUANTITY:  # abs() would overflow
        raise FieldInvalid(f"quantity is {str(quantity)[:40]}, too large for one event; send it in several")
    if quantity < 0 and not adjusting:
        raise FieldInvalid(f"quantity is {str(quantity)[:40]}; only an adjustment (with adjusts) can be negative")
    if not unit:
        raise FieldInvalid("quantity is given without a unit; say what was counted, for example pages")


def _known_sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _within(part: str, part_count: int | None, whole: str, whole_count: int | None) -> None:
    if part_count is not None and part_count > (whole_count or 0):
        stated = "not stated" if whole_count is None else str(whole_count)
        raise TokensContradict(f"tokens.{part} is {part_count} but tokens.{whole}, which includes it, is {stated}")
