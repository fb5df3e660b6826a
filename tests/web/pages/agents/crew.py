"""Agents with sessions, runs, latencies and nested agents: more sessions than a page holds, and what is of none."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

from outlay.control.entities import EntityName
from outlay.usage import PricedEvent, Tokens, UsageEvent
from tests.web.pages.held import Held
from tests.web.pages.made import HOSTILE, STRANGERS, UNPRICED, made
from tests.web.site import NOW

BUSY: Final = "crew-busy"
NESTED: Final = "crew-nested"
SECRET: Final = "crew-secret"  # seen by the strangers alone
LONG: Final = "ses-long"  # begins before the range of a week, has two runs and two agents
HOSTILE_SESSION: Final = (
    "../'\"<script>alert(1)</script>&amp;?x=%2F,:\u00e9" + "z" * 200
)  # ids have at most 256 characters
_MODELS: Final = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", UNPRICED)
_PROVIDERS: Final = {"claude-sonnet-4-5": "anthropic", UNPRICED: None}


def address(path: str, **words: str) -> str:
    return f"{path}?{urlencode(words)}"


@contextmanager
def crew(data: Path) -> Iterator[Held]:
    """Yield the site of `made` with the sessions of a few agents more."""
    with made(data) as found:
        outlay = found.site.outlay
        here = outlay.organisation
        more = [*_sessions(here), *_many_agents(here), *_long(here), *_odd(here)]
        assert {each.result for each in outlay.intake.accept(here, more)} == {"stored"}
        outlay.names.put_labels(here, "agent", [EntityName(BUSY, "Élan"), EntityName(NESTED, "Nested helper")])
        theirs = [_event(STRANGERS, "t1", NOW, Random(1), agent=SECRET, session_id="ses-secret", run_id="run-secret")]
        assert {each.result for each in outlay.intake.accept(STRANGERS, theirs)} == {"stored"}
        known = [*(each.event for each in found.known), *more]
        yield Held(found, [PricedEvent(each, outlay.prices.cost_of(each)) for each in known])


def _sessions(organisation: str) -> Iterator[UsageEvent]:
    """Yield 130 sessions over two months, of one to six runs' calls; some calls are of no session, or of no run."""
    rng = Random(7)
    start = NOW - timedelta(days=60)
    for number in range(130):
        begun = start + (NOW - start) * rng.random()
        user = f"u{rng.randrange(1, 6)}"
        for call in range(rng.randrange(1, 7)):
            moment = min(begun + timedelta(seconds=37 * call), NOW - timedelta(seconds=call + 1))
            yield _event(
                organisation,
                f"busy-{number}-{call}",
                moment,
                rng,
                agent=BUSY,
                user=user,
                team=rng.choice([None, "growth", "core"]),
                session_id=None if number % 20 == 0 else f"ses-{number:03d}",
                run_id=None if number % 15 == 0 else f"run-{number:03d}-{call // 2}",
            )


def _many_agents(organisation: str) -> Iterator[UsageEvent]:
    """Yield more agents than a page of the list holds."""
    rng = Random(9)
    for number in range(60):
        moment = NOW - timedelta(days=rng.randrange(0, 29), minutes=number + 1)
        yield _event(organisation, f"many-{number}", moment, rng, agent=f"agent{number:02d}", run_id=f"r{number}")


def _long(organisation: str) -> Iterator[UsageEvent]:
    """Yield a session from ten days ago to yesterday, whose second run another agent started by the first makes."""
    rng = Random(3)
    begun = NOW - timedelta(days=10)
    for call in range(60):
        nested = call % 30 >= 20
        yield _event(
            organisation,
            f"long-{call}",
            begun + timedelta(hours=3.6 * call),
            rng,
            agent=NESTED if nested else BUSY,
            parent_agent=BUSY if nested else None,
            user="u1",
            team="growth",
            session_id=LONG,
            run_id="run-nested" if nested else "run-long",
        )


def _odd(organisation: str) -> Iterator[UsageEvent]:
    rng = Random(4)
    moment = NOW - timedelta(hours=5)
    yield _event(
        organisation, "odd", moment, rng, agent=HOSTILE, session_id=HOSTILE_SESSION, run_id=HOSTILE_SESSION, user="u1"
    )
    yield _event(organisation, "fix", moment, rng, agent=BUSY, session_id="ses-001", adjusts="busy-1-0")


def _event(organisation: str, event_id: str, moment: datetime, rng: Random, **fields: Any) -> UsageEvent:
    model = rng.choice(_MODELS)
    values: dict[str, Any] = {
        "agent_type": rng.choice(["api", "framework", None]),
        "status": rng.choice(["ok", "ok", "ok", "ok", "error"]),
        "latency_ms": rng.choice([None, rng.randrange(20, 9_000), rng.randrange(20, 90_000)]),
        "first_token_ms": rng.choice([None, rng.randrange(10, 900)]),
        "tokens": Tokens(input_uncached=rng.randrange(1, 40_000), output=rng.randrange(1, 4_000)),
    } | fields
    return UsageEvent(
        organisation=organisation,
        source="api:test",
        id=event_id,
        time=moment.astimezone(NOW.tzinfo),
        received_at=NOW,
        model=model,
        model_raw=model,
        provider=_PROVIDERS.get(model, "openai"),
        **values,
    )
