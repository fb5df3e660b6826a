"""Lines over time: straight between figures, a gap where there is none, the way to the running bucket dashed."""

from decimal import Decimal

from markupsafe import Markup, escape

from outlay.web.charts.figure import band, exact_columns, figure, slot_class
from outlay.web.charts.pieces import joined, linked
from outlay.web.charts.scale import HEIGHT, Scale, scale_over
from outlay.web.charts.spec import Series, TimeChart, in_currency
from outlay.web.currency import as_they_are


def lines(chart: TimeChart) -> Markup:
    """Return the chart as markup: legend, SVG and table. More than seven series that add up are folded into Other."""
    drawn = in_currency(chart.folded())
    with as_they_are():
        known = [value for each in drawn.series for value in each.values if value is not None]
        scale = scale_over(
            min(known, default=Decimal(0)), max(known, default=Decimal(0)), whole=drawn.unit in {"count", "tokens"}
        )
        exact = exact_columns(drawn)
        paths = Markup('<svg class="lines" viewBox="0 0 {} {}" height="{}" preserveAspectRatio="none">{}</svg>').format(
            max(1, len(drawn.buckets)), HEIGHT, HEIGHT, joined(_path(drawn, scale, each) for each in drawn.series)
        )
        lone = {(at, run[0]) for at, each in enumerate(drawn.series) for run in runs(each) if len(run) == 1}
        points = joined(_bucket(drawn, scale, index, exact, lone) for index in range(len(drawn.buckets)))
        return figure(drawn, joined([paths, points]), scale, exact)


def runs(series: Series) -> list[list[int]]:
    """Return the stretches of neighbouring buckets that have a figure."""
    found: list[list[int]] = [[]]
    for index, value in enumerate(series.values):
        if value is not None:
            found[-1].append(index)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]


def _path(chart: TimeChart, scale: Scale, series: Series) -> Markup:
    solid, dashed = [], []
    for run in runs(series):
        settled = [index for index in run if not chart.buckets[index].partial]
        solid.append(_steps(scale, series, settled))
        if len(settled) < len(run):
            dashed.append(_steps(scale, series, [*settled[-1:], *run[len(settled) :]]))
    parts = []
    for kind, steps in (("l", solid), ("l dash", dashed)):
        if any(steps):
            parts.append(Markup('<path class="{} {}" d="{}"/>').format(kind, slot_class(series.slot), "".join(steps)))
    return joined(parts)


def _steps(scale: Scale, series: Series, run: list[int]) -> str:
    if len(run) < 2:
        return ""
    points = [f"{index}.5 {scale.y(value)}" for index in run if (value := series.values[index]) is not None]
    return f"M{'L'.join(points)}"


def _bucket(chart: TimeChart, scale: Scale, index: int, exact: list[list[str]], lone: set[tuple[int, int]]) -> Markup:
    label = escape(chart.buckets[index].label)
    dots = []
    for at, series in enumerate(chart.series):
        value = series.values[index]
        if value is None:
            continue
        kind = f"p {slot_class(series.slot)}{' lone' if (at, index) in lone else ''}"
        title = f"{label} · {escape(series.name)} · {escape(exact[at][index])}"
        mark = f'<circle class="{kind}" cx="50%" cy="{scale.y(value)}" r="3"><title>{title}</title></circle>'
        dots.append(linked(series.href_at(index), mark))
    return band(chart, index, "".join(dots))
