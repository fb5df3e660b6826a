"""What the pages of people and teams are made with."""

from msgspec import Struct

from outlay.access.sessions import Sessions
from outlay.control.database import Control
from outlay.control.entities import Registry
from outlay.control.members import Member
from outlay.control.trail import Actor, Change, write_down
from outlay.kit.clock import Clock


class Office(Struct, frozen=True):
    control: Control
    registry: Registry
    clock: Clock
    sessions: Sessions

    def sign_out(self, member: Member, by: Actor) -> None:
        """Sign a member out in every browser."""
        self.sessions.close_all(member.organisation, member.id)
        with self.control.begin() as connection:
            change = Change("session.revoke", "member", member.id, member.called)
            write_down(connection, member.organisation, by, change, self.clock.now())
