"""How a call goes: answered, failed, broken off or blocked, what of it is billed then, and how long it takes."""

from random import Random
from typing import Any, Final

from msgspec import Struct

from outlay.demo.calls import jitter_table
from outlay.demo.models import Model
from outlay.usage import Status, Tokens

BASE_ERROR_RATE: Final = 0.011
CANCELLED_RATE: Final = 0.004
BLOCKED_RATE: Final = 0.0015

_NOTHING: Final = Tokens(input_uncached=0, output=0)  # known to be nothing: such a call is not billed
_REFUSED_PART: Final = 0.8  # of the errors: refused before anything was read
_PREFILL_TOKENS_A_MS: Final = 12
_ERRORS: Final[tuple[dict[str, Any], ...]] = (
    {"error": "rate_limit_error"},
    {"error": "overloaded_error"},
    {"error": "server_error"},
)
_TIMEOUT: Final[dict[str, Any]] = {"error": "timeout"}
_BUDGET: Final[dict[str, Any]] = {"error": "budget_exceeded"}


class Metered(Struct):
    """What is said of one call beside whose it is."""

    tokens: Tokens
    status: Status
    latency_ms: int
    first_token_ms: int | None = None
    metadata: dict[str, Any] | None = None


class Outcomes:
    """Decides about calls. `error_rates` are the providers in trouble in the hour being written."""

    def __init__(self, rng: Random) -> None:
        self._rand = rng.random
        self._jitter = jitter_table(rng)
        self.error_rates: dict[str, float] = {}

    def of_call(self, model: Model, tokens: Tokens) -> Metered:
        rand = self._rand
        rate = self.error_rates.get(model.provider, BASE_ERROR_RATE)
        fate = rand()
        waited = model.first_token_ms + (tokens.input_uncached or 0) // _PREFILL_TOKENS_A_MS
        first = self.around(waited)
        if fate >= rate + CANCELLED_RATE + BLOCKED_RATE:
            return Metered(tokens, "ok", first + self._writing_ms(model, tokens), first if tokens.output else None)
        if fate < rate * _REFUSED_PART:
            return Metered(_NOTHING, "error", first, None, _ERRORS[int(rand() * len(_ERRORS))])
        if fate >= rate + CANCELLED_RATE:
            return Metered(_NOTHING, "blocked", 1 + int(rand() * 6), None, _BUDGET)
        # Broken off on the way: the provider bills the input and what it has written so far.
        part = _broken_off(tokens, rand())
        latency = first + self._writing_ms(model, part)
        begun = first if part.output else None
        return (
            Metered(part, "error", latency, begun, _TIMEOUT)
            if fate < rate
            else Metered(part, "cancelled", latency, begun)
        )

    def around(self, milliseconds: float) -> int:
        """Return a time like this one: mostly near it, sometimes much longer."""
        return int(milliseconds * self._jitter[int(self._rand() * len(self._jitter))])

    def _writing_ms(self, model: Model, tokens: Tokens) -> int:
        return self.around(tokens.output * 1000 / model.tokens_per_second) if tokens.output else 0


def _broken_off(tokens: Tokens, part: float) -> Tokens:
    if tokens.output is None:
        return tokens
    output = int(tokens.output * part)
    return Tokens(
        input_uncached=tokens.input_uncached,
        cache_read=tokens.cache_read,
        cache_write_5m=tokens.cache_write_5m,
        cache_write_1h=tokens.cache_write_1h,
        output=output,
        reasoning=None if tokens.reasoning is None else min(tokens.reasoning, output),
    )
