"""One event in Outlay's own JSON: its fields as sent (`WireEvent`), and the exact `UsageEvent` they stand for."""

from collections.abc import Collection
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from outlay.capture.moments import parse_moment
from outlay.capture.received import Arrival
from outlay.errors import FieldInvalid, TokensContradict
from outlay.kit.money import as_pico
from outlay.usage import (
    LLM,
    NO_TOKENS,
    AgentType,
    ReportedCost,
    Status,
    Tokens,
    UsageEvent,
    check_quantity,
    split_input,
)

Id = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=0, le=10**12)]
Difference = Annotated[int, Meta(ge=-(10**12), le=10**12)]
Milliseconds = Annotated[float, Meta(ge=0, le=10**12)]

_LARGEST_USD: Final = 1_000_000
_SMALLEST_EXPONENT: Final = -30


class WireTokens(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Token counts as sent. `input` is the total with cache and may stand for `input_uncached`."""

    input: Annotated[
        Count | None, Meta(description="All input, cached parts included; may stand for `input_uncached`.")
    ] = None
    input_uncached: Annotated[Count | None, Meta(description="Input that no cache had a part in.")] = None
    cache_read: Annotated[Count | None, Meta(description="Input read from a cache.")] = None
    cache_write: Annotated[
        Count | None, Meta(description="All input written to a cache; what no part claims is `cache_write_other`.")
    ] = None
    cache_write_5m: Annotated[Count | None, Meta(description="Input written to a cache for 5 minutes.")] = None
    cache_write_1h: Annotated[Count | None, Meta(description="Input written to a cache for 1 hour.")] = None
    cache_write_other: Annotated[Count | None, Meta(description="Input written to a cache for any other time.")] = None
    output: Annotated[Count | None, Meta(description="All output, reasoning included.")] = None
    reasoning: Annotated[Count | None, Meta(description="Reasoning, a part of `output`.")] = None
    audio_input: Annotated[Count | None, Meta(description="Audio, a part of the input.")] = None
    audio_output: Annotated[Count | None, Meta(description="Audio, a part of `output`.")] = None
    image_input: Annotated[Count | None, Meta(description="Images, a part of the input.")] = None
    image_output: Annotated[Count | None, Meta(description="Images, a part of `output`.")] = None
    audio_cache_read: Annotated[Count | None, Meta(description="Audio, a part of `cache_read`.")] = None
    total: Annotated[Count | None, Meta(description="Input and output; only checked against them.")] = None


class WireDifferences(WireTokens, gc=False):
    """Token counts of an adjustment: by how much each was wrong, so they may be negative."""

    input: Difference | None = None
    input_uncached: Difference | None = None
    cache_read: Difference | None = None
    cache_write: Difference | None = None
    cache_write_5m: Difference | None = None
    cache_write_1h: Difference | None = None
    cache_write_other: Difference | None = None
    output: Difference | None = None
    reasoning: Difference | None = None
    audio_input: Difference | None = None
    audio_output: Difference | None = None
    image_input: Difference | None = None
    image_output: Difference | None = None
    audio_cache_read: Difference | None = None
    total: Difference | None = None


class WireEvent(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One event as sent to `POST /v1/events`."""

    id: Annotated[
        Id, Meta(description="The sender's id: sent again with the same source and time, it changes nothing.")
    ]
    time: Annotated[
        str | int | float | None,
        Meta(description="When it was: RFC 3339 with zone, unix seconds or milliseconds; else its receipt."),
    ] = None
    source: Annotated[
        Id | None, Meta(description="Where the id is unique, stored as `api:` and this; else the API key's name.")
    ] = None
    adjusts: Annotated[
        Id | None, Meta(description="The id (same source) this corrects; its tokens and cost are differences.")
    ] = None
    user: Annotated[Id | None, Meta(description="The person the call is attributed to.")] = None
    team: Annotated[Id | None, Meta(description="The team it is attributed to.")] = None
    agent: Annotated[Id | None, Meta(description="The agent (worker) that made the call.")] = None
    agent_type: Annotated[AgentType | None, Meta(description="How the agent was built.")] = None
    parent_agent: Annotated[Id | None, Meta(description="The agent that started this agent.")] = None
    run_id: Annotated[Id | None, Meta(description="One execution of an agent.")] = None
    session_id: Annotated[Id | None, Meta(description="A conversation of several runs.")] = None
    pod: Annotated[Id | None, Meta(description="The project it belongs to.")] = None
    task: Annotated[Id | None, Meta(description="The task inside the pod.")] = None
    tags: Annotated[
        list[str] | dict[str, str] | None,
        Meta(description='Anything to group by: `["key:value"]` or `{"key": "value"}`.'),
    ] = None
    service: Annotated[Id, Meta(description="`llm`, or another billed service such as `ocr`.")] = LLM
    operation: Annotated[Id | None, Meta(description="What was asked of the service: `chat`, `embeddings` …")] = None
    provider: Annotated[
        Id | None, Meta(description="Who served it: `openai`, `anthropic` …; else found from the model.")
    ] = None
    model: Annotated[Id | None, Meta(description="The model, as named in the call.")] = None
    model_raw: Annotated[Id | None, Meta(description="The name as sent, where `model` is a cleaned one.")] = None
    response_id: Annotated[Id | None, Meta(description="The provider's id of the answer.")] = None
    status: Annotated[Status, Meta(description="How it ended.")] = "ok"
    latency_ms: Annotated[Milliseconds | None, Meta(description="Milliseconds to the end of the answer.")] = None
    first_token_ms: Annotated[Milliseconds | None, Meta(description="Milliseconds to the first token.")] = None
    tokens: Annotated[WireTokens | None, Meta(description="Token counts; what is not stated is unknown, not 0.")] = None
    quantity: Annotated[Decimal | None, Meta(description="How much of another service; needs `unit`.")] = None
    unit: Annotated[Id | None, Meta(description="What the quantity counts: `pages`, `searches`, `GB-hours` …")] = None
    variant: Annotated[Id | None, Meta(description="The price variant: `batch`, `flex`, `priority` …")] = None
    cost: Annotated[
        Decimal | None, Meta(description="What the provider says it charged: US dollars, best as text.")
    ] = None
    currency: Annotated[str | None, Meta(description="Must be `USD`, if stated.")] = None
    metadata: Annotated[
        dict[str, Any] | None,
        Meta(description="A small object kept with the event and shown with it. No prompts or answers."),
    ] = None


class WireAdjustment(WireEvent, gc=False):
    """An event that corrects another: with `adjusts`, and counts that may be negative."""

    tokens: WireDifferences | None = None


def as_event(wire: WireEvent, arrival: Arrival) -> UsageEvent:
    """Return the event a wire object stands for; EventRejected (with its reason) when its values can't be."""
    fixed = arrival.fixed
    check_quantity(wire.quantity, wire.unit, adjusting=wire.adjusts is not None)
    event = UsageEvent(
        organisation=arrival.organisation,
        source=f"api:{wire.source.removeprefix('api:')}" if wire.source else arrival.source,
        id=wire.id,
        time=arrival.received_at if wire.time is None else parse_moment(wire.time),
        received_at=arrival.received_at,
        time_stated=wire.time is not None,
        adjusts=wire.adjusts,
        user=wire.user,
        team=wire.team,
        api_key=arrival.api_key,
        agent=wire.agent,
        agent_type=wire.agent_type,
        parent_agent=wire.parent_agent,
        run_id=wire.run_id,
        session_id=wire.session_id,
        pod=wire.pod,
        task=wire.task,
        tags=_tags(wire.tags or (), arrival.tags) if wire.tags or arrival.tags else (),
        service=wire.service,
        operation=wire.operation,
        provider=wire.provider,
        model=wire.model,
        model_raw=wire.model_raw or wire.model,
        response_id=wire.response_id,
        status=wire.status,
        latency_ms=None if wire.latency_ms is None else round(wire.latency_ms),
        first_token_ms=None if wire.first_token_ms is None else round(wire.first_token_ms),
        tokens=NO_TOKENS if wire.tokens is None else as_tokens(wire.tokens, adjusting=wire.adjusts is not None),
        quantity=wire.quantity,
        unit=wire.unit,
        variant=wire.variant,
        reported_cost=None if wire.cost is None else _reported(wire),
        metadata=wire.metadata,
    )
    return msgspec.structs.replace(event, **fixed) if fixed else event


def as_tokens(wire: WireTokens, *, adjusting: bool) -> Tokens:
    """Return the disjoint counts; TokensContradict names the two figures that can't both be true."""
    other = wire.cache_write_other
    if wire.cache_write is not None:
        other = _other_writes(wire, adjusting=adjusting)
    uncached = wire.input_uncached
    if wire.input is not None:
        cached = (wire.cache_read or 0) + (wire.cache_write_5m or 0) + (wire.cache_write_1h or 0) + (other or 0)
        uncached = wire.input - cached
        if uncached != wire.input_uncached:
            _check_split(wire, uncached, other, adjusting=adjusting)
    tokens = Tokens(
        input_uncached=uncached,
        cache_read=wire.cache_read,
        cache_write_5m=wire.cache_write_5m,
        cache_write_1h=wire.cache_write_1h,
        cache_write_other=other,
        output=wire.output,
        reasoning=wire.reasoning,
        audio_input=wire.audio_input,
        audio_output=wire.audio_output,
        image_input=wire.image_input,
        image_output=wire.image_output,
        audio_cache_read=wire.audio_cache_read,
    )
    if wire.total is not None and wire.total != (tokens.total or 0):
        raise TokensContradict(f"tokens.total is {wire.total} but input and output make {tokens.total or 0}")
    if not adjusting:
        tokens.check_subsets()
    return tokens


def _check_split(wire: WireTokens, uncached: int, other: int | None, *, adjusting: bool) -> None:
    if wire.input_uncached is not None:
        raise TokensContradict(
            f"tokens.input {wire.input} leaves {uncached} uncached after its cached parts, "
            f"but tokens.input_uncached is {wire.input_uncached}"
        )
    if uncached < 0 and not adjusting:
        parts = {name: getattr(wire, name) for name in ("cache_read", "cache_write_5m", "cache_write_1h")}
        split_input(wire.input or 0, parts | {"cache_write_other": other})


def _other_writes(wire: WireTokens, *, adjusting: bool) -> int:
    """Return what of the cache-write total no duration claims."""
    stated = wire.cache_write or 0
    parts = {"cache_write_5m": wire.cache_write_5m, "cache_write_1h": wire.cache_write_1h}
    rest = stated - sum(count or 0 for count in parts.values())
    if (rest < 0 and not adjusting) or wire.cache_write_other not in {None, rest}:
        named = ", ".join(f"{name} {count}" for name, count in parts.items() if count is not None)
        raise TokensContradict(
            f"tokens.cache_write is {stated} but its parts are {named}, cache_write_other {wire.cache_write_other}"
        )
    return rest


def _tags(tags: Collection[str] | dict[str, str], fixed: tuple[str, ...]) -> tuple[str, ...]:
    """Return `key:value` tags, each once, in the order sent; a key that `fixed` has keeps the value it has there."""
    texts = (f"{key}:{value}" for key, value in tags.items()) if isinstance(tags, dict) else tags
    return _joined(tuple(texts), fixed)


@lru_cache(maxsize=4096)  # the same few combinations come again and again
def _joined(texts: tuple[str, ...], fixed: tuple[str, ...]) -> tuple[str, ...]:
    taken = {text.partition(":")[0] for text in fixed}
    kept = dict.fromkeys(fixed)
    for text in texts:
        key, colon, value = text.partition(":")
        if not (key and colon and value):
            raise FieldInvalid(f"tag {text[:64]!r} is not of the form key:value")
        if key not in taken:
            kept[text] = None
    return tuple(kept)


def _reported(wire: WireEvent) -> ReportedCost:
    cost = wire.cost
    if wire.currency not in {None, "USD"}:
        raise FieldInvalid(f"currency is {str(wire.currency)[:16]!r}; costs are in USD")
    if cost is None or not cost.is_finite() or not -_LARGEST_USD < cost < _LARGEST_USD:  # abs() would overflow
        raise FieldInvalid(f"cost is {str(cost)[:40]}; it must be a decimal number below a million dollars")
    exponent = cost.as_tuple().exponent
    if isinstance(exponent, int) and exponent < _SMALLEST_EXPONENT:
        raise FieldInvalid("cost has more than 30 decimals")
    if cost < 0 and wire.adjusts is None:
        raise FieldInvalid(f"cost is {cost}; only an adjustment (with adjusts) can be negative")
    return ReportedCost(as_pico(cost))
