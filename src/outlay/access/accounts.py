"""What people do with their own account: sign in by password or by link, and set a password.

It opens no session: a browser that may have one is the caller's business.
"""

from outlay.access.links import member_of_link, use_link
from outlay.access.passwords import Passwords
from outlay.access.sign_in import SignIn
from outlay.control.database import Control
from outlay.control.members import Member, set_password_hash
from outlay.errors import SignInFailed
from outlay.kit.clock import Clock


class Accounts:
    """The accounts of this Outlay. Whoever signs in by password is looked for in `organisation`."""

    def __init__(self, control: Control, passwords: Passwords, clock: Clock, organisation: str) -> None:
        self._control = control
        self._passwords = passwords
        self._clock = clock
        self._organisation = organisation
        self._sign_in = SignIn(control, passwords)

    def member_by_password(self, email: str, password: str, address: str) -> Member:
        """Return the member; SignInFailed when e-mail and password don't match, TooManyAttempts after several."""
        return self._sign_in.sign_in(self._organisation, email, password, address, self._clock.now())

    def member_behind_link(self, token: str) -> Member:
        """Return whom the link would sign in, without using it; SignInFailed when it would not."""
        return member_of_link(self._control, token, self._clock.now())

    def member_by_link(self, token: str) -> Member:
        """Use the link up and return whom it signs in; SignInFailed for everyone but the first."""
        return use_link(self._control, token, self._clock.now())

    def set_password(self, member: Member, current: str, new: str, address: str) -> None:
        """Give a member a password; one they have must be given as `current`, and guessing it is limited as at sign-in.

        Raises InputError when the new one can't be taken, SignInFailed when `current` is wrong, TooManyAttempts.
        """
        password_hash = self._passwords.hash(new)
        if member.has_password:
            try:
                self._sign_in.sign_in(member.organisation, member.email, current, address, self._clock.now())
            except SignInFailed:
                raise SignInFailed("this is not your current password") from None
        set_password_hash(self._control, member.organisation, member.id, password_hash)
