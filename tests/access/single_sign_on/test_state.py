"""What ties an answer to the browser that asked: nothing else opens it, and no second text of it counts."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.access.single_sign_on.state import LASTS, new_secret, new_state, nonce_of, read_state, verifier_of
from outlay.errors import SignInFailed
from outlay.testing import FrozenClock

NOW = FrozenClock().now()
SECRET = new_secret()
STATE = new_state(SECRET, "idp_1", "/calls", NOW)


def test_it_says_what_was_begun_for_as_long_as_it_lasts() -> None:
    begun = read_state(SECRET, STATE, NOW + LASTS - timedelta(seconds=1))
    assert (begun.provider, begun.way) == ("idp_1", "/calls")
    for moment in (NOW + LASTS, NOW - timedelta(seconds=2)):
        with pytest.raises(SignInFailed):
            read_state(SECRET, STATE, moment)


@given(st.integers(0, len(STATE) - 1), st.characters())
def test_no_other_text_counts(place: int, letter: str) -> None:
    other = STATE[:place] + letter + STATE[place + 1 :]
    if other != STATE:
        with pytest.raises(SignInFailed):
            read_state(SECRET, other, NOW)


@given(st.text(max_size=80))
def test_no_other_secret_opens_it(secret: str) -> None:
    with pytest.raises(SignInFailed):
        read_state(secret, STATE, NOW)


def test_every_beginning_has_a_nonce_and_a_verifier_of_its_own() -> None:
    other = new_state(SECRET, "idp_1", "/calls", NOW)
    made = {make(SECRET, state) for make in (nonce_of, verifier_of) for state in (STATE, other)}
    assert len(made) == 4
    assert all(len(each) == 43 for each in made)
