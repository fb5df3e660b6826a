"""The multiplication: rates times counts make lines, lines make the cost. Whole numbers of picodollars throughout.

An unknown count makes no line, and so does a zero. The subsets (audio, image, reasoning) are charged apart only where
the price names them, and then taken out of what they are part of.
"""

from decimal import Decimal
from typing import Final

from outlay.errors import FieldInvalid
from outlay.kit.money import MAX_PICO, as_usd, plain
from outlay.pricing.rates import Card, Rate, TokenRates
from outlay.pricing.variants import stated_context
from outlay.usage import LONG_CONTEXT, Cost, CostLine, CostStatus, ReportedCost, Tokens, UsageEvent

UNPRICED: Final = Cost("unpriced", None)
FREE: Final = Cost("free", 0)
LONG_INPUT_TOKENS: Final = 200_001  # the least that what states a long context means by it


def counts_known(tokens: Tokens) -> bool:
    """Whether any part of input or output is stated; subsets alone charge nothing."""
    return (
        tokens.input_uncached is not None
        or tokens.output is not None
        or tokens.cache_read is not None
        or tokens.cache_write_5m is not None
        or tokens.cache_write_1h is not None
        or tokens.cache_write_other is not None
    )


def size_of_each(event: UsageEvent) -> int | None:
    """Return how large the input is of each call that an event sums up; None for one call, whose own input says it.

    Price tiers go by the input of a call. Where the source says on which side of its limit the calls lie, that counts;
    else all of them are taken for calls of the average size.
    """
    context = stated_context(event.variant)
    if context is not None:
        return LONG_INPUT_TOKENS if context == LONG_CONTEXT else 1
    return max(1, _input_total(event.tokens) // event.calls) if event.requests > 1 else None


def token_lines(card: Card, tokens: Tokens, *, difference: bool = False, size: int | None = None) -> list[CostLine]:
    """Return a line for every kind of token; `difference` says that the counts belong to an adjustment.

    `size` is the input by which the tier is chosen, where that is not the input itself.
    """
    # A correction is priced in the tier of its own size: one that takes back a whole call takes back its whole cost.
    rates = card.rates_for(abs(_input_total(tokens)) if size is None else size) if card.starts else card.tiers[0]
    if card.splits and _has_subsets(tokens):
        counted = _split(rates, tokens, clamped=not difference)
    else:
        counted = (
            (tokens.input_uncached, rates.input),
            (tokens.cache_read, rates.cache_read),
            (tokens.cache_write_5m, rates.cache_write_5m),
            (tokens.cache_write_1h, rates.cache_write_1h),
            (tokens.cache_write_other, rates.cache_write_other),
            (tokens.output, rates.output),
        )
    return [
        CostLine(rate.component, rate.meter, count, rate.unit_price, count * rate.num)
        if rate.den == 1
        else CostLine(rate.component, rate.meter, count, rate.unit_price, rate.amount(count))
        for count, rate in counted
        if count and rate is not None
    ]


def quantity_line(rate: Rate, quantity: Decimal) -> CostLine:
    return CostLine(rate.component, rate.meter, quantity, rate.unit_price, rate.amount_of(quantity))


def request_line(rate: Rate, calls: int) -> CostLine:
    return CostLine(rate.component, rate.meter, calls, rate.unit_price, rate.amount(calls))


def reported(stated: ReportedCost) -> Cost:
    """Return the cost a source stated: billed where its provider said so, an estimate where a tool reckoned it."""
    status: CostStatus = "reported" if stated.by == "provider" else "estimated"
    line = CostLine("other", "reported", 1, as_usd(stated.pico), stated.pico)
    return summed(status, [line], None)


def summed(status: CostStatus, lines: list[CostLine], price_id: str | None) -> Cost:
    """Return the cost of these lines; FieldInvalid where no event can cost that much."""
    pico = 0
    for line in lines:
        pico += line.pico
    if not -MAX_PICO <= pico <= MAX_PICO:
        raise FieldInvalid(
            f"the event would cost ${plain(as_usd(pico))}, more than one event can; check its counts and the price "
            f"{price_id or 'reported'}"
        )
    return Cost(status, pico, tuple(lines), price_id)


def _input_total(tokens: Tokens) -> int:
    # `Tokens.input_total` tells unknown from zero, which costs more time than the whole multiplication.
    return (
        (tokens.input_uncached or 0)
        + (tokens.cache_read or 0)
        + (tokens.cache_write_5m or 0)
        + (tokens.cache_write_1h or 0)
        + (tokens.cache_write_other or 0)
    )


def _has_subsets(tokens: Tokens) -> bool:
    return bool(
        tokens.audio_input
        or tokens.audio_output
        or tokens.image_input
        or tokens.image_output
        or tokens.reasoning
        or tokens.audio_cache_read
    )


def _split(rates: TokenRates, tokens: Tokens, *, clamped: bool) -> tuple[tuple[int | None, Rate | None], ...]:
    def taken(part: int | None, rate: Rate | None, whole: int) -> int:
        if rate is None or not part:
            return 0
        return max(0, min(part, whole)) if clamped else part

    read = tokens.cache_read or 0
    audio_read = taken(tokens.audio_cache_read, rates.audio_cache_read, read)
    # What is cached of the audio is stated apart; what is left of it, and all images, were sent uncached as far as
    # there is uncached input.
    fresh = tokens.input_uncached or 0
    audio_in = taken((tokens.audio_input or 0) - (tokens.audio_cache_read or 0), rates.audio_input, fresh)
    image_in = taken(tokens.image_input, rates.image_input, fresh - audio_in)
    out = tokens.output or 0
    reasoning = taken(tokens.reasoning, rates.reasoning, out)
    audio_out = taken(tokens.audio_output, rates.audio_output, out - reasoning)
    image_out = taken(tokens.image_output, rates.image_output, out - reasoning - audio_out)
    return (
        (fresh - audio_in - image_in, rates.input),
        (audio_in, rates.audio_input),
        (image_in, rates.image_input),
        (read - audio_read, rates.cache_read),
        (audio_read, rates.audio_cache_read),
        (tokens.cache_write_5m, rates.cache_write_5m),
        (tokens.cache_write_1h, rates.cache_write_1h),
        (tokens.cache_write_other, rates.cache_write_other),
        (out - reasoning - audio_out - image_out, rates.output),
        (reasoning, rates.reasoning),
        (audio_out, rates.audio_output),
        (image_out, rates.image_output),
    )
