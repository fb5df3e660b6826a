"""What every chart over time has around its marks: legend with read-out, grid, axis labels, its figures as a table.

The plot itself is hidden from assistive technology, which gets the chart's name, a spoken read-out and the table with
the same links. The browser script fills the read-out from the table, so a figure is written once.
"""

from collections.abc import Iterable

from markupsafe import Markup

from outlay.web.charts.scale import HEIGHT, PLOT_HEIGHT, TOP, Scale, axis_label, label_density, share_text
from outlay.web.charts.spec import Series, TimeChart, Value, as_exact, as_headline, summed

_EMPTY = Markup("")


def joined(parts: Iterable[str]) -> Markup:
    """Return markup one after another; anything that is not Markup is escaped."""
    return _EMPTY.join(parts)


def slot_class(slot: int | None) -> str:
    """Return the colour class of a stored slot."""
    return "c-other" if slot is None else f"c{slot % 7}"


def linked(href: str, inner: Markup) -> Markup:
    """Return marks as a link that is no tab stop of its own: the table holds the same link for the keyboard."""
    return Markup('<a href="{}" tabindex="-1">{}</a>').format(href, inner) if href else inner


def figure(chart: TimeChart, marks: Markup, scale: Scale) -> Markup:
    """Return the whole chart around its marks."""
    return Markup(
        '<figure class="chart" id="{id}">{legend}'
        '<div class="plot" tabindex="0" role="group" aria-roledescription="chart" aria-label="{name}">'
        '<svg width="100%" height="{height}" aria-hidden="true" focusable="false">{grid}{marks}{axis}</svg></div>'
        '<p class="quiet" role="status"></p>{table}</figure>'
    ).format(
        id=chart.id,
        legend=_legend(chart),
        name=_spoken_name(chart),
        height=HEIGHT,
        grid=_grid(chart, scale),
        marks=marks,
        axis=_axis(chart),
        table=_table(chart),
    )


def _spoken_name(chart: TimeChart) -> str:
    total = _overall(chart)
    said = f", total {as_headline(total, chart.unit)}" if total is not None else ""
    return f"{chart.title}, {chart.period}{said}. Arrow keys read each step."


def _overall(chart: TimeChart) -> Value:
    return summed(chart.totals) if chart.adds_up else None


def _has_total(chart: TimeChart) -> bool:
    return chart.adds_up and len(chart.series) > 1


def _legend(chart: TimeChart) -> Markup:
    items = [_legend_item(chart, each) for each in chart.series]
    if _has_total(chart):
        total = as_headline(_overall(chart), chart.unit)
        items.append(Markup('<li class="sum"><span>Total</span> <b>{}</b></li>').format(total))
    notes = sorted({each.partial for each in chart.buckets if each.partial})
    return Markup('<div class="legend"><span class="when">{}</span><ul>{}</ul>{}</div>').format(
        chart.period,
        joined(items),
        joined(Markup('<span class="running"><i></i>{}</span>').format(note) for note in notes),
    )


def _legend_item(chart: TimeChart, series: Series) -> Markup:
    name = Markup('<a href="{}">{}</a>').format(series.href, series.name) if series.href else series.name
    shown = as_headline(series.total, chart.unit) if chart.adds_up else ""
    return Markup('<li><span class="dot {}"></span><span>{}</span> <b>{}</b></li>').format(
        slot_class(series.slot), name, shown
    )


def _grid(chart: TimeChart, scale: Scale) -> Markup:
    return joined(
        Markup(
            '<line class="{}" x2="100%" y1="{y}.5" y2="{y}.5"/><text class="ty" x="-8" y="{text_y}">{}</text>'
        ).format(
            "zero" if tick == 0 else "grid",
            axis_label(tick, chart.unit),
            y=scale.y(tick),
            text_y=scale.y(tick) + 4,
        )
        for tick in scale.ticks
    )


def _axis(chart: TimeChart) -> Markup:
    density = label_density(tuple(each.tick for each in chart.buckets))
    count = len(chart.buckets)
    labels = []
    for index, bucket in enumerate(chart.buckets):
        shown = density.class_of(index)
        if shown is not None:
            kind = f"tx {shown}".strip()
            x = share_text((index + 0.5) / count)
            labels.append(
                Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, x, TOP + PLOT_HEIGHT + 19, bucket.tick)
            )
    return joined(labels)


def _table(chart: TimeChart) -> Markup:
    rows = len(chart.buckets)
    columns = [(each.name, each.values, each.hrefs) for each in chart.series]
    if _has_total(chart):
        columns.append(("Total", chart.totals, ()))
    shown = [as_exact(values, chart.unit) for _, values, _ in columns]
    body = joined(
        Markup('<tr><th scope="row">{}{}</th>{}</tr>').format(
            _cell(chart.buckets[row].label, chart.buckets[row].href),
            Markup(' <span class="chip">{}</span>').format(chart.buckets[row].partial)
            if chart.buckets[row].partial
            else "",
            joined(
                Markup('<td class="num">{}</td>').format(_cell(shown[at][row], hrefs[row] if hrefs else ""))
                for at, (_, _, hrefs) in enumerate(columns)
            ),
        )
        for row in range(rows)
    )
    return Markup(
        '<details class="as-table"><summary>View as table</summary>'
        '<div class="table-wrap" tabindex="0" role="region" aria-label="{title}, table"><table>'
        '<caption class="quiet">{title}, {period}</caption><thead><tr><th scope="col">{when}</th>{heads}</tr></thead>'
        "<tbody>{body}</tbody>{foot}</table></div></details>"
    ).format(
        title=chart.title,
        period=chart.period,
        when="When",
        heads=joined(Markup('<th scope="col" class="num">{}</th>').format(name) for name, _, _ in columns),
        body=body,
        foot=_foot(chart, [values for _, values, _ in columns]),
    )


def _foot(chart: TimeChart, columns: list[tuple[Value, ...]]) -> Markup:
    if not chart.adds_up:
        return _EMPTY
    totals = [as_exact([*values, summed(values)], chart.unit)[-1] for values in columns]
    return Markup('<tfoot><tr><th scope="row">Total</th>{}</tr></tfoot>').format(
        joined(Markup('<td class="num">{}</td>').format(total) for total in totals)
    )


def _cell(shown: str, href: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(href, shown) if href else Markup("{}").format(shown)
