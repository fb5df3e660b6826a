"""A second factor: codes that are taken once, recovery codes, guessing that ends, and seals."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import select

from outlay.access.attempts import WINDOW
from outlay.access.rotation import rotate
from outlay.access.second_factor import CODES, SecondFactors, count_with_second_factor, remove_second_factor
from outlay.access.secrets import SecretKeys
from outlay.access.totp import STEP_SECONDS, code_at, enrolment_uri, new_secret, step_at, step_of
from outlay.control.database import Control
from outlay.control.members import Member
from outlay.control.sign_in_tables import recovery_codes, second_factors
from outlay.control.trail import SYSTEM, Actor
from outlay.control.trail_tables import audit_entries
from outlay.errors import Conflict, NotFound, SignInFailed, TooManyAttempts
from outlay.testing import FrozenClock
from tests.access.conftest import People

BY = Actor("member", "mem", "Owner", "192.0.2.1")
ELSEWHERE = Actor("member", "mem", "Owner", "198.51.100.9")


@pytest.fixture
def factors(control: Control, tmp_path: Path) -> SecondFactors:
    return SecondFactors(control, SecretKeys(tmp_path))


def set_up(factors: SecondFactors, member: Member, clock: FrozenClock) -> tuple[str, tuple[str, ...]]:
    """Set one up; return its secret and the recovery codes. The code of this moment is used up then."""
    factors.begin(member, clock.now())
    secret = factors.pending(member, "Outlay").secret
    return secret, factors.confirm(member, code_at(secret, step_at(clock.now())), BY, clock.now())


def code(secret: str, clock: FrozenClock) -> str:
    return code_at(secret, step_at(clock.now()))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (20000000000, "65353130")],
)
def test_codes_are_those_of_rfc_6238(moment: int, expected: str) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert code_at(secret, moment // STEP_SECONDS) == expected[-6:]


def test_an_authenticator_of_another_maker_agrees() -> None:
    secret, now = new_secret(), datetime(2026, 10, 20, 12, tzinfo=UTC)
    other = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303
    assert step_of(secret, other.generate(int(now.timestamp())).decode(), now) == step_at(now)


@pytest.mark.parametrize(("seconds", "taken"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_clocks_may_differ_by_one_step(seconds: int, *, taken: bool) -> None:
    secret, now = new_secret(), datetime(2026, 10, 20, 12, tzinfo=UTC)
    shown = code_at(secret, step_at(now + timedelta(seconds=seconds)))
    assert (step_of(secret, shown, now) is not None) is taken


def test_the_address_of_the_qr_code_names_issuer_and_account() -> None:
    uri = enrolment_uri("ABC", "Outlay Acme: Ltd", "ada@acme.example")
    assert uri.startswith("otpauth://totp/Outlay%20Acme%20%20Ltd:ada%40acme.example?secret=ABC&issuer=Outlay%20Acme")


def test_it_is_in_force_once_its_app_has_shown_a_code(
    factors: SecondFactors, people: People, clock: FrozenClock
) -> None:
    factors.begin(people.owner, clock.now())
    assert factors.of(people.owner) is None
    with pytest.raises(SignInFailed):
        factors.confirm(people.owner, "000000", BY, clock.now())
    secret, codes = set_up(factors, people.owner, clock)
    found = factors.of(people.owner)
    assert found is not None
    assert (found.since, found.codes_left) == (clock.now(), CODES)
    assert len(set(codes)) == CODES
    assert factors.of(people.mate) is None
    assert factors.of(people.stranger) is None
    with pytest.raises(Conflict):
        factors.begin(people.owner, clock.now())
    with pytest.raises(NotFound):
        factors.pending(people.owner, "Outlay")
    clock.move(timedelta(seconds=STEP_SECONDS))
    factors.check(people.owner, f" {code(secret, clock)[:3]} {code(secret, clock)[3:]} ", BY, clock.now())


def test_a_code_is_taken_once(factors: SecondFactors, people: People, clock: FrozenClock) -> None:
    secret, _ = set_up(factors, people.owner, clock)
    with pytest.raises(SignInFailed):  # the one it was confirmed with
        factors.check(people.owner, code(secret, clock), BY, clock.now())
    clock.move(timedelta(seconds=STEP_SECONDS))
    shown = code(secret, clock)
    factors.check(people.owner, shown, BY, clock.now())
    with pytest.raises(SignInFailed):
        factors.check(people.owner, shown, BY, clock.now())
    with pytest.raises(SignInFailed):  # an older one that was never used: the newer one came first
        factors.check(people.owner, code_at(secret, step_at(clock.now()) - 1), BY, clock.now())


def test_of_many_that_use_a_code_at_once_one_gets_in(
    factors: SecondFactors, people: People, clock: FrozenClock
) -> None:
    secret, _ = set_up(factors, people.owner, clock)
    clock.move(timedelta(seconds=STEP_SECONDS))
    shown = code(secret, clock)

    def use(number: int) -> bool:
        try:
            factors.check(people.owner, shown, Actor("member", None, "", f"192.0.2.{number}"), clock.now())
        except SignInFailed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(use, range(8))) == 1


def test_a_recovery_code_gets_in_once_however_it_is_typed(
    factors: SecondFactors, people: People, clock: FrozenClock
) -> None:
    _, codes = set_up(factors, people.owner, clock)
    factors.check(people.owner, f" {codes[0].upper().replace('-', ' ')} ", BY, clock.now())
    with pytest.raises(SignInFailed):
        factors.check(people.owner, codes[0], BY, clock.now())
    found = factors.of(people.owner)
    assert found is not None
    assert found.codes_left == CODES - 1
    set_up(factors, people.mate, clock)
    with pytest.raises(SignInFailed):  # of another member
        factors.check(people.mate, codes[1], BY, clock.now())
    renewed = factors.renew_codes(people.owner, BY, clock.now())
    with pytest.raises(SignInFailed):
        factors.check(people.owner, codes[1], BY, clock.now())
    factors.check(people.owner, renewed[0], BY, clock.now())


def test_guessing_ends_wherever_it_comes_from(factors: SecondFactors, people: People, clock: FrozenClock) -> None:
    secret, _ = set_up(factors, people.owner, clock)
    clock.move(timedelta(seconds=STEP_SECONDS))
    for _ in range(5):
        with pytest.raises(SignInFailed):
            factors.check(people.owner, "000000", BY, clock.now())
    with pytest.raises(TooManyAttempts, match="too many wrong codes"):
        factors.check(people.owner, code(secret, clock), BY, clock.now())
    for number in range(15):
        with pytest.raises(SignInFailed):
            factors.check(people.owner, "000000", Actor("member", None, "", f"203.0.113.{number}"), clock.now())
    with pytest.raises(TooManyAttempts):
        factors.check(people.owner, code(secret, clock), ELSEWHERE, clock.now())
    set_up(factors, people.mate, clock)  # others are not kept out
    clock.move(WINDOW)
    factors.check(people.owner, code(secret, clock), BY, clock.now())


def test_removing_it_ends_its_recovery_codes_too(
    factors: SecondFactors, control: Control, people: People, clock: FrozenClock
) -> None:
    _, codes = set_up(factors, people.owner, clock)
    assert count_with_second_factor(control, "acme") == (1, 2)
    remove_second_factor(control, people.owner, SYSTEM, clock.now())
    assert factors.of(people.owner) is None
    assert count_with_second_factor(control, "acme") == (0, 2)
    with pytest.raises(SignInFailed):
        factors.check(people.owner, codes[0], BY, clock.now())
    with pytest.raises(NotFound):
        remove_second_factor(control, people.owner, SYSTEM, clock.now())
    with pytest.raises(NotFound):
        factors.renew_codes(people.owner, BY, clock.now())


def test_neither_secret_nor_codes_can_be_read_from_the_database(
    factors: SecondFactors, control: Control, people: People, clock: FrozenClock
) -> None:
    secret, codes = set_up(factors, people.owner, clock)
    with control.read() as connection:
        stored = repr([connection.execute(select(each)).all() for each in (second_factors, recovery_codes)])
        told = repr(connection.execute(select(audit_entries)).all())
    for text in (secret, *codes):
        assert text not in stored + told
        assert text.replace("-", "") not in stored + told
    assert secret not in repr(factors.__class__)


def test_a_new_secret_key_opens_it(
    factors: SecondFactors, control: Control, people: People, clock: FrozenClock, tmp_path: Path
) -> None:
    secret, _ = set_up(factors, people.owner, clock)
    assert rotate(control, SecretKeys(tmp_path), SYSTEM, clock.now()).secrets == 1
    clock.move(timedelta(seconds=STEP_SECONDS))
    factors.check(people.owner, code(secret, clock), BY, clock.now())


def test_the_trail_tells_of_all_of_it(
    factors: SecondFactors, control: Control, people: People, clock: FrozenClock
) -> None:
    _, codes = set_up(factors, people.owner, clock)
    factors.check(people.owner, codes[0], BY, clock.now())
    factors.renew_codes(people.owner, BY, clock.now())
    remove_second_factor(control, people.owner, SYSTEM, clock.now())
    with control.read() as connection:
        told = connection.execute(
            select(audit_entries.c.action)
            .where(audit_entries.c.organisation == "acme")
            .order_by(audit_entries.c.number)
        ).scalars()
        assert list(told)[-4:] == [f"second_factor.{verb}" for verb in ("add", "recover", "renew", "remove")]
