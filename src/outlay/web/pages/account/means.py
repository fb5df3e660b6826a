"""What the pages of one's own account work with."""

from msgspec import Struct

from outlay.access.accounts import Accounts
from outlay.access.second_factor import SecondFactors
from outlay.access.sessions import Sessions
from outlay.control.database import Control
from outlay.control.organisations import organisation_of
from outlay.kit.clock import Clock
from outlay.notify.letters import changed_letter
from outlay.notify.mail import Mail
from outlay.web.browsers import Browsers
from outlay.web.forms import Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn


class AccountMeans(Struct, frozen=True):
    frame: Frame
    forms: Forms
    browsers: Browsers
    accounts: Accounts
    sessions: Sessions
    factors: SecondFactors
    mail: Mail
    clock: Clock

    @property
    def control(self) -> Control:
        return self.frame.control

    def tell(self, who: SignedIn, what: str) -> None:
        """Mail a member that how they sign in was changed."""
        organisation = organisation_of(self.control, who.member.organisation)
        self.mail.send(organisation.id, "changed", changed_letter(who.member, organisation.name, what))
