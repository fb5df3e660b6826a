"""Passwords: what is taken, what matches, and that nothing tells whether an account exists."""

import time
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher

from outlay.access import passwords as module
from outlay.access.passwords import Passwords
from outlay.errors import InputError

_PASSWORD = "correct horse battery"


def test_a_password_matches_its_hash_and_no_other(passwords: Passwords) -> None:
    stored = passwords.hash(_PASSWORD)
    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, _PASSWORD)
    assert not passwords.matches(stored, _PASSWORD + " ")
    assert passwords.hash(_PASSWORD) != stored


def test_two_unicode_forms_are_one_password(passwords: Passwords) -> None:
    assert passwords.matches(passwords.hash("Zürich im Winter"), "Zu\u0308rich im Winter")


@pytest.mark.parametrize(("password", "reason"), [("short", "too short"), ("x" * 257, "too long")])
def test_a_password_out_of_bounds_is_refused(passwords: Passwords, password: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        passwords.hash(password)


@pytest.mark.parametrize(
    ("stored", "password"),
    [
        pytest.param(None, _PASSWORD, id="no password was ever set"),
        pytest.param("", _PASSWORD, id="an empty hash"),
        pytest.param("not a hash", _PASSWORD, id="a broken hash"),
        pytest.param(None, "", id="nothing typed"),
        pytest.param(None, "\ud800 lone surrogate", id="no valid text"),
    ],
)
def test_what_can_not_match_does_not(passwords: Passwords, stored: str | None, password: str) -> None:
    assert not passwords.matches(stored, password)


def test_a_longer_password_is_not_cut_to_a_right_one(passwords: Passwords) -> None:
    longest = f"{_PASSWORD} {'x' * 256}"[:256]
    stored = passwords.hash(longest)
    assert passwords.matches(stored, longest)
    assert not passwords.matches(stored, longest + "x")


def test_the_hash_of_nobody_costs_what_todays_hashes_cost(passwords: Passwords) -> None:
    assert not passwords.is_outdated(module._NOBODY)
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(_PASSWORD))


def test_an_unknown_account_takes_as_long_as_a_wrong_password(passwords: Passwords) -> None:
    stored = passwords.hash(_PASSWORD)

    def fastest(check: Callable[[], bool]) -> float:
        durations = []
        for _ in range(5):
            begin = time.perf_counter()
            check()
            durations.append(time.perf_counter() - begin)
        return min(durations)

    known, unknown = fastest(lambda: passwords.matches(stored, "wrong")), fastest(lambda: passwords.matches(None, "w"))
    assert 0.4 < unknown / known < 2.5
