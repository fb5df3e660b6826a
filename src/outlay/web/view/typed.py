"""What people type into the bar's forms, turned into the words of the state: `typed` into `r`, `against` into `cmp`.

A text that is no range is handed on as it is, so that the page says what can be written.
"""

from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from outlay.errors import QueryInvalid
from outlay.query.notation import write_range
from outlay.query.parse import MOST_CHARS, MOST_PARAMETERS
from outlay.web.view.steps import read_typed

FIELDS: Final = {"typed": "r", "against": "cmp"}
MOST_TYPED: Final = 100


def with_typed(url_query: str, zone: ZoneInfo, now: datetime) -> str | None:
    """Return the query string with what was typed in its place; None when nothing was typed."""
    if not any(f"{field}=" in url_query for field in FIELDS) or len(url_query) > MOST_CHARS:
        return None
    try:
        pairs = parse_qsl(url_query, keep_blank_values=True, errors="replace", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        return None
    if not any(key in FIELDS for key, _ in pairs):
        return None
    typed = {FIELDS[key]: value.strip()[:MOST_TYPED] for key, value in pairs if key in FIELDS}
    kept = [(key, value) for key, value in pairs if key not in FIELDS and not typed.get(key)]
    return urlencode(kept + [(key, _as_range(value, zone, now)) for key, value in typed.items() if value], safe=":,")


def _as_range(value: str, zone: ZoneInfo, now: datetime) -> str:
    try:
        return write_range(read_typed(value, zone, now))
    except QueryInvalid:
        return value
