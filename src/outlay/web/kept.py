"""What an organisation that keeps data for some time only must be told beside figures of a longer one.

With what is not kept as a whole nothing is compared (query/refine.py); here is said from when on there are figures.
"""

from datetime import datetime

from outlay.kit.period import local_day
from outlay.query.questions import Asking
from outlay.web import format as text


def not_kept(asking: Asking, start: datetime | None) -> str:
    """Say from when on there are figures, where a range begins before that; empty where none does."""
    if start is None or asking.kept_from is None or start >= asking.kept_from:
        return ""
    day = text.day(local_day(asking.kept_from, asking.zone))
    return f"Data is kept from {day} on; what was before that is in no figure."
