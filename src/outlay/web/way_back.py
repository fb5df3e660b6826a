"""Where a form leads to afterwards, when the browser says so itself: only ever to a page of this product.

Browsers read two slashes, a slash and a backslash, or either with a tab between as the start of another site's address,
so all of these are refused; and under a root path what is outside of it, where other products may live.
"""

from typing import Final
from urllib.parse import unquote

LONGEST: Final = 2_000
_DOTS: Final = frozenset({".", ".."})
# Coming back to these would ask for a sign-in that was just made, or end it.
_NO_PAGES: Final = ("/sign-in", "/sign-out")


def way_back(text: str, root_path: str) -> str | None:
    """Return `text` when it is the final link of a page of ours, else None."""
    if not (text.startswith("/") and text.isprintable() and len(text) <= LONGEST) or "\\" in text:
        return None
    path = text.partition("?")[0].partition("#")[0]
    if path.startswith("//") or not (path == root_path or path.startswith(f"{root_path}/")):
        return None
    if any(unquote(part) in _DOTS for part in path.split("/")):
        return None
    own = path[len(root_path) :]
    return None if any(own == page or own.startswith(f"{page}/") for page in _NO_PAGES) else text
