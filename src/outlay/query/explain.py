"""Why a cost changed between the baseline and now: effects that add up to the change, to the picodollar.

The events are cut into cells: a group (a model, or what else is asked) of one service. A cell's volume q is its tokens;
where it has none, its requests. With C the cost, 0 the baseline, 1 now, and g how much the volume of the whole service
grew (q1 / q0 over all its cells):

    volume   C0 * (g - 1)              as if every group had grown like the whole
    mix      (q1 - q0 * g) * C0 / q0   a group's share of the whole grew or shrank
    rate     C1 - q1 * C0 / q0         the same volume cost more or less: its price, or its share of cache or output
    new      C1                        of a group that had nothing before
    gone     -C0 * g                   of a group that has nothing now, beside its part in the volume
    other    C1 - C0                   of what has a cost without a volume on one side, such as a correction

Volume, mix and rate of a cell make C1 - C0, as volume and gone do. It is figured in fractions; volume and mix are
rounded to a picodollar, half to even, and rate or gone is what is left of the change, so nothing is lost.

What is unpriced has no cost, and its tokens must not dilute a price: it is left out, and counted beside the answer.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import astuple, replace

from outlay.kit.money import as_pico, as_usd
from outlay.query.ask import Filter, Operator, Query
from outlay.query.baseline import Baseline
from outlay.query.questions import Asking
from outlay.query.result import Result, Row
from outlay.query.sql import Answered
from outlay.query.timerange import Span

Unit = Literal["tokens", "requests"]
State = Literal["kept", "new", "gone"]
CellKey = tuple[str | None, str | None]  # a group and a service

_UNITS: Final[tuple[Unit, ...]] = ("tokens", "requests")
_MEASURES: Final = ("cost", "tokens", "requests", "unpriced_requests")
_PRICED: Final = Filter("cost_status", "not", ("unpriced",))


class Effects(Struct, frozen=True):
    """What each cause did to the cost, in dollars; together they are the change."""

    volume: Decimal
    mix: Decimal
    rate: Decimal
    new: Decimal
    gone: Decimal
    other: Decimal

    @property
    def change(self) -> Decimal:
        # Against a tiny baseline effects are larger than what Decimal adds without rounding.
        return as_usd(sum(map(as_pico, astuple(self))))


class Side(Struct, frozen=True):
    """What a group had on one side: cost (None: nothing of it is priced), tokens and requests of what is priced, and
    how many requests are unpriced.
    """

    cost: Decimal | None = None
    tokens: int | None = None
    requests: int = 0
    unpriced: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing priced is on this side."""
        return not (self.cost or self.tokens or self.requests)

    def volume(self, unit: Unit) -> int:
        return self.requests if unit == "requests" else self.tokens or 0


class Explained(Struct, frozen=True):
    """One group: both sides, and the effects that make its change. State is about what is priced: a group that is `new`
    may have had unpriced requests before.
    """

    key: str | None
    state: State
    before: Side
    now: Side
    effects: Effects


class Explanation(Struct, frozen=True):
    """Why the cost of a question changed. Groups come with the largest change first; their effects make `effects`."""

    by: str
    span: Span
    baseline: Baseline
    before: Side
    now: Side
    effects: Effects
    groups: tuple[Explained, ...]

    @property
    def adds_up(self) -> bool:
        """The proof: the effects make the change of the totals, which were figured from the events themselves."""
        return self.effects.change == (self.now.cost or 0) - (self.before.cost or 0)


def explain(asking: Asking, query: Query, by: str = "model") -> Explanation | None:
    """Explain the change of the cost that a question is about; None where there is nothing to compare with.

    It is compared with what the question says, else with the range before. By tag, costs are split among the tags.
    """
    asked = replace(
        query,
        measures=_MEASURES,
        dimensions=tuple(dict.fromkeys((by, "service"))),
        grain="none",
        comparison="prev" if query.comparison == "none" else query.comparison,
        order=None,
        limit=None,
        tags="split",
    )
    found = asking.run(asked)
    if found.compared is None:
        return None
    partly = _partly_unpriced(found)
    priced = _priced(asking, asked, partly)
    before, now = (_sides(found, priced, partly, before=each) for each in (True, False))
    groups = effects_by_group(before, now)
    in_all: Counter[str] = Counter()
    for each in groups:
        in_all.update(each.pico)
    return Explanation(
        by=by,
        span=found.span,
        baseline=found.compared.baseline,
        before=_total(found, before, before=True),
        now=_total(found, now, before=False),
        effects=_as_effects(in_all),
        groups=tuple(
            Explained(each.key, _state(each), each.before, each.now, _as_effects(each.pico)) for each in groups
        ),
    )


class _Cell(Struct, frozen=True):
    """One group of one service."""

    before: Side
    now: Side

    @property
    def unit(self) -> Unit | None:
        """What the volume is counted in; None where that is missing on a side that has something."""
        present = [side for side in (self.before, self.now) if not side.is_empty]
        return next((unit for unit in _UNITS if all(side.volume(unit) > 0 for side in present)), None)


class GroupEffects(Struct, frozen=True):
    """A group of all services: its effects in picodollars, by their names."""

    key: str | None
    before: Side
    now: Side
    pico: Mapping[str, int]


