"""What people do with their own account: sign in by password or by link, set a password, change their name.

It opens no session: a browser that may have one is the caller's business.
"""

from outlay.access.links import LINK_PATH, member_of_link, use_link
from outlay.access.open_sessions import end_all
from outlay.access.passwords import Passwords
from outlay.access.sign_in import SignIn
from outlay.control.credentials import put_password_hash
from outlay.control.database import Control
from outlay.control.member_changes import MemberChange, change_member
from outlay.control.members import Member
from outlay.control.organisations import organisation_of
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import InputError
from outlay.kit.clock import Clock


class Accounts:
    """The accounts of this Outlay, of all organisations."""

    def __init__(self, control: Control, passwords: Passwords, clock: Clock) -> None:
        self._control = control
        self._passwords = passwords
        self._clock = clock
        self._sign_in = SignIn(control, passwords)

    def members_by_password(self, email: str, password: str, address: str) -> tuple[Member, ...]:
        """Return whom e-mail and password fit, one in each organisation at most, and at least one in all.

        Raises SignInFailed when they fit none, TooManyAttempts after several.
        """
        return self._sign_in.sign_in(email, password, address, self._clock.now())

    def member_behind_link(self, token: str, path: str = LINK_PATH) -> Member:
        """Return whom the link of a page would let in, without using it; SignInFailed when it would not."""
        return member_of_link(self._control, token, self._clock.now(), path)

    def member_by_link(self, token: str) -> Member:
        """Use the link up and return whom it signs in; SignInFailed for everyone but the first."""
        return use_link(self._control, token, self._clock.now())

    def check_password(self, member: Member, password: str, address: str) -> None:
        """Raise SignInFailed unless it is the member's own, TooManyAttempts after several."""
        self._sign_in.check(member, password, address, self._clock.now())

    def set_password(self, member: Member, current: str, new: str, by: Actor) -> None:
        """Give a member a password; one they have must be given as `current`, and guessing it is limited as at sign-in.

        They are signed out everywhere. Raises InputError when the new one can't be taken, SignInFailed when `current`
        is wrong, TooManyAttempts.
        """
        password_hash = self._hash(member, new)
        if member.has_password:
            self.check_password(member, current, by.address or "")
        self._put(member, password_hash, by)

    def set_password_by_link(self, token: str, path: str, new: str, address: str) -> Member:
        """Use a link up to set a password, and return whose it is; they are signed out everywhere.

        Raises SignInFailed when the link does not work any more, InputError, with the link unused, when the password
        can't be taken.
        """
        password_hash = self._hash(self.member_behind_link(token, path), new)
        member = use_link(self._control, token, self._clock.now(), path)
        self._put(member, password_hash, Actor("member", member.id, member.name or member.email, address))
        return member

    def rename(self, member: Member, name: str, by: Actor) -> None:
        """Change how a member is called; InputError when that is no name."""
        if not name.strip():
            raise InputError("write a name")
        wanted = MemberChange(name=name)
        change_member(self._control, member.organisation, member.id, wanted, by, self._clock.now())

    def _hash(self, member: Member, password: str) -> str:
        about = (member.email, member.name, organisation_of(self._control, member.organisation).name, "Outlay")
        return self._passwords.hash(password, about)

    def _put(self, member: Member, password_hash: str, by: Actor) -> None:
        change = Change("password.set", "member", member.id, member.email)
        with self._control.begin() as connection:
            put_password_hash(connection, member.organisation, member.id, password_hash)
            end_all(connection, member)
            write_down(connection, member.organisation, by, change, self._clock.now())
