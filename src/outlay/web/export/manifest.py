"""What a file says of itself: the question it answers, of which state of the ledger, for whom, and that it adds up.

It names the viewer's role, never a person. A file is read when the month is another, so the question stands in full.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from outlay import __version__
from outlay.access.viewer import Role, Viewer
from outlay.kit.money import plain
from outlay.query.baseline import Baseline
from outlay.query.questions import Asking
from outlay.query.result import Result
from outlay.query.timerange import Span

PRODUCT: Final = f"Outlay {__version__}"

Figure = int | Decimal | datetime | None


class Conversion(Struct, frozen=True):
    """The currency an organisation shows amounts in: one dollar makes `per_usd` of it, by the rate of `day`."""

    currency: str
    per_usd: Decimal
    day: date


class Manifest(Struct, frozen=True, kw_only=True):
    """Where the figures of a file come from. `totals` are the headline figures of the page, `before` what they were in
    the period they are compared with. `scope` is what the viewer may see: everything, their teams, their own calls.
    `conversion` is the rate by which amounts stand in another currency too, `converted` are the totals in it.
    """

    organisation: str
    page: str
    query: str
    zone: str
    role: Role
    scope: str
    made_at: datetime
    watermark: int
    period: Span
    baseline: Baseline | None = None
    totals: Mapping[str, Figure]
    before: Mapping[str, Figure] | None = None
    notes: tuple[str, ...] = ()
    conversion: Conversion | None = None
    converted: Mapping[str, Figure] | None = None


def manifest_of(asking: Asking, page: str, query: str, result: Result, notes: tuple[str, ...] = ()) -> Manifest:
    """Return the manifest of a page whose headline is `result`; `query` is the canonical question, range included."""
    measures = result.query.measures
    compared = result.compared
    return Manifest(
        organisation=asking.viewer.organisation,
        page=page,
        query=query,
        zone=result.zone,
        role=asking.viewer.role,
        scope=scope_text(asking.viewer),
        made_at=asking.now,
        watermark=result.watermark,
        period=result.span,
        baseline=None if compared is None else compared.baseline,
        totals=dict(zip(measures, result.totals, strict=True)),
        before=None if compared is None else dict(zip(measures, compared.totals, strict=True)),
        notes=(*(each.text for each in result.notes), *notes),
    )


def scope_text(viewer: Viewer) -> str:
    """Say in words what a viewer sees."""
    if viewer.sees_all:
        return "the whole organisation"
    if viewer.role == "lead" and viewer.teams:
        return f"the teams {', '.join(sorted(viewer.teams))}, and own calls"
    return "own calls"


def moment_text(moment: date) -> str:
    """Write an instant (or a day) as RFC 3339 has it, UTC as Z."""
    text = moment.isoformat()
    return f"{text.removesuffix('+00:00')}Z" if text.endswith("+00:00") else text


def as_head(manifest: Manifest) -> dict[str, Any]:
    """Return the manifest as JSON carries it: decimals as exact strings, instants as RFC 3339."""
    return {
        "product": PRODUCT,
        "organisation": manifest.organisation,
        "page": manifest.page,
        "query": manifest.query,
        "zone": manifest.zone,
        "role": manifest.role,
        "scope": manifest.scope,
        "made_at": moment_text(manifest.made_at),
        "watermark": manifest.watermark,
        "period": _period(manifest.period),
        "baseline": _baseline(manifest),
        "totals": _figures(manifest.totals),
        "currency": "USD",
        "conversion": _conversion(manifest),
        "notes": list(manifest.notes),
    }


def _conversion(manifest: Manifest) -> dict[str, Any] | None:
    conversion = manifest.conversion
    if conversion is None:
        return None
    return {
        "currency": conversion.currency,
        "per_usd": plain(conversion.per_usd),
        "day": moment_text(conversion.day),
        "totals": _figures(manifest.converted or {}),
    }


def _baseline(manifest: Manifest) -> dict[str, Any] | None:
    baseline = manifest.baseline
    if baseline is None:
        return None
    return {
        **_period(baseline.span),
        "running": baseline.running,
        "capped": baseline.capped,
        "totals": _figures(manifest.before or {}),
    }


def _period(span: Span) -> dict[str, str]:
    return {"start": moment_text(span.start), "end": moment_text(span.end)}


def _figures(figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {name: _figure(value) for name, value in figures.items()}


def _figure(value: Figure) -> int | str | None:
    match value:
        case Decimal():
            return plain(value)
        case datetime():
            return moment_text(value)
        case _:
            return value
