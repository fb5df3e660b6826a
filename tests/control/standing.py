"""Who stands in tests of what members keep: an owner, a mate of theirs, an admin, and a stranger."""

from msgspec import Struct

from outlay.control.database import Control
from outlay.control.members import NewMember, create_member
from outlay.control.sharing import Reader
from outlay.control.trail import SYSTEM
from outlay.testing import FrozenClock


class Standing(Struct, frozen=True):
    owner: Reader
    mate: Reader
    admin: Reader
    stranger: Reader


def standing_people(control: Control, clock: FrozenClock) -> Standing:
    def reader(organisation: str, name: str, *, tends: bool = False) -> Reader:
        wanted = NewMember(email=f"{name}@example.com", role="member", name=name)
        return Reader(organisation, create_member(control, organisation, wanted, SYSTEM, clock.now()).id, tends)

    return Standing(
        reader("acme", "owner"),
        reader("acme", "mate"),
        reader("acme", "admin", tends=True),
        reader("other", "stranger", tends=True),
    )
