"""The activity view: the month's tokens by agent type and day, by model, and who and what used most of them."""

from collections.abc import Callable, Sequence
from typing import Final

from markupsafe import Markup

from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.web import format as text
from outlay.web.pages.agents.place import agent_ground
from outlay.web.pages.consumption.figures import TOP, ActivityFigures, Top
from outlay.web.pages.consumption.parts import Content, Told, agent_types_of, daily_chart
from outlay.web.parts import Card, Cell, Column, Row, Table
from outlay.web.view.groups import Group, groups_of, joined
from outlay.web.view.names import AGENT_TYPE_NAMES, Label, Names
from outlay.web.view.panels import (
    Panel,
    Proof,
    as_compared,
    as_count,
    change_cell,
    group_change,
    proof_of,
    share_cell,
    share_of,
)
from outlay.web.view.place import only, without_values
from outlay.web.view.ranges import baseline_text, with_changes

MODELS_SHOWN: Final = 30
Thing = Group[str | None]

_MODEL_COLUMNS: Final = (
    Column(id="model", label="Model"),
    Column(id="input", label="Input", numeric=True, hide_narrow=True),
    Column(id="output", label="Output", numeric=True, hide_narrow=True),
    Column(id="change", label="Change", numeric=True, hide_narrow=True),
    Column(id="share", label="Share of tokens", numeric=True, hide_narrow=True),
    Column(id="tokens", label="Tokens", numeric=True),
)
_PLURALS: Final = {"user": "users", "agent": "agents"}


def activity_content(told: Told, figures: ActivityFigures, names: Names) -> Content:
    """Return the cards, the chart and the rankings, all from one set of figures."""
    models = models_of(figures.models)
    return Content(
        cards=_cards(told, figures.days),
        chart=Panel(
            id="daily",
            title="Tokens by agent type",
            subtitle=f"Day by day; days end at midnight in {figures.days.zone}",
            chart=daily_chart(told, figures.days, "tokens", "tokens", "Tokens by agent type, day by day"),
            proof=_types_proof(figures.days),
        ),
        panels=(
            ("half", _top_panel(told, figures, figures.users, names)),
            ("half", _top_panel(told, figures, figures.agents, names)),
            ("whole", _models_panel(told, figures, models, names)),
        ),
        proof=_whole_proof(figures, models),
    )


def models_of(result: Result) -> list[Thing]:
    """Return the models that used any tokens, the biggest first, those of the baseline alone last."""
    found = groups_of(result, lambda row: row.key[0], "tokens")
    return [each for each in found if each.gone or each.now["tokens"] is not None]


def top_groups(top: Top) -> list[tuple[str, Thing]]:
    """Return the rows of a ranking in order: `row`s, what has no value, and the remainder."""
    rows: list[tuple[str, Thing]] = [("row", each) for each in top.named if each.now["tokens"] is not None]
    if top.nobody is not None and top.nobody.now["tokens"] is not None:
        rows.append(("none", top.nobody))
    if top.others is not None and top.others.now["tokens"] is not None:
        rows.append(("other", top.others))
    return rows


def _cards(told: Told, days: Result) -> tuple[Card, ...]:
    baseline = baseline_text(days)
    tokens, cached = as_count(days.total("tokens")), as_count(days.total("cache_read_tokens"))
    cached_share = text.percent(share_of(cached, days.total("input_tokens")))
    cards = [
        Card(
            label=f"Tokens, {text.month(told.place.month)}",
            value=text.tokens(tokens),
            exact=text.counted(tokens),
            change=text.change(tokens, as_count(days.total_before("tokens")), text.tokens) if baseline else None,
            baseline=baseline,
            href=told.links.calls(),
        )
    ]
    for measure, label, note in (
        ("input_tokens", "Input tokens", f"{cached_share} of them read from a cache" if cached else ""),
        ("output_tokens", "Output tokens", ""),
        ("requests", "Requests", ""),
    ):
        value = as_count(days.total(measure))
        cards.append(
            Card(
                label=label,
                value=text.counted(value) if measure == "requests" else text.tokens(value),
                exact=text.counted(value),
                change=text.change(value, as_count(days.total_before(measure))) if baseline else None,
                baseline=baseline,
                href=told.links.calls(),
                note=note,
            )
        )
    return tuple(cards)


def _types_proof(days: Result) -> Proof:
    total = days.total("tokens")
    types = agent_types_of(days, "tokens")
    return proof_of(
        f"Agent types add up to {text.tokens(as_count(total))} tokens",
        [(AGENT_TYPE_NAMES.get(each.key, each.key or ""), each.now["tokens"]) for each in types],
        total,
        holds=days.adds_up.holds,
        money=False,
    )


def _whole_proof(figures: ActivityFigures, models: list[Thing]) -> Proof:
    """Set models, users and agents beside the headline: each is figured by a question of its own."""
    total = figures.days.total("tokens")
    asked = (figures.models, figures.users.result, figures.agents.result)
    return proof_of(
        f"Models, users and agents each add up to {text.tokens(as_count(total))} tokens",
        [("All models", joined(models, None).now.get("tokens"))],
        total,
        holds=all(each.adds_up.holds and each.total("tokens") == total for each in asked)
        and all(_tokens_of(top) == total for top in (figures.users, figures.agents)),
        money=False,
    )


