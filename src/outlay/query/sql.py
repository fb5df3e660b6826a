"""The statements that answer a question: one clause for each kind of figure, and the same source rows grouped in
different ways. `read_figures` turns the columns of a row back into the figures of the measures.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from operator import itemgetter
from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from outlay.query.ask import Key
from outlay.query.catalogue import MEASURES, Measure
from outlay.query.figures import Distinct, Extreme, Figure, OneUnit, Percentile, Quotient, Total
from outlay.query.group_pages import Place, following
from outlay.query.source import Reading, source_rows
from outlay.query.statement import Sql, joined, known_sum

Part = Literal["all", "kept", "rest"]
Value = int | Decimal | None
Answered = Value | datetime  # a measure of the kind `time` gives an instant (UTC), all others a number

RATIO_PLACES: Final = 12
GROUPS: Final = "groups"


class Page(Struct, frozen=True):
    """Which groups a statement begins with: so many later, or after a place. `counted` adds a last column: how many
    groups there are, those before and after the page included; it can't be said after a place.
    """

    offset: int = 0
    after: Place | None = None
    counted: bool = False


def totals(reading: Reading) -> Sql:
    """One row: the figures of the whole span, from rows without groups, so that nothing can be counted twice."""
    return _statement(f"SELECT {', '.join(_figures(reading))}", source_rows(reading, grouped=False))


def groups(reading: Reading, most: int, page: Page | None = None) -> Sql:
    """One row for each group (of each bucket, where there are any) in the order of the question, `most` at most."""
    page = page or Page()
    keys = _bucket_key(reading) + _group_keys(reading)
    counted = [f'count(*) OVER () AS "{GROUPS}"'] if page.counted else []
    select = f"SELECT {', '.join([*keys, *_figures(reading), *counted])}"
    pieces = [_statement(select, source_rows(reading, grouped=True)), Sql(f"GROUP BY {', '.join(keys)}")]
    if page.after is not None:
        pieces += [Sql("HAVING"), _after(page.after, reading)]
    pieces.append(Sql(f"ORDER BY {_order(reading)} LIMIT ?", (most,)))
    if page.offset:
        pieces.append(Sql("OFFSET ?", (page.offset,)))
    return joined(pieces, " ")


def peaks(reading: Reading, least: Decimal) -> Sql:
    """One row for each group that had at least so much of the first measure in one bucket."""
    keys = ", ".join(_group_keys(reading))
    select = _statement(f"SELECT {keys}", source_rows(reading, grouped=True))
    # An unknown figure is no peak.
    high = f"HAVING {_shown(MEASURES[reading.query.measures[0]], reading)} >= ?"
    steps = joined([select, Sql(f"GROUP BY {', '.join([*_bucket_key(reading), keys])}"), Sql(high, (least,))], " ")
    return Sql(f"SELECT DISTINCT {keys} FROM ({steps.text}) AS steps ORDER BY {keys}", steps.parameters)


def count_groups(reading: Reading) -> Sql:
    """One row: how many groups there are. It is all that a question without measures and buckets can say of them."""
    rows = source_rows(reading, grouped=True)
    keys = ", ".join(_group_keys(reading))
    return Sql(f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM ({rows.text}) AS used) AS found", rows.parameters)


def folded(reading: Reading, kept: Sequence[Key], part: Part, most: int) -> Sql:
    """One row for each kept group (by its number in `kept`) and one, with number NULL, for all others together; of each
    bucket, where there are any; `most` at most. The rest is figured from its own rows, so distinct counts and
    percentiles hold too.
    """
    keys = [*_bucket_key(reading), 'kept."rank"']
    same = " AND ".join(
        f'used."g{at}" IS NOT DISTINCT FROM kept."k{at}"' for at in range(len(reading.query.dimensions))
    )
    where = ' WHERE kept."rank" IS NULL' if part == "rest" else ""
    return joined(
        [
            _statement(f"SELECT {', '.join([*keys, *_figures(reading)])}", source_rows(reading, grouped=True)),
            Sql("JOIN" if part == "kept" else "LEFT JOIN"),
            _kept_table(kept, reading),
            Sql(f"ON {same}{where} GROUP BY {', '.join(keys)}"),
            Sql(f"ORDER BY {', '.join(f'{key} NULLS LAST' for key in keys)} LIMIT ?", (most,)),
        ],
        " ",
    )


def read_figures(measures: Sequence[str], columns: tuple[Any, ...]) -> tuple[Answered, ...]:
    """Return the figures of the measures from the columns that a statement gave for them."""
    return figures_reader(measures)(columns)


def figures_reader(measures: Sequence[str]) -> Callable[[tuple[Any, ...]], tuple[Answered, ...]]:
    """Return `read_figures` for many rows: which columns make which figure is looked up once."""
    places = {part: at for at, part in enumerate(_parts(measures))}
    ways = tuple(_way(MEASURES[each], [places[part] for part in _parts((each,))]) for each in measures)
    return lambda columns: tuple(way(columns) for way in ways)


def _way(measure: Measure, places: Sequence[int]) -> Callable[[tuple[Any, ...]], Answered]:
    """Return what makes the figure of a measure from the columns at these places."""
    if isinstance(measure.figure, Quotient):
        over, under = places
        return lambda columns: divided(columns[over], columns[under])
    if len(places) > 1:
        return lambda columns: _known_sum([columns[at] for at in places])
    (place,) = places
    if measure.kind == "time":
        return lambda columns: _in_utc(columns[place])
    if measure.kind == "count":
        return lambda columns: columns[place] or 0  # no request is zero requests
    return itemgetter(place)


def _known_sum(values: Sequence[int | None]) -> int | None:
    known = [each for each in values if each is not None]
    return sum(known) if known else None


def _in_utc(stored: datetime | None) -> datetime | None:
    return None if stored is None else stored.replace(tzinfo=UTC)


def divided(dividend: Value, divisor: Value) -> Decimal | None:
    """Return the quotient rounded to twelve decimals, half away from zero; None where it is unknown or over nothing."""
    if dividend is None or not divisor:
        return None
    exact = Fraction(dividend) * 10**RATIO_PLACES / Fraction(divisor)
    rounded = floor(abs(exact) + Fraction(1, 2))
    return Decimal(rounded if exact > 0 else -rounded).scaleb(-RATIO_PLACES)


def _statement(select: str, rows: Sql) -> Sql:
    return Sql(f"{select} FROM ({rows.text}) AS used", rows.parameters)


def _figures(reading: Reading) -> list[str]:
    return [_figure(each, reading) for each in _parts(reading.query.measures)]


def _parts(measures: Sequence[str]) -> tuple[Figure, ...]:
    """Return what a statement gives for the measures, each once: planning an expression costs more than making it of
    what is there.
    """
    return tuple(dict.fromkeys(part for each in measures for part in _parts_of(MEASURES[each])))


def _parts_of(measure: Measure) -> tuple[Figure, ...]:
    match measure.figure:
        case Quotient(over, under):
            return (over, under)
        case Total(columns) if measure.kind == "tokens":
            return tuple(Total((each,)) for each in columns)
        case figure:
            return (figure,)


def _shown(measure: Measure, reading: Reading) -> str:
    text = _figure(measure.figure, reading)
    # No request is zero requests; no known token or amount is unknown.
    return f"coalesce({text}, 0)" if measure.kind == "count" else text


def _figure(figure: Figure, reading: Reading) -> str:
    dialect = reading.dialect
    match figure:
        case Total(columns):
            return known_sum([f'sum("{column}")' for column in columns])
        case Distinct(column, alone):
            different = dialect.distinct(f'"{column}"')
            return different if alone is None else f'{different} + coalesce(sum("{alone}"), 0)'
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


def _group_keys(reading: Reading) -> list[str]:
    return [f'"g{at}"' for at in range(len(reading.query.dimensions))]


def _order(reading: Reading) -> str:
    order = reading.query.order
    terms = _bucket_key(reading)
    if order is not None:
        direction = "DESC" if order.descending else "ASC"
        terms.append(f"{_sort_text(order.by, reading)} {direction} NULLS LAST")
    terms += [f"{key} ASC NULLS LAST" for key in _group_keys(reading)]
    return ", ".join(terms)


def _sort_text(name: str, reading: Reading) -> str:
    if name in reading.query.dimensions:
        return f'"g{reading.query.dimensions.index(name)}"'
    # Not by a name: there may be a source column of that name.
    return _shown(MEASURES[name], reading)


def _after(place: Place, reading: Reading) -> Sql:
    order = reading.query.order
    if order is None:
        raise RuntimeError("a question must be refined before its groups are paged: they have no order")
    if order.by in reading.query.dimensions:
        return following(place, _sort_text(order.by, reading), order)
    figure = MEASURES[order.by].figure
    if isinstance(figure, Quotient) and isinstance(place.by, Decimal):
        place = replace(place, by=int(Fraction(place.by) * 10**RATIO_PLACES))
    return following(place, _shown(MEASURES[order.by], reading), order)


def _kept_table(kept: Sequence[Key], reading: Reading) -> Sql:
    """Return the kept groups as a table: one parameter for each dimension, however many they are."""
    width = len(reading.query.dimensions)
    lists = tuple(tuple(key[at] for key in kept) for at in range(width))
    table = reading.dialect.numbered('"rank"', [f'"k{at}"' for at in range(width)])
    return Sql(f"({table}) AS kept", (len(kept), *lists))
