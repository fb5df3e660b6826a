"""The page that single sign-on and SCIM are set up on, and what happens when single sign-on is the only way in."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import pytest

from outlay.access.links import create_invitation, create_link
from outlay.access.sessions import Opening, Sessions
from outlay.access.sign_in_steps import SignInSteps, first_step
from outlay.audit.entries import Wanted, look_for
from outlay.control.sign_on_providers import ProviderBook, new_provider_id
from outlay.control.tenancy import delete_organisation
from outlay.control.trail import SYSTEM
from outlay.web.browsers import STEP_COOKIE
from tests.mail_server import HOST, MailTaker, mail_taker
from tests.openid_provider import SECRET
from tests.web.pages.people import PASSWORD, People, Visitor, people_at
from tests.web.pages.sso.signing_on import HERE, Office, office_at

SIGN_ON: Final = "/settings/sign-on"
OKTA: Final = {
    "name": "Okta",
    "issuer": "https://acme.okta.example/oauth2/default",
    "client_id": "0oa1",
    "secret": SECRET,
    "domains": "acme.example, acme.test",
    "scopes": "openid email profile groups",
    "groups_claim": "groups",
    "default_role": "member",
    "creates_members": "1",
    "enabled": "1",
}


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with people_at(tmp_path / "data") as found:
        yield found


@pytest.fixture
def admin(people: People) -> Visitor:
    return people.browser_of(people.ada, page=SIGN_ON)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path / "data") as found:
        yield found


def book_of(people: People) -> ProviderBook:
    outlay = people.site.outlay
    return ProviderBook(outlay.control, outlay.secrets, outlay.clock)


def added(admin: Visitor, **fields: str) -> Any:
    return admin.post(f"{SIGN_ON}/new", **OKTA | {"id": new_provider_id()} | fields)


def test_a_provider_is_added_changed_and_removed_and_its_secret_never_shown(people: People, admin: Visitor) -> None:
    form = admin.get(f"{SIGN_ON}/new").text
    provider = re.search(r'name="id" value="(idp_\w+)"', form)
    assert provider
    assert f"http://testserver/sign-in/sso/{provider[1]}/callback" in form
    assert added(admin, id=provider[1]).status_code == 303
    kept = book_of(people).one_of("default", provider[1])
    assert kept.settings.domains == ("acme.example", "acme.test")
    assert book_of(people).secret_of(kept) == SECRET
    edit = f"{SIGN_ON}/{kept.id}/edit"
    changed = admin.post(edit, **OKTA | {"secret": "", "name": "Okta 2", "domains": "acme.example"})
    assert changed.status_code == 303
    kept = book_of(people).one_of("default", kept.id)
    assert (kept.name, kept.settings.domains) == ("Okta 2", ("acme.example",))
    assert book_of(people).secret_of(kept) == SECRET
    for page in (SIGN_ON, edit, f"{SIGN_ON}/{kept.id}/remove"):
        assert SECRET not in admin.get(page).text
    assert admin.post(edit, **OKTA | {"secret": "", "forget": "1"}).status_code == 303
    assert book_of(people).one_of("default", kept.id).secret is None
    assert admin.post(f"{SIGN_ON}/{kept.id}/remove").status_code == 303
    assert book_of(people).all_of("default") == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"issuer": "http://acme.okta.example"}, "issuer"),
        ({"issuer": "https://127.0.0.1"}, "issuer"),
        ({"issuer": "https://169.254.169.254/latest"}, "issuer"),
        ({"issuer": "https://user:pw@acme.okta.example"}, "issuer"),
        ({"issuer": "javascript:alert(1)"}, "issuer"),
        ({"issuer": "https://acme.okta.example:99999"}, "issuer"),
        ({"client_id": "with a blank"}, "client_id"),
        ({"secret": "with a blank"}, "secret"),
        ({"domains": ""}, "domains"),
        ({"domains": "*"}, "domains"),
        ({"domains": "example"}, "domains"),
        ({"scopes": "email"}, "scopes"),
        ({"default_role": "owner"}, "default_role"),
    ],
)
def test_what_can_be_no_provider_is_refused_beside_its_field(
    people: People, admin: Visitor, fields: dict[str, str], field: str
) -> None:
    page = added(admin, **fields)
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text
    assert SECRET not in page.text
    assert book_of(people).all_of("default") == []


def test_the_trail_tells_of_another_secret_that_ends_alike(people: People, admin: Visitor) -> None:
    provider = new_provider_id()
    assert added(admin, id=provider).status_code == 303
    assert admin.post(f"{SIGN_ON}/{provider}/edit", **OKTA | {"secret": f"another-{SECRET}"}).status_code == 303
    newest = look_for(people.site.outlay.control, "default", Wanted(action="sign_on.change"), None, 1).entries[0]
    assert newest.before == newest.after == {"secret": f"••••{SECRET[-4:]}"}


def test_a_secret_does_not_move_to_another_host(people: People, admin: Visitor) -> None:
    added(admin)
    kept = book_of(people).all_of("default")[0]
    moved = OKTA | {"issuer": "https://evil.example", "secret": ""}
    page = admin.post(f"{SIGN_ON}/{kept.id}/edit", **moved)
    assert page.status_code == 422
    assert "enter the client secret again" in page.text.lower()
    assert book_of(people).one_of("default", kept.id).settings.issuer == OKTA["issuer"]


def test_the_private_network_is_opened_by_the_operator_alone(admin: Visitor) -> None:
    assert added(admin, issuer="https://10.0.0.7", private="1").status_code == 422
    assert "It lies in the private network" not in admin.get(f"{SIGN_ON}/new").text


def test_names_and_ids_are_each_used_once(people: People, admin: Visitor) -> None:
    added(admin)
    assert added(admin).status_code == 409
    kept = book_of(people).all_of("default")[0]
    assert added(admin, name="Other", id=kept.id).status_code == 409
    assert added(admin, name="Other", id="idp_x").status_code == 422


def test_groups_are_mapped_and_unmapped(admin: Visitor) -> None:
    rules = f"{SIGN_ON}/groups"
    assert admin.post(rules, group="<finance>", role="billing", teams="core, growth").status_code == 303
    page = admin.get(SIGN_ON).text
    assert "&lt;finance&gt;" in page
    assert "core, growth" in page
    for wrong in ({"group": ""}, {"group": "x", "role": "owner"}, {"group": "x", "role": "", "teams": ""}):
        assert admin.post(rules, **{"role": "", "teams": ""} | wrong).status_code == 422
    assert admin.post(f"{rules}/remove", group="<finance>").status_code == 303
    assert admin.post(f"{rules}/remove", group="<finance>").status_code == 404
    assert "&lt;finance&gt;" not in admin.get(SIGN_ON).text


def test_a_scim_token_is_shown_once_and_works_until_it_is_revoked(people: People, admin: Visitor) -> None:
    made = admin.post(f"{SIGN_ON}/scim")
    assert made.status_code == 201
    token = re.search(r'value="(outlay_scim_\w+)"', made.text)
    assert token
    assert token[1] not in admin.get(SIGN_ON).text
    headers = {"authorization": f"Bearer {token[1]}"}
    assert people.site.client.get("/scim/v2/Users", headers=headers).json()["totalResults"] == 2
    assert admin.post(f"{SIGN_ON}/scim").status_code == 201
    assert admin.post(f"{SIGN_ON}/scim").status_code == 409
    for found in re.findall(r'action="(/settings/sign-on/scim/\w+/revoke)"', admin.get(SIGN_ON).text):
        assert admin.post(found).status_code == 303
    assert people.site.client.get("/scim/v2/Users", headers=headers).status_code == 401


def test_a_test_says_whether_the_provider_answers(office: Office) -> None:
    admin = office.people.browser_of(office.people.ada, page=SIGN_ON)
    assert "answers and publishes 1 key" in admin.post(f"{SIGN_ON}/{office.kept.id}/test").text
    office.provider.metadata = {"issuer": "https://accounts.example"}
    assert "by another issuer" in admin.post(f"{SIGN_ON}/{office.kept.id}/test").text


def test_single_sign_on_can_be_the_only_way_in(office: Office) -> None:
    people, ada = office.people, office.people.ada
    admin = people.browser_of(ada, page=SIGN_ON)
    refused = admin.post(f"{SIGN_ON}/only", only="1")
    assert refused.status_code == 409
    assert "once before" in refused.text
    office.provider.has("ada", email=ada.email, email_verified=True)
    assert office.signs_in(people.nobody()).status_code == 303
    assert admin.post(f"{SIGN_ON}/only", only="1").status_code == 303
    page = people.nobody().post("/sign-in", email=ada.email, password=PASSWORD)
    assert page.status_code == 401
    assert "single sign-on only" in page.text
    assert people.nobody().post("/sign-in", email=ada.email, password="wrong").status_code == 401
    control, now = people.site.outlay.control, people.site.clock.now()
    lins = create_link(control, people.lin, SYSTEM, now)
    assert people.nobody().post("/sign-in/link", token=lins).status_code == 401
    for purpose in ("mailed", "password_reset", "invitation"):
        token = create_link(control, ada, SYSTEM, now, purpose)
        path = {"mailed": "link", "password_reset": "new-password", "invitation": "invitation"}[purpose]
        assert people.nobody().get(f"/sign-in/{path}?token={token}").status_code == 401
    way_back = create_link(control, ada, SYSTEM, now)
    assert people.nobody().post("/sign-in/link", token=way_back).status_code == 303
    assert office.signs_in(people.nobody()).status_code == 303
    for path in (f"{SIGN_ON}/{office.kept.id}/remove", f"{SIGN_ON}/{office.kept.id}/edit"):
        form = {name: value for name, value in OKTA.items() if name not in {"enabled", "secret"}}
        assert admin.post(path, **form | {"issuer": office.provider.issuer, "private": "1"}).status_code == 409
    assert people.nobody().post("/sign-in", email="eve@others.example", password=PASSWORD).status_code == 303
    assert admin.post(f"{SIGN_ON}/only", only="").status_code == 303
    assert people.nobody().post("/sign-in", email=ada.email, password=PASSWORD).status_code == 303


def test_no_page_makes_a_link_around_single_sign_on(office: Office) -> None:
    """An admin about to lose access at the provider could else keep a way in."""
    people, ada = office.people, office.people.ada
    admin = people.browser_of(ada, page=SIGN_ON)
    link = f"/settings/members/{ada.id}/link"
    assert admin.post(link).status_code == 201
    office.provider.has("ada", email=ada.email, email_verified=True)
    office.signs_in(people.nobody())
    assert admin.post(f"{SIGN_ON}/only", only="1").status_code == 303
    admin.get(SIGN_ON)
    refused = admin.post(link)
    assert refused.status_code == 409
    assert "outlay members link" in refused.text
    assert "token=" not in refused.text


def test_who_is_invited_where_single_sign_on_is_the_only_way_is_told_to_sign_on(tmp_path: Path) -> None:
    """An invitation would let nobody in: no page or mail makes one, and one from before says why it opens nothing."""
    with mail_taker() as taker:
        mails = {"smtp_url": f"smtp://{HOST}:{taker.port}?tls=none", "mail_from": "outlay@example.com"}
        with office_at(tmp_path / "data", **mails) as office:
            people, ada = office.people, office.people.ada
            early = create_invitation(people.site.outlay.control, people.lin, people.site.clock.now())
            assert people.nobody().get(f"/sign-in/invitation?token={early}").status_code == 200
            office.provider.has("ada", email=ada.email, email_verified=True)
            office.signs_in(people.nobody())
            admin = people.browser_of(ada, page=SIGN_ON)
            admin.post(f"{SIGN_ON}/only", only="1")
            admin.get(SIGN_ON)
            told = admin.post("/settings/members/new", email="bo@acme.example", role="member")
            assert told.status_code == 201
            assert f'value="{HERE}/sign-in/sso?email=bo%40acme.example"' in told.text
            assert "no invitation to accept" in told.text
            assert "has the domain" not in told.text
            elsewhere = admin.post("/settings/members/new", email="bo@elsewhere.example", role="member")
            assert "has the domain of bo@elsewhere.example" in elsewhere.text
            again = admin.post(f"/settings/members/{people.lin.id}/link")
            assert "/sign-in/sso?email=lin%40acme.example" in again.text
            body = first_mail(taker)
            assert "http://127.0.0.1:8400/sign-in/sso?email=bo%40acme.example" in body
            assert "token=" not in body + told.text + again.text
            refused = people.nobody().get(f"/sign-in/invitation?token={early}")
            assert refused.status_code == 401
            assert "single sign-on only" in refused.text
            assert 'href="/sign-in/sso"' in refused.text
            assert "with a password" not in refused.text
            office.provider.has("diana", email="bo@acme.example", email_verified=True)
            assert office.signs_in(people.nobody()).status_code == 303


def first_mail(taker: MailTaker) -> str:
    until = monotonic() + 20
    while not taker.taken:
        assert monotonic() < until, "no mail came"
        sleep(0.02)
    body = taker.taken[0].get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_whoever_came_in_another_way_is_out_once_it_is_the_only_one(office: Office) -> None:
    people, control, ada = office.people, office.people.site.outlay.control, office.people.ada
    now, sessions = people.site.clock.now(), Sessions(office.people.site.outlay.control, timedelta(hours=8))
    office.provider.has("ada", email=ada.email, email_verified=True)
    by_provider = people.nobody()
    office.signs_in(by_provider)
    admin, again, lin, eve = (people.browser_of(each) for each in (ada, ada, people.lin, people.eve))
    _, over = sessions.open(people.eve, now, Opening(others=(ada,)))
    half = people.nobody()
    half.cookies[STEP_COOKIE] = SignInSteps(control).open(first_step((people.lin,), "password", "/"), now)
    assert half.get("/sign-in/code").status_code == 200
    assert admin.post(f"{SIGN_ON}/only", only="1").status_code == 303
    assert [each.get("/account").status_code for each in (admin, by_provider, eve)] == [200] * 3
    assert [each.get("/account").status_code for each in (again, lin)] == [303] * 2
    assert sessions.others_of(over) == []
    assert half.get("/sign-in/code").status_code == 401
    (told,) = look_for(control, ada.organisation, Wanted(), None, 1).entries
    assert (told.action, told.after) == ("setting.change", {"value": True, "sessions_ended": 2})


def test_the_sign_in_page_leads_to_providers(office: Office) -> None:
    page = office.people.nobody().get("/sign-in?next=/calls").text
    assert "/sign-in/sso?next=/calls" in page  # there are two organisations: nobody is shown a stranger's provider
    assert "Corp" not in page


def test_where_there_is_one_organisation_its_providers_are_on_the_sign_in_page(tmp_path: Path) -> None:
    with people_at(tmp_path / "data") as people:
        admin = people.browser_of(people.ada, page=SIGN_ON)
        assert "single sign-on" not in people.nobody().get("/sign-in").text
        added(admin)
        delete_organisation(people.site.outlay.control, "others", SYSTEM, people.site.clock.now())
        page = people.nobody().get("/sign-in?next=/calls").text
        assert re.search(r'href="/sign-in/sso/idp_\w+\?next=/calls">Continue with Okta', page)


def test_groups_of_a_token_give_a_role_and_teams_at_each_sign_in(office: Office) -> None:
    people = office.people
    admin = people.browser_of(people.ada, page=SIGN_ON)
    admin.post(f"{SIGN_ON}/groups", group="finance", role="billing", teams="money")
    claims = {"email": "diana@acme.example", "email_verified": True}
    office.provider.has("diana", **claims, groups=["finance", "others"])
    office.signs_in(people.nobody())
    assert office.member("diana@acme.example").role == "billing"
    office.provider.has("diana", **claims)  # says nothing of groups: that takes nothing
    office.signs_in(people.nobody())
    assert office.member("diana@acme.example").role == "billing"
    office.provider.has("diana", **claims, groups=[])
    office.signs_in(people.nobody())
    assert office.member("diana@acme.example").role == "member"
    told = admin.get("/settings/audit").text
    assert "Corp" in told
