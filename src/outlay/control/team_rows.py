"""The rows of teams: a team is an entity, which has name and colour, and what is decided about it beside."""

import re
import unicodedata
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, select

from outlay.control.conflict import insert_unless_there
from outlay.control.entities import EntityName, insert_entities
from outlay.control.team_tables import teams
from outlay.errors import Conflict, InputError

_LONGEST_ID: Final = 256


def adopt_team(connection: Connection, organisation: str, team: str, now: datetime) -> None:
    """Let something be decided about a team that perhaps only events named so far, or nobody; Conflict if archived."""
    insert_entities(connection, organisation, "team", [EntityName(parse_team_id(team))], now)
    row = {"organisation": organisation, "id": team, "cost_centre": "", "created_at": now}
    if connection.execute(insert_unless_there(teams).values(row)).rowcount != 1:
        archived = connection.execute(select(teams.c.archived_at).where(this_team(organisation, team))).scalar_one()
        if archived is not None:
            raise Conflict(f"the team {team!r} is archived; take it back into use first")


def this_team(organisation: str, team: str) -> ColumnElement[bool]:
    return and_(teams.c.organisation == organisation, teams.c.id == team)


def parse_team_id(text: str) -> str:
    if text in {".", ".."}:  # no address can hold them
        raise InputError(f"a team's id can't be {text!r}")
    if not text.isprintable() or text != text.strip() or not 0 < len(text) <= _LONGEST_ID:
        raise InputError(f"a team's id has 1 to {_LONGEST_ID} printable characters, without space around them")
    return text


def id_from_name(name: str) -> str:
    """Return the id that a team of this name gets: small letters, figures and dashes; the name itself without any."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or name.strip()
