"""Panels of figures: a chart or a table, its changes and shares, and the proof that its parts make its total."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, Literal

from markupsafe import Markup
from msgspec import Struct

from outlay.query.result import Result
from outlay.query.sql import Value
from outlay.web import format as text
from outlay.web.format import Change
from outlay.web.parts import Cell, Pager, PanelAction, Row, Table
from outlay.web.view.groups import Group

BAR_WIDTH: Final = 48


class ProofLine(Struct, frozen=True):
    """One part of a whole with its exact figure."""

    name: str
    figure: str


class Proof(Struct, frozen=True):
    """That the parts of a panel make its total: shown in one line, with the exact figures behind it."""

    summary: str
    lines: tuple[ProofLine, ...]
    total: str
    holds: bool


class Panel(Struct, frozen=True):
    """A titled part of the page: a chart or a table with its proof."""

    id: str
    title: str
    subtitle: str
    chart: Markup | None = None
    table: Table | None = None
    proof: Proof | None = None
    pager: Pager | None = None
    actions: tuple[PanelAction, ...] = ()
    empty: str = ""


class Empty(Struct, frozen=True):
    """Why there is nothing to show (no data ever, none in the range, none that passes), and the way out."""

    kind: Literal["nothing", "range", "filter"]
    title: str
    text: str
    href: str = ""
    action: str = ""


def group_change(group: Group[str | None], measure: str) -> Change:
    """Return how one group's figure moved; a dash where nothing is known of it."""
    return text.change(group.now.get(measure), None if group.before is None else group.before.get(measure))


def change_cell(change: Change) -> Cell:
    arrow = f"{change.arrow} " if change.arrow else ""
    return Cell(text=f"{arrow}{change.text}", title=change.exact)


def as_compared(table: Table, result: Result) -> Table:
    """Return a table without its column `change` where nothing is compared."""
    at = next((at for at, column in enumerate(table.columns) if column.id == "change"), None)
    if result.compared is not None or at is None:
        return table

    def rest(row: Row) -> Row:
        return replace(row, cells=(*row.cells[:at], *row.cells[at + 1 :]))

    return replace(
        table,
        columns=(*table.columns[:at], *table.columns[at + 1 :]),
        rows=tuple(map(rest, table.rows)),
        total=table.total and rest(table.total),
    )


def share_cell(part: Value, whole: Value, slot: int | None) -> Cell:
    """Return a share in percent with a bar of its length."""
    share = share_of(part, whole)
    if share is None:
        return Cell(text=text.DASH)
    shown = min(max(share, Decimal(0)), Decimal(1)) * BAR_WIDTH
    bar = Markup(
        '<span class="share"><svg class="share-bar" width="{width}" height="6" aria-hidden="true">'
        '<rect class="rail" width="{width}" height="6" rx="3"/>'
        '<rect class="s {kind}" width="{shown}" height="6" rx="3"/></svg><span>{percent}</span></span>'
    )
    kind = "c-other" if slot is None else f"c{slot % 7}"
    return Cell(text=bar.format(width=BAR_WIDTH, kind=kind, shown=f"{shown:.1f}", percent=text.percent(share)))


def share_of(part: Value, whole: Value) -> Decimal | None:
    """Return part / whole; None where either is unknown or there is no whole."""
    return None if part is None or not whole else Decimal(part) / Decimal(whole)


def proof_of(summary: str, lines: Sequence[tuple[str, Value]], total: Value, *, holds: bool, money: bool) -> Proof:
    """Return the proof of a panel: `lines` are its parts, `total` is figured apart from them."""
    parts = [value for _, value in lines if value is not None]
    adds = (sum(parts, start=parts[0] * 0) if parts else None) == total
    return Proof(
        summary=summary,
        lines=tuple(ProofLine(name, _exact(value, money=money)) for name, value in lines),
        total=_exact(total, money=money),
        holds=holds and adds,
    )


def as_money(value: Value) -> Decimal | None:
    return None if value is None else Decimal(value)


def as_count(value: Value) -> int | None:
    return None if value is None else int(value)


def _exact(value: Value, *, money: bool) -> str:
    return text.usd_exact(as_money(value)) if money else text.counted(as_count(value))
