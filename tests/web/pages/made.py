"""A small organisation with what makes figures hard: a running month, another zone, no price, services, nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.access.sessions import Sessions
from outlay.app import PRICES_FILE
from outlay.control.members import NewMember, create_member
from outlay.control.organisations import create_organisation
from outlay.control.trail import SYSTEM
from outlay.kit.ids import new_id
from outlay.kit.money import as_usd
from outlay.kit.period import local_day
from outlay.usage import Tokens, UsageEvent
from tests.web.site import NOW, Site, open_site

ZONE: Final = "Asia/Kathmandu"
HOSTILE: Final = '<img src=x onerror="alert(1)">'
UNPRICED: Final = "acme-unheard-of-7b"
STRANGERS: Final = "strangers"
_MODELS: Final = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5", UNPRICED)
_SERVICES: Final = (("ocr", "pages"), ("web_access", "searches"), ("knowledge_graph", "GB-hours"))
_PROVIDERS: Final = (("gpt", "openai"), ("claude", "anthropic"))
_PRICES: Final = "".join(
    f'[[service]]\nservice = "{service}"\nunit = "{unit}"\nprice = "0.00{at}3"\nfrom = "2015-01-01"\n'
    for at, (service, unit) in enumerate(_SERVICES, start=1)
)


class Known(Struct, frozen=True):
    """An event beside what the ledger must say of it: its local day and its cost (None: unpriced)."""

    event: UsageEvent
    day: str
    cost: Decimal | None


class Made(Struct, frozen=True):
    """A running site, the events it holds, and cookies of the people who look at it."""

    site: Site
    known: list[Known]

    def as_role(self, role: str, organisation: str | None = None, **fields: Any) -> dict[str, str]:
        """Return the headers of a new member's browser."""
        control, now = self.site.outlay.control, self.site.clock.now()
        where = organisation or self.site.outlay.organisation
        wanted = NewMember(email=f"{new_id(role)}@example.com", role=role, name=role.capitalize(), **fields)
        member = create_member(control, where, wanted, SYSTEM, now)
        token, _ = Sessions(control, timedelta(hours=8)).open(member, now)
        return {"cookie": f"outlay_session={token}", "accept": "text/html"}

    def get(self, path: str, headers: dict[str, str]) -> Any:
        return self.site.client.get(path, headers=headers)

    def of(self, month: str, **fields: Any) -> list[Known]:
        """Return the events of a local month whose fields are as given."""
        return [
            each
            for each in self.known
            if each.day.startswith(month) and all(getattr(each.event, name) == value for name, value in fields.items())
        ]


def cost_of(known: list[Known]) -> Decimal:
    return sum((each.cost for each in known if each.cost is not None), Decimal(0))


def tokens_of(known: list[Known]) -> int:
    return sum(each.event.tokens.total or 0 for each in known)


@contextmanager
def made(data: Path, zone: str = ZONE) -> Iterator[Made]:
    """Yield a site with some hundred events from August to now, and a second organisation with one dear event."""
    (data / PRICES_FILE).write_text(_PRICES, encoding="utf-8")
    with open_site(data, zone=zone) as site:
        here = site.outlay.organisation
        create_organisation(site.outlay.control, STRANGERS, "Strangers", "UTC", SYSTEM, NOW)
        events = list(_events(here, ZoneInfo(zone)))
        known = [_known(site, event, ZoneInfo(zone)) for event in events]
        assert {each.result for each in site.outlay.intake.accept(here, events)} == {"stored"}
        site.outlay.intake.accept(STRANGERS, [_event(STRANGERS, "theirs", NOW, user="mallory", model="gpt-4o")])
        yield Made(site, known)


def _known(site: Site, event: UsageEvent, zone: ZoneInfo) -> Known:
    cost = site.outlay.prices.cost_of(event)
    return Known(event, local_day(event.time, zone).isoformat(), None if cost.pico is None else as_usd(cost.pico))


def _events(organisation: str, zone: ZoneInfo) -> Iterator[UsageEvent]:
    rng = Random(5)
    start = datetime(2026, 8, 20, tzinfo=zone)
    for number in range(400):
        moment = start + (NOW - start) * rng.random()
        yield _event(organisation, f"e{number}", moment, **_drawn(rng))
    # The first and last instants of months in the zone, and one just after the elapsed part of September.
    for month in (9, 10):
        first = datetime(2026, month, 1, tzinfo=zone)
        yield _event(organisation, f"first-{month}", first, user="u1", agent_type="api")
        yield _event(organisation, f"before-{month}", first - timedelta(microseconds=1), user="u2")
    elapsed = NOW.astimezone(zone).replace(month=9)
    yield _event(organisation, "just-not-elapsed", elapsed, user="u3", agent_type="framework")
    yield _event(organisation, "just-elapsed", elapsed - timedelta(microseconds=1), user="u3", agent_type="framework")
    # A model that only the month before had: it is no row, but part of what there was before.
    yield _event(organisation, "gone", datetime(2026, 9, 5, tzinfo=zone), model="gpt-4", user="u1")
    yield _event(organisation, "hostile", NOW - timedelta(hours=1), user=HOSTILE, agent=HOSTILE, model=HOSTILE)


def _drawn(rng: Random) -> dict[str, Any]:
    if rng.random() < 0.15:
        service, unit = rng.choice(_SERVICES)
        quantity = Decimal(rng.randrange(1, 500)) / 4
        return {"service": service, "quantity": quantity, "unit": unit, "model": None, "tokens": Tokens(), "user": "u1"}
    return {
        "model": rng.choice(_MODELS),
        "user": rng.choice([None, *(f"u{each}" for each in range(1, 9))]),
        "team": rng.choice([None, "growth", "core"]),
        "agent": rng.choice([None, *(f"a{each}" for each in range(1, 4))]),
        "agent_type": rng.choice([None, "api", "framework", "no_code"]),
        "status": rng.choice(["ok", "ok", "ok", "error"]),
        "tokens": Tokens(
            input_uncached=rng.randrange(1, 90_000), cache_read=rng.randrange(0, 9_000), output=rng.randrange(1, 9_000)
        ),
    }


def _event(organisation: str, event_id: str, moment: datetime, **fields: Any) -> UsageEvent:
    values: dict[str, Any] = {
        "organisation": organisation,
        "source": "api:test",
        "id": event_id,
        "time": moment.astimezone(NOW.tzinfo),
        "received_at": NOW,
        "model": "gpt-4o",
        "tokens": Tokens(input_uncached=1_000_000, output=10),
    } | fields
    provider = next((name for start, name in _PROVIDERS if str(values["model"]).startswith(start)), None)
    return UsageEvent(**({"provider": provider, "model_raw": values["model"]} | values))
