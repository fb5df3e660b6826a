"""Sign-in by password, and that guessing is stopped without locking anyone else out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from outlay.access.attempts import WINDOW
from outlay.access.passwords import Passwords
from outlay.access.sign_in import FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS, SignIn
from outlay.control.credentials import credentials_of, set_password_hash
from outlay.control.database import Control
from outlay.control.member_changes import disable_member
from outlay.control.members import NewMember, create_member
from outlay.control.trail import SYSTEM
from outlay.errors import SignInFailed, TooManyAttempts
from outlay.testing import FrozenClock
from tests.access.conftest import People
from tests.control_engine import everything_in

_PASSWORD = "correct horse battery"
_HERE, _THERE = "192.0.2.1", "198.51.100.9"


class QuickPasswords(Passwords):
    """The same with a cheap hash: these tests are about counting."""

    def __init__(self) -> None:
        super().__init__()
        self._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

    def matches(self, password_hash: str | None, password: str) -> bool:
        return password_hash is not None and super().matches(password_hash, password)


@pytest.fixture
def sign_in(control: Control, people: People, clock: FrozenClock) -> SignIn:
    passwords = QuickPasswords()
    for member in (people.owner, people.stranger):
        set_password_hash(control, member.organisation, member.id, passwords.hash(_PASSWORD), SYSTEM, clock.now())
    return SignIn(control, passwords)


def _guess(sign_in: SignIn, clock: FrozenClock, address: str, email: str = "owner@acme.example") -> None:
    with pytest.raises(SignInFailed):
        sign_in.sign_in(email, "wrong password", address, clock.now())


def test_the_right_password_signs_in(sign_in: SignIn, people: People, clock: FrozenClock) -> None:
    (found,) = sign_in.sign_in(" Owner@ACME.example", _PASSWORD, _HERE, clock.now())
    assert found.id == people.owner.id


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param("owner@acme.example", "wrong password", id="wrong password"),
        pytest.param("nobody@acme.example", _PASSWORD, id="unknown e-mail"),
        pytest.param("mate@acme.example", _PASSWORD, id="member without a password"),
        pytest.param("mate@acme.example", "", id="nothing for nothing"),
        pytest.param("' OR 1=1 --", _PASSWORD, id="SQL"),
        pytest.param("\ud800", "\ud800", id="no text"),
    ],
)
def test_all_else_fails_with_the_same_words(sign_in: SignIn, clock: FrozenClock, email: str, password: str) -> None:
    with pytest.raises(SignInFailed, match=r"^e-mail and password don't match$"):
        sign_in.sign_in(email, password, _HERE, clock.now())


def test_a_disabled_member_can_not_sign_in(
    sign_in: SignIn, control: Control, people: People, clock: FrozenClock
) -> None:
    disable_member(control, "acme", people.mate.id, SYSTEM, clock.now())
    with pytest.raises(SignInFailed):
        sign_in.sign_in("mate@acme.example", _PASSWORD, _HERE, clock.now())


def test_guessing_locks_out_the_address_but_not_the_owner(sign_in: SignIn, clock: FrozenClock) -> None:
    for _ in range(FAILURES_PER_ACCOUNT):
        _guess(sign_in, clock, _HERE)
    with pytest.raises(TooManyAttempts, match="in 15 minutes"):
        sign_in.sign_in("OWNER@acme.example", _PASSWORD, _HERE, clock.now())
    sign_in.sign_in("owner@acme.example", _PASSWORD, _THERE, clock.now())
    sign_in.sign_in("owner@other.example", _PASSWORD, _HERE, clock.now())


def test_the_lock_ends_when_the_message_says(sign_in: SignIn, clock: FrozenClock) -> None:
    for _ in range(FAILURES_PER_ACCOUNT):
        _guess(sign_in, clock, _HERE)
    clock.move(WINDOW - timedelta(seconds=30))
    with pytest.raises(TooManyAttempts, match=r"in 1 minute$"):
        sign_in.sign_in("owner@acme.example", _PASSWORD, _HERE, clock.now())
    clock.move(timedelta(seconds=30))
    sign_in.sign_in("owner@acme.example", _PASSWORD, _HERE, clock.now())


def test_the_right_password_forgets_the_wrong_ones(sign_in: SignIn, clock: FrozenClock) -> None:
    for _ in range(3):
        for _ in range(FAILURES_PER_ACCOUNT - 1):
            _guess(sign_in, clock, _HERE)
        sign_in.sign_in("owner@acme.example", _PASSWORD, _HERE, clock.now())


@pytest.mark.parametrize("way", ["sign_in", "check"])
def test_a_password_of_one_organisation_does_not_free_guesses_at_another(
    sign_in: SignIn, control: Control, clock: FrozenClock, way: str
) -> None:
    """Whoever administers some organisation can invite any address to it, and knows the password chosen there."""
    bait = NewMember(email="owner@acme.example", role="member")
    twin = create_member(control, "other", bait, SYSTEM, clock.now())
    theirs = QuickPasswords().hash("their own good passphrase")
    set_password_hash(control, "other", twin.id, theirs, SYSTEM, clock.now())
    for _ in range(FAILURES_PER_ACCOUNT - 1):
        _guess(sign_in, clock, _HERE)
    if way == "sign_in":
        sign_in.sign_in("owner@acme.example", "their own good passphrase", _HERE, clock.now())
    else:
        sign_in.check(twin, "their own good passphrase", _HERE, clock.now())
    _guess(sign_in, clock, _HERE)
    with pytest.raises(TooManyAttempts):
        sign_in.sign_in("owner@acme.example", _PASSWORD, _HERE, clock.now())


def test_one_address_can_not_try_every_account(sign_in: SignIn, clock: FrozenClock) -> None:
    for number in range(FAILURES_PER_ADDRESS):
        _guess(sign_in, clock, _HERE, f"someone-{number}@acme.example")
    with pytest.raises(TooManyAttempts):
        sign_in.sign_in("owner@acme.example", _PASSWORD, _HERE, clock.now())


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        pytest.param("2001:db8::1", "2001:db8::ffff:2", TooManyAttempts, id="one network"),
        pytest.param("2001:db8::1", "2001:db8:0:1::1", SignInFailed, id="two networks"),
        pytest.param("192.0.2.1", "::ffff:192.0.2.1", TooManyAttempts, id="IPv4 in IPv6"),
        pytest.param("192.0.2.1", "192.0.2.2", SignInFailed, id="two hosts"),
        pytest.param("unix:", "unix:", TooManyAttempts, id="no address at all"),
    ],
)
def test_what_counts_as_one_address(
    sign_in: SignIn, clock: FrozenClock, first: str, second: str, outcome: type[Exception]
) -> None:
    for _ in range(FAILURES_PER_ACCOUNT):
        _guess(sign_in, clock, first)
    with pytest.raises(outcome):
        sign_in.sign_in("owner@acme.example", "wrong password", second, clock.now())


def test_guesses_sent_at_once_are_all_counted(sign_in: SignIn, clock: FrozenClock) -> None:
    def guess(number: int) -> type[Exception]:
        try:
            sign_in.sign_in("owner@acme.example", f"wrong password {number}", _HERE, clock.now())
        except (SignInFailed, TooManyAttempts) as error:
            return type(error)
        raise AssertionError("a wrong password signed in")

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(40)))
    assert outcomes.count(SignInFailed) == FAILURES_PER_ACCOUNT


def test_an_old_hash_is_replaced_at_sign_in(control: Control, people: People, clock: FrozenClock) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(_PASSWORD)
    set_password_hash(control, "acme", people.owner.id, weak, SYSTEM, clock.now())
    passwords = QuickPasswords()
    SignIn(control, passwords).sign_in(people.owner.email, _PASSWORD, _HERE, clock.now())
    credentials = credentials_of(control, "acme", people.owner.id)
    assert credentials.password_hash is not None
    assert not passwords.is_outdated(credentials.password_hash)


def test_a_password_typed_as_email_is_stored_nowhere(sign_in: SignIn, clock: FrozenClock, control: Control) -> None:
    _guess(sign_in, clock, _HERE, "my secret password")
    assert b"my secret password" not in everything_in(control)
