"""Charts drawn on the server as SVG: pure functions from frozen values to markup, without script, styles or I/O.

Colours come as classes of the style sheet (`c0` … `c6`, `c-other`); every chart carries its figures as a table.
"""

from outlay.web.charts.bars import stacked_bars
from outlay.web.charts.lines import lines
from outlay.web.charts.pie import pie
from outlay.web.charts.sparkline import sparkline
from outlay.web.charts.spec import Bucket, Mark, MarkKind, PieChart, Series, Slice, TimeChart, Unit, Value

__all__ = [
    "Bucket",
    "Mark",
    "MarkKind",
    "PieChart",
    "Series",
    "Slice",
    "TimeChart",
    "Unit",
    "Value",
    "lines",
    "pie",
    "sparkline",
    "stacked_bars",
]
