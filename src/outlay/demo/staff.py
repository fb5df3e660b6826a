"""Where the people of the demo organisation belong: departments above the teams, leads, cost centres, colours, roles.

Calls name the twelve teams of `agents`; the departments above them only bundle. Built from the directory alone.
"""

from typing import Final

from msgspec import Struct

from outlay.demo.agents import TEAMS
from outlay.demo.organisation import Directory, Person


class StaffedTeam(Struct, frozen=True, kw_only=True):
    """A team as people decided about it; `leads` are the ids of people."""

    id: str
    name: str
    parent: str | None
    cost_centre: str
    colour_slot: int
    leads: tuple[str, ...]


class Colleague(Struct, frozen=True, kw_only=True):
    """A person with a role; `teams` are those they are in, the primary one first."""

    person: Person
    role: str
    teams: tuple[str, ...]


# Its name, the team whose lead leads it, and its cost centre.
DEPARTMENTS: Final[dict[str, tuple[str, str, str]]] = {
    "engineering": ("Engineering", "product-eng", "CC-1000"),
    "customers": ("Customers & Growth", "support", "CC-2000"),
    "corporate": ("Corporate", "finance", "CC-3000"),
}
# What stands above each team, and its cost centre.
PLACES: Final[dict[str, tuple[str, str]]] = {
    "platform": ("engineering", "CC-1100"),
    "product-eng": ("engineering", "CC-1200"),
    "data": ("engineering", "CC-1300"),
    "research": ("engineering", "CC-1400"),
    "support": ("customers", "CC-2100"),
    "storefront": ("product-eng", "CC-1210"),
    "sales": ("customers", "CC-2200"),
    "marketing": ("customers", "CC-2300"),
    "finance": ("corporate", "CC-3100"),
    "legal": ("corporate", "CC-3200"),
    "people": ("corporate", "CC-3300"),
    "risk": ("finance", "CC-3110"),
}
_BILLING: Final = "finance"  # whose lead sees what everybody spent
_LED_FROM_ABOVE: Final = ("people", "risk")  # so that even the smallest demo has members who are nothing else
_COLOURS: Final = 7
_SECONDED: Final = 15  # one in so many helps out in a second team
_SECOND_TEAM: Final = {"platform": "data", "product-eng": "storefront", "data": "research", "sales": "marketing"}


def staffed_teams(directory: Directory) -> tuple[StaffedTeam, ...]:
    """Return all teams, each after the one above it."""
    first = _first_of_teams(directory)
    departments = [
        StaffedTeam(id=each, name=name, parent=None, cost_centre=cost, colour_slot=place, leads=(first[led_by].id,))
        for place, (each, (name, led_by, cost)) in enumerate(DEPARTMENTS.items())
    ]
    teams = [
        StaffedTeam(
            id=each,
            name=name,
            parent=PLACES[each][0],
            cost_centre=PLACES[each][1],
            colour_slot=place % _COLOURS,
            leads=() if each in _LED_FROM_ABOVE else (first[each].id,),
        )
        for place, (each, name) in enumerate(TEAMS.items())
    ]
    return (*departments, *teams)


def colleagues(directory: Directory) -> tuple[Colleague, ...]:
    """Return everybody with role and teams; who leads a team is a lead, who leads the money sees all of it."""
    first = _first_of_teams(directory)
    leads = {first[team].id for team in TEAMS if team not in _LED_FROM_ABOVE}
    billing = first[_BILLING].id
    found = []
    for place, person in enumerate(directory.people):
        role = "billing" if person.id == billing else "lead" if person.id in leads else "member"
        found.append(Colleague(person=person, role=role, teams=_teams_of(person, place)))
    return tuple(found)


def _teams_of(person: Person, place: int) -> tuple[str, ...]:
    if person.team is None:
        return ()
    second = _SECOND_TEAM.get(person.team) if place % _SECONDED == _SECONDED - 1 else None
    return (person.team,) if second is None else (person.team, second)


def _first_of_teams(directory: Directory) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for person in directory.people:
        if person.team is not None:
            found.setdefault(person.team, person)
    return found
