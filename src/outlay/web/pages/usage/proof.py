"""That the rows of the table, on this page and all others, make its total, which was figured apart."""

from collections.abc import Sequence
from typing import Final

from outlay.query.catalogue import MEASURES
from outlay.web import format as text
from outlay.web.pages.usage.figures import SUMS, TableFigures
from outlay.web.pages.usage.parts import Told
from outlay.web.view.groups import Figures, summed
from outlay.web.view.panels import Proof, as_money, proof_of

_ADDITIVE: Final = tuple(each for each in SUMS if MEASURES[each].additive)


def table_proof(told: Told, table: TableFigures) -> Proof:
    """Return the proof by cost; it holds when every measure that adds up does."""
    subject = told.place.subject
    parts: list[tuple[str, Figures]] = []
    if table.lines:
        added = {measure: summed(each.figures[measure] for each in table.lines) for measure in _ADDITIVE}
        parts.append((f"{_counted(len(table.lines), subject)} on this page", added))
    if table.rest is not None:
        parts.append((f"{_counted(table.ranked.count - len(table.lines), subject)} on other pages", table.rest))
    if table.nobody is not None:
        parts.append((f"Without a {subject}", table.nobody))
    shown = text.usd(as_money(table.total["cost"]))
    return proof_of(
        f"All rows{'' if table.rest is None else ', those of other pages too,'} add up to {shown}",
        [(name, figures["cost"]) for name, figures in parts],
        table.total["cost"],
        holds=makes_total([figures for _, figures in parts], table.total),
        money=True,
    )


def makes_total(parts: Sequence[Figures], total: Figures) -> bool:
    """Say whether parts make their total in every measure that adds up. Nothing at all is zero of what is counted."""
    return all((summed(each[measure] for each in parts) or 0) == (total[measure] or 0) for measure in _ADDITIVE)


def _counted(count: int, subject: str) -> str:
    return f"{count:,} {subject}{'' if count == 1 else 's'}"
