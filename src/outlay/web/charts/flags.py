"""Marks on the time axis: a dashed line where something happened, a small flag above it, and all of them as a list.

The server does not know how wide a chart will be, so neighbours that would touch are put under one flag for each of
three widths, and the style sheet shows those that fit. The list holds every mark, and its links for the keyboard.
"""

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from outlay.web.charts.pieces import joined
from outlay.web.charts.scale import PLOT_HEIGHT, TOP, share_text
from outlay.web.charts.spec import Mark, MarkKind, TimeChart

FLAG_PX: Final = 16  # a flag and the gap beside it
WIDTHS_PX: Final = (264, 430, 770)  # the narrowest plots of the three layouts
GLYPHS: Final[dict[MarkKind, str]] = {"note": "¶", "price": "$", "model": "+", "key": "×", "import": "↓"}  # noqa: RUF001
KIND_NAMES: Final[dict[MarkKind, str]] = {
    "note": "Note",
    "price": "Price changed",
    "model": "New model",
    "key": "Key revoked",
    "import": "Import",
}
OPEN_UP_TO: Final = 3  # marks that are listed at once; more open on demand

_BOTTOM: Final = TOP + PLOT_HEIGHT


def marked_lines(chart: TimeChart) -> Markup:
    """Return a line for every bucket that has a mark; they go behind the figures."""
    places = (share_text((at + 0.5) / len(chart.buckets)) for at in sorted({mark.bucket for mark in chart.marks}))
    return joined(
        Markup('<line class="marked-at" x1="{x}" x2="{x}" y1="-3" y2="{end}"/>').format(x=x, end=_BOTTOM)
        for x in places
    )


def flags(chart: TimeChart) -> Markup:
    """Return the flags of all three layouts; one that two layouts share is written once."""
    shown: dict[tuple[int, ...], list[int]] = {}
    for layout, width in enumerate(WIDTHS_PX):
        for group in grouped(chart, width):
            shown.setdefault(group, []).append(layout)
    return joined(_flag(chart, group, layouts) for group, layouts in sorted(shown.items()))


def grouped(chart: TimeChart, width_px: int) -> Iterator[tuple[int, ...]]:
    """Yield the numbers of marks that share a flag in a plot of this width, from left to right."""
    group: list[int] = []
    start = 0.0
    for number, mark in sorted(enumerate(chart.marks), key=lambda each: each[1].bucket):
        place = (mark.bucket + 0.5) / len(chart.buckets) * width_px
        if group and place - start >= FLAG_PX:
            yield tuple(group)
            group = []
        start = place if not group else start
        group.append(number)
    if group:
        yield tuple(group)


def counted_marks(chart: TimeChart) -> str:
    return "1 mark" if len(chart.marks) == 1 else f"{len(chart.marks)} marks"


def listed_marks(chart: TimeChart) -> Markup:
    """Return all marks as text; nothing where there is none."""
    if not chart.marks:
        return Markup("")
    return Markup(
        '<details class="marks" id="{id}-marks"{open}><summary>{count}</summary>'
        '<ul aria-label="Marks">{items}</ul></details>'
    ).format(
        id=chart.id,
        open=Markup(" open") if len(chart.marks) <= OPEN_UP_TO else "",
        count=counted_marks(chart),
        items=joined(_item(chart, mark) for mark in chart.marks),
    )


def _flag(chart: TimeChart, group: tuple[int, ...], layouts: list[int]) -> Markup:
    marks = [chart.marks[number] for number in group]
    first = marks[0]
    return Markup('<svg class="flag {kind} {layouts}" x="{x}" y="-17" data-buckets="{buckets}">{drawn}</svg>').format(
        kind=first.kind if len({mark.kind for mark in marks}) == 1 else "several",
        layouts=" ".join(f"w{layout}" for layout in layouts),
        x=share_text((first.bucket + 0.5) / len(chart.buckets)),
        buckets=",".join(str(each) for each in sorted({mark.bucket for mark in marks})),
        drawn=_linked_flag(chart, marks),
    )


def _linked_flag(chart: TimeChart, marks: list[Mark]) -> Markup:
    """Return a flag of 14 by 14 px: of one mark with its sign, leading where it leads; of several with their number."""
    alone = len(marks) == 1
    glyph = GLYPHS[marks[0].kind] if alone else str(len(marks)) if len(marks) < 100 else "…"
    title = "\n".join(f"{_when(chart, mark)} · {mark.text}" for mark in marks)
    drawn = Markup('<rect x="-7" width="14" height="14" rx="3"/><text y="11">{}</text><title>{}</title>').format(
        glyph, title
    )
    href = marks[0].href if alone else f"#{chart.id}-marks"
    return Markup('<a href="{}" tabindex="-1">{}</a>').format(href, drawn) if href else drawn


def _item(chart: TimeChart, mark: Mark) -> Markup:
    said = Markup('<a href="{}">{}</a>').format(mark.href, mark.text) if mark.href else mark.text
    return Markup(
        '<li data-bucket="{bucket}"><i class="flag-key {kind}" aria-hidden="true">{glyph}</i>'
        '<span class="at">{when}</span> <span><span class="quiet">{name}: </span>{said}</span></li>'
    ).format(
        bucket=mark.bucket,
        kind=mark.kind,
        glyph=GLYPHS[mark.kind],
        when=_when(chart, mark),
        name=KIND_NAMES[mark.kind],
        said=said,
    )


def _when(chart: TimeChart, mark: Mark) -> str:
    return mark.when or chart.buckets[mark.bucket].label
