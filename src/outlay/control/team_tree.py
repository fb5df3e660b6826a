"""Which teams are below or above a team: who leads one leads those below it too. No team is above itself."""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Connection, and_, select

from outlay.control.database import Control
from outlay.control.team_tables import teams
from outlay.errors import InputError

_ROOTS_PER_STATEMENT: Final = 5_000


def teams_below(connection: Connection, organisation: str, roots: Collection[str]) -> set[str]:
    """Return these teams and all below them."""
    found = set(roots)
    listed = sorted(found)
    for start in range(0, len(listed), _ROOTS_PER_STATEMENT):
        part = listed[start : start + _ROOTS_PER_STATEMENT]
        children = and_(teams.c.organisation == organisation, teams.c.parent.in_(part))
        below = select(teams.c.id).where(children).cte("below", recursive=True)
        # UNION without ALL comes to an end whatever the rows say.
        next_below = select(teams.c.id).where(teams.c.organisation == organisation, teams.c.parent == below.c.id)
        found.update(connection.execute(select(below.union(next_below).c.id)).scalars())
    return found


def family_of(control: Control, organisation: str, team: str) -> tuple[str, ...]:
    """Return a team and all below it, sorted."""
    with control.read() as connection:
        return tuple(sorted(teams_below(connection, organisation, [team])))


def below_each(
    connection: Connection, organisation: str, led: Mapping[str, Collection[str]]
) -> dict[str, tuple[str, ...]]:
    """Return for each key its teams and all below them, sorted."""
    every = {team for teams_of_one in led.values() for team in teams_of_one}
    if not every:
        return {}
    family = teams_below(connection, organisation, every)
    if family == every:
        return {key: tuple(sorted(set(mine))) for key, mine in led.items()}
    return {key: tuple(sorted(teams_below(connection, organisation, mine))) for key, mine in led.items() if mine}


def teams_above(connection: Connection, organisation: str, team: str) -> list[str]:
    """Return the parent of a team, the parent's parent and so on."""
    found: list[str] = []
    while True:
        this = and_(teams.c.organisation == organisation, teams.c.id == (found[-1] if found else team))
        parent = connection.execute(select(teams.c.parent).where(this)).scalar_one_or_none()
        if parent is None or parent in found:
            return found
        found.append(parent)


def check_no_cycle(connection: Connection, organisation: str, team: str, parent: str | None) -> None:
    """Raise InputError where `parent` is the team itself or one below it."""
    if parent is not None and parent in teams_below(connection, organisation, [team]):
        raise InputError("a team can't be below itself; take a parent that is not among the teams below it")
