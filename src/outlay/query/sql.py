"""The statements that answer a question: one clause for each kind of figure, and the same source rows grouped in
different ways. `read_figures` turns the columns of a row back into the figures of the measures.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Final, Literal

from outlay.query.catalogue import MEASURES, Measure
from outlay.query.dialect import Dialect
from outlay.query.figures import Distinct, Extreme, Figure, OneUnit, Percentile, Quotient, Total
from outlay.query.source import Reading, source_rows
from outlay.query.statement import Sql, joined, known_sum

Part = Literal["all", "kept", "rest"]
Key = tuple[str | None, ...]
Value = int | Decimal | None
Answered = Value | datetime  # a measure of the kind `time` gives an instant (UTC), all others a number

RATIO_PLACES: Final = 12


def totals(reading: Reading) -> Sql:
    """One row: the figures of the whole span, from rows without groups, so that nothing can be counted twice."""
    return _statement(f"SELECT {_figures(reading)}", source_rows(reading, grouped=False), "")


def groups(reading: Reading, most: int) -> Sql:
    """One row for each group (of each bucket, where there are any) in the order of the question, `most` at most."""
    keys = _bucket_key(reading) + [f'"g{at}"' for at in range(len(reading.query.dimensions))]
    return joined(
        [
            _statement(f"SELECT {', '.join(keys)}, {_figures(reading)}", source_rows(reading, grouped=True), ""),
            Sql(f"GROUP BY {', '.join(keys)} ORDER BY {_order(reading)} LIMIT ?", (most,)),
        ],
        " ",
    )


def folded(reading: Reading, kept: Sequence[Key], part: Part, most: int) -> Sql:
    """One row for each kept group (by its number in `kept`) and one, with number NULL, for all others together; of each
    bucket, where there are any; `most` at most. The rest is figured from its own rows, so distinct counts and
    percentiles hold too.
    """
    keys = [*_bucket_key(reading), 'kept."rank"']
    same = " AND ".join(
        f'used."g{at}" IS NOT DISTINCT FROM kept."k{at}"' for at in range(len(reading.query.dimensions))
    )
    where = {"all": "", "kept": ' WHERE kept."rank" IS NOT NULL', "rest": ' WHERE kept."rank" IS NULL'}[part]
    return joined(
        [
            _statement(f"SELECT {', '.join(keys)}, {_figures(reading)}", source_rows(reading, grouped=True), ""),
            Sql("LEFT JOIN"),
            _kept_table(kept, len(reading.query.dimensions), reading.dialect),
            Sql(f"ON {same}{where} GROUP BY {', '.join(keys)}"),
            Sql(f"ORDER BY {', '.join(f'{key} NULLS LAST' for key in keys)} LIMIT ?", (most,)),
        ],
        " ",
    )


def read_figures(measures: Sequence[str], columns: Sequence[Any]) -> tuple[Answered, ...]:
    """Return the figures of the measures from the columns that a statement gave for them."""
    figures: list[Answered] = []
    at = 0
    for measure in measures:
        if isinstance(MEASURES[measure].figure, Quotient):
            figures.append(divided(columns[at], columns[at + 1]))
            at += 2
        else:
            figures.append(columns[at] if MEASURES[measure].kind != "time" else _in_utc(columns[at]))
            at += 1
    return tuple(figures)


def _in_utc(stored: datetime | None) -> datetime | None:
    return None if stored is None else stored.replace(tzinfo=UTC)


def divided(dividend: Value, divisor: Value) -> Decimal | None:
    """Return the quotient rounded to twelve decimals, half away from zero; None where it is unknown or over nothing."""
    if dividend is None or not divisor:
        return None
    exact = Fraction(dividend) * 10**RATIO_PLACES / Fraction(divisor)
    rounded = floor(abs(exact) + Fraction(1, 2))
    return Decimal(rounded if exact > 0 else -rounded).scaleb(-RATIO_PLACES)


def _statement(select: str, rows: Sql, rest: str) -> Sql:
    return Sql(f"{select} FROM ({rows.text}) AS used{rest}", rows.parameters)


def _figures(reading: Reading) -> str:
    found = [text for each in reading.query.measures for text in _columns(MEASURES[each], reading)]
    return ", ".join(found)


def _columns(measure: Measure, reading: Reading) -> list[str]:
    figure = measure.figure
    if isinstance(figure, Quotient):
        parts = (("over", figure.numerator), ("under", figure.denominator))
        return [f'{_figure(part, reading)} AS "{measure.id}_{name}"' for name, part in parts]
    text = _figure(figure, reading)
    # No request is zero requests; no known token or amount is unknown.
    return [f'{f"coalesce({text}, 0)" if measure.kind == "count" else text} AS "{measure.id}"']


def _figure(figure: Figure, reading: Reading) -> str:
    dialect = reading.dialect
    match figure:
        case Total(columns):
            return known_sum([f'sum("{column}")' for column in columns])
        case Distinct(column):
            return dialect.distinct(f'"{column}"')
        case Percentile(column, percent):
            percents = _percents(column, reading)
            return dialect.percentile(f'"{column}"', percents, percents.index(percent))
        case Extreme(column, largest):
            return f'{"max" if largest else "min"}("{column}")'
        case OneUnit(column, unit):
            return f'CASE WHEN min("{unit}") = max("{unit}") THEN sum("{column}") END'
        case Quotient(over, under):
            # For sorting only: figures that are shown are divided by `divided`, which rounds alike.
            return dialect.ratio(_figure(over, reading), _figure(under, reading))


def _percents(column: str, reading: Reading) -> list[int]:
    """Return the percentiles that the question asks of a column."""
    figures = (MEASURES[each].figure for each in reading.query.measures)
    return sorted({each.percent for each in figures if isinstance(each, Percentile) and each.column == column})


def _bucket_key(reading: Reading) -> list[str]:
    return ['"bucket"'] if reading.buckets else []


def _order(reading: Reading) -> str:
    order, dimensions = reading.query.order, reading.query.dimensions
    terms = _bucket_key(reading)
    if order is not None:
        direction = "DESC" if order.descending else "ASC"
        terms.append(f"{_sort_text(order.by, reading)} {direction} NULLS LAST")
    terms += [f'"g{at}" ASC NULLS LAST' for at in range(len(dimensions))]
    return ", ".join(terms)


def _sort_text(name: str, reading: Reading) -> str:
    if name in reading.query.dimensions:
        return f'"g{reading.query.dimensions.index(name)}"'
    measure = MEASURES[name]
    return _figure(measure.figure, reading) if isinstance(measure.figure, Quotient) else f'"{measure.id}"'


def _kept_table(kept: Sequence[Key], width: int, dialect: Dialect) -> Sql:
    row = ", ".join([dialect.text_parameter()] * width)
    rows = ", ".join(f"({rank}, {row})" for rank in range(len(kept)))
    names = ", ".join(f'"k{at}"' for at in range(width))
    if not kept:
        nothing = ", ".join(["NULL"] * (width + 1))
        return Sql(f'(SELECT {nothing} WHERE FALSE) AS kept("rank", {names})')
    return Sql(f'(VALUES {rows}) AS kept("rank", {names})', tuple(value for key in kept for value in key))
