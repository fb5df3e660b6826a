"""Sign-on over the API: providers whose secret goes in only, what groups mean, other ways in, and SCIM's tokens."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlay.control.organisations import create_organisation
from outlay.control.sign_on_identities import link
from outlay.control.trail import SYSTEM
from outlay.wiring.sign_on import provider_book
from tests.openid_provider import SECRET
from tests.web.pages.people import OTHERS, People, people_at
from tests.web.pages.sso.signing_on import Office, office_at
from tests.web.site import NOW, Site

API = "/api/v1/sign-on"
PROVIDERS, GROUPS, ONLY, TOKENS = (f"{API}/{name}" for name in ("providers", "groups", "only", "scim-tokens"))
OKTA = {
    "name": "Okta",
    "issuer": "https://acme.okta.example",
    "client_id": "0oa1",
    "client_secret": "a-client-secret-of-okta",
    "domains": ["Acme.example"],
}


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with people_at(tmp_path / "data") as found:
        yield found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with office_at(tmp_path) as found:
        yield found


def admin(site: Site) -> dict[str, str]:
    return site.key(f"admin {id(object())}", scopes=frozenset({"admin"}))


def added(people: People, key: dict[str, str], **more: Any) -> Any:
    return people.site.client.post(PROVIDERS, json=OKTA | more, headers=key)


def test_a_provider_is_added_changed_and_removed_and_its_secret_never_told(people: People) -> None:
    client, key = people.site.client, admin(people.site)
    made = added(people, key, groups_claim="groups")
    assert made.status_code == 201
    told = made.json()
    one = f"{PROVIDERS}/{told['id']}"
    assert told["redirect"] == f"http://testserver/sign-in/sso/{told['id']}/callback"
    assert (told["domains"], told["has_secret"], told["enabled"], told["private"]) == (
        ["acme.example"],
        True,
        True,
        False,
    )
    assert client.get(one, headers=key).json() == told
    assert client.get(PROVIDERS, headers=key).json() == {"providers": [told]}
    off = client.patch(one, json={"enabled": False, "default_role": "lead"}, headers=key).json()
    assert off == told | {"enabled": False, "default_role": "lead", "changed_at": off["changed_at"]}
    book = provider_book(people.site.outlay)
    assert book.secret_of(book.one_of("default", told["id"])) == OKTA["client_secret"]
    assert not client.patch(one, json={"client_secret": None}, headers=key).json()["has_secret"]
    trail = client.get("/api/v1/audit?action=sign_on.change", headers=key).json()["entries"]
    assert [each["after"] for each in trail] == [{"secret": None}, {"enabled": False, "default_role": "lead"}]
    assert client.delete(one, headers=key).status_code == 204
    assert client.get(one, headers=key).status_code == 404
    everything = client.get("/api/v1/audit", headers=key).text + made.text
    assert OKTA["client_secret"] not in everything


@pytest.mark.parametrize(
    ("wrong", "status", "says"),
    [
        ({"issuer": "http://acme.okta.example"}, 422, "take https"),
        ({"issuer": "https://10.0.0.7"}, 422, "may not be called"),
        ({"issuer": "https://10.0.0.7", "private": True}, 422, "private_upstreams"),
        ({"domains": []}, 422, "at least one domain"),
        ({"domains": ["*"]}, 422, "no domain"),
        ({"client_secret": ""}, 422, "a client secret has"),
        ({"client_secret": "with blanks in it"}, 422, "a client secret has"),
        ({"default_role": "king"}, 422, "is none of"),
        ({"scopes": "email"}, 422, "openid"),
        ({"secret": "x"}, 422, "secret"),
        ({"name": ""}, 422, "a name has"),
    ],
)
def test_what_can_not_be_is_refused(people: People, wrong: dict[str, Any], status: int, says: str) -> None:
    key = admin(people.site)
    refused = added(people, key, **wrong)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert says in refused.json()["detail"]
    assert people.site.client.get(PROVIDERS, headers=key).json() == {"providers": []}


def test_a_secret_does_not_move_to_another_host_and_a_name_is_used_once(people: People) -> None:
    client, key = people.site.client, admin(people.site)
    one = f"{PROVIDERS}/{added(people, key).json()['id']}"
    elsewhere = {"issuer": "https://evil.example"}
    assert "client secret again" in client.patch(one, json=elsewhere, headers=key).json()["detail"]
    assert client.patch(one, json=elsewhere | {"client_secret": "another"}, headers=key).status_code == 200
    assert added(people, key).status_code == 409


def test_a_private_provider_stays_where_it_is_and_moves_nowhere(people: People) -> None:
    client, key, book = people.site.client, admin(people.site), provider_book(people.site.outlay)
    made = added(people, key).json()
    kept = book.one_of("default", made["id"]).settings
    inside = type(kept)(**{name: getattr(kept, name) for name in kept.__struct_fields__} | {"allow_private": True})
    book.change("default", made["id"], inside, None, SYSTEM)
    one = f"{PROVIDERS}/{made['id']}"
    assert client.patch(one, json={"name": "Inside"}, headers=key).json()["private"]
    moved = client.patch(one, json={"issuer": "https://10.0.0.7", "client_secret": "another"}, headers=key)
    assert (moved.status_code, "private_upstreams" in moved.text) == (422, True)


def test_a_provider_is_tried(office: Office) -> None:
    site = office.people.site
    key, one = admin(site), f"{PROVIDERS}/{office.kept.id}/test"
    assert site.client.post(one, headers=key).json() == {"works": True, "keys": 1, "problem": None}
    office.provider.metadata = {"issuer": "https://other.example"}
    failed = site.client.post(one, headers=key).json()
    assert (failed["works"], failed["keys"]) == (False, 0)
    assert "another issuer" in failed["problem"]
    assert SECRET not in str(failed)
    assert site.client.post(f"{PROVIDERS}/idp_none/test", headers=key).status_code == 404


def test_groups_are_mapped_listed_in_pages_and_unmapped(people: People) -> None:
    client, key = people.site.client, admin(people.site)
    for number in range(25):
        rule = {"group": f"a/b {number:02}", "role": "lead", "teams": ["growth", "core"]}
        assert client.put(GROUPS, json=rule, headers=key).json() == rule | {"teams": ["core", "growth"]}
    assert client.put(GROUPS, json={"group": "a/b 00", "role": "member"}, headers=key).status_code == 200
    seen: list[dict[str, Any]] = []
    after = ""
    while True:
        page = client.get(f"{GROUPS}?n=10{after}", headers=key).json()
        seen += page["groups"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [each["group"] for each in seen] == [f"a/b {number:02}" for number in range(25)]
    assert seen[0] == {"group": "a/b 00", "role": "member", "teams": []}
    assert client.delete(f"{GROUPS}?group=a/b+00", headers=key).status_code == 204
    assert client.delete(f"{GROUPS}?group=a/b+00", headers=key).status_code == 404
    assert client.delete(GROUPS, headers=key).status_code == 422
    for wrong in ({"group": " "}, {"group": "x"}, {"group": "x", "role": "king"}, {"group": "x", "teams": [""]}):
        assert client.put(GROUPS, json=wrong, headers=key).status_code == 422


def test_single_sign_on_becomes_the_only_way_in_once_an_admin_came_by_it(people: People) -> None:
    client, key, control = people.site.client, admin(people.site), people.site.outlay.control
    provider = added(people, key).json()["id"]
    browser = people.browser_of(people.ada)
    assert client.get(ONLY, headers=key).json() == {"only": False}
    assert client.put(ONLY, json={"only": True}, headers=key).status_code == 409
    with control.begin() as connection:
        link(connection, "default", (provider, "00u1"), people.ada.id, NOW)
    assert client.put(ONLY, json={"only": True}, headers=key).json() == {"only": True}
    assert browser.get("/account").status_code == 303  # came in another way
    for refused in (
        client.delete(f"{PROVIDERS}/{provider}", headers=key),
        client.patch(f"{PROVIDERS}/{provider}", json={"enabled": False}, headers=key),
    ):
        assert (refused.status_code, "only way in" in refused.text) == (409, True)
    assert client.put(ONLY, json={"only": False}, headers=key).json() == {"only": False}
    assert client.delete(f"{PROVIDERS}/{provider}", headers=key).status_code == 204


def test_a_scim_token_is_told_once_and_works_until_it_is_revoked(people: People) -> None:
    client, key = people.site.client, admin(people.site)
    made = client.post(TOKENS, headers=key)
    assert made.status_code == 201
    bearer = {"authorization": f"Bearer {made.json()['token']}"}
    assert client.get("/scim/v2/Users", headers=bearer).status_code == 200
    (listed,) = client.get(TOKENS, headers=key).json()["tokens"]
    assert (listed["id"], "token" in listed) == (made.json()["id"], False)
    client.post(TOKENS, headers=key)
    assert client.post(TOKENS, headers=key).status_code == 409
    assert client.delete(f"{TOKENS}/{listed['id']}", headers=key).status_code == 204
    assert client.get("/scim/v2/Users", headers=bearer).status_code == 401
    assert client.delete(f"{TOKENS}/{listed['id']}", headers=key).status_code == 404


def test_another_organisation_is_out_of_reach(people: People) -> None:
    site = people.site
    create_organisation(site.outlay.control, "third", "Third", "UTC", SYSTEM, NOW)
    book = provider_book(site.outlay)
    key = admin(site)
    made = added(people, key).json()
    kept = book.one_of("default", made["id"])
    theirs = book.add(OTHERS, kept.settings, "their-secret-of-okta", SYSTEM)
    one = f"{PROVIDERS}/{theirs.id}"
    for answer in (
        site.client.get(one, headers=key),
        site.client.patch(one, json={"enabled": False}, headers=key),
        site.client.delete(one, headers=key),
        site.client.post(f"{one}/test", headers=key),
    ):
        assert answer.status_code == 404
    assert [each["id"] for each in site.client.get(PROVIDERS, headers=key).json()["providers"]] == [made["id"]]
    assert book.one_of(OTHERS, theirs.id) == theirs
