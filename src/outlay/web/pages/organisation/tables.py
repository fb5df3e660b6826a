"""The table of what another zone moves."""

from collections.abc import Sequence
from decimal import Decimal

from outlay.kit.period import parse_month
from outlay.query.volumes import Moved
from outlay.web import format as text
from outlay.web.parts import Cell, Column, Row, Table


def moved_table(months: Sequence[Moved]) -> Table:
    """Return what each of the last months has now and would have then."""
    columns = (
        Column(id="month", label="Month"),
        Column(id="requests", label="Requests now", numeric=True),
        Column(id="requests_then", label="Then", numeric=True),
        Column(id="cost", label="Cost now", numeric=True),
        Column(id="cost_then", label="Then", numeric=True),
        Column(id="difference", label="Difference", numeric=True, hide_narrow=True),
    )
    return Table(caption="The last months, now and then", columns=columns, rows=tuple(map(_moved, months)))


def _moved(month: Moved) -> Row:
    (requests, cost), (requests_then, cost_then) = month.before, month.after
    difference = (cost_then or Decimal(0)) - (cost or Decimal(0))
    return Row(
        cells=(
            Cell(text=text.month(parse_month(month.month))),
            Cell(text=text.counted(requests)),
            Cell(text=text.counted(requests_then)),
            Cell(text=text.usd(cost), title=text.usd_exact(cost)),
            Cell(text=text.usd(cost_then), title=text.usd_exact(cost_then)),
            Cell(text=text.usd_difference(difference), title=text.usd_exact(difference)),
        )
    )
