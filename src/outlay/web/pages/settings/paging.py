"""Numbered pages of the lists in the settings."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from outlay.web.parts import Pager
from outlay.web.render import Renderer

PER_PAGE: Final = 50
_LONGEST_PAGE_NUMBER: Final = 5


def page_number(request: Request) -> int:
    """Return the page asked for, from 0; the first where it is none."""
    asked = request.query_params.get("p", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= _LONGEST_PAGE_NUMBER else 1
    return max(0, number - 1)


def pager_of(renderer: Renderer, path: str, asked: Mapping[str, str], page: int, count: int) -> Pager | None:
    """Return the way to the pages beside this one, with all else that was asked; None where there is one only."""
    if count <= PER_PAGE and page == 0:
        return None
    first, end = page * PER_PAGE, min((page + 1) * PER_PAGE, count)
    kept = {name: value for name, value in asked.items() if value}

    def href(number: int) -> str:
        return renderer.url(path, kept | ({"p": str(number + 1)} if number else {}))

    label = f"{first + 1:,}–{end:,} of {count:,}" if first < end else f"none of {count:,}"  # noqa: RUF001 - an en dash
    last = max(0, (count - 1) // PER_PAGE)
    return Pager(
        label=label,
        previous_href=href(min(page - 1, last)) if page else "",
        next_href=href(page + 1) if end < count else "",
    )
