"""Whose calls are which team's: a call without a team is of the team its user was in at the time it was made.

A team that the call or its key names comes first. Of several teams at a time the primary one counts. What is stored
keeps its team, whoever moves later. Changes that another process made hold within RECHECK_SECONDS, as prices do.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from types import MappingProxyType
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from outlay.control.database import Control
from outlay.control.memberships import Attribution, attribution_mark, attributions_of, in_order
from outlay.usage import UsageEvent

RECHECK_SECONDS: Final = 1.0

Teams = Mapping[str, Sequence[Attribution]]
NO_TEAMS: Final[Teams] = MappingProxyType({})


class Whose(Protocol):
    """Where the funnel learns which teams people are in."""

    def teams_of(self, organisation: str) -> Teams:
        """Return for each user the teams they were in, in the order in which they count."""
        ...


class NobodysTeams:
    """Of an installation where nobody is in a team."""

    def teams_of(self, organisation: str) -> Teams:
        del organisation
        return NO_TEAMS


class _Open(Struct, frozen=True):
    teams: Teams
    mark: int
    checked: float


class PeoplesTeams:
    """The memberships of the control database, kept in memory while they stay as they are."""

    def __init__(self, control: Control, seconds: Callable[[], float] = monotonic) -> None:
        self._control = control
        self._seconds = seconds
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}

    def teams_of(self, organisation: str) -> Teams:
        known = self._open.get(organisation)
        if known is not None and self._seconds() - known.checked < RECHECK_SECONDS:
            return known.teams
        with self._lock:
            return self._checked(organisation)

    def _checked(self, organisation: str) -> Teams:
        known = self._open.get(organisation)
        mark = attribution_mark(self._control, organisation)
        if known is None or known.mark != mark:
            # It may change between the two looks: then the mark is the older one, and the next check finds it out.
            known = _Open(_by_user(attributions_of(self._control, organisation)), mark, self._seconds())
        self._open[organisation] = _Open(known.teams, mark, self._seconds())
        return known.teams


def with_team(event: UsageEvent, teams: Teams) -> UsageEvent:
    """Return the event with the team of its user at its own time, where it names none itself."""
    if event.team is not None or event.user is None or event.user not in teams:
        return event
    team = team_at(teams[event.user], event.time)
    return event if team is None else replace(event, team=team)


def team_at(attributions: Sequence[Attribution], time: datetime) -> str | None:
    """Return the team that counts at a time, of attributions in their order."""
    for each in attributions:
        if (each.starts_at is None or each.starts_at <= time) and (each.ends_at is None or time < each.ends_at):
            return each.team
    return None


def _by_user(attributions: Sequence[Attribution]) -> Teams:
    found: dict[str, list[Attribution]] = {}
    for each in attributions:
        found.setdefault(each.user, []).append(each)
    return {user: sorted(mine, key=in_order) for user, mine in found.items()}
