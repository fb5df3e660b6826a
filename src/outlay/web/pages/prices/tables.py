"""The tables of the Prices page, as rows of text; what a member may not change has no links to change it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.control.price_rules import StoredRule
from outlay.control.repricings import Repricing
from outlay.control.team_names import TeamNames
from outlay.intake.reprice_effect import Effect, Money
from outlay.intake.repricing_work import as_effect
from outlay.kit.period import Month, local_day
from outlay.pricing.rules import Rules
from outlay.web import format as text
from outlay.web.pages.prices.figures import Missing, Used
from outlay.web.pages.prices.wording import (
    KIND_NAMES,
    STATE_NAMES,
    about,
    amounts,
    period,
    says,
    source_of,
    subject,
)
from outlay.web.parts import Cell, Column, Row, Table
from outlay.web.render import Renderer

_NOBODY: Final = "command line"


class Told(Struct, frozen=True):
    """What rows are told with: where links lead, rules by id, names of members and teams by id, and the time."""

    renderer: Renderer
    rules: Mapping[str, StoredRule]
    makers: Mapping[str, str]
    teams: TeamNames
    zone: ZoneInfo
    now: datetime
    may_change: bool

    def day(self, moment: datetime) -> str:
        return text.day(local_day(moment, self.zone))

    def who(self, member: str | None) -> str:
        return _NOBODY if member is None else self.makers.get(member, member)


def used_table(used: Sequence[Used], told: Told) -> Table:
    columns = (
        Column(id="model", label="Model"),
        Column(id="input", label="Input / 1M", numeric=True),
        Column(id="cached", label="Cache reads", numeric=True, hide_narrow=True),
        Column(id="output", label="Output / 1M", numeric=True),
        Column(id="source", label="From"),
        Column(id="requests", label="Requests", numeric=True, hide_narrow=True),
        Column(id="cost", label="Cost", numeric=True),
    )
    costs = text.usd_column(_money(each.row.figures[2]) for each in used)
    rows = tuple(_used_row(each, cost, told) for each, cost in zip(used, costs, strict=True))
    return Table(caption="Prices in use", columns=columns, rows=rows)


def _used_row(each: Used, cost: str, told: Told) -> Row:
    shown = each.shown
    lines = {} if shown is None else amounts(shown.lines)
    source, price_id = ("", "") if shown is None else source_of(shown, told.rules)
    since = "" if shown is None or shown.since is None else f"since {told.day(shown.since)}"
    unpriced = int(str(each.row.figures[3] or 0))
    adding = told.renderer.url("/prices/new", {"provider": each.provider or "", "model": each.model or ""})
    return Row(
        cells=(
            Cell(text=each.model or "No model", sub=each.provider or "no provider"),
            *(
                Cell(text=text.usd_exact(lines[meter]) if meter in lines else text.DASH)
                for meter in ("input_uncached", "cache_read", "output")
            ),
            Cell(text=source, title=price_id, sub=since)
            if shown is not None
            else Cell(text="", chip="no price", href="", title="No price is known: the cost is unknown, not zero"),
            Cell(text=text.counted(int(str(each.row.figures[0] or 0)))),
            Cell(text=cost, title=text.usd_exact(_money(each.row.figures[2])), sub=_unpriced(unpriced)),
        ),
        href=adding if told.may_change else "",
    )


def missing_table(missing: Sequence[Missing], told: Told) -> Table:
    columns = (
        Column(id="what", label="Without a price"),
        Column(id="requests", label="Requests", numeric=True),
        Column(id="tokens", label="Tokens", numeric=True, hide_narrow=True),
        Column(id="first", label="First used", hide_narrow=True),
        Column(id="do", label="What to do"),
    )
    return Table(caption="Without a price", columns=columns, rows=tuple(_missing_row(each, told) for each in missing))


def _missing_row(each: Missing, told: Told) -> Row:
    url = told.renderer.url
    first = "" if each.first is None else each.first.isoformat()
    if each.is_service:
        name, under = each.service, f"counted in {each.unit}" if each.unit else "nothing was counted"
        wanted = {"kind": "service", "service": each.service, "unit": each.unit or "", "starts": first}
    else:
        name, under = each.model or "No model", each.provider or "no provider"
        wanted = {"provider": each.provider or "", "model": each.model or "", "starts": first}
        if each.provider is None:
            wanted = {"kind": "alias", "name": each.model or ""}
    doing = Cell(text="Give it a price" if each.provider or each.is_service else "Say which model it is")
    if told.may_change:
        doing = Cell(text=doing.text, href=url("/prices/new", {key: value for key, value in wanted.items() if value}))
    return Row(
        cells=(
            Cell(text=name, sub=under),
            Cell(text=text.counted(each.unpriced), href=f"{url('/calls')}?{each.calls}"),
            Cell(text=text.tokens(each.tokens), title=text.counted(each.tokens)),
            Cell(text=text.DASH if each.first is None else text.day(each.first)),
            doing,
        )
    )


def rules_table(rules: Sequence[StoredRule], told: Told) -> Table:
    columns = (
        Column(id="subject", label="For"),
        Column(id="says", label="Is"),
        Column(id="period", label="Holds"),
        Column(id="made", label="Made", hide_narrow=True),
    )
    return Table(caption="Your own prices", columns=columns, rows=tuple(_rule_row(each, told) for each in rules))


def _rule_row(rule: StoredRule, told: Told) -> Row:
    over = rule.ends_at is not None and rule.ends_at <= told.now
    cells = (
        Cell(text=subject(rule.kind, rule.body), sub=KIND_NAMES[rule.kind]),
        Cell(text=says(rule.kind, rule.body)),
        Cell(text=period(rule.starts_at, rule.ends_at, told.zone), chip="ended" if over else ""),
        Cell(text=told.day(rule.created_at), sub=f"by {told.who(rule.created_by)}"),
    )
    href = told.renderer.url(f"/prices/rules/{rule.id}") if told.may_change else ""
    return Row(cells=cells, href=href, muted=over)


def filed_table(rules: Rules, told: Told) -> Table:
    """Return the rules of prices.toml, which hold for the whole installation."""
    columns = (Column(id="rule", label="In prices.toml"), Column(id="from", label="Holds"))
    found: list[tuple[str, int, str, datetime | None, datetime | None]] = [
        *(("price", each.number, f"{each.model} at {each.provider}", each.start, each.until) for each in rules.prices),
        *(
            (
                "multiplier",
                each.number,
                f"x {each.factor} on {each.model or 'every model'}{f' at {each.provider}' if each.provider else ''}",
                each.start,
                each.until,
            )
            for each in rules.multipliers
        ),
        *(("service", each.number, f"{each.service}, {each.unit}", each.start, each.until) for each in rules.services),
        *(("alias", each.number, f"{each.name} means {each.model}", None, each.until) for each in rules.aliases),
    ]
    rows = tuple(
        Row(cells=(Cell(text=name, sub=f"[[{kind}]] {number}"), Cell(text=period(start, until, told.zone))))
        for kind, number, name, start, until in found
    )
    return Table(caption="Rules of prices.toml", columns=columns, rows=rows)


def repricings_table(repricings: Sequence[Repricing], told: Told) -> Table:
    columns = (
        Column(id="what", label="Repricing"),
        Column(id="asked", label="Asked for", hide_narrow=True),
        Column(id="state", label="State"),
        Column(id="events", label="Calls", numeric=True),
        Column(id="difference", label="Difference", numeric=True),
        Column(id="by", label="By", hide_narrow=True),
    )
    rows = tuple(_repricing_row(each, told) for each in repricings)
    return Table(caption="Repricings", columns=columns, rows=rows)


def _repricing_row(each: Repricing, told: Told) -> Row:
    effect = as_effect(each.written or (each.preview if each.state in {"ready", "writing"} else None))
    difference = None if effect is None else Decimal(effect.difference)
    return Row(
        cells=(
            Cell(text=about(each, told.rules, told.teams, told.zone)),
            Cell(text=text.local_time(each.created_at, told.zone)),
            Cell(text=STATE_NAMES[each.state]),
            Cell(text=text.DASH if effect is None else text.counted(effect.events)),
            Cell(text=text.usd_difference(difference), title=text.usd_exact(difference)),
            Cell(text=told.who(each.decided_by or each.created_by)),
        ),
        href=told.renderer.url(f"/prices/repricings/{each.id}"),
        muted=each.state in {"dropped", "failed"},
    )


def effect_table(effect: Effect) -> Table:
    """Return what changes by month and model, and all of it."""
    columns = (
        Column(id="month", label="Month"),
        Column(id="model", label="Model"),
        Column(id="events", label="Calls", numeric=True, hide_narrow=True),
        Column(id="old", label="Cost before", numeric=True, hide_narrow=True),
        Column(id="new", label="Cost after", numeric=True),
        Column(id="difference", label="Difference", numeric=True),
        Column(id="unpriced", label="Unpriced", numeric=True, hide_narrow=True),
    )
    sums: list[Money] = [*effect.lines, effect]
    places = text.usd_places(Decimal(each) for one in sums for each in (one.old, one.new, one.difference))
    rows = tuple(
        Row(
            cells=(
                Cell(text=text.month(Month(*map(int, each.month.split("-"))))),
                Cell(text=each.model or "No model", sub=each.provider or ""),
                *_amounts(each, places),
            )
        )
        for each in effect.lines
    )
    total = Row(cells=(Cell(text="All"), Cell(text=""), *_amounts(effect, places)))
    return Table(caption="What changes, by month and model", columns=columns, rows=rows, total=total)


def _amounts(each: Money, places: int) -> tuple[Cell, ...]:
    old, new, difference = (Decimal(amount) for amount in (each.old, each.new, each.difference))
    known, known_then = each.unpriced_before < each.events, each.unpriced_after < each.events
    moved = each.unpriced_before or each.unpriced_after
    return (
        Cell(text=text.counted(each.events)),
        Cell(text=text.usd_row(old, places), title=text.usd_exact(old)) if known else unknown_cost(),
        Cell(text=text.usd_row(new, places), title=text.usd_exact(new)) if known_then else unknown_cost(),
        Cell(text=text.usd_difference(difference, places), title=text.usd_exact(difference)),
        Cell(text=f"{each.unpriced_before:,} → {each.unpriced_after:,}" if moved else text.DASH),
    )


def unknown_cost() -> Cell:
    return Cell(text="", chip="unpriced", title="No price is known: the cost is unknown, not zero")


def _unpriced(count: int) -> str:
    return f"{count:,} unpriced" if count else ""


def _money(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
