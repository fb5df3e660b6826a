"""Parts of a whole as a ring beside the table of the same figures; at most six parts, the rest is Other."""

import math
from dataclasses import replace
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from outlay.web.charts.figure import slot_class
from outlay.web.charts.pieces import joined
from outlay.web.charts.spec import OTHER, PieChart, Slice, as_exact, as_headline, told_apart
from outlay.web.format import percent

MAX_SLICES: Final = 6
_CENTRE: Final = 90
_OUTER: Final = 88
_INNER: Final = 58


def pie(chart: PieChart) -> Markup:
    """Return ring and table as markup. A part that is not positive has no angle and stands in the table only."""
    largest = _largest(chart.slices)
    slots = told_apart([each.slot for each in largest])
    parts = tuple(replace(each, slot=slot) for each, slot in zip(largest, slots, strict=True))
    total = sum((Decimal(each.value) for each in chart.slices), Decimal(0))
    shown = as_exact([each.value for each in parts], chart.unit)
    return Markup(
        '<figure class="pie" id="{}"><svg width="180" height="180" viewBox="0 0 180 180" aria-hidden="true"'
        ' focusable="false">{}<text class="pie-total" x="90" y="92">{}</text>'
        '<text class="pie-label" x="90" y="112">{}</text></svg>{}</figure>'
    ).format(
        chart.id, _ring(parts, shown), as_headline(total, chart.unit), chart.total_label, _table(chart, parts, shown)
    )


def _largest(slices: tuple[Slice, ...]) -> tuple[Slice, ...]:
    ordered = tuple(sorted(slices, key=lambda each: (each.slot is None, -each.value)))
    if len(ordered) <= MAX_SLICES:
        return ordered
    kept, rest = ordered[: MAX_SLICES - 1], ordered[MAX_SLICES - 1 :]
    return (*kept, Slice(name=OTHER, slot=None, value=sum(each.value for each in rest)))


def _ring(parts: tuple[Slice, ...], shown: list[str]) -> Markup:
    positive = [(each, text) for each, text in zip(parts, shown, strict=True) if each.value > 0]
    whole = sum(Decimal(each.value) for each, _ in positive)
    marks, reached = [], Decimal(0)
    for each, text in positive:
        start, reached = reached, reached + each.value
        outline = _arc(float(start / whole), float(reached / whole))
        mark = Markup('<path class="s {}" fill-rule="evenodd" d="{}"><title>{} · {} · {}</title></path>').format(
            slot_class(each.slot), outline, each.name, text, percent(Decimal(each.value) / whole)
        )
        marks.append(Markup('<a href="{}" tabindex="-1">{}</a>').format(each.href, mark) if each.href else mark)
    return joined(marks)


def _arc(start: float, end: float) -> str:
    if end - start > 0.9999:
        return _circle(_OUTER) + _circle(_INNER)
    large = int(end - start > 0.5)
    return (
        f"M{_point(_OUTER, start)}A{_OUTER} {_OUTER} 0 {large} 1 {_point(_OUTER, end)}"
        f"L{_point(_INNER, end)}A{_INNER} {_INNER} 0 {large} 0 {_point(_INNER, start)}Z"
    )


def _circle(radius: int) -> str:
    arc = f"A{radius} {radius} 0 1 1"
    return f"M{_CENTRE} {_CENTRE - radius}{arc} {_CENTRE} {_CENTRE + radius}{arc} {_CENTRE} {_CENTRE - radius}Z"


def _point(radius: int, turn: float) -> str:
    angle = turn * 2 * math.pi
    return f"{_CENTRE + radius * math.sin(angle):.1f} {_CENTRE - radius * math.cos(angle):.1f}"


def _table(chart: PieChart, parts: tuple[Slice, ...], shown: list[str]) -> Markup:
    total = sum((Decimal(each.value) for each in parts), Decimal(0))
    rows = joined(
        Markup(
            '<tr><th scope="row"><span class="dot {}"></span>{}</th><td class="num">{}</td><td class="num">{}</td></tr>'
        ).format(
            slot_class(each.slot),
            Markup('<a href="{}">{}</a>').format(each.href, each.name) if each.href else each.name,
            text,
            percent(Decimal(each.value) / total) if total > 0 else "",
        )
        for each, text in zip(parts, shown, strict=True)
    )
    return Markup(
        '<table><caption class="quiet">{}</caption><thead class="quiet"><tr><th scope="col">Name</th>'
        '<th scope="col">Amount</th><th scope="col">Share</th></tr></thead><tbody>{}</tbody></table>'
    ).format(chart.title, rows)
