"""The form that makes an API key: what was filled in, as text, and the key it asks for.

A refused form comes back as it was, with what is wrong beside the field.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, cast
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.keys import USUAL_SCOPES, NewKey, Scope, usual_scopes
from outlay.kit.period import day_start, local_day
from outlay.usage import AGENT_TYPES, AgentType
from outlay.web.forms import Form

Bound = Literal["user", "team", "agent", "pod"]

BOUND: Final[tuple[Bound, ...]] = ("user", "team", "agent", "pod")
# What the key may do; the first leaves it to the binding.
MAY: Final[dict[str, frozenset[Scope] | None]] = {
    "": None,
    "both": USUAL_SCOPES,
    "send": frozenset({"send"}),
    "read": frozenset({"read"}),
}
LATEST_YEAR: Final = 2999


class Draft(Struct, frozen=True, kw_only=True):
    """The fields as they were filled in; `tags` holds one a line, `expires` the last day as YYYY-MM-DD."""

    name: str = ""
    may: str = ""
    user: str = ""
    team: str = ""
    agent: str = ""
    agent_type: str = ""
    pod: str = ""
    tags: str = ""
    expires: str = ""

    @property
    def binds(self) -> bool:
        return any((self.user, self.team, self.agent, self.agent_type, self.pod, self.tags))


class Refused(Struct, frozen=True):
    """What is wrong, by field; a message under "" is about none in particular."""

    errors: dict[str, str]


def draft_of(form: Form) -> Draft:
    # A text area ends its lines with CRLF, whatever the system.
    return Draft(**{name: form.text(name).replace("\r\n", "\n").strip() for name in Draft.__struct_fields__})


def key_asked_for(draft: Draft, zone: ZoneInfo, now: datetime) -> NewKey | Refused:
    """Return the key to make; its name and bindings are checked where it is made."""
    errors = {}
    if not draft.name:
        errors["name"] = "Name the key, so that you know later what uses it."
    if draft.may not in MAY:
        errors["may"] = "Choose one of these."
    if draft.agent_type and draft.agent_type not in AGENT_TYPES:
        errors["agent_type"] = "Choose one of these."
    expires_at = _end_of(draft.expires, zone, now) if draft.expires else None
    if isinstance(expires_at, str):
        errors["expires"] = expires_at
    if errors or isinstance(expires_at, str):
        return Refused(errors)
    bound: dict[str, Any] = {name: getattr(draft, name) or None for name in BOUND}
    wanted = NewKey(
        name=draft.name,
        agent_type=cast("AgentType", draft.agent_type) if draft.agent_type else None,
        tags=tuple(dict.fromkeys(each.strip() for each in draft.tags.split("\n") if each.strip())),
        expires_at=expires_at,
        **bound,
    )
    return replace(wanted, scopes=MAY[draft.may] or usual_scopes(wanted))


def _end_of(text: str, zone: ZoneInfo, now: datetime) -> datetime | str:
    """Return the instant after a local day, or what is wrong with it."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return "Write a day as YYYY-MM-DD."
    if day < local_day(now, zone):
        return "The key would be expired already."
    if day.year > LATEST_YEAR:
        return f"Take a day before {LATEST_YEAR + 1}, or none."
    return day_start(day + timedelta(days=1), zone)
