"""How members are listed: one row a member, with names instead of ids, in the organisation's zone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.control.member_search import Listed, MemberState
from outlay.web import format as text
from outlay.web.parts import Cell, Column, Row, Table
from outlay.web.render import Renderer
from outlay.web.view.names import Names

MOST_TEAMS_SHOWN: Final = 2
STATES: Final[dict[MemberState, tuple[str, str]]] = {
    "active": ("active", "good"),
    "invited": ("not yet here", "warn"),
    "disabled": ("disabled", ""),
}
_COLUMNS: Final = (
    Column(id="name", label="Member"),
    Column(id="role", label="Role"),
    Column(id="teams", label="Teams"),
    Column(id="state", label="State"),
    Column(id="seen", label="Last sign-in"),
)


class Told(Struct, frozen=True):
    """What the rows are told with: where links lead, names of teams, and the time; `opens` says whether a row leads to
    its member.
    """

    renderer: Renderer
    names: Names
    zone: ZoneInfo
    now: datetime
    opens: bool = True


def member_table(members: Sequence[Listed], told: Told) -> Table:
    teams = told.names.of("team", [each.team for row in members for each in row.teams])
    rows = []
    for listed in members:
        named = [teams[each.team] for each in listed.teams]
        more = f" and {len(named) - MOST_TEAMS_SHOWN} more" if len(named) > MOST_TEAMS_SHOWN else ""
        shown = ", ".join(each.name for each in named[:MOST_TEAMS_SHOWN]) + more
        chip, kind = STATES[listed.state]
        member, seen = listed.member, listed.signed_in_at
        cells = (
            Cell(text=member.name, sub=member.email),
            Cell(text=member.role, sub=_leading(len(member.teams_led)) if member.role == "lead" else ""),
            Cell(
                text=shown or text.DASH,
                title=", ".join(each.name for each in named) if more else "",
                dot=bool(named),
                slot=named[0].slot if named else None,
            ),
            Cell(text="", chip=chip, kind=kind),
            Cell(
                text=text.ago(seen, told.now) if seen else "never",
                title=text.local_time(seen, told.zone) if seen else "",
            ),
        )
        href = told.renderer.url(f"/settings/members/{member.id}") if told.opens else ""
        rows.append(Row(cells=cells, href=href, muted=listed.state == "disabled"))
    return Table(caption="Members", columns=_COLUMNS, rows=tuple(rows))


def _leading(teams: int) -> str:
    return "leads no team yet" if not teams else f"leads {teams} team{'' if teams == 1 else 's'}"