def _tokens_of(top: Top) -> Value:
    return joined([group for _, group in top_groups(top)], None).now.get("tokens")


def _top_panel(told: Told, figures: ActivityFigures, top: Top, names: Names) -> Panel:
    ranked = top_groups(top)
    whole = figures.days.total("tokens")
    labels = names.of(top.dimension, [group.key for _, group in ranked])
    teams = names.of("team", [label.team for label in labels.values() if label.team])
    plural = _PLURALS[top.dimension]
    others = told.links.calls(*without_values(top.dimension, [each.key for each in top.named]))
    leads: dict[str, Callable[[Thing], tuple[Label, str]]] = {
        "row": lambda group: (labels[group.key], _lead(told, top.dimension, group.key)),
        "none": lambda _: (_nobody(top.dimension), _lead(told, top.dimension, None)),
        "other": lambda _: (Label(f"Other {plural}"), others),
    }
    table = Table(
        caption=f"Top {plural} by tokens",
        columns=(
            Column(id=top.dimension, label=top.dimension.capitalize()),
            Column(id="change", label="Change", numeric=True, hide_narrow=True),
            Column(id="share", label="Share", numeric=True, hide_narrow=True),
            Column(id="tokens", label="Tokens", numeric=True),
        ),
        rows=tuple(_top_row(group, leads[kind](group), teams, whole) for kind, group in ranked),
        total=_top_row(_whole(top), (Label(f"All {plural}"), told.links.calls()), teams, whole),
    )
    return Panel(
        id=f"top-{plural}",
        title=f"Top {plural}",
        subtitle=with_changes(f"The {TOP} with most tokens", top.result),
        table=as_compared(table, top.result) if ranked else None,
        empty="No tokens were used.",
    )


def _lead(told: Told, dimension: str, key: str | None) -> str:
    """Return where a row leads: an agent has a page of its own, everybody else their calls."""
    if dimension == "agent":
        return told.links.elsewhere(agent_ground(told.place.place.viewer), agent=key or "")
    return told.links.calls(only(dimension, key))


def _nobody(dimension: str) -> Label:
    return Label("Service accounts", email="calls without a user") if dimension == "user" else Label("No agent")


def _whole(top: Top) -> Thing:
    """Return the total of a ranking, with all of the baseline: who used nothing this month is in it too."""
    before = top.result.total_before("tokens")
    return Group(None, {"tokens": top.result.total("tokens")}, None if before is None else {"tokens": before})


def _top_row(group: Thing, named: tuple[Label, str], teams: dict[str | None, Label], whole: Value) -> Row:
    label, href = named
    team = teams.get(label.team) if label.team and label.email else None
    return Row(
        cells=(
            Cell(
                text=_with_badge(label.name, team) if team else label.name,
                sub=label.email if label.email != label.name else "",
            ),
            change_cell(group_change(group, "tokens")),
            share_cell(group.now.get("tokens"), whole, None),
            _tokens_cell(group, "tokens"),
        ),
        href=href,
        muted=group.key is None,
    )


def _with_badge(name: str, team: Label) -> Markup:
    kind = "c-other" if team.slot is None else f"c{team.slot}"
    return Markup('{} <span class="badge"><span class="dot {}"></span>{}</span>').format(name, kind, team.name)


def _models_panel(told: Told, figures: ActivityFigures, models: Sequence[Thing], names: Names) -> Panel:
    labels = names.of("model", [each.key for each in models])
    present = [each for each in models if not each.gone]
    listed, folded = present[:MODELS_SHOWN], present[MODELS_SHOWN:]
    whole = figures.days.total("tokens")
    rows = [_model_row((labels[each.key], told.links.calls(only("model", each.key))), each, whole) for each in listed]
    if folded:
        link = told.links.calls(*without_values("model", [each.key for each in listed]))
        rows.append(_model_row((Label(f"{len(folded)} other models"), link), joined(folded, None), whole))
    table = Table(
        caption="Models by tokens used",
        columns=_MODEL_COLUMNS,
        rows=tuple(rows),
        total=_model_row((Label("All models"), told.links.calls()), joined(models, None), whole),
    )
    return Panel(
        id="models",
        title="Tokens by model",
        subtitle=with_changes("", figures.models),
        table=as_compared(table, figures.models) if present else None,
        empty="No tokens were used.",
    )


def _model_row(named: tuple[Label, str], group: Thing, whole: Value) -> Row:
    label, href = named
    return Row(
        cells=(
            Cell(text=label.name, dot=label.slot is not None, slot=label.slot),
            _tokens_cell(group, "input_tokens"),
            _tokens_cell(group, "output_tokens"),
            change_cell(group_change(group, "tokens")),
            share_cell(group.now.get("tokens"), whole, label.slot),
            _tokens_cell(group, "tokens"),
        ),
        href=href,
        muted=label.slot is None,
    )


def _tokens_cell(group: Thing, measure: str) -> Cell:
    count = as_count(group.now.get(measure))
    return Cell(text=text.tokens(count), title=text.counted(count))
