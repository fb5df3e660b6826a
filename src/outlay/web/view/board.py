"""A board: all that a page of figures shows, panel by panel, made from one snapshot.

A page and its live updates are the same panels: the page places them, an update sends those whose markup changed.
"""

from collections.abc import Mapping
from typing import Protocol

from markupsafe import Markup
from msgspec import Struct

from outlay.query.questions import Asking
from outlay.web.render import Notice
from outlay.web.view.bar import Bar
from outlay.web.view.place import Place


class Board(Struct, frozen=True, kw_only=True):
    """What a page shows at one state of the ledger. Each panel is a whole element with its key as id. `title` stands in
    place of the page's own, where it has one.
    """

    place: Place
    title: str = ""
    subtitle: str
    bar: Bar
    panels: Mapping[str, Markup]
    watermark: int
    notices: tuple[Notice, ...] = ()


class BoardPage(Protocol):
    """A page of figures: checks the viewer's rights itself (Forbidden) and answers from the one state it is given."""

    path: str
    title: str
    nav: str  # the id of its menu entry
    template: str

    def board(self, asking: Asking, url_query: str) -> Board: ...
