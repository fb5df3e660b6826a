"""Who may do what with which API key: admins with all, other members with those bound to themselves.

Whether members make keys is a setting of the organisation. A key that an admin bound to somebody stays the admin's:
the member sees it and can end it, but gets no new secret of it and can't widen what it may do.
"""

from datetime import datetime
from typing import Final

from msgspec import Struct

from outlay.access.keys import ApiKey, NewKey
from outlay.access.roles import may, parse_role
from outlay.control.database import Control
from outlay.control.members import Member
from outlay.control.organisation_settings import put_setting_in, setting_of
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import Forbidden

MEMBER_KEYS: Final = "member_keys"


class KeyRights(Struct, frozen=True):
    """What one member may do with keys. `manages`: with all of them; `makes`: new ones bound to `user`."""

    member: str
    user: str | None
    manages: bool
    makes: bool

    def sees(self, key: ApiKey) -> bool:
        return self.manages or (self.user is not None and key.user == self.user)

    def changes(self, key: ApiKey) -> bool:
        """Whether name, limits and secrets are theirs to change."""
        return self.manages or (self.makes and self.sees(key) and key.created_by == self.member)

    def check(self, wanted: NewKey) -> None:
        """Raise Forbidden for a key that they may not make, or make of another."""
        if self.manages:
            return
        if not self.makes:
            raise Forbidden("members of this organisation make no API keys themselves; ask an admin for one")
        if wanted.user != self.user or "admin" in wanted.scopes:
            raise Forbidden("a key of your own is bound to you, and administers nothing")


def key_rights(control: Control, member: Member) -> KeyRights:
    manages = may(parse_role(member.role), "manage_keys")
    makes = manages or (member.user is not None and members_make_keys(control, member.organisation))
    return KeyRights(member.id, member.user, manages, makes)


def members_make_keys(control: Control, organisation: str) -> bool:
    return bool(setting_of(control, organisation, MEMBER_KEYS))


def let_members_make_keys(control: Control, organisation: str, by: Actor, now: datetime, *, allowed: bool) -> None:
    """Let members make keys bound to themselves, or no more; those they made go on."""
    with control.begin() as connection:
        put_setting_in(connection, organisation, MEMBER_KEYS, int(allowed), now)
        sides = {"allowed": not allowed}, {"allowed": allowed}
        change = Change("setting.change", "setting", MEMBER_KEYS, "members make API keys", *sides)
        write_down(connection, organisation, by, change, now)
