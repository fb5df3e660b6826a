"""The headline figures, which follow the choice of user or team; a member, who sees only themself, has their own."""

from decimal import Decimal
from typing import Final

from outlay.query.ask import Filter
from outlay.query.result import Result
from outlay.web import format as text
from outlay.web.pages.usage.figures import UsageFigures
from outlay.web.pages.usage.parts import Told
from outlay.web.parts import Card
from outlay.web.view.panels import as_count, as_money
from outlay.web.view.ranges import baseline_text

UNPRICED: Final = Filter("cost_status", "is", ("unpriced",))
ESTIMATED: Final = Filter("cost_status", "is", ("estimated",))
ERRORS: Final = Filter("status", "is", ("error",))


def cards_of(told: Told, figures: UsageFigures) -> tuple[Card, ...]:
    """Return the cards of the view."""
    head = figures.head
    shared = (_requests(told, head), _tokens(told, head), _cost(told, figures))
    if told.place.alone:
        return (*shared, _counted(told, head, "models", "Models used"))
    subject = told.place.subject
    active = _counted(told, head, f"active_{subject}s", f"Active {subject}s", Filter(subject, "has"))
    return (active, _average(told, head), *shared)


def _counted(told: Told, head: Result, measure: str, label: str, *only: Filter) -> Card:
    count = as_count(head.total(measure))
    users = as_count(head.total("active_users"))
    return Card(
        label=label,
        value=text.counted(count),
        change=text.change(count, as_count(head.total_before(measure)), text.counted),
        baseline=baseline_text(head),
        href=told.links.calls(*only),
        note=f"with {text.counted(users)} active {_of(users, 'user')}" if measure == "active_teams" else "",
    )


def _average(told: Told, head: Result) -> Card:
    subject = told.place.subject
    measure = f"requests_per_{subject}"
    mean = as_money(head.total(measure))
    return Card(
        label=f"Average requests per {subject}",
        value=text.average(mean),
        exact=text.quantity(mean),
        change=text.change(mean, as_money(head.total_before(measure)), _average_text),
        baseline=baseline_text(head),
        href=told.links.calls(Filter(subject, "has")),
    )


def _requests(told: Told, head: Result) -> Card:
    count, errors = as_count(head.total("requests")), as_count(head.total("errors"))
    rate = text.percent(as_money(head.total("error_rate")))
    return Card(
        label="Requests",
        value=text.counted(count),
        change=text.change(count, as_count(head.total_before("requests")), text.counted),
        baseline=baseline_text(head),
        href=told.links.calls(),
        note=f"{text.counted(errors)} {_of(errors, 'error')}, {rate}" if errors else "",
        note_href=told.links.calls(ERRORS) if errors else "",
    )


def _tokens(told: Told, head: Result) -> Card:
    count = as_count(head.total("tokens"))
    parts = [(name, as_count(head.total(f"{name}_tokens"))) for name in ("input", "output")]
    return Card(
        label="Total tokens",
        value=text.tokens(count),
        exact=f"{text.counted(count)} = {' + '.join(f'{text.counted(each)} {name}' for name, each in parts)}",
        detail=" + ".join(f"{text.tokens(each)} {name}" for name, each in parts),
        change=text.change(count, as_count(head.total_before("tokens")), text.tokens),
        baseline=baseline_text(head),
        href=told.links.calls(),
    )


def _cost(told: Told, figures: UsageFigures) -> Card:
    head, subject = figures.head, told.place.subject
    cost = as_money(head.total("cost"))
    unpriced, estimated = (as_count(head.total(f"{each}_requests")) for each in ("unpriced", "estimated"))
    note, href = "", ""
    if unpriced:
        note, href = f"{text.counted(unpriced)} {_of(unpriced, 'request')} unpriced", told.links.calls(UNPRICED)
    elif estimated:
        note, href = f"{text.counted(estimated)} {_of(estimated, 'request')} estimated", told.links.calls(ESTIMATED)
    return Card(
        label="Cost",
        value=text.usd(cost),
        exact=text.usd_exact(cost),
        detail=_shared_out(figures, subject),
        change=text.change(cost, as_money(head.total_before("cost")), text.usd),
        baseline=baseline_text(head),
        href=told.links.calls(),
        note=note,
        note_href=href,
    )


def _shared_out(figures: UsageFigures, subject: str) -> str:
    """Say how much of the cost users (or teams) stand for, where some of it has none."""
    total = as_money(figures.head.total("cost"))
    without = None if figures.nobody is None else as_money(figures.nobody["cost"])
    return f"{text.usd(total - without)} by {subject}s" if total and without else ""


def _average_text(value: Decimal) -> str:
    return text.average(value)


def _of(count: int | None, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
