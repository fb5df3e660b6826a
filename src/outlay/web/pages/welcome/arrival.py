"""The third step: what has arrived since the page was opened, or what was refused, or that nothing came yet."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.kit.period import Month, as_micros, local_day
from outlay.query.arrival import Arrival, arrived_since
from outlay.query.questions import Asking
from outlay.web import format as text
from outlay.web.menu import menu_of
from outlay.web.refusals import Refusal
from outlay.web.render import Renderer

REFUSED_WITHIN: Final = timedelta(minutes=10)


class ShownLink(Struct, frozen=True):
    label: str
    href: str


class ShownEvent(Struct, frozen=True):
    """An event that arrived, in words; `cost` is empty when no price is known."""

    title: str
    more: str
    kind: str
    what: str
    used: str
    cost: str
    cost_exact: str
    cost_status: str
    user: str
    time: str
    links: tuple[ShownLink, ...]


class ShownRefusal(Struct, frozen=True):
    text: str
    time: str


class Waiting(Struct, frozen=True):
    """The state of the third step. `mark` tells it from the states before: where it is the same, nothing is sent."""

    since: int
    mark: int
    event: ShownEvent | None = None
    refusals: tuple[ShownRefusal, ...] = ()


def waiting(asking: Asking, since: int, refusals: tuple[Refusal, ...], renderer: Renderer) -> Waiting:
    """Return what has become of the wait that began at the watermark `since`."""
    found = arrived_since(asking.viewer, asking.snapshot, since)
    mark = max((as_micros(each.at) for each in refusals), default=0)
    if found is None:
        return Waiting(since, mark, None, tuple(_refusal(each, asking.zone) for each in refusals))
    return Waiting(since, -1, _event(found, asking, renderer))


def _event(found: Arrival, asking: Asking, renderer: Renderer) -> ShownEvent:
    return ShownEvent(
        title="Your event is here" if found.count == 1 else f"{text.counted(found.count)} events are here",
        more="" if found.count == 1 else "The last of them:",
        kind="Model" if found.model else "Service",
        what=found.model or found.service,
        used=_used(found),
        cost="" if found.cost is None else text.usd_row(found.cost),
        cost_exact="" if found.cost is None else text.usd_exact(found.cost),
        cost_status=found.cost_status,
        user=found.user or "",
        time=text.local_seconds(found.time, asking.zone),
        links=_links(found, asking, renderer),
    )


def _used(found: Arrival) -> str:
    if found.input_tokens is None and found.output_tokens is None:
        return "" if found.quantity is None else text.quantity(found.quantity, found.unit or "")
    return f"{text.counted(found.input_tokens)} in, {text.counted(found.output_tokens)} out"


def _links(found: Arrival, asking: Asking, renderer: Renderer) -> tuple[ShownLink, ...]:
    """Return the pages that show the event now, over the month it says it is of."""
    month = Month.of(local_day(found.time, asking.zone))
    query = {"r": f"{month.year:04d}-{month.month:02d}"}
    pages = [each for each in menu_of(asking.viewer.role) if each.saves != "none"]
    return tuple(ShownLink(each.label, renderer.url(each.path, query)) for each in pages)


def _refusal(refusal: Refusal, zone: ZoneInfo) -> ShownRefusal:
    by = f" (key “{refusal.key}”)" if refusal.key else ""
    return ShownRefusal(f"{text.capital(refusal.reason)}{by}", text.local_seconds(refusal.at, zone))
