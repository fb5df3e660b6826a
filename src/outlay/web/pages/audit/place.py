"""What of the trail is looked at, as the address says it: read, told where it can't be, and written back."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from starlette.datastructures import QueryParams

from outlay.audit.entries import Wanted
from outlay.control.trail_actions import ACTIONS
from outlay.kit.period import day_start

TRAIL: Final = "/settings/audit"
EXPORT: Final = "/settings/audit/export.{ending}"
BELOW: Final = "below"
FIELDS: Final = ("from", "to", "who", "action", "subject", "q")
NOUNS: Final = tuple(dict.fromkeys(action.partition(".")[0] for action in ACTIONS))

_LONGEST: Final = 200
_LONGEST_NUMBER: Final = 15


class Place(Struct, frozen=True):
    """The filters as written (`fields`, only those that are used), what they ask for, and where the page begins.

    `notices` say what was written and can't be meant.
    """

    fields: Mapping[str, str]
    wanted: Wanted
    below: int | None
    notices: tuple[str, ...]

    def text(self, name: str) -> str:
        return self.fields.get(name, "")


def place_of(query: QueryParams, zone: ZoneInfo) -> Place:
    """Read an address; days are the organisation's own, both ends included."""
    fields: dict[str, str] = {}
    notices: list[str] = []
    for name in FIELDS:
        written = query.get(name, "").strip()
        refused = _refused(name, written) if written else ""
        if refused:
            notices.append(refused)
        elif written:
            fields[name] = written
    wanted = Wanted(
        start=_edge(fields, "from", lambda day: day_start(day, zone)),
        end=_edge(fields, "to", lambda day: day_start(day + timedelta(days=1), zone)),
        who=fields.get("who", ""),
        action=fields.get("action", ""),
        subject=fields.get("subject", ""),
        text=fields.get("q", ""),
    )
    return Place(fields, wanted, _number(query.get(BELOW, "")), tuple(notices))


def _refused(name: str, written: str) -> str:
    """Return why a field is not used; empty where it is."""
    if len(written) > _LONGEST or not written.isprintable():
        return f"The filter “{name}” is too long, or holds what can't be read; it is not used."
    if name in {"from", "to"} and _day(written) is None:
        return f"“{written}” is no day such as 2026-10-31; it is not used."
    if name == "action" and written not in ACTIONS and written not in NOUNS:
        return f"There is no action “{written}”; it is not used."
    return ""


def _edge(fields: Mapping[str, str], name: str, moment_of: Callable[[date], datetime]) -> datetime | None:
    day = _day(fields.get(name, ""))
    return None if day is None else moment_of(day)


def _day(written: str) -> date | None:
    """Return a day that every zone has an instant for."""
    try:
        found = date.fromisoformat(written)
    except ValueError:
        return None
    return found if date.min.year < found.year < date.max.year else None


def _number(written: str) -> int | None:
    readable = written.isascii() and written.isdigit() and len(written) <= _LONGEST_NUMBER
    return int(written) if readable else None
