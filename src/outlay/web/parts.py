"""What the parts of a page take: plain frozen values, ready to show. Each has a macro of the same name in `ui`.

Texts are already formatted (see `format`), hrefs already final (see `Renderer.url`); a text may be Markup, such as a
sparkline. Nothing here knows a measure or a query.
"""

from dataclasses import dataclass
from typing import Literal

from outlay.web.format import Change

Sort = Literal["none", "ascending", "descending"]


@dataclass(frozen=True, kw_only=True)
class Card:
    """One headline figure. `exact` is its full value (shown on hover), `baseline` names what `change` compares with.

    `detail` says what it is made of; `note` is a short remark such as `12 requests unpriced`, a link when `note_href`
    is given.
    """

    label: str
    value: str
    exact: str = ""
    detail: str = ""
    change: Change | None = None
    baseline: str = ""
    href: str = ""
    note: str = ""
    note_href: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A table column. `href` makes its header sort the table, `sort` is the order now in force."""

    id: str
    label: str
    numeric: bool = False
    href: str = ""
    sort: Sort = "none"
    hide_narrow: bool = False

    @property
    def kind(self) -> str:
        """Return the classes of its cells."""
        if self.hide_narrow:
            return "num hide-narrow" if self.numeric else "hide-narrow"
        return "num" if self.numeric else ""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One table cell. `slot` gives it a colour dot (an entity's stored slot, None for Other when `dot` is set);
    `kind` is that of its chip.
    """

    text: str
    title: str = ""
    href: str = ""
    sub: str = ""
    chip: str = ""
    kind: str = ""
    dot: bool = False
    slot: int | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One table row; `href` makes the whole row lead there. `muted` rows (Other, unallocated) stand back."""

    cells: tuple[Cell, ...]
    href: str = ""
    muted: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with its accessible name, and a total row that stays in view."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row | None = None


@dataclass(frozen=True)
class Tab:
    """One choice of a segmented control; a link, so that it works without script."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True)
class MonthLink:
    """One month of the picker; without `href` it has no data and can't be chosen."""

    label: str
    href: str = ""
    current: bool = False


@dataclass(frozen=True, kw_only=True)
class Months:
    """The month picker: `years` holds a label and twelve months each, newest first."""

    label: str
    previous_href: str
    next_href: str
    years: tuple[tuple[str, tuple[MonthLink, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class PanelAction:
    """A small link in the head of a panel, such as an export. `download` marks a file."""

    label: str
    href: str
    icon: str = "download"
    download: bool = False


@dataclass(frozen=True, kw_only=True)
class PanelError:
    """Why a panel shows nothing new: `request_id` finds it in the log, `age` says how old the shown content is."""

    message: str
    retry_href: str
    request_id: str
    age: str = ""


@dataclass(frozen=True, kw_only=True)
class Pager:
    """Keyset paging: where the neighbouring pages are (empty at an end) and what this one shows (`1-50 of 1,204`)."""

    label: str
    previous_href: str = ""
    next_href: str = ""
