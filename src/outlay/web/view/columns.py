"""What a table's chooser of columns sends, a box `col` for each, and the one word of the state it means: `cols`."""

from typing import Final

from outlay.web.view.picks import pairs_of, written

BOX: Final = "col"
WORD: Final = "cols"


def with_columns(url_query: str) -> str | None:
    """Return the query string of a page with the chosen columns in one word; None when no chooser was sent."""
    pairs = pairs_of(url_query)
    if all(key != BOX for key, _ in pairs):
        return None
    chosen = ",".join(value for key, value in pairs if key == BOX and value)
    kept = tuple(pair for pair in pairs if pair[0] not in {BOX, WORD})
    return written((*kept, *(((WORD, chosen),) if chosen else ())))
