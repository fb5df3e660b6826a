"""A trend the size of a word, for table rows: from zero, gaps where there is no figure, one point marked if asked."""

from decimal import Decimal
from typing import Final

from markupsafe import Markup

from outlay.web.charts.spec import Value

_WIDTH: Final = 96
_HEIGHT: Final = 24
_PAD: Final = 4


def sparkline(values: tuple[Value, ...], mark: int | None = None, label: str = "") -> Markup:
    """Return the trend; `mark` is the index of the point to point out (a spike), `label` says the trend in words."""
    highest = max((value for value in values if value is not None), default=0)
    points = [_point(index, value, len(values), highest) for index, value in enumerate(values)]
    outline = _outline(points)
    spot = points[mark] if mark is not None else None
    marked = Markup('<circle class="mark" cx="{}" cy="{}" r="3.5"/>').format(*spot) if spot else ""
    named = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="spark" width="{}" height="{}" {}><path d="{}"/>{}</svg>').format(
        _WIDTH, _HEIGHT, named, outline, marked
    )


def _point(index: int, value: Value, count: int, highest: Decimal | int) -> tuple[str, str] | None:
    if value is None:
        return None
    x = _PAD + (_WIDTH - 2 * _PAD) * index / max(1, count - 1)
    share = float(Decimal(max(value, 0)) / highest) if highest > 0 else 0.0
    y = _HEIGHT - _PAD - (_HEIGHT - 2 * _PAD) * share
    return f"{x:.1f}", f"{y:.1f}"


def _outline(points: list[tuple[str, str] | None]) -> str:
    steps, drawing = [], False
    for at, point in enumerate(points):
        if point is not None:
            steps.append(f"{'L' if drawing else 'M'}{point[0]} {point[1]}")
            if not drawing and (at + 1 == len(points) or points[at + 1] is None):
                steps.append("h.1")  # a lone figure: round line ends make it a dot
        drawing = point is not None
    return "".join(steps)
