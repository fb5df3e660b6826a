"""What the pages of people and teams are made with."""

from msgspec import Struct

from outlay.access.open_sessions import end_sessions
from outlay.access.second_factor import remove_second_factor
from outlay.control.database import Control
from outlay.control.entities import Registry
from outlay.control.members import Member
from outlay.control.trail import Actor
from outlay.kit.clock import Clock


class Office(Struct, frozen=True):
    control: Control
    registry: Registry
    clock: Clock

    def remove_second_factor(self, member: Member, by: Actor) -> None:
        """Take away the second factor that a member lost; NotFound when they have none."""
        remove_second_factor(self.control, member, by, self.clock.now())

    def sign_out(self, member: Member, by: Actor) -> None:
        """Sign a member out in every browser."""
        end_sessions(self.control, member, by, self.clock.now())
