"""The smallest pieces of a chart's markup: parts put together, and links that are no tab stop of their own."""

from collections.abc import Iterable
from typing import Final

from markupsafe import Markup, escape

_EMPTY: Final = Markup("")


def joined(parts: Iterable[str]) -> Markup:
    """Return markup one after another; anything that is not Markup is escaped."""
    return _EMPTY.join(parts)


def linked(href: str, inner: str) -> str:
    """Return marks (already safe) as a link that is no tab stop of its own: the table holds it for the keyboard."""
    return f'<a href="{escape(href)}" tabindex="-1">{inner}</a>' if href else inner
