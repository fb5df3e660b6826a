"""The cells of a row's figures: rounded last, with what stands behind them; money of all rows in one precision."""

from collections.abc import Mapping
from datetime import datetime

from outlay.web import format as text
from outlay.web.pages.usage.columns import MODELS, SHARE, TREND
from outlay.web.pages.usage.figures import Seen, TableFigures
from outlay.web.pages.usage.parts import Told
from outlay.web.parts import Cell
from outlay.web.view.groups import Figures
from outlay.web.view.panels import as_count, as_money, share_cell


class Cells:
    """Makes the cells of a row's figures; all rows together decide how many decimals money has."""

    def __init__(self, told: Told, table: TableFigures) -> None:
        self._told = told
        self._total = table.total
        several = [*(each.figures for each in table.lines), *(each for each in (table.rest, table.nobody) if each)]
        self._places = {
            measure: text.usd_places(as_money(each[measure]) for each in (*several, table.total))
            for measure in ("cost", "average_cost_per_request")
        }

    def of(self, figures: Figures, seen: Seen = (None, None)) -> Mapping[str, Cell]:
        moments = dict(zip(("first_time", "last_time"), seen, strict=True))
        return {
            each.id: self._moment(moments[each.id]) if each.id in moments else self._cell(each.id, figures)
            for each in self._told.place.columns
            if each.id not in {TREND, MODELS}
        }

    def _cell(self, column: str, figures: Figures) -> Cell:
        match column:
            case "cost":
                return self._cost(figures)
            case "average_cost_per_request":
                mean = as_money(figures[column])
                return Cell(text=text.usd_row(mean, self._places[column]), title=text.usd_exact(mean))
            case "error_rate":
                return Cell(text=text.percent(as_money(figures[column])))
            case _ if column == SHARE:
                return share_cell(figures["cost"], self._total["cost"], None)
            case _ if column.endswith("tokens"):
                count = as_count(figures[column])
                return Cell(text=text.tokens(count), title=text.counted(count))
            case _:
                return Cell(text=text.counted(as_count(figures[column])))

    def _cost(self, figures: Figures) -> Cell:
        cost, unpriced = as_money(figures["cost"]), as_count(figures["unpriced_requests"]) or 0
        if unpriced and not cost:
            return Cell(text="", chip="unpriced", title="No price is known: the cost is unknown, not zero")
        said = [text.usd_exact(cost)]
        said += [f"without {unpriced:,} unpriced"] if unpriced else []
        estimated = as_count(figures["estimated_requests"]) or 0
        said += [f"{estimated:,} estimated"] if estimated else []
        return Cell(
            text=text.usd_row(cost, self._places["cost"]), title=", ".join(said), chip="est." if estimated else ""
        )

    def _moment(self, moment: datetime | None) -> Cell:
        if moment is None:
            return Cell(text=text.DASH)
        local = moment.astimezone(self._told.zone)
        return Cell(text=text.day(local.date()), title=text.local_time(moment, self._told.zone))
