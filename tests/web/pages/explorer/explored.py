"""An organisation to explore: sixty users with runs, several tags an event, no price, no value, hostile names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

from msgspec import Struct

from outlay.access.viewer import Viewer
from outlay.control.entities import EntityName
from outlay.control.organisations import create_organisation
from outlay.control.trail import SYSTEM
from outlay.query.questions import Asking, Questions
from outlay.usage import PricedEvent, Tokens, UsageEvent
from outlay.web.pages.explorer.page import ExplorerPage
from outlay.web.render import Renderer
from outlay.web.view.marks import Marks
from tests.web.pages.made import HOSTILE, STRANGERS, UNPRICED, Made
from tests.web.site import NOW, Site, open_site

ZONE: Final = "Asia/Kathmandu"
USERS: Final = tuple(f"u{each:02}" for each in range(60))
MODELS: Final = (("gpt-4o", "openai"), ("gpt-4o-mini", "openai"), ("claude-sonnet-4-5", "anthropic"), (UNPRICED, None))
TAGS: Final = ("env:prod", "env:dev", "customer:acme", "customer:b,~%", "plain")
_COUNT: Final = 700
_DAYS: Final = 74

Found = TypeVar("Found")


class Explored(Struct, frozen=True):
    """A running site and all that its ledger holds, priced."""

    site: Site
    made: Made
    events: list[PricedEvent]

    def __repr__(self) -> str:
        return "<an organisation to explore>"  # what a failing example says; all of its events would be megabytes

    @property
    def admin(self) -> Viewer:
        return Viewer(organisation=self.site.outlay.organisation, role="admin")

    def ask(self, viewer: Viewer, answer: Callable[[Asking], Found]) -> Found:
        outlay = self.site.outlay
        return Questions(outlay.ledger, outlay.control, outlay.clock).ask(viewer, answer)

    @property
    def page(self) -> ExplorerPage:
        outlay, renderer = self.site.outlay, Renderer()
        return ExplorerPage(renderer, outlay.names, Marks(outlay.control, outlay.names, outlay.books, renderer))


@contextmanager
def explored(data: Path) -> Iterator[Explored]:
    with open_site(data, zone=ZONE) as site:
        here = site.outlay.organisation
        create_organisation(site.outlay.control, STRANGERS, "Strangers", "UTC", SYSTEM, NOW)
        events = list(_events(here))
        assert {each.result for each in site.outlay.intake.accept(here, events)} == {"stored"}
        theirs = _event(STRANGERS, "theirs", 0, user="mallory", agent="spy", tags=("secret:key",), team="growth")
        site.outlay.intake.accept(STRANGERS, [theirs])
        labels = [EntityName(each, f"Name of {each[::-1]}", f"{each}@acme.example") for each in USERS]
        site.outlay.names.put_labels(here, "user", labels)
        priced = [PricedEvent(event, site.outlay.prices.cost_of(event)) for event in events]
        yield Explored(site, Made(site, []), priced)


def _events(organisation: str) -> Iterator[UsageEvent]:
    rng = Random(11)
    for number in range(_COUNT):
        model, provider = rng.choice(MODELS)
        # Most is used by a few, and least by most, as everywhere.
        user = rng.choice([None, *USERS, *USERS[:6] * 12])
        yield _event(
            organisation,
            f"e{number}",
            rng.randrange(_DAYS * 1440),
            model=model if rng.random() > 0.1 else None,
            provider=provider,
            user=user,
            team=rng.choice([None, "growth", "core"]),
            agent=rng.choice([None, "crawler", "writer", "reader"]),
            pod=rng.choice([None, "p1"]),
            run_id=rng.choice([None, f"run{number // 5}"]),
            tags=tuple(rng.sample(TAGS, rng.choice([0, 1, 1, 2, 3]))),
            tokens=Tokens(input_uncached=rng.randrange(1, 90_000), output=rng.randrange(1, 9_000)),
        )
    # A model of the period before alone, and one of this period alone.
    yield _event(organisation, "gone", 45 * 1440, model="gpt-4", provider="openai", user="u00")
    yield _event(organisation, "new", 2 * 1440, model="o3-mini", provider="openai", user="u01")
    yield _event(organisation, "hostile", 60, user=HOSTILE, agent=HOSTILE, team=HOSTILE, tags=(f"env:{HOSTILE}",))


def _event(organisation: str, event_id: str, minutes_ago: int, **fields: Any) -> UsageEvent:
    values: dict[str, Any] = {
        "organisation": organisation,
        "source": "api:test",
        "id": event_id,
        "time": NOW - timedelta(minutes=minutes_ago, seconds=1),
        "received_at": NOW,
        "model": "gpt-4o",
        "provider": "openai",
        "tokens": Tokens(input_uncached=100_000, output=10),
    } | fields
    return UsageEvent(**({"model_raw": values["model"]} | values))
