"""The cost view: what the month's use cost, by agent type and day, by LLM model and by other service."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from outlay.query.ask import Filter
from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.query.timerange import Days
from outlay.usage import LLM
from outlay.web import format as text
from outlay.web.pages.consumption.figures import CostFigures
from outlay.web.pages.consumption.parts import Content, Told, agent_types_of, daily_chart
from outlay.web.pages.explorer.place import explaining
from outlay.web.parts import Card, Cell, Column, PanelAction, Row, Table
from outlay.web.view.groups import Group, groups_of, joined, summed
from outlay.web.view.names import AGENT_TYPE_NAMES, Label, Names
from outlay.web.view.panels import (
    Panel,
    Proof,
    as_compared,
    as_count,
    as_money,
    change_cell,
    group_change,
    proof_of,
    share_cell,
)
from outlay.web.view.place import only, without_values
from outlay.web.view.ranges import baseline_text, with_changes

MODELS_SHOWN: Final = 30
Thing = Group[str | None]

UNPRICED: Final = Filter("cost_status", "is", ("unpriced",))
ESTIMATED: Final = Filter("cost_status", "is", ("estimated",))
_ONLY_LLM: Final = Filter("service", "is", (LLM,))
_NO_LLM: Final = Filter("service", "not", (LLM,))
_MODEL_COLUMNS: Final = (
    Column(id="model", label="Model"),
    Column(id="requests", label="Requests", numeric=True, hide_narrow=True),
    Column(id="change", label="Change", numeric=True, hide_narrow=True),
    Column(id="share", label="Share of spend", numeric=True, hide_narrow=True),
    Column(id="cost", label="Cost", numeric=True),
)
_SERVICE_COLUMNS: Final = (
    Column(id="service", label="Service"),
    Column(id="change", label="Change", numeric=True, hide_narrow=True),
    Column(id="cost", label="Cost", numeric=True),
)


def cost_content(told: Told, figures: CostFigures, names: Names) -> Content:
    """Return the cards, the chart and the two breakdowns, all from one set of figures."""
    models, services = models_of(figures.things), services_of(figures.things)
    return Content(
        cards=_cards(told, figures.days),
        chart=Panel(
            id="daily",
            title="Spend by agent type",
            subtitle=f"Day by day; days end at midnight in {figures.days.zone}",
            chart=daily_chart(told, figures.days, "cost", "usd", "Spend by agent type, day by day"),
            proof=_types_proof(figures.days),
            actions=_explanation(told, figures.days),
        ),
        panels=(
            ("two-thirds", _models_panel(told, figures, models, names)),
            ("third", _services_panel(told, figures, services, names)),
        ),
        proof=_whole_proof(figures, models, services),
    )


def _explanation(told: Told, days: Result) -> tuple[PanelAction, ...]:
    """Return the way to what the change is made of; nothing where there is nothing to compare with."""
    if days.compared is None:
        return ()
    return (PanelAction(label="Why it changed", href=explaining(told.links, told.place.place), icon="bulb"),)


def models_of(things: Result) -> list[Thing]:
    """Return the LLM models, the dearest first, those of the baseline alone last."""
    return _picked(things, llm=True)


def services_of(things: Result) -> list[Thing]:
    """Return the other services, the dearest first, those of the baseline alone last."""
    return _picked(things, llm=False)


def quantities_of(result: Result) -> dict[str, list[tuple[Decimal, str]]]:
    """Return what was used of each service, one amount for each unit."""
    found: dict[str, list[tuple[Decimal, str]]] = {}
    for row in result.rows:
        amount = result.figure(row, "quantity")
        service, unit = row.key
        if amount is not None and service is not None:
            found.setdefault(service, []).append((Decimal(amount), unit or ""))
    return found


def _picked(things: Result, *, llm: bool) -> list[Thing]:
    named_at = 1 if llm else 0
    found = groups_of(things, lambda row: (row.key[0] == LLM, row.key[named_at]), "cost")
    return [Group(each.key[1], each.now, each.before, each.gone) for each in found if each.key[0] == llm]


def _cards(told: Told, days: Result) -> tuple[Card, ...]:
    baseline = baseline_text(days)
    spend, requests = as_money(days.total("cost")), as_count(days.total("requests"))
    unpriced = as_count(days.total("unpriced_requests"))
    return (
        Card(
            label=f"Spend, {text.month(told.place.month)}",
            value=text.usd(spend),
            exact=text.usd_exact(spend),
            change=text.change(spend, as_money(days.total_before("cost")), text.usd) if baseline else None,
            baseline=baseline,
            href=told.links.calls(),
            note=f"without {text.counted(unpriced)} unpriced {_requests(unpriced)}" if unpriced else "",
            note_href=told.links.calls(UNPRICED) if unpriced else "",
        ),
        _average_card(told, days),
        Card(
            label="Requests",
            value=text.counted(requests),
            change=text.change(requests, as_count(days.total_before("requests")), text.counted) if baseline else None,
            baseline=baseline,
            href=told.links.calls(),
        ),
        _unpriced_card(told, days),
    )


def _average_card(told: Told, days: Result) -> Card:
    """Return the mean of the days that are over: a running day would pull it down."""
    over = [at for at, bucket in enumerate(days.buckets) if bucket.state == "whole"]
    spent = summed(days.figure(row, "cost") for row in days.rows if row.bucket is not None and row.bucket in set(over))
    if not over:
        return Card(label="Average per full day", value=text.DASH, note="No day of the month is over yet")
    average = Decimal(spent or 0) / len(over)
    first, last = (date.fromisoformat(days.buckets[at].label) for at in (over[0], over[-1]))
    return Card(
        label="Average per full day",
        value=text.usd(average),
        exact=text.usd_exact(average),
        href=told.links.calls(range=Days(first, last)),
        note=f"over {len(over)} full {'day' if len(over) == 1 else 'days'}, {text.days(first, last)}",
    )


def _unpriced_card(told: Told, days: Result) -> Card:
    unpriced = as_count(days.total("unpriced_requests"))
    estimated = as_count(days.total("estimated_requests"))
    return Card(
        label="Unpriced requests",
        value=text.counted(unpriced),
        href=told.links.calls(UNPRICED) if unpriced else "",
        change=text.Change("", "Their cost is unknown, not zero" if unpriced else "Every request has a price"),
        note=f"{text.counted(estimated)} {_requests(estimated)} estimated" if estimated else "",
        note_href=told.links.calls(ESTIMATED) if estimated else "",
    )


def _types_proof(days: Result) -> Proof:
    total = days.total("cost")
    return proof_of(
        f"Agent types add up to {text.usd(as_money(total))}",
        [(AGENT_TYPE_NAMES.get(each.key, each.key or ""), each.now["cost"]) for each in agent_types_of(days, "cost")],
        total,
        holds=days.adds_up.holds,
        money=True,
    )


def _whole_proof(figures: CostFigures, models: list[Thing], services: list[Thing]) -> Proof:
    """Set models and other services beside the headline, which is figured by another question."""
    total = figures.days.total("cost")
    return proof_of(
        f"LLM models and other services add up to {text.usd(as_money(total))}",
        [
            ("LLM models", joined(models, None).now.get("cost")),
            ("Other services", joined(services, None).now.get("cost")),
        ],
        total,
        holds=figures.things.adds_up.holds and figures.things.total("cost") == total,
        money=True,
    )


def _models_panel(told: Told, figures: CostFigures, models: list[Thing], names: Names) -> Panel:
    labels = names.of("model", [each.key for each in models])
    present = [each for each in models if not each.gone]
    listed, folded = present[:MODELS_SHOWN], present[MODELS_SHOWN:]
    rest, total = joined(folded, None), joined(models, None)
    whole = figures.days.total("cost")
    shown = _column((*listed, rest, total))
    rows = [
        _model_row((labels[each.key], told.links.calls(_ONLY_LLM, only("model", each.key))), each, cost, whole)
        for each, cost in zip(listed, shown, strict=False)
    ]
    if folded:
        link = told.links.calls(_ONLY_LLM, *without_values("model", [each.key for each in listed]))
        rows.append(_model_row((Label(f"{len(folded)} other models"), link), rest, shown[-2], whole))
    table = Table(
        caption="Cost by LLM model",
        columns=_MODEL_COLUMNS,
        rows=tuple(rows),
        total=_model_row((Label("LLM models"), told.links.calls(_ONLY_LLM)), total, shown[-1], whole),
    )
    return Panel(
        id="models",
        title="LLM models",
        subtitle=with_changes("Cost by model", figures.things),
        table=as_compared(table, figures.things) if present else None,
        empty="No LLM was used.",
    )


def _model_row(named: tuple[Label, str], group: Thing, cost: str, whole: Value) -> Row:
    label, href = named
    return Row(
        cells=(
            _name_cell(label, group),
            Cell(text=text.counted(as_count(group.now.get("requests")))),
            _change_cell(group),
            share_cell(group.now.get("cost") if _is_known(group) else None, whole, label.slot),
            _cost_cell(group, cost),
        ),
        href=href,
        muted=label.slot is None,
    )


def _services_panel(told: Told, figures: CostFigures, services: list[Thing], names: Names) -> Panel:
    present = [each for each in services if not each.gone]
    labels = names.of("service", [each.key for each in present])
    amounts = quantities_of(figures.quantities)
    total = joined(services, None)
    shown = _column((*present, total))
    rows = tuple(
        _service_row(
            (labels[each.key].name, told.links.calls(only("service", each.key))),
            (each, cost),
            amounts.get(each.key or "", []),
        )
        for each, cost in zip(present, shown, strict=False)
    )
    table = Table(
        caption="Cost by other service",
        columns=_SERVICE_COLUMNS,
        rows=rows,
        total=_service_row(("Other services", told.links.calls(_NO_LLM)), (total, shown[-1]), []),
    )
    return Panel(
        id="services",
        title="Other services",
        subtitle="Cost beside the models, and what was used",
        table=as_compared(table, figures.things) if present else None,
        empty="No service beside LLM models was used.",
    )


def _service_row(named: tuple[str, str], costing: tuple[Thing, str], amounts: list[tuple[Decimal, str]]) -> Row:
    (name, href), (group, cost) = named, costing
    used = " + ".join(text.quantity(amount, unit) for amount, unit in amounts)
    return Row(
        cells=(_name_cell(Label(name), group, used), _change_cell(group), _cost_cell(group, cost)),
        href=href,
    )


def _name_cell(label: Label, group: Thing, used: str = "") -> Cell:
    """Return a name with what a reader must know of its cost: what of it has no price, or is an estimate."""
    if group.key is None and label.slot is None:  # a total: the cards say how much of it is unpriced
        return Cell(text=label.name, sub=used)
    requests = as_count(group.now.get("requests")) or 0
    unpriced = as_count(group.now.get("unpriced_requests")) or 0
    estimated = as_count(group.now.get("estimated_requests")) or 0
    partly = f"{unpriced:,} of {requests:,} unpriced" if unpriced and _is_known(group) else ""
    guessed = f"{estimated:,} of {requests:,} estimated" if estimated else ""
    return Cell(text=label.name, sub=partly or guessed or used, dot=label.slot is not None, slot=label.slot)


def _cost_cell(group: Thing, cost: str) -> Cell:
    if not _is_known(group):
        return Cell(text="", chip="unpriced", title="No price is known: the cost is unknown, not zero")
    exact = text.usd_exact(as_money(group.now.get("cost")))
    return Cell(text=cost, title=exact, chip="est." if group.now.get("estimated_requests") else "")


def _change_cell(group: Thing) -> Cell:
    return change_cell(group_change(group, "cost")) if _is_known(group) else Cell(text=text.DASH)


def _is_known(group: Thing) -> bool:
    """Say whether the cost tells anything: the few free calls of an unpriced model do not make it cost $0.00."""
    return bool(group.now.get("cost")) or not group.now.get("unpriced_requests")


def _column(groups: Sequence[Thing]) -> list[str]:
    return text.usd_column(as_money(each.now.get("cost")) for each in groups)


def _requests(count: int | None) -> str:
    return "request" if count == 1 else "requests"
