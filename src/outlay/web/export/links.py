"""The links that offer a page's files: in its Export menu, and in the head of a single table or chart."""

from collections.abc import Callable
from urllib.parse import quote

from outlay.web.export.answer import TABLE_PARAMETER
from outlay.web.export.formats import FORMATS
from outlay.web.parts import PanelAction


def export_actions(href_of: Callable[[str], str], table: str = "") -> tuple[PanelAction, ...]:
    """Return an action for each format; `href_of("csv")` is the final link to the page's file of that ending.

    With a `table` they lead to that table alone, without to all tables of the page.
    """
    return tuple(
        PanelAction(label=each.label, href=_only(href_of(each.ending), table), download=True)
        for each in FORMATS.values()
        if not (table and each.ending == "zip")
    )


def _only(href: str, table: str) -> str:
    return f"{href}{'&' if '?' in href else '?'}{TABLE_PARAMETER}={quote(table)}" if table else href
