"""How long a call is: token counts drawn from the excerpt's distributions, and how long the answer takes.

Draws are closures over precomputed tables, because there are millions of them. The traces don't say how a provider
bills its cache, so `counted` says it for each kind.
"""

from collections.abc import Callable, Sequence
from math import exp, log
from random import Random
from statistics import NormalDist
from typing import Final

from outlay.demo.excerpt import TraceClient
from outlay.demo.models import Model
from outlay.usage import Tokens

# (input, output, of the input what was seen before, permille of the output that is reasoning)
Drawn = tuple[int, int, int, int]
Draw = Callable[[], Drawn]

MAX_INPUT: Final = 180_000
CACHE_FROM: Final = 1_024  # shorter prompts are not cached by any provider
CACHE_BLOCK: Final = 128  # automatic caches count in blocks
TYPICAL_REASONING: Final = 380  # permille, where the trace is of a model that did not reason

_JITTER_SIZE: Final = 1024
_STEPS: Final = 31


def draw_from_client(client: TraceClient, scale: float, rand: Callable[[], float]) -> Draw:
    """Return draws from one ServeGen client; its shortest inputs stand for the prompt that all of them begin with."""
    inputs = tuple(scale * count for count in client.input)
    outputs = client.output
    ratios = client.reason_permille or (TYPICAL_REASONING,) * (_STEPS + 1)
    prefix = int(inputs[2] * 0.9)

    def draw() -> Drawn:
        at = rand() * _STEPS
        low = int(at)
        stated = int(inputs[low] + (inputs[low + 1] - inputs[low]) * (at - low)) + 1
        at = rand() * _STEPS
        low = int(at)
        output = int(outputs[low] + (outputs[low + 1] - outputs[low]) * (at - low)) + 1
        return min(stated, MAX_INPUT), output, min(prefix, stated), ratios[int(rand() * _STEPS)]

    return draw


def draw_from_calls(calls: Sequence[tuple[int, int, int]], scale: float, rand: Callable[[], float]) -> Draw:
    """Return draws from sampled calls, each stretched a little so that no two are the same."""
    count = len(calls)

    def draw() -> Drawn:
        stated, output, cached = calls[int(rand() * count)]
        stretch = scale * (0.85 + 0.3 * rand())
        total = int(stated * stretch) + 1
        if total > MAX_INPUT:
            stretch, total = MAX_INPUT / (stated + 1), MAX_INPUT
        return total, int(output * (0.7 + 0.6 * rand())) + 1, min(total, int(cached * stretch)), TYPICAL_REASONING

    return draw


def counted(model: Model, drawn: Drawn, *, caches: bool, long_cache: bool) -> Tokens:
    """Return the token counts as the model's provider states them."""
    total, output, seen, reason_permille = drawn
    if not model.writes:
        return Tokens(input_uncached=total)
    reasoning = output * reason_permille // 1000 if model.reasons else None
    if model.cache == "none" or not caches:
        return Tokens(input_uncached=total, output=output, reasoning=reasoning)
    if model.cache == "automatic":
        read = seen // CACHE_BLOCK * CACHE_BLOCK if total >= CACHE_FROM else 0
        return Tokens(input_uncached=total - read, cache_read=read, output=output, reasoning=reasoning)
    if total < CACHE_FROM:
        return Tokens(
            input_uncached=total, cache_read=0, cache_write_5m=0, cache_write_1h=0, output=output, reasoning=reasoning
        )
    fresh = 4 + output % 60  # what follows the last cache mark
    read = min(seen, total - fresh)
    written = total - fresh - read
    return Tokens(
        input_uncached=fresh,
        cache_read=read,
        cache_write_5m=0 if long_cache else written,
        cache_write_1h=written if long_cache else 0,
        output=output,
        reasoning=reasoning,
    )


def jitter_table(rng: Random) -> tuple[float, ...]:
    """Return factors around one with a long tail to the slow side, to pick from instead of computing logarithms."""
    normal = NormalDist()
    table = [exp(0.35 * normal.inv_cdf((at + 0.5) / _JITTER_SIZE)) for at in range(_JITTER_SIZE)]
    rng.shuffle(table)
    return tuple(table)


def length_table(mean: float, most: int) -> tuple[int, ...]:
    """Return 64 run lengths: most are short, a few go on to `most`."""
    return tuple(min(most, 1 + int(-(mean - 0.5) * log(1 - (at + 0.5) / 64))) if most > 1 else 1 for at in range(64))
