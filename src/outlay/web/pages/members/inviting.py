"""How an invitation reaches the person: by mail where Outlay sends any, and as a link that the admin may hand over."""

from collections.abc import Callable

from msgspec import Struct

from outlay.access.links import LASTS, create_invitation, create_link, link_at, link_url
from outlay.access.only_sign_on import REFUSED, is_only
from outlay.config import Settings
from outlay.control.database import Control
from outlay.control.members import Member
from outlay.control.organisations import organisation_of
from outlay.control.trail import Actor
from outlay.errors import Conflict
from outlay.kit.clock import Clock
from outlay.notify.letters import invitation_letter
from outlay.notify.mail import Mail


class Handed(Struct, frozen=True):
    """The link as it is shown once. `mailed` says whether the person gets it by e-mail too."""

    name: str
    email: str
    link: str
    mailed: bool = False

    def __repr__(self) -> str:
        return f"Handed(email={self.email!r})"


Invite = Callable[[Member, Actor, str], Handed]  # whom, who does it, and where a link that is shown begins


def inviting(control: Control, settings: Settings, mail: Mail, clock: Clock) -> Invite:
    """Return what makes a link for a member: to come in and choose a password, or to sign in for who has one.

    The latter is handed over alone: whoever has a password can have a link mailed by themselves. Where single sign-on
    is the only way in, no page makes one: an admin who is to lose access at the provider could keep it by a link.
    """

    def invite(member: Member, by: Actor, address: str) -> Handed:
        if member.has_password:
            if is_only(control, member.organisation):
                raise Conflict(f"{REFUSED}; `outlay members link` makes a link for an admin, on the machine it runs on")
            token = create_link(control, member, by, clock.now())
            return Handed(member.called, member.email, link_at(address, token))
        token = create_invitation(control, member, clock.now())
        organisation = organisation_of(control, member.organisation)
        letter = invitation_letter(member, organisation.name, by.name, link_url(settings, token, "invitation"))
        mail.send(organisation.id, "invitation", letter, LASTS["invitation"])
        return Handed(member.called, member.email, link_at(address, token, "invitation"), mailed=mail.configured)

    return invite
