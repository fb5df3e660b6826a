"""Which models the demo organisation uses, and when it moves from one to the next.

A ladder is one need ("a small fast model") with the models that served it; each date is when the demo organisation
could first have moved there, always after the model's release. Names are those of the genai-prices catalogue, except
the organisation's own fine-tune, which has no price on purpose.
"""

from bisect import bisect_right
from datetime import date, timedelta
from typing import Final, Literal

from msgspec import Struct

# explicit: the caller marks what to cache and pays for writing (Anthropic); automatic: the provider caches by itself.
CacheKind = Literal["explicit", "automatic", "none"]

MIGRATION_DAYS: Final = 12


class Model(Struct, frozen=True):
    """A model with the speed the demo gives it; the figures are plausible, not measured."""

    provider: str
    name: str
    cache: CacheKind = "automatic"
    reasons: bool = False
    first_token_ms: int = 450
    tokens_per_second: int = 80
    writes: bool = True  # False for embeddings, which have no output


class Choice(Struct, frozen=True):
    """What an agent uses on a day: `model` for `share` of its runs, `before` for the rest (a migration under way)."""

    model: Model
    before: Model
    share: float


Ladder = tuple[tuple[date, Model], ...]


def _openai(name: str, *, reasons: bool = False, speed: int = 90) -> Model:
    return Model("openai", name, reasons=reasons, first_token_ms=520, tokens_per_second=speed)


def _claude(name: str, speed: int, first_token_ms: int = 900) -> Model:
    return Model("anthropic", name, "explicit", first_token_ms=first_token_ms, tokens_per_second=speed)


OWN_MODEL: Final = Model("selfhosted", "acme-support-7b", "none", first_token_ms=180, tokens_per_second=110)

LADDERS: Final[dict[str, Ladder]] = {
    "gpt": (
        (date(2024, 5, 20), _openai("gpt-4o")),
        (date(2025, 4, 24), _openai("gpt-4.1")),
        (date(2025, 8, 18), _openai("gpt-5", reasons=True, speed=75)),
        (date(2026, 1, 12), _openai("gpt-5.2", reasons=True, speed=75)),
        (date(2026, 4, 8), _openai("gpt-5.4", reasons=True, speed=80)),
        (date(2026, 9, 21), _openai("gpt-5.6-terra", reasons=True, speed=95)),
    ),
    "gpt_small": (
        (date(2024, 7, 25), _openai("gpt-4o-mini", speed=120)),
        (date(2025, 4, 24), _openai("gpt-4.1-mini", speed=120)),
        (date(2025, 8, 18), _openai("gpt-5-mini", reasons=True, speed=130)),
        (date(2026, 5, 4), _openai("gpt-5.4-mini", reasons=True, speed=140)),
    ),
    "claude_opus": (
        (date(2024, 3, 10), _claude("claude-3-opus-latest", 35, 1600)),
        (date(2025, 5, 28), _claude("claude-opus-4-0", 45, 1500)),
        (date(2025, 8, 11), _claude("claude-opus-4-1", 45, 1500)),
        (date(2025, 12, 1), _claude("claude-opus-4-5", 60, 1300)),
        (date(2026, 2, 16), _claude("claude-opus-4-6", 60, 1300)),
        (date(2026, 8, 3), _claude("claude-opus-4-8", 65, 1200)),
    ),
    "claude_sonnet": (
        (date(2024, 6, 25), _claude("claude-3-5-sonnet", 65)),
        (date(2025, 3, 3), _claude("claude-3-7-sonnet-latest", 65)),
        (date(2025, 5, 28), _claude("claude-sonnet-4-0", 70)),
        (date(2025, 10, 6), _claude("claude-sonnet-4-5", 75)),
        (date(2026, 2, 23), _claude("claude-sonnet-4-6", 75)),
    ),
    "claude_haiku": (
        (date(2024, 3, 20), _claude("claude-3-haiku", 110, 450)),
        (date(2024, 11, 11), _claude("claude-3-5-haiku-latest", 110, 450)),
        (date(2025, 10, 20), _claude("claude-haiku-4-5", 140, 420)),
    ),
    "gemini_flash": (
        (date(2024, 5, 28), Model("google", "gemini-1.5-flash", first_token_ms=380, tokens_per_second=150)),
        (date(2025, 2, 12), Model("google", "gemini-2.0-flash", first_token_ms=350, tokens_per_second=170)),
        (
            date(2025, 6, 25),
            Model("google", "gemini-2.5-flash", reasons=True, first_token_ms=360, tokens_per_second=190),
        ),
        (
            date(2026, 9, 7),
            Model("google", "gemini-3.6-flash", reasons=True, first_token_ms=340, tokens_per_second=210),
        ),
    ),
    "mistral_small": (
        (
            date(2024, 2, 28),
            Model("mistral", "mistral-small-latest", "none", first_token_ms=300, tokens_per_second=120),
        ),
        (date(2026, 4, 13), Model("mistral", "mistral-small-2603", first_token_ms=280, tokens_per_second=130)),
    ),
    "deepseek": (
        (date(2024, 12, 30), Model("deepseek", "deepseek-chat", first_token_ms=700, tokens_per_second=45)),
        (
            date(2025, 1, 27),
            Model("deepseek", "deepseek-reasoner", reasons=True, first_token_ms=900, tokens_per_second=40),
        ),
        (
            date(2026, 8, 24),
            Model("deepseek", "deepseek-v4-pro", reasons=True, first_token_ms=800, tokens_per_second=50),
        ),
    ),
    "nova": ((date(2024, 12, 9), Model("aws", "amazon.nova-pro-v1:0", first_token_ms=420, tokens_per_second=100)),),
    "embedding": (
        (date(2024, 2, 1), Model("openai", "text-embedding-3-small", "none", first_token_ms=90, writes=False)),
    ),
    "own": ((date(2024, 1, 1), OWN_MODEL),),
}


def choice_on(day: date, ladder: Ladder, lag_days: int) -> Choice:
    """Return what an agent that follows `lag_days` behind the ladder uses on a day."""
    followed = day - timedelta(days=lag_days)
    at = max(0, bisect_right(ladder, followed, key=lambda step: step[0]) - 1)
    since, model = ladder[at]
    before = ladder[max(0, at - 1)][1]
    moved = (followed - since).days / MIGRATION_DAYS
    return Choice(model, before, min(1.0, max(0.0, moved)) if at else 1.0)
