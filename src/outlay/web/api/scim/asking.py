"""How many of which resources are asked for, and what of them: in the query of a GET, or in the body of a search."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from outlay.access.scim.filters import Filter, parse_filter
from outlay.errors import ScimInvalid
from outlay.web.api.scim.resources import normal_keys, projected
from outlay.web.api.scim.schemas import MOST_RESULTS, Document

USUAL_COUNT: Final = 100
_HIGHEST: Final = 2**31 - 1


class Asking(Struct, frozen=True, kw_only=True):
    """`start` counts from 1; `only` and `without` are lists of attributes with commas between."""

    filter: Filter | None = None
    start: int = 1
    count: int = USUAL_COUNT
    only: str = ""
    without: str = ""

    def shown(self, document: Document, kind: str) -> Document:
        return projected(document, self.only, self.without, kind)

    def wants(self, attribute: str) -> bool:
        """Whether an attribute that is dear to find is asked for."""
        if self.only:
            return attribute in self.only.lower()
        return attribute not in {each.strip().lower() for each in self.without.split(",")}


def asking_of(query: Mapping[str, Any]) -> Asking:
    """Return what a query asks for; ScimInvalid for what can't be asked."""
    fields = normal_keys(query)
    text = _text(fields.get("filter")).strip()
    return Asking(
        filter=parse_filter(text) if text else None,
        start=max(_number(fields.get("startindex"), 1), 1),
        count=min(max(_number(fields.get("count"), USUAL_COUNT), 0), MOST_RESULTS),
        only=_text(fields.get("attributes")),
        without=_text(fields.get("excludedattributes")),
    )


def asking_in(body: Document) -> Asking:
    """Return what the body of a search asks for: lists where a query has commas."""
    return asking_of(
        {name: ",".join(map(str, each)) if isinstance(each, list) else each for name, each in body.items()}
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ScimInvalid("invalidValue", "filter and attributes are text")
    return value


def _number(value: object, usual: int) -> int:
    if value is None or value == "":
        return usual
    try:
        return min(max(int(str(value)), -_HIGHEST), _HIGHEST)
    except ValueError:
        raise ScimInvalid("invalidValue", "startIndex and count are whole numbers") from None
