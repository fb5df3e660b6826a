"""The tables of moves: what one moves by month, and all of them."""

from collections.abc import Sequence
from decimal import Decimal

from outlay.control.repricings import Repricing
from outlay.intake.reprice_effect import Effect, Money
from outlay.intake.repricing_work import as_effect
from outlay.kit.period import Month
from outlay.web import format as text
from outlay.web.pages.prices.tables import Told, unknown_cost
from outlay.web.pages.prices.wording import STATE_NAMES, way_of
from outlay.web.parts import Cell, Column, Row, Table


def moves_table(moves: Sequence[Repricing], told: Told) -> Table:
    columns = (
        Column(id="who", label="Calls of"),
        Column(id="state", label="State"),
        Column(id="asked", label="Asked for", hide_narrow=True),
        Column(id="events", label="Calls", numeric=True),
        Column(id="cost", label="Cost", numeric=True, hide_narrow=True),
        Column(id="by", label="By", hide_narrow=True),
    )
    taken_back = {each.undoes for each in moves if each.state == "done"}
    rows = tuple(_move_row(each, told, taken_back=each.id in taken_back) for each in moves)
    return Table(caption="Moves of past calls", columns=columns, rows=rows)


def _move_row(each: Repricing, told: Told, *, taken_back: bool) -> Row:
    effect = as_effect(each.written or (each.preview if each.state in {"ready", "writing"} else None))
    cost = None if effect is None else Decimal(effect.new)
    return Row(
        cells=(
            Cell(text=each.move.name if each.move else "", sub=way_of(each, told.teams, told.zone)),
            Cell(text="taken back" if taken_back else STATE_NAMES[each.state]),
            Cell(text=text.local_time(each.created_at, told.zone)),
            Cell(text=text.DASH if effect is None else text.counted(effect.events)),
            Cell(text=text.usd(cost), title=text.usd_exact(cost)),
            Cell(text=told.who(each.decided_by or each.created_by)),
        ),
        href=told.renderer.url(f"/settings/moves/{each.id}"),
        muted=taken_back or each.state in {"dropped", "failed"},
    )


def moved_table(effect: Effect) -> Table:
    """Return what moves to another team by month, and all of it."""
    columns = (
        Column(id="month", label="Month"),
        Column(id="events", label="Events", numeric=True, hide_narrow=True),
        Column(id="requests", label="Requests", numeric=True, hide_narrow=True),
        Column(id="tokens", label="Tokens", numeric=True),
        Column(id="cost", label="Cost", numeric=True),
        Column(id="unpriced", label="Unpriced", numeric=True, hide_narrow=True),
    )
    places = text.usd_places(Decimal(one.new) for one in [*effect.lines, effect])
    rows = tuple(
        Row(cells=(Cell(text=text.month(Month(*map(int, each.month.split("-"))))), *_moved(each, places)))
        for each in effect.lines
    )
    total = Row(cells=(Cell(text="All"), *_moved(effect, places)))
    return Table(caption="What moves, by month", columns=columns, rows=rows, total=total)


def _moved(each: Money, places: int) -> tuple[Cell, ...]:
    cost = Decimal(each.new)
    known = each.unpriced_after < each.events
    return (
        Cell(text=text.counted(each.events)),
        Cell(text=text.counted(each.requests)),
        Cell(text=text.tokens(each.tokens), title=text.counted(each.tokens)),
        Cell(text=text.usd_row(cost, places), title=text.usd_exact(cost)) if known else unknown_cost(),
        Cell(text=text.counted(each.unpriced_after) if each.unpriced_after else text.DASH),
    )
