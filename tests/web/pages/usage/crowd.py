"""An organisation with more users than a page of the table holds: names, teams, tags, keys, nobody, and one spike."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from outlay.control.entities import EntityName
from outlay.usage import PricedEvent, Tokens, UsageEvent
from tests.web.pages.held import Held
from tests.web.pages.made import HOSTILE, UNPRICED, ZONE, made
from tests.web.site import NOW

COUNT: Final = 130  # users, on three pages
TEAMS: Final = tuple(f"team{at}" for at in range(10))  # more than the chart draws
SPIKED: Final = "user007"
SPIKE_DAY: Final = datetime(2026, 10, 12, 12, tzinfo=ZoneInfo(ZONE))
SPIKE_COST: Final = Decimal(40)
_MODELS: Final = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", "o3", "gpt-4.1", UNPRICED)
_PROVIDERS: Final = {"claude-sonnet-4-5": "anthropic", UNPRICED: None}


@contextmanager
def crowd(data: Path) -> Iterator[Held]:
    """Yield the site of `made` with some thousand events more."""
    with made(data) as found:
        outlay = found.site.outlay
        here = outlay.organisation
        more = list(_events(here))
        assert {each.result for each in outlay.intake.accept(here, more)} == {"stored"}
        names = [_name(at) for at in range(COUNT)]
        outlay.names.put_labels(here, "user", names)
        outlay.names.put_labels(here, "team", [EntityName(each, f"The {each}") for each in TEAMS])
        known = [*(each.event for each in found.known), *more]
        yield Held(found, [PricedEvent(each, outlay.prices.cost_of(each)) for each in known])


def _name(at: int) -> EntityName:
    user = f"user{at:03d}"
    # Some names differ from the order of ids, of costs and of bytes.
    name = ["Élise", "Zoë", "ann", "Bob", "Ørsted"][at % 5] + f" {COUNT - at:03d}"
    return EntityName(user, name, f"{user}@crowd.example", TEAMS[at % len(TEAMS)])


def _events(organisation: str) -> Iterator[UsageEvent]:
    rng = Random(11)
    start = NOW - timedelta(days=64)
    for number in range(3_000):
        at = min(int(rng.expovariate(1 / 40)), COUNT - 1)
        moment = start + (NOW - start) * rng.random()
        yield _event(organisation, f"crowd-{number}", moment, at, rng)
    for at in range(COUNT):  # everybody was there in the last month
        yield _event(organisation, f"sure-{at}", NOW - timedelta(days=at % 28, minutes=at), at, rng)
    for day in range(1, 60):  # one who is there every day alike, but for one
        moment = SPIKE_DAY - timedelta(days=day)
        yield _event(organisation, f"calm-{day}", moment, 7, rng, model="gpt-4o", tokens=Tokens(input_uncached=200_000))
    yield _event(
        organisation, "spike", SPIKE_DAY, 7, rng, model="gpt-4o", tokens=Tokens(input_uncached=16_000_000)
    )  # $40
    yield _event(organisation, "nobody", NOW - timedelta(hours=3), 0, rng, user=None, team=None)


def _event(organisation: str, event_id: str, moment: datetime, at: int, rng: Random, **fields: Any) -> UsageEvent:
    model = fields.pop("model", None) or rng.choice(_MODELS)
    values: dict[str, Any] = {
        "user": None if rng.random() < 0.03 else f"user{at:03d}",
        "team": None if rng.random() < 0.05 else TEAMS[at % len(TEAMS)],
        "api_key": rng.choice([None, "key1", "key2"]),
        "agent": rng.choice([None, "a1", HOSTILE]),
        "status": rng.choice(["ok", "ok", "ok", "error"]),
        "tags": tuple(rng.sample(["env:prod", "env:dev", "tier:1"], rng.randrange(3))),
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
