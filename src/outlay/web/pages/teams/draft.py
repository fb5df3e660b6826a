"""The form of a team: what was filled in, as text, and what it asks for. Leads are written one e-mail a line."""

from collections.abc import Mapping

from msgspec import Struct

from outlay.control.database import Control
from outlay.control.emails import email_key
from outlay.control.members import member_of_email
from outlay.control.teams import Team, TeamSettings, teams_called
from outlay.errors import NotFound
from outlay.web.forms import Form

BY_ITSELF = ""


class Draft(Struct, frozen=True, kw_only=True):
    name: str = ""
    id: str = ""
    parent: str = ""
    cost_centre: str = ""
    colour: str = BY_ITSELF
    leads: str = ""


class Asked(Struct, frozen=True):
    settings: TeamSettings
    leads: tuple[str, ...]


class Refused(Struct, frozen=True):
    """What is wrong, by field; a message under "" is about none in particular."""

    errors: Mapping[str, str]


def draft_of(form: Form) -> Draft:
    return Draft(**{name: form.text(name).replace("\r\n", "\n").strip() for name in Draft.__struct_fields__})


def draft_from(team: Team, leads: list[str]) -> Draft:
    return Draft(
        name=team.name,
        id=team.id,
        parent=team.parent or "",
        cost_centre=team.cost_centre,
        colour=str(team.colour_slot),
        leads="\n".join(leads),
    )


def opens_more(team: Team, leads: list[str], draft: Draft, asked: Asked) -> bool:
    """Say whether somebody may see more after it: a lead sees the team, and those below it."""
    known = {email_key(each) for each in leads}
    return asked.settings.parent not in {None, team.parent} or any(
        email_key(each) not in known for each in _lines(draft.leads)
    )


def team_asked_for(control: Control, organisation: str, draft: Draft) -> Asked | Refused:
    errors: dict[str, str] = {}
    parent = None
    if draft.parent:
        called = teams_called(control, organisation, [draft.parent])[draft.parent]
        parent = called[0] if len(called) == 1 else None
        if parent is None:
            several = f"Several teams are called “{draft.parent}”; write the id of one."
            errors["parent"] = several if called else f"There is no team “{draft.parent}”."
    leads = []
    for email in _lines(draft.leads):
        try:
            leads.append(member_of_email(control, organisation, email).id)
        except NotFound:
            errors["leads"] = f"There is no member “{email}”; invite them first, under Members."
    colour = int(draft.colour) if draft.colour.isascii() and draft.colour.isdigit() and len(draft.colour) == 1 else None
    if errors:
        return Refused(errors)
    settings = TeamSettings(name=draft.name, parent=parent, cost_centre=draft.cost_centre, colour_slot=colour)
    return Asked(settings, tuple(dict.fromkeys(leads)))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]
