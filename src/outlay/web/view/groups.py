"""Figures of groups, added up from the rows of a result beside what the same groups had in the baseline.

Only additive measures are added here. Unknown parts are skipped as long as one is known, as everywhere.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from decimal import Decimal
from typing import Generic, TypeVar

from msgspec import Struct

from outlay.query.result import Result, Row
from outlay.query.sql import Value

Key = TypeVar("Key", bound=Hashable)
Figures = Mapping[str, Value]


class Group(Struct, Generic[Key], frozen=True):
    """One group: its figures by measure, and those of the baseline (None: nothing is compared).

    `gone` says that it had figures in the baseline only: it is no row any more, but a part of what totals had before.
    """

    key: Key
    now: Figures
    before: Figures | None = None
    gone: bool = False


def groups_of(result: Result, key_of: Callable[[Row], Key], order: str) -> list[Group[Key]]:
    """Return the groups that rows fall into by `key_of`, biggest by the measure `order` first, gone ones last."""
    now = _added(result, result.rows, key_of)
    before = {} if result.compared is None else _added(result, result.compared.rows, key_of)
    nothing = {measure: _zero(result, measure) for measure in result.query.measures}
    unknown: Figures = dict.fromkeys(result.query.measures)
    found = [
        Group(key, figures, None if result.compared is None else before.get(key, nothing))
        for key, figures in now.items()
    ]
    gone = [Group(key, unknown, figures, gone=True) for key, figures in before.items() if key not in now]
    return sorted(found, key=lambda each: _size(each.now[order]), reverse=True) + gone


def joined(groups: Iterable[Group[Key]], key: Key) -> Group[Key]:
    """Return several groups as one; of no group at all, a group without figures."""
    groups = list(groups)
    before = [each.before for each in groups if each.before is not None]
    return Group(key, _sums([each.now for each in groups]), _sums(before) if before else None)


def summed(values: Iterable[Value]) -> Value:
    """Return the sum of what is known; None when nothing is."""
    total: Value = None
    for value in values:
        if value is not None:
            total = value if total is None else total + value
    return total


def _sums(figures: Iterable[Figures]) -> Figures:
    found: dict[str, Value] = {}
    for each in figures:
        for measure, value in each.items():
            found[measure] = summed((found.get(measure), value))
    return found


def _added(result: Result, rows: Iterable[Row], key_of: Callable[[Row], Key]) -> dict[Key, dict[str, Value]]:
    found: dict[Key, dict[str, Value]] = {}
    for row in rows:
        figures = result.numbers(row.figures)
        key = key_of(row)
        known = found.get(key)
        found[key] = figures if known is None else {each: summed((known[each], figures[each])) for each in figures}
    return found


def _zero(result: Result, measure: str) -> Value:
    kinds = {column.id: column.kind for column in result.columns}
    return Decimal(0) if kinds[measure] == "money" else 0


def _size(value: Value) -> Decimal:
    return Decimal("-Infinity") if value is None else Decimal(value)
