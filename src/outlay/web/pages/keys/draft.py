"""The form that makes or changes an API key: what was filled in, as text, and the key it asks for.

A refused form comes back as it was, with what is wrong beside the field.
"""

from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, cast
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.keys import SCOPES, ApiKey, NewKey, Scope, usual_scopes
from outlay.kit.period import day_start, local_day
from outlay.usage import AGENT_TYPES, AgentType
from outlay.web.forms import Form

Bound = Literal["user", "team", "agent", "pod"]

BOUND: Final[tuple[Bound, ...]] = ("user", "team", "agent", "pod")
LATEST_YEAR: Final = 2999
_LISTS: Final = ("tags", "models", "providers")


class Draft(Struct, frozen=True, kw_only=True):
    """The fields as they were filled in; lists hold one a line, `expires` the last day as YYYY-MM-DD.

    Without any scope what the key may do follows from what it is bound to.
    """

    name: str = ""
    scopes: tuple[Scope, ...] = ()
    user: str = ""
    team: str = ""
    agent: str = ""
    agent_type: str = ""
    pod: str = ""
    tags: str = ""
    models: str = ""
    providers: str = ""
    expires: str = ""

    @property
    def binds(self) -> bool:
        return any((self.user, self.team, self.agent, self.agent_type, self.pod, self.tags))

    @property
    def limits(self) -> bool:
        return bool(self.models or self.providers)


class Refused(Struct, frozen=True):
    """What is wrong, by field; a message under "" is about none in particular."""

    errors: dict[str, str]


def draft_of(form: Form) -> Draft:
    names = (name for name in Draft.__struct_fields__ if name != "scopes")
    # A text area ends its lines with CRLF, whatever the system.
    texts = {name: form.text(name).replace("\r\n", "\n").strip() for name in names}
    return Draft(scopes=tuple(scope for scope in SCOPES if form.text(f"scope_{scope}")), **texts)


def draft_from(key: ApiKey, zone: ZoneInfo) -> Draft:
    """Return the form filled in with a key as it is."""
    texts: dict[str, str] = {name: getattr(key, name) or "" for name in (*BOUND, "agent_type")}
    texts |= {name: "\n".join(getattr(key, name)) for name in _LISTS}
    scopes = tuple(scope for scope in SCOPES if scope in key.scopes)
    return Draft(name=key.name, scopes=scopes, expires=_last_day(key.expires_at, zone), **texts)


def key_asked_for(draft: Draft, zone: ZoneInfo, now: datetime, before: ApiKey | None = None) -> NewKey | Refused:
    """Return the key to make, or what `before` is to be; its name and bindings are checked where it is stored."""
    errors = {}
    if not draft.name:
        errors["name"] = "Name the key, so that you know later what uses it."
    if draft.agent_type and draft.agent_type not in AGENT_TYPES:
        errors["agent_type"] = "Choose one of these."
    if before is not None and draft.expires == _last_day(before.expires_at, zone):
        expires_at: datetime | str | None = before.expires_at  # to the second, which the form can't show
    else:
        expires_at = _end_of(draft.expires, zone, now) if draft.expires else None
    if isinstance(expires_at, str):
        errors["expires"] = expires_at
    if errors or isinstance(expires_at, str):
        return Refused(errors)
    fields: dict[str, Any] = {name: getattr(draft, name) or None for name in BOUND}
    fields |= {name: _lines(getattr(draft, name)) for name in _LISTS}
    agent_type = cast("AgentType", draft.agent_type) if draft.agent_type else None
    wanted = NewKey(name=draft.name, agent_type=agent_type, expires_at=expires_at, **fields)
    return replace(wanted, scopes=frozenset(draft.scopes) or usual_scopes(wanted))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip() for each in text.split("\n") if each.strip()))


def _last_day(expires_at: datetime | None, zone: ZoneInfo) -> str:
    """Return the last local day a key works, empty for one that doesn't expire."""
    return "" if expires_at is None else local_day(expires_at - timedelta(microseconds=1), zone).isoformat()


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
