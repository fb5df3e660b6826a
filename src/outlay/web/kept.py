"""What an organisation that keeps data for some time only must be told beside figures of a longer one.

With what is not kept as a whole nothing is compared (query/refine.py); here is said from when on there are figures.
"""

from outlay.kit.period import local_day
from outlay.query.questions import Asking
from outlay.web import format as text
from outlay.web.display_rate import span_in


def not_kept(asking: Asking, url_query: str) -> str:
    """Say from when on there are figures, where the range of a URL begins before that; empty where it does not."""
    span = None if asking.kept_from is None else span_in(asking, url_query)
    if span is None or asking.kept_from is None or span.start >= asking.kept_from:
        return ""
    day = text.day(local_day(asking.kept_from, asking.zone))
    return f"Data is kept from {day} on; what was before that is in no figure."
