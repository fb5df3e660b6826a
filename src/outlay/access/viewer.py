"""The viewer: for whom a question is asked. No question can be built without one, and what it may see is added to the
question itself, so a page can't forget it.
"""

from typing import Final, Literal, get_args

from msgspec import Struct

Role = Literal["admin", "billing", "lead", "member", "operator"]

# Those that a member can be given. An operator is a member of no tenant, and sees none of their figures.
ROLES: Final[tuple[str, ...]] = tuple(each for each in get_args(Role) if each != "operator")


class Viewer(Struct, frozen=True, kw_only=True):
    """One signed-in member, or an API key that may read.

    `user` is the user id whose calls are this viewer's own; `teams` are the teams a lead leads.
    """

    organisation: str
    role: Role
    user: str | None = None
    teams: tuple[str, ...] = ()

    @property
    def sees_all(self) -> bool:
        """Admins and billing see the whole organisation; a lead the teams they lead; a member their own calls."""
        return self.role in {"admin", "billing"}
