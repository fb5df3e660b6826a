"""How an invitation reaches the person: a link that the admin hands over. It signs in once."""

from collections.abc import Callable

from msgspec import Struct

from outlay.access.links import create_link, link_url
from outlay.config import Settings
from outlay.control.database import Control
from outlay.control.members import Member
from outlay.kit.clock import Clock


class Handed(Struct, frozen=True):
    """The link as it is shown once. `mailed` says whether the person gets it by e-mail too."""

    name: str
    email: str
    link: str
    mailed: bool = False

    def __repr__(self) -> str:
        return f"Handed(email={self.email!r})"


Invite = Callable[[Member, str], Handed]  # whom, and what the person who invites is called


def by_link(control: Control, settings: Settings, clock: Clock) -> Invite:
    def invite(member: Member, inviter: str) -> Handed:
        del inviter
        return Handed(member.called, member.email, link_url(settings, create_link(control, member, clock.now())))

    return invite
