"""Signing in by a real OpenID provider: who comes in, as whom, and every answer that must not be taken."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from outlay.control.member_changes import disable_member
from outlay.control.sign_on_checks import ProviderSettings
from outlay.control.tenancy import resume_organisation, suspend_organisation
from outlay.control.trail import SYSTEM
from outlay.errors import NotFound
from tests.openid_provider import OpenIdProvider, openid_provider
from tests.web.pages.sso.signing_on import Office, office_at, with_query

DIANA: Final = {"email": "diana@acme.example", "email_verified": True, "name": "Diana"}


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture
def office(standing: Office) -> Iterator[Office]:
    """The office with its provider as it should be."""
    provider = standing.provider
    provider.tamper, provider.sign, provider.metadata = None, provider.signed, {}
    standing.change(trusts_emails=False, creates_members=True, enabled=True, groups_claim="groups")
    yield standing
    standing.change(enabled=True)


def refused(office: Office, says: str, **came_back: str | None) -> None:
    """Check that a sign-in comes to nothing and says why."""
    visitor = office.people.nobody()
    address = office.returns(office.leaves(visitor))
    page = visitor.get(with_query(address, **came_back) if came_back else address)
    assert page.status_code in {401, 403}
    assert says.lower() in page.text.lower()
    assert not visitor.session


def test_who_is_no_member_yet_becomes_one_and_comes_back_as_the_same(office: Office) -> None:
    office.provider.has("diana", **DIANA)
    visitor = office.people.nobody()
    answer = office.signs_in(visitor, "?next=/calls")
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls")
    assert visitor.get("/calls").status_code == 200
    made = office.member("diana@acme.example")
    assert (made.name, made.role, made.has_password) == ("Diana", "member", False)
    assert made.user == "diana@acme.example", "what she spends is hers"
    office.provider.has("diana", **DIANA | {"email": "married@acme.example"})
    office.signs_in(office.people.nobody())
    assert office.member("diana@acme.example") == made
    with pytest.raises(NotFound):
        office.member("married@acme.example")


def test_a_session_that_was_there_before_ends(office: Office) -> None:
    office.provider.has("diana", **DIANA)
    visitor = office.people.browser_of(office.people.lin)
    before = visitor.session
    office.signs_in(visitor)
    assert visitor.session != before
    visitor.cookies["outlay_session"] = before
    assert visitor.get("/calls").status_code == 303


def test_a_member_is_linked_by_a_verified_email_once(office: Office) -> None:
    office.provider.has("lin-at-corp", email="LIN@acme.example", email_verified=True, name="Somebody")
    assert office.signs_in(office.people.nobody()).status_code == 303
    linked = office.member("lin@acme.example")
    assert (linked.id, linked.name, linked.role) == (office.people.lin.id, "Lin", "lead")
    office.provider.has("another-lin", email="lin@acme.example", email_verified=True)
    refused(office, "another account of this provider is linked")


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        pytest.param({"email": "ada@acme.example"}, "does not say that ada@acme.example is verified", id="not said"),
        pytest.param({"email": "ada@acme.example", "email_verified": False}, "is verified", id="said not to be"),
        pytest.param({"email": "ada@acme.example", "email_verified": "1"}, "is verified", id="no truth"),
        pytest.param({"email": "eve@others.example", "email_verified": True}, "is in no domain", id="another domain"),
        pytest.param(
            {"email": "ada@acme.example.evil.example", "email_verified": True}, "is in no domain", id="a longer domain"
        ),
        pytest.param({"email_verified": True}, "told no e-mail address", id="no address"),
        pytest.param({"email": ["ada@acme.example"], "email_verified": True}, "told no e-mail", id="no text"),
    ],
)
def test_nobody_is_linked_by_an_address_that_is_not_theirs(office: Office, claims: dict[str, Any], says: str) -> None:
    office.provider.has("stranger", **claims)
    office.provider.tamper = lambda token: {name: token[name] for name in token if name not in DIANA} | claims
    refused(office, says)


def test_addresses_that_are_not_verified_count_where_the_organisation_answers_for_them(office: Office) -> None:
    office.change(trusts_emails=True)
    office.provider.has("trusted", email="trusted@acme.example")
    assert office.signs_in(office.people.nobody()).status_code == 303
    assert office.member("trusted@acme.example").role == "member"


def test_strangers_become_no_members_where_that_is_off(office: Office) -> None:
    office.change(creates_members=False)
    office.provider.has("guest", email="guest@acme.example", email_verified=True)
    refused(office, "ask an admin of your organisation to invite you")


def test_whose_access_has_ended_stays_out(office: Office) -> None:
    office.provider.has("gone", email="gone@acme.example", email_verified=True)
    office.signs_in(office.people.nobody())
    control, now = office.people.site.outlay.control, office.people.site.clock.now()
    disable_member(control, "default", office.member("gone@acme.example").id, SYSTEM, now)
    refused(office, "your access has ended")


def changed(**claims: Any) -> Any:
    return lambda token: {name: value for name, value in (token | claims).items() if value is not None}


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(changed(nonce="another"), id="another nonce"),
        pytest.param(changed(nonce=None), id="no nonce"),
        pytest.param(changed(iss="https://accounts.example"), id="another issuer"),
        pytest.param(changed(iss=None), id="no issuer"),
        pytest.param(changed(aud=["somebody-else"]), id="another audience"),
        pytest.param(changed(aud=["outlay", "somebody-else"], azp=None), id="two audiences and nobody authorised"),
        pytest.param(changed(azp="somebody-else"), id="authorised somebody else"),
        pytest.param(changed(exp=1_700_000_000), id="expired"),
        pytest.param(changed(exp=None), id="never expires"),
        pytest.param(changed(iat=None), id="never issued"),
        pytest.param(changed(iat=4_000_000_000), id="issued in the future"),
        pytest.param(changed(sub=None), id="about nobody"),
        pytest.param(changed(sub=""), id="about an empty name"),
        pytest.param(changed(sub=7), id="about a number"),
        pytest.param(changed(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), id="for another access token"),
    ],
)
def test_a_token_that_does_not_answer_what_was_asked_is_refused(office: Office, tamper: Any) -> None:
    office.provider.has("diana", **DIANA)
    office.provider.tamper = tamper
    refused(office, "ID token does not count")


def unsigned(claims: dict[str, Any]) -> str:
    header, body = (
        base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in ({"alg": "none"}, claims)
    )
    return f"{header}.{body}."


def signed_with_the_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("a-secret-that-only-both-know" * 2))


def signed_by_another(claims: dict[str, Any]) -> str:
    return OpenIdProvider("https://another.example").signed(claims)


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(unsigned, id="alg none"),
        pytest.param(signed_with_the_secret, id="alg HS256 with the client secret"),
        pytest.param(signed_by_another, id="another key"),
        pytest.param(lambda _: "no.token", id="no token"),
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda _: "a" * 100_000, id="too long"),
    ],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(office: Office, sign: Any) -> None:
    office.provider.has("diana", **DIANA)
    office.provider.sign = sign
    refused(office, "ID token")


def test_another_key_under_the_same_name_is_refused(office: Office) -> None:
    office.provider.has("diana", **DIANA)
    kid = office.provider.keys()[0]["kid"]
    other = OpenIdProvider("https://another.example")
    office.provider.sign = lambda claims: other.signed(claims, kid=kid)
    refused(office, "ID token does not count")


def test_new_keys_of_the_provider_are_fetched(office: Office) -> None:
    office.provider.has("diana", **DIANA)
    assert office.signs_in(office.people.nobody()).status_code == 303
    office.provider.change_keys()
    office.provider.asked.clear()
    assert office.signs_in(office.people.nobody()).status_code == 303
    assert office.provider.asked.count("/jwks") == 1
    assert office.signs_in(office.people.nobody()).status_code == 303
    assert office.provider.asked.count("/jwks") == 1


def test_an_answer_is_taken_once(office: Office) -> None:
    office.provider.has("diana", **DIANA)
    visitor = office.people.nobody()
    address = office.returns(office.leaves(visitor))
    secret = visitor.cookies["outlay_sign_on"]
    assert visitor.get(address).status_code == 303
    assert "outlay_sign_on" not in visitor.cookies
    thief = office.people.nobody()
    thief.cookies["outlay_sign_on"] = secret
    assert thief.get(address).status_code == 401
    assert not thief.session


def test_an_answer_counts_in_the_browser_that_asked_alone(office: Office) -> None:
    office.provider.has("diana", **DIANA)
    address = office.returns(office.leaves(office.people.nobody()))
    victim = office.people.nobody()
    assert victim.get(address).status_code == 401
    office.leaves(victim)  # also when that browser is about to sign in itself
    assert victim.get(address).status_code == 401
    assert not victim.session


@pytest.mark.parametrize(
    "state", [pytest.param(None, id="none"), pytest.param("", id="empty"), pytest.param("x" * 60, id="made up")]
)
def test_an_answer_without_a_true_state_is_refused(office: Office, state: str | None) -> None:
    office.provider.has("diana", **DIANA)
    refused(office, "begun in another browser", state=state)


def test_an_answer_that_comes_too_late_is_refused(office: Office) -> None:
    office.provider.has("diana", **DIANA)
    visitor = office.people.nobody()
    address = office.returns(office.leaves(visitor))
    office.people.site.clock.move(timedelta(minutes=10))
    try:
        assert visitor.get(address).status_code == 401
    finally:
        office.people.site.clock.move(timedelta(minutes=-10))


@pytest.mark.parametrize(
    "iss", [pytest.param("https://evil.example", id="another"), pytest.param(None, id="none, where it says it says so")]
)
def test_an_answer_of_another_provider_is_refused(office: Office, iss: str | None) -> None:
    office.people.site.clock.move(timedelta(hours=2))  # what the provider publishes is read anew
    office.provider.metadata = {"authorization_response_iss_parameter_supported": True}
    office.provider.has("diana", **DIANA)
    try:
        refused(office, "another provider answered", iss=iss)
    finally:
        office.people.site.clock.move(timedelta(hours=-2))


def test_an_answer_to_the_address_of_another_provider_is_refused(office: Office) -> None:
    with openid_provider() as evil:
        settings = ProviderSettings(
            name="Evil", issuer=evil.issuer, client_id="outlay", domains=("acme.example",), allow_private=True
        )
        other = office.book.add("others", settings, None, SYSTEM)
        office.provider.has("diana", **DIANA)
        visitor = office.people.nobody()
        address = office.returns(office.leaves(visitor)).replace(office.kept.id, other.id)
        page = visitor.get(address)
        assert page.status_code == 403
        assert "Another provider answered" in page.text
        assert evil.asked == []


def test_what_the_provider_says_of_its_error_is_not_repeated(office: Office) -> None:
    visitor = office.people.nobody()
    office.leaves(visitor)
    page = visitor.get(f"{office.start}/callback?error=%3Cscript%3E&error_description=call+0900")
    assert page.status_code == 403
    assert "0900" not in page.text
    assert "script&gt;" not in page.text
    assert "did not let you in" in visitor.get(f"{office.start}/callback?error=access_denied").text


@pytest.mark.parametrize("way", ["//evil.example", "https://evil.example/", "/\\evil.example", "/sign-out", ""])
def test_it_leads_nowhere_else_afterwards(office: Office, way: str) -> None:
    office.provider.has("diana", **DIANA)
    answer = office.signs_in(office.people.nobody(), f"?next={way}")
    assert answer.headers["location"] == "/"


def test_a_provider_that_is_off_or_gone_signs_nobody_in(office: Office) -> None:
    visitor = office.people.nobody()
    address = office.returns(office.leaves(visitor))
    office.change(enabled=False)
    assert visitor.get(address).status_code == 403
    assert office.people.nobody().get(office.start).status_code == 404
    assert office.people.nobody().get("/sign-in/sso/idp_none").status_code == 404
    assert office.people.nobody().get("/sign-in/sso/%ED%A0%80").status_code == 404


def test_a_suspended_organisation_lets_nobody_in(office: Office) -> None:
    control, clock = office.people.site.outlay.control, office.people.site.clock
    visitor = office.people.nobody()
    office.provider.has("diana", **DIANA)
    address = office.returns(office.leaves(visitor))
    suspend_organisation(control, "default", SYSTEM, clock.now())
    clock.move(timedelta(seconds=2))
    try:
        for page in (visitor.get(address), office.people.nobody().get(office.start)):
            assert page.status_code == 403
            assert "suspended" in page.text
    finally:
        resume_organisation(control, "default", SYSTEM, clock.now())
        clock.move(timedelta(seconds=2))
    assert not visitor.session


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        pytest.param({"issuer": "https://accounts.example"}, "by another issuer", id="another issuer"),
        pytest.param({"token_endpoint": None}, "token_endpoint", id="no token endpoint"),
        pytest.param({"authorization_endpoint": "javascript:alert(1)"}, "can&#39;t be used", id="no address"),
        pytest.param({"jwks_uri": "file:///etc/passwd"}, "can&#39;t be used", id="a file"),
    ],
)
def test_metadata_that_lead_elsewhere_are_refused(office: Office, metadata: dict[str, Any], says: str) -> None:
    office.people.site.clock.move(timedelta(hours=2))
    office.provider.metadata = metadata
    try:
        page = office.people.nobody().get(office.start)
    finally:
        office.people.site.clock.move(timedelta(hours=-2))
    assert page.status_code == 403
    assert says in page.text


def test_the_private_network_is_not_called_unless_it_was_allowed(office: Office) -> None:
    settings = ProviderSettings(name="Inside", issuer="https://localhost:9", client_id="x", domains=("inside.example",))
    inside = office.book.add("others", settings, None, SYSTEM)
    page = office.people.nobody().get(f"/sign-in/sso/{inside.id}")
    assert page.status_code == 403
    assert "may not be called" in page.text


def test_an_address_leads_to_the_providers_of_its_domain(office: Office) -> None:
    page = office.people.nobody().get("/sign-in/sso?email=Somebody%40ACME.example&next=/calls")
    assert f'href="/sign-in/sso/{office.kept.id}?next=/calls&amp;email=Somebody@ACME.example"' in unquote(page.text)
    assert "Acme: continue with Corp" in page.text
    assert "No organisation signs in" in office.people.nobody().get("/sign-in/sso?email=a%40b.example").text
    at_provider = office.leaves(office.people.nobody(), "?email=somebody%40acme.example")
    assert "login_hint=somebody%40acme.example" in at_provider
