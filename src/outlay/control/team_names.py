"""What the teams of an organisation are called, looked up as pages ask; with the id where two are called alike."""

from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import and_, func, or_, select

from outlay.control.database import Control
from outlay.control.tables import entities

NO_TEAM: Final = "no team"


class TeamNames(Mapping[str, str]):
    """Names by team's id, those of archived teams included, for one page."""

    def __init__(self, control: Control, organisation: str) -> None:
        self._control = control
        self._organisation = organisation
        self._known: dict[str, str | None] = {}

    def __getitem__(self, team: str) -> str:
        if team not in self._known:
            self._known[team] = self._look_up(team)
        name = self._known[team]
        if name is None:
            raise KeyError(team)
        return name

    def __iter__(self) -> Iterator[str]:
        """Go through those that were asked for so far."""
        return (team for team, name in self._known.items() if name is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def called(self, team: str | None, known_as: str | None = None) -> str:
        """Return what a team is called; as it was `known_as` where there is none of this id any more."""
        return NO_TEAM if team is None else self.get(team) or known_as or team

    def _look_up(self, team: str) -> str | None:
        here = and_(entities.c.organisation == self._organisation, entities.c.kind == "team")
        with self._control.read() as connection:
            row = connection.execute(select(entities.c.name).where(here, entities.c.id == team)).one_or_none()
            if row is None:
                return None
            name = row.name or team
            alike = or_(entities.c.name == name, and_(entities.c.name.is_(None), entities.c.id == name))
            others = select(func.count()).select_from(entities).where(here, alike, entities.c.id != team)
            shared = connection.execute(others).scalar_one()
        return f"{name} ({team})" if shared and name != team else str(name)
