"""Sign-in by e-mail and password, with a limit on guessing.

Failures are counted per address and account, and per address: whoever guesses locks out themselves, never the owner of
the account, who comes from elsewhere. The answer doesn't tell whether an account exists, nor does the time it takes.
"""

from datetime import datetime
from typing import Final

from outlay.access.attempts import Attempt, Attempts, Limits
from outlay.access.only_sign_on import REFUSED, is_only
from outlay.access.passwords import Passwords
from outlay.access.standing import SUSPENDED
from outlay.control.credentials import Credentials, credentials_of, credentials_of_email, put_password_hash
from outlay.control.database import Control
from outlay.control.emails import email_key
from outlay.control.members import Member, member_of_id
from outlay.control.organisations import are_served
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import SignInFailed, SignOnOnly

FAILURES_PER_ACCOUNT: Final = 5
FAILURES_PER_ADDRESS: Final = 50
_LIMITS: Final = Limits(FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS)


class SignIn:
    """Checks e-mail and password; one for the whole process."""

    def __init__(self, control: Control, passwords: Passwords) -> None:
        self._control = control
        self._passwords = passwords
        self._attempts = Attempts(control)

    def sign_in(self, email: str, password: str, address: str, now: datetime) -> tuple[Member, ...]:
        """Return the members whom e-mail and password fit, one in each organisation at most.

        Raises SignInFailed when they fit none, or count nowhere, TooManyAttempts after several. `address` is where the
        request came from. The session is opened by the caller.
        """
        attempt = self._attempts.begin(_account(email), address, _LIMITS, now)
        known = credentials_of_email(self._control, email)
        fitting = [each for each in known if self._passwords.matches(each.password_hash, password)]
        if not known:
            self._passwords.matches(None, password)
        if not fitting:
            self._tell(attempt, known, address, now)
            raise SignInFailed("e-mail and password don't match")
        # What fits one organisation's member must not wash away guesses at another's: admins choose whom they invite.
        self._attempts.forget(attempt, alone=len(fitting) < len(known))
        served = are_served(self._control, {each.organisation for each in fitting})
        if not served:
            raise SignInFailed(SUSPENDED)
        fitting = [each for each in fitting if each.organisation in served]
        counting = [each for each in fitting if not is_only(self._control, each.organisation)]
        if not counting:
            raise SignOnOnly(REFUSED)
        for each in counting:
            self._renew_hash(each, password)
        return tuple(member_of_id(self._control, each.organisation, each.member) for each in counting)

    def check(self, member: Member, password: str, address: str, now: datetime) -> None:
        """Check the password of one who is signed in, limited as at sign-in; SignInFailed when it is wrong."""
        attempt = self._attempts.begin(_account(member.email), address, _LIMITS, now)
        known = credentials_of(self._control, member.organisation, member.id)
        if not self._passwords.matches(known.password_hash, password):
            self._tell(attempt, [known], address, now)
            raise SignInFailed("this is not your current password")
        self._attempts.forget(attempt, alone=len(credentials_of_email(self._control, member.email)) > 1)

    def _renew_hash(self, known: Credentials, password: str) -> None:
        if known.password_hash is not None and self._passwords.is_outdated(known.password_hash):
            renewed = self._passwords.hash_again(password)
            with self._control.begin() as connection:
                put_password_hash(connection, known.organisation, known.member, renewed)

    def _tell(self, attempt: Attempt, known: list[Credentials], address: str, now: datetime) -> None:
        """Write down that the last attempt there is was used up. Of unknown accounts nothing is: what is typed as an
        e-mail address may be a password.
        """
        if not attempt.last:
            return
        for each in known:
            member = member_of_id(self._control, each.organisation, each.member)
            change = Change("sign_in.fail", "member", member.id, member.email)
            with self._control.begin() as connection:
                write_down(connection, member.organisation, Actor("system", None, "Outlay", address), change, now)


def _account(email: str) -> str:
    return f"password\n{email_key(email)}"
