"""The form of a member, new or there already: what was filled in, as text, and what it asks for.

Teams are written one a line, by id or by name, because an organisation may have thousands.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import UNSET, Struct

from outlay.access.viewer import ROLES
from outlay.control.database import Control
from outlay.control.member_changes import MemberChange
from outlay.control.members import Member, NewMember
from outlay.control.memberships import Membership, Period
from outlay.control.teams import teams_called
from outlay.errors import InputError
from outlay.kit.period import day_start, local_day
from outlay.web.forms import Form


class Draft(Struct, frozen=True, kw_only=True):
    """The fields as they were filled in; `teams` and `leads` hold one team a line."""

    email: str = ""
    name: str = ""
    role: str = "member"
    user: str = ""
    teams: str = ""
    leads: str = ""


class Refused(Struct, frozen=True):
    """What is wrong, by field; a message under "" is about none in particular."""

    errors: Mapping[str, str]


class Chosen(Struct, frozen=True):
    """The teams that the lines of a draft name."""

    teams: tuple[str, ...]
    leads: tuple[str, ...]


def draft_of(form: Form) -> Draft:
    # A text area ends its lines with CRLF, whatever the system.
    return Draft(**{name: form.text(name).replace("\r\n", "\n").strip() for name in Draft.__struct_fields__})


def draft_from(member: Member, teams: list[str]) -> Draft:
    return Draft(
        email=member.email,
        name=member.name,
        role=member.role,
        user=member.user or "",
        teams="\n".join(teams),
        leads="\n".join(member.teams_led),
    )


def new_member_asked_for(control: Control, organisation: str, draft: Draft) -> NewMember | Refused:
    """Return whom to add. Without a user id they are the user that events call by their e-mail."""
    chosen = _chosen(control, organisation, draft)
    if isinstance(chosen, Refused):
        return chosen
    return NewMember(
        email=draft.email,
        name=draft.name,
        role=draft.role,
        user=draft.user or draft.email.strip(),
        teams=chosen.teams,
        teams_led=chosen.leads,
    )


def change_asked_for(control: Control, organisation: str, draft: Draft) -> MemberChange | Refused:
    chosen = _chosen(control, organisation, draft)
    if isinstance(chosen, Refused):
        return chosen
    return MemberChange(
        email=draft.email,
        name=draft.name,
        role=draft.role,
        user=draft.user or None,
        teams=chosen.teams,
        teams_led=chosen.leads,
    )


def opens_more(member: Member, asked: MemberChange) -> bool:
    """Say whether a change may let somebody in, or see more: another address gets the mailed links."""
    same = asked.email == member.email and asked.role == member.role and asked.user == member.user
    return not same or (asked.teams_led is not UNSET and set(asked.teams_led) != set(member.teams_led))


def period_asked_for(form: Form, kept: Membership | Period, zone: ZoneInfo) -> Period:
    """Return from when until when, of local days; a day that was left as shown keeps its exact moment.

    Raises InputError where one is no day.
    """
    return Period(
        _moment(form.text("first"), kept.starts_at, zone, days=0),
        _moment(form.text("last"), kept.ends_at, zone, days=1),
    )


def first_day(kept: Membership, zone: ZoneInfo) -> str:
    return "" if kept.starts_at is None else local_day(kept.starts_at, zone).isoformat()


def last_day(kept: Membership, zone: ZoneInfo) -> str:
    """Return the last day that belongs to it at all."""
    return "" if kept.ends_at is None else local_day(kept.ends_at - timedelta(microseconds=1), zone).isoformat()


def _moment(text: str, kept: datetime | None, zone: ZoneInfo, *, days: int) -> datetime | None:
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
        shown = None if kept is None else local_day(kept - timedelta(microseconds=days), zone)
        return kept if day == shown else day_start(day + timedelta(days=days), zone)
    except (ValueError, OverflowError):
        raise InputError("write a day as YYYY-MM-DD") from None


def _chosen(control: Control, organisation: str, draft: Draft) -> Chosen | Refused:
    errors = {} if draft.role in ROLES else {"role": "Choose one of these."}
    found: dict[str, tuple[str, ...]] = {}
    for field, text in (("teams", draft.teams), ("leads", draft.leads)):
        named = [line.strip() for line in text.split("\n") if line.strip()]
        called = teams_called(control, organisation, named)
        unclear = [name for name in named if len(called[name]) != 1]
        if unclear:
            many = bool(called[unclear[0]])
            errors[field] = (
                f"Several teams are called “{unclear[0]}”; write the id of one."
                if many
                else f"There is no team “{unclear[0]}”; make it first, under Teams."
            )
        found[field] = tuple(dict.fromkeys(called[name][0] for name in named if called[name]))
    return Refused(errors) if errors else Chosen(found["teams"], found["leads"])
