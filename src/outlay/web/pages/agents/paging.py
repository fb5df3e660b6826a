"""Which groups stand on one page of a table, in the order of a figure; the ledger sorts, cuts and counts."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.query.ask import Query
from outlay.query.questions import Asking
from outlay.web.parts import Pager
from outlay.web.view.place import Links

PAGE_ROWS: Final = 50


class GroupPage(Struct, frozen=True):
    """The groups on a page, first to last. `count` is how many there are on all pages."""

    keys: tuple[str, ...]
    count: int
    page: int

    @property
    def pages(self) -> int:
        return pages_of(self.count)

    @property
    def label(self) -> str:
        first = (self.page - 1) * PAGE_ROWS
        return f"{first + 1:,}\N{EN DASH}{first + len(self.keys):,} of {self.count:,}"

    @property
    def others(self) -> int:
        """Return how many are on other pages."""
        return self.count - len(self.keys)


def pages_of(count: int) -> int:
    return max(1, -(-count // PAGE_ROWS))


def page_of(asking: Asking, asked: Query, page: int) -> GroupPage:
    """Return the page of a question by one dimension with an order; beyond the last page, the last."""
    paged = replace(asked, limit=PAGE_ROWS, offset=(page - 1) * PAGE_ROWS, rest="cut", count_groups=True, totals=False)
    result = asking.run(paged)
    count = result.groups or 0
    if page > pages_of(count):
        return page_of(asking, asked, pages_of(count))
    return GroupPage(tuple(key for row in result.rows if (key := row.key[0]) is not None), count, page)


def page_in(keys: list[str], page: int) -> GroupPage:
    """Return the page of groups that are all at hand."""
    page = min(page, pages_of(len(keys)))
    return GroupPage(tuple(keys[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]), len(keys), page)


def pager_of(links: Links, shown: GroupPage) -> Pager | None:
    if shown.pages == 1:
        return None
    return Pager(
        label=shown.label,
        previous_href=links.here(page=str(shown.page - 1)) if shown.page > 1 else "",
        next_href=links.here(page=str(shown.page + 1)) if shown.page < shown.pages else "",
    )
