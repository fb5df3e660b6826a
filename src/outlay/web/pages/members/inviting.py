"""How an invitation reaches the person: by mail where Outlay sends any, and as a link that the admin may hand over."""

from collections.abc import Callable
from urllib.parse import urlencode

from msgspec import Struct

from outlay.access.links import LASTS, configured_origin, create_invitation, create_link, link_at
from outlay.access.only_sign_on import REFUSED, is_only
from outlay.config import Settings
from outlay.control.database import Control
from outlay.control.members import Member
from outlay.control.organisations import organisation_of
from outlay.control.sign_on_providers import ProviderBook
from outlay.control.trail import Actor
from outlay.errors import Conflict
from outlay.kit.clock import Clock
from outlay.notify.letters import invitation_letter, sign_on_letter
from outlay.notify.mail import Mail
from outlay.web.pages.sso.sign_on import FIND


class Handed(Struct, frozen=True):
    """The link as it is shown once. `mailed` says whether the person gets it by e-mail too.

    Where they sign on by a provider (`signs_on`), it is where; `covered` says whether one has their address's domain.
    """

    name: str
    email: str
    link: str
    mailed: bool = False
    signs_on: bool = False
    covered: bool = True

    def __repr__(self) -> str:
        return f"Handed(email={self.email!r})"


Invite = Callable[[Member, Actor, str], Handed]  # whom, who does it, and where a link that is shown begins


class Inviting:
    """Makes a link for a member: to come in and choose a password, or to sign in for who has one.

    The latter is handed over alone: whoever has a password can have a link mailed by themselves. Where single sign-on
    is the only way in, no page makes one: an admin who is to lose access at the provider could keep it by a link. Who
    is new there is told where to sign in.
    """

    def __init__(self, settings: Settings, mail: Mail, providers: ProviderBook, clock: Clock, control: Control) -> None:
        self._configured = f"{configured_origin(settings)}{settings.root_path}"
        self._mail = mail
        self._providers = providers
        self._clock = clock
        self._control = control

    def __call__(self, member: Member, by: Actor, address: str) -> Handed:
        only = is_only(self._control, member.organisation)
        if member.has_password and only:
            raise Conflict(f"{REFUSED}; `outlay members link` makes a link for an admin, on the machine it runs on")
        if member.has_password:
            token = create_link(self._control, member, by, self._clock.now())
            return Handed(member.called, member.email, link_at(address, token))
        return self._told_to_sign_on(member, by, address) if only else self._invited(member, by, address)

    def _invited(self, member: Member, by: Actor, address: str) -> Handed:
        token = create_invitation(self._control, member, self._clock.now())
        organisation = organisation_of(self._control, member.organisation)
        letter = invitation_letter(member, organisation.name, by.name, link_at(self._configured, token, "invitation"))
        self._mail.send(organisation.id, "invitation", letter, LASTS["invitation"])
        return Handed(member.called, member.email, link_at(address, token, "invitation"), mailed=self._mail.configured)

    def _told_to_sign_on(self, member: Member, by: Actor, address: str) -> Handed:
        path = f"{FIND}?{urlencode({'email': member.email})}"
        organisation = organisation_of(self._control, member.organisation)
        letter = sign_on_letter(member, organisation.name, by.name, f"{self._configured}{path}")
        self._mail.send(organisation.id, "invitation", letter, LASTS["invitation"])
        return Handed(
            member.called,
            member.email,
            f"{address}{path}",
            mailed=self._mail.configured,
            signs_on=True,
            covered=self._providers.covers(organisation.id, member.email),
        )
