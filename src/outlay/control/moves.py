"""Which move of past calls is meant: of a member, from the team that has them to the one that shall.

Carrying it out is the repricings' work; here is only decided whether it makes sense.
"""

from outlay.control.database import Control
from outlay.control.members import Member
from outlay.control.repricings import Move, NewRepricing, Scope, repricing_of
from outlay.control.team_names import TeamNames
from outlay.control.teams import team_of_id, teams_called
from outlay.errors import Conflict, InputError, NotFound


def wanted_move(control: Control, member: Member, old: str, new: str, by: str | None = None) -> NewRepricing:
    """Return the move of a member's calls of the team `old`, by id or name ("" for none), to the team `new`.

    Raises InputError where a team is unknown or unclear, or they are the same; Conflict where nothing can be theirs.
    """
    if member.user is None:
        raise Conflict("this member has no user id in events, so no call is theirs")
    source = _left(control, member.organisation, old) if old else None
    target = _one(control, member.organisation, new)
    if source == target:
        raise InputError("the calls are this team's already; choose another one")
    teams = TeamNames(control, member.organisation)
    move = Move(
        member=member.id,
        name=member.called,
        old=source,
        new=target,
        old_name=teams.called(source),
        new_name=teams.called(target),
    )
    return NewRepricing(scope=Scope(user=member.user), move=move, by=by)


def undoing(control: Control, member: Member, undoes: str) -> NewRepricing:
    """Return what takes a move of this member's calls back. Raises NotFound where it is none."""
    undone = repricing_of(control, member.organisation, undoes)
    if undone.move is None or undone.move.member != member.id:
        raise NotFound("there is no such move of this member's calls")
    return NewRepricing(undoes=undoes, move=undone.move)


def _left(control: Control, organisation: str, text: str) -> str:
    """Return the team that has the calls, which may be archived by now."""
    if len(teams_called(control, organisation, [text])[text]) == 1:
        return _one(control, organisation, text)
    try:
        return team_of_id(control, organisation, text).id
    except NotFound:
        return _one(control, organisation, text)


def _one(control: Control, organisation: str, text: str) -> str:
    found = teams_called(control, organisation, [text])[text]
    if len(found) == 1:
        return found[0]
    raise InputError(
        f"several teams are called {text!r}; write the id of one" if found else f"there is no team {text!r}"
    )
