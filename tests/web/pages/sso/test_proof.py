"""A provider that still knows a browser lets it in without asking anybody: that is no proof of who is there now."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from outlay.access.proof import FRESH
from outlay.access.single_sign_on.claims import as_claims
from tests.web.pages.people import Visitor
from tests.web.pages.sso.signing_on import Office, office_at


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path / "data") as found:
        ada = found.people.ada
        found.provider.has("ada", email=ada.email, email_verified=True)
        yield found


def says_when(office: Office, ago: timedelta | None) -> None:
    """Have the provider say when it last asked somebody who they are; None where it doesn't say."""
    moment = None if ago is None else int((office.people.site.clock.now() - ago).timestamp())

    def told(claims: dict[str, Any]) -> dict[str, Any]:
        others = {name: value for name, value in claims.items() if name != "auth_time"}
        return others if moment is None else others | {"auth_time": moment}

    office.provider.tamper = told


def signed_in(office: Office) -> Visitor:
    visitor = office.people.nobody()
    assert office.signs_in(visitor).status_code == 303
    return visitor


def test_who_the_provider_let_pass_shows_it_to_the_provider_again(office: Office) -> None:
    says_when(office, FRESH)
    ada = signed_in(office)
    asked = ada.get("/keys/new")
    assert asked.headers["location"] == "/account/proof?next=/keys/new"
    page = ada.get(asked.headers["location"]).text
    assert 'type="password"' not in page  # hers would let nobody in where single sign-on is the only way
    found = re.search(r'href="(/sign-in/sso/[^"]+)">Continue with Corp<', page)
    assert found is not None
    there = ada.get(unescape(found[1])).headers["location"]
    query = parse_qs(urlsplit(there).query)
    assert (query["prompt"], query["max_age"], query["login_hint"]) == (["login"], ["0"], [office.people.ada.email])
    before = ada.session
    says_when(office, timedelta(0))
    # Whether it asks is the provider's business, and what it says of it is what counts.
    back = ada.get(office.returns(there.replace("prompt=login&", "")))
    assert (back.status_code, back.headers["location"]) == (303, "/keys/new")
    assert ada.session != before
    assert ada.get("/keys/new").status_code == 200


@pytest.mark.parametrize("ago", [timedelta(0), FRESH - timedelta(minutes=1), -timedelta(minutes=1), None])
def test_who_showed_it_a_moment_ago_is_not_asked_again(office: Office, ago: timedelta | None) -> None:
    """Nor whoever's provider doesn't say when that was; a clock of its own that runs ahead makes no proof longer."""
    says_when(office, ago)
    ada = signed_in(office)
    assert ada.get("/keys/new").status_code == 200
    office.people.site.clock.move(FRESH)
    assert ada.get("/keys/new").status_code == 303


@pytest.mark.parametrize("stated", [True, 1e300, -1e300, float("nan"), "yesterday", None, [1], -1, 10**30])
def test_no_moment_that_a_provider_may_state_breaks_a_sign_in(stated: object) -> None:
    claims = as_claims({"sub": "ada", "auth_time": stated}, "")
    assert claims.shown_at is None or claims.shown_at.year in {1969, 1970}
