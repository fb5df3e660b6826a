"""A trend the size of a word, for table rows: from zero, gaps where there is no figure, one point marked if asked.

Its path goes by even steps and half pixels: of a page of fifty, a third of the bytes would be trends otherwise.
"""

from typing import Final

from markupsafe import Markup

from outlay.web.charts.spec import Value

_WIDTH: Final = 96
_HEIGHT: Final = 24
_PAD: Final = 4


def sparkline(values: tuple[Value, ...], mark: int | None = None, label: str = "") -> Markup:
    """Return the trend; `mark` is the index of the point to point out (a spike), `label` says the trend in words."""
    step = round((_WIDTH - 2 * _PAD) / max(1, len(values) - 1), 2)
    heights = _heights(values)
    at = heights[mark] if mark is not None else None
    spot = Markup('<circle class="mark" cx="{:g}" cy="{:g}" r="3.5"/>')
    marked = Markup("") if mark is None or at is None else spot.format(round(_PAD + mark * step, 2), at)
    named = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="spark" width="{}" height="{}" {}><path d="{}"/>{}</svg>').format(
        _WIDTH, _HEIGHT, named, _outline(heights, step), marked
    )


def _heights(values: tuple[Value, ...]) -> list[float | None]:
    """Return the pixel row of each value, to the half pixel."""
    highest = max((value for value in values if value is not None), default=0)
    shares = [None if each is None else float(each / highest) if each > 0 else 0.0 for each in values]
    return [None if each is None else round((_HEIGHT - _PAD - (_HEIGHT - 2 * _PAD) * each) * 2) / 2 for each in shares]


def _outline(heights: list[float | None], step: float) -> str:
    """Return the path: where it begins, and from there by differences; after a gap it begins again."""
    found: list[str] = []
    before: float | None = None
    for at, height in enumerate(heights):
        if height is None:
            before = None
            continue
        if before is None:
            found.append(f"M{round(_PAD + at * step, 2):g} {height:g}")
            if at + 1 == len(heights) or heights[at + 1] is None:
                found.append("h.1")  # a lone figure: round line ends make it a dot
        else:
            found.append(f"l{step:g}{'' if height < before else ' '}{height - before:g}")
        before = height
    return "".join(found)
