"""The kinds of figures: what is computed from which source columns, in no engine's words; `sql` has a clause for each.

The columns a figure names are source columns: names that exist, or can be made, over the events and (where it can be)
over the day rollup.
"""

from msgspec import Struct


class Total(Struct, frozen=True):
    """The sum of a column; of several columns, an unknown part is skipped as long as one is known."""

    columns: tuple[str, ...]


class Distinct(Struct, frozen=True):
    """How many different known values a column has. `alone` names the column that counts values which no other row of
    the source has; they are added, and needn't be told apart.
    """

    column: str
    alone: str | None = None


class Percentile(Struct, frozen=True):
    """Nearest rank: the smallest known value that at least `percent` of the known values don't exceed."""

    column: str
    percent: int


class Quotient(Struct, frozen=True):
    """`numerator / denominator`, exact, then rounded to twelve decimals, half away from zero; unknown over nothing."""

    numerator: Total
    denominator: Total | Distinct


class OneUnit(Struct, frozen=True):
    """The sum of a column where all of it is in one unit; unknown where units are mixed."""

    column: str
    unit: str


class Extreme(Struct, frozen=True):
    """The smallest known value of a column, or the largest."""

    column: str
    largest: bool


Figure = Total | Distinct | Percentile | Quotient | OneUnit | Extreme


def columns_of(figure: Figure) -> tuple[str, ...]:
    """Return the source columns a figure is computed from."""
    match figure:
        case Total(columns):
            return columns
        case Distinct(column, alone):
            return (column,) if alone is None else (column, alone)
        case Percentile(column, _) | Extreme(column, _):
            return (column,)
        case OneUnit(column, unit):
            return (column, unit)
        case Quotient(numerator, denominator):
            return columns_of(numerator) + columns_of(denominator)
