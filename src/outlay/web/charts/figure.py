"""What every chart over time has around its marks: legend with read-out, grid, axis labels, its figures as a table.

The plot itself is hidden from assistive technology, which gets the chart's name, a spoken read-out and the table with
the same links. The browser script fills the read-out from the table, so a figure is written once.
"""

from typing import Final

from markupsafe import Markup, escape

from outlay.web.charts.flags import counted_marks, flags, listed_marks, marked_lines
from outlay.web.charts.pieces import joined, linked
from outlay.web.charts.scale import HEIGHT, PLOT_HEIGHT, TOP, Scale, axis_label, label_density, share_text
from outlay.web.charts.spec import COLOURS, Bucket, Series, TimeChart, Value, as_exact, as_headline, summed

PALEST: Final = 2


def slot_class(slot: int | None) -> str:
    """Return the class of a colour, and of its shade where a chart has the colour twice."""
    if slot is None:
        return "c-other"
    colour, shade = slot % COLOURS, min(slot // COLOURS, PALEST)
    return f"c{colour} shade{shade}" if shade else f"c{colour}"


def band(chart: TimeChart, index: int, marks: str) -> Markup:
    """Return one bucket of the plot: the area that answers to the pointer, and its marks (already safe)."""
    count = len(chart.buckets)
    hit = linked(chart.buckets[index].href, '<rect class="hit" width="100%" height="100%"/>')
    place = f'x="{share_text(index / count)}" width="{share_text(1 / count)}"'
    return Markup(f'<svg class="b" {place}>{hit}{marks}</svg>')  # noqa: S704 - every text in it was escaped on its way


def exact_columns(chart: TimeChart) -> list[list[str]]:
    """Return the figures of each series, and of the total where there is one, as text; the last of each is its sum."""
    columns = [each.values for each in chart.series]
    if _has_total(chart):
        columns.append(chart.totals)
    return [as_exact((*values, summed(values) if chart.adds_up else None), chart.unit) for values in columns]


def figure(chart: TimeChart, marks: Markup, scale: Scale, exact: list[list[str]]) -> Markup:
    """Return the whole chart around its marks; `exact` comes from `exact_columns`."""
    return Markup(
        '<figure class="chart{marked}" id="{id}">{legend}'
        '<div class="plot" tabindex="0" role="group" aria-roledescription="chart" aria-label="{name}">'
        '<svg width="100%" height="{height}" aria-hidden="true" focusable="false">'
        "{grid}{lines}{marks}{flags}{axis}</svg></div>"
        '<p class="quiet" role="status"></p>{table}{listed}</figure>'
    ).format(
        id=chart.id,
        marked=" marked" if chart.marks else "",
        legend=_legend(chart),
        name=_spoken_name(chart),
        height=HEIGHT,
        grid=_grid(chart, scale),
        lines=marked_lines(chart),
        marks=marks,
        flags=flags(chart),
        axis=_axis(chart),
        table=_table(chart, exact),
        listed=listed_marks(chart),
    )


def _spoken_name(chart: TimeChart) -> str:
    total = _overall(chart)
    said = f", total {as_headline(total, chart.unit)}" if total is not None else ""
    marked = f", {counted_marks(chart)}" if chart.marks else ""
    return f"{chart.title}, {chart.period}{said}{marked}. Arrow keys read each step."


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
    return Markup('<div class="legend"><span class="when">{}</span><ul>{}</ul>{}{}</div>').format(
        chart.period,
        joined(items),
        joined(Markup('<span class="running"><i></i>{}</span>').format(note) for note in notes),
        Markup('<span class="noted" aria-hidden="true"></span>') if chart.marks else "",
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
            "zero" if tick == 0 else "rule",
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


def _table(chart: TimeChart, exact: list[list[str]]) -> Markup:
    names = [each.name for each in chart.series]
    links = [each.hrefs for each in chart.series]
    if _has_total(chart):
        names.append("Total")
        links.append(())
    body = joined(_table_row(bucket, row, exact, links) for row, bucket in enumerate(chart.buckets))
    return Markup(
        '<details class="as-table"><summary>View as table</summary>'
        '<div class="table-wrap" tabindex="0" role="region" aria-label="{title}, table"><table>'
        '<caption class="quiet">{title}, {period}</caption><thead><tr><th scope="col">When</th>{heads}</tr></thead>'
        "<tbody>{body}</tbody>{foot}</table></div></details>"
    ).format(
        title=chart.title,
        period=chart.period,
        heads=joined(Markup('<th scope="col" class="num">{}</th>').format(name) for name in names),
        body=body,
        foot=_foot(exact) if chart.adds_up else "",
    )


def _table_row(bucket: Bucket, row: int, shown: list[list[str]], links: list[tuple[str, ...]]) -> Markup:
    chip = f' <span class="chip">{escape(bucket.partial)}</span>' if bucket.partial else ""
    cells = "".join(
        f'<td class="num">{_cell(figures[row], hrefs[row] if hrefs else "")}</td>'
        for figures, hrefs in zip(shown, links, strict=True)
    )
    head = _cell(bucket.label, bucket.href)
    return Markup(f'<tr><th scope="row">{head}{chip}</th>{cells}</tr>')  # noqa: S704 - every text in it is escaped


def _foot(exact: list[list[str]]) -> Markup:
    return Markup('<tfoot><tr><th scope="row">Total</th>{}</tr></tfoot>').format(
        joined(Markup('<td class="num">{}</td>').format(column[-1]) for column in exact)
    )


def _cell(shown: str, href: str) -> str:
    return f'<a href="{escape(href)}">{escape(shown)}</a>' if href else str(escape(shown))
