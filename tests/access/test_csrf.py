"""Forms from elsewhere change nothing."""

import base64
from datetime import timedelta

import pytest

from outlay.access.csrf import check_csrf, check_origin, csrf_token
from outlay.access.sessions import Session, Sessions
from outlay.control.database import Control
from outlay.errors import CsrfFailed
from outlay.testing import FrozenClock
from tests.access.conftest import People

_OWN = "https://outlay.example.com"


@pytest.fixture
def session(control: Control, people: People, clock: FrozenClock) -> Session:
    return Sessions(control, timedelta(hours=1)).open(people.owner, clock.now())[1]


def test_every_page_has_another_token_and_all_are_good(session: Session) -> None:
    tokens = {csrf_token(session) for _ in range(5)}
    assert len(tokens) == 5
    for token in tokens:
        check_csrf(session, token)


def test_a_token_is_good_for_its_session_only(
    control: Control, session: Session, people: People, clock: FrozenClock
) -> None:
    for member in (people.owner, people.stranger):
        _, another = Sessions(control, timedelta(hours=1)).open(member, clock.now())
        with pytest.raises(CsrfFailed, match="reload"):
            check_csrf(session, csrf_token(another))


def test_a_token_changed_anywhere_is_refused(session: Session) -> None:
    raw = base64.urlsafe_b64decode(csrf_token(session))
    for place in range(len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(CsrfFailed):
            check_csrf(session, base64.urlsafe_b64encode(bytes(changed)).decode())


@pytest.mark.parametrize("token", [None, "", "x", "=", "é", "\ud800", "A" * 64, "A" * 100_000])
def test_what_is_no_token_is_refused(session: Session, token: str | None) -> None:
    with pytest.raises(CsrfFailed):
        check_csrf(session, token)


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        pytest.param(_OWN, "same-origin", id="our own page"),
        pytest.param("HTTPS://Outlay.Example.Com", None, id="case"),
        pytest.param("http://outlay.example.com", "same-origin", id="behind a proxy that ends https"),
        pytest.param(None, "none", id="typed by the person"),
        pytest.param(None, None, id="no browser"),
        pytest.param(_OWN, None, id="old browser"),
    ],
)
def test_our_own_pages_pass(origin: str | None, site: str | None) -> None:
    check_origin(_OWN, origin, site)


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        pytest.param("https://evil.example", "cross-site", id="another site"),
        pytest.param("https://blog.example.com", "same-site", id="a neighbour under the same domain"),
        pytest.param(None, "cross-site", id="another site, origin withheld"),
        pytest.param("null", None, id="sandboxed frame"),
        pytest.param("", None, id="empty"),
        pytest.param("https://outlay.example.com.evil.example", None, id="our name as a prefix"),
        pytest.param("https://outlay.example.com:8443", None, id="another port"),
        pytest.param("https://evil.example", "none", id="contradiction"),
        pytest.param(_OWN, "garbage", id="unknown word"),
    ],
)
def test_everything_else_is_refused(origin: str | None, site: str | None) -> None:
    with pytest.raises(CsrfFailed):
        check_origin(_OWN, origin, site)