def effects_by_group(before: Mapping[CellKey, Side], now: Mapping[CellKey, Side]) -> list[GroupEffects]:
    """Return the effects of each group, the largest change first."""
    cells = {key: _Cell(before.get(key, Side()), now.get(key, Side())) for key in {**before, **now}}
    growth = _growth(cells)
    members: dict[str | None, list[_Cell]] = defaultdict(list)
    pico: dict[str | None, Counter[str]] = defaultdict(Counter)
    for (group, service), cell in cells.items():
        members[group].append(cell)
        pico[group].update(_effects(cell, growth.get((service, cell.unit))))
    found = [
        GroupEffects(group, _added([cell.before for cell in own]), _added([cell.now for cell in own]), pico[group])
        for group, own in members.items()
    ]
    return sorted(found, key=lambda each: (-abs(sum(each.pico.values())), each.key is None, each.key or ""))


def _growth(cells: Mapping[CellKey, _Cell]) -> dict[tuple[str | None, Unit | None], Fraction]:
    """Return by how much the volume of each service grew, for each unit; nothing where there was none before."""
    before: Counter[tuple[str | None, Unit | None]] = Counter()
    now: Counter[tuple[str | None, Unit | None]] = Counter()
    for (_, service), cell in cells.items():
        if cell.unit is not None:
            before[service, cell.unit] += cell.before.volume(cell.unit)
            now[service, cell.unit] += cell.now.volume(cell.unit)
    return {key: Fraction(now[key], volume) for key, volume in before.items() if volume}


def _effects(cell: _Cell, growth: Fraction | None) -> dict[str, int]:
    """Return the effects of one cell in picodollars; the module says how."""
    before, now, unit = cell.before, cell.now, cell.unit
    cost_before, cost_now = _pico(before), _pico(now)
    if unit is None:
        return {"other": cost_now - cost_before}
    if before.is_empty or growth is None:
        return {"new": cost_now}
    volume = round(cost_before * (growth - 1))
    if now.is_empty:
        return {"volume": volume, "gone": -cost_before - volume}
    moved = now.volume(unit) - before.volume(unit) * growth
    mix = round(moved * cost_before / before.volume(unit))
    return {"volume": volume, "mix": mix, "rate": cost_now - cost_before - volume - mix}


def _state(group: GroupEffects) -> State:
    if group.before.is_empty == group.now.is_empty:
        return "kept"
    return "new" if group.before.is_empty else "gone"


def _partly_unpriced(found: Result) -> frozenset[str | None]:
    """Return the groups of which some is unpriced and some is not. What is priced altogether, or not at all, is known
    without a second look, and that is nearly everything.
    """
    sides = [(row.key[0], _side(found, row.figures)) for before in (True, False) for row in _rows(found, before=before)]
    return frozenset(
        key for key, side in sides if side.unpriced > 0 and (side.unpriced < side.requests or side.cost is not None)
    )


def _priced(asking: Asking, asked: Query, partly: frozenset[str | None]) -> Result | None:
    """Ask about these groups once more, without what is unpriced of them: that takes the events themselves."""
    if not partly:
        return None
    values = tuple(sorted(each for each in partly if each is not None))
    operator: Operator = "none" if not values else "none_or" if None in partly else "is"
    only = Filter(asked.dimensions[0], operator, values)
    return asking.run(replace(asked, filters=(*asked.filters, _PRICED, only), totals=False))


def _sides(found: Result, priced: Result | None, partly: frozenset[str | None], *, before: bool) -> dict[CellKey, Side]:
    """Return what each group of each service had on one side: figures of what is priced, beside all that is not."""
    measured: dict[CellKey, Side] = {}
    for row in _rows(priced, before=before) if priced else ():
        if row.key[0] in partly:  # by tag, events of these groups have tags of others too
            measured[_cell_key(row)] = _side(found, row.figures)
    for row in _rows(found, before=before):
        key, side = _cell_key(row), _side(found, row.figures)
        if row.key[0] in partly:
            measured[key] = replace(measured.get(key, Side()), unpriced=side.unpriced)
        else:
            measured[key] = Side(unpriced=side.unpriced) if side.unpriced else side
    return measured


def _rows(result: Result, *, before: bool) -> Sequence[Row]:
    if not before:
        return result.rows
    return () if result.compared is None else result.compared.rows


def _total(found: Result, sides: Mapping[CellKey, Side], *, before: bool) -> Side:
    """Return one side as a whole: its cost is figured from the events themselves, which is what proves the effects."""
    totals = found.totals if not before else found.compared.totals if found.compared else ()
    whole = _side(found, totals)
    return replace(whole, tokens=_added(list(sides.values())).tokens, requests=whole.requests - whole.unpriced)


def _side(result: Result, figures: Sequence[Answered]) -> Side:
    numbers = result.numbers(figures)
    cost, tokens = numbers["cost"], numbers["tokens"]
    return Side(
        cost=None if cost is None else Decimal(cost),
        tokens=None if tokens is None else int(tokens),
        requests=int(numbers["requests"] or 0),
        unpriced=int(numbers["unpriced_requests"] or 0),
    )


def _cell_key(row: Row) -> CellKey:
    return row.key[0], row.key[-1]


def _added(sides: Sequence[Side]) -> Side:
    costs = [side.cost for side in sides if side.cost is not None]
    tokens = [side.tokens for side in sides if side.tokens is not None]
    return Side(
        cost=sum(costs, Decimal(0)) if costs else None,
        tokens=sum(tokens) if tokens else None,
        requests=sum(side.requests for side in sides),
        unpriced=sum(side.unpriced for side in sides),
    )


def _pico(side: Side) -> int:
    return 0 if side.cost is None else as_pico(side.cost)


def _as_effects(pico: Mapping[str, int]) -> Effects:
    return Effects(**{name: as_usd(pico.get(name, 0)) for name in Effects.__struct_fields__})
