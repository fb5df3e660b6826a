"""What the pages of API keys share: whose keys somebody may see here, and which they may change."""

from msgspec import Struct

from outlay.access.keys import ApiKey, key_of_id
from outlay.access.own_keys import KeyRights, key_rights
from outlay.control.database import Control
from outlay.control.entities import Registry
from outlay.errors import Forbidden, NotFound
from outlay.kit.clock import Clock
from outlay.query.questions import Questions
from outlay.web.forms import Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn


class Desk(Struct, frozen=True):
    frame: Frame
    forms: Forms
    control: Control
    registry: Registry
    questions: Questions
    clock: Clock

    def rights(self, who: SignedIn) -> KeyRights:
        return key_rights(self.control, who.member)

    def key(self, who: SignedIn, key: str) -> ApiKey:
        """Return a key that they may see; NotFound for any other."""
        if "\0" in key:  # no database keeps one
            raise NotFound("there is no such key")
        found = key_of_id(self.control, who.member.organisation, key)
        if not self.rights(who).sees(found):
            raise NotFound("there is no such key")
        return found

    def key_to_change(self, who: SignedIn, key: str) -> ApiKey:
        """Return a key that is theirs to change; Forbidden for one that they only see."""
        found = self.key(who, key)
        if not self.rights(who).changes(found):
            raise Forbidden("an admin made this key for you; ask one to change it, or revoke it yourself")
        return found
