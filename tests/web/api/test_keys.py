"""The API of keys: everything a page can do with them, for programs that administer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlay.access.key_ring import KeyRing
from outlay.access.keys import NewKey
from outlay.control.organisations import create_organisation
from outlay.errors import KeyInvalid
from tests.actors import TESTER
from tests.keys import every_key, issued
from tests.web.site import NOW, Site, open_site

ADMIN = frozenset({"admin"})
KEYS = "/api/v1/keys"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("data")
    with open_site(folder) as opened:
        yield opened


def call(site: Site, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Return status and answer of a request with a key that administers, made at the first."""
    if "x-admin" not in site.client.headers:
        site.client.headers["x-admin"] = "1"
        site.client.headers.update(site.key("automation", scopes=ADMIN))
    answer = site.client.request(method, path, json=body) if body is not None else site.client.request(method, path)
    return answer.status_code, answer.json() if answer.content else None


def works(site: Site, plaintext: str) -> bool:
    try:
        KeyRing(site.outlay.control).resolve(plaintext, site.clock.now())
    except KeyInvalid:
        return False
    return True


def test_a_key_is_made_changed_rotated_and_revoked(site: Site) -> None:
    wanted = {"name": "ci", "team": "growth", "models": ["gpt-5*"], "expires_at": "2027-01-01T00:00:00+01:00"}
    status, made = call(site, "POST", KEYS, wanted)
    assert status == 201
    assert works(site, made["plaintext"])
    one = f"{KEYS}/{made['key']['id']}"
    assert made["key"]["scopes"] == ["send", "gateway", "read"]
    assert made["key"]["expires_at"] == "2026-12-31T23:00:00Z"
    assert call(site, "PATCH", one, {"team": None, "scopes": ["send"]})[1]["team"] is None
    details = call(site, "GET", one)[1]
    assert (details["key"]["scopes"], details["key"]["models"]) == (["send"], ["gpt-5*"])
    assert made["plaintext"].rpartition("_")[2] not in str(details)
    status, rotated = call(site, "POST", f"{one}/rotate", {"until": "2026-10-21T12:00:00Z"})
    assert status == 201
    assert works(site, made["plaintext"])
    assert [each["counts"] for each in call(site, "GET", one)[1]["secrets"]] == [True, True]
    assert call(site, "POST", f"{one}/rotate", {})[0] == 409
    assert call(site, "DELETE", f"{one}/secrets/{made['key']['prefix']}") == (204, None)
    assert (works(site, made["plaintext"]), works(site, rotated["plaintext"])) == (False, True)
    assert call(site, "DELETE", one) == (204, None)
    assert not works(site, rotated["plaintext"])
    assert call(site, "DELETE", one)[0] == 404
    assert call(site, "GET", one)[1]["key"]["state"] == "revoked"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({}, 422, id="no name"),
        pytest.param({"name": " "}, 422, id="blank name"),
        pytest.param({"name": "k", "scopes": ["root"]}, 422, id="unknown scope"),
        pytest.param({"name": "k", "scopes": []}, 422, id="no scope"),
        pytest.param({"name": "k", "scopes": ["admin"], "team": "t"}, 422, id="a team's admin"),
        pytest.param({"name": "k", "expires_at": "2027-01-01T00:00:00"}, 422, id="no zone"),
        pytest.param({"name": "k", "expires_at": "2020-01-01T00:00:00Z"}, 422, id="expired already"),
        pytest.param({"name": "k", "secret": "mine"}, 422, id="unknown field"),
        pytest.param({"name": "automation"}, 409, id="name taken"),
    ],
)
def test_what_can_not_be_made_is_refused(site: Site, body: dict[str, Any], status: int) -> None:
    call(site, "GET", KEYS)
    before = every_key(site.outlay.control, "default")
    assert call(site, "POST", KEYS, body)[0] == status
    assert every_key(site.outlay.control, "default") == before


def test_keys_are_listed_page_by_page(site: Site) -> None:
    for number in range(5):
        call(site, "POST", KEYS, {"name": f"listed {number}", "pod": "search"})
    names: list[str] = []
    after = ""
    while True:
        page = call(site, "GET", f"{KEYS}?pod=search&n=2{after}")[1]
        names += [each["name"] for each in page["keys"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert sorted(names) == [f"listed {number}" for number in range(5)]
    assert call(site, "GET", f"{KEYS}?after=nonsense")[0] == 422
    assert call(site, "GET", f"{KEYS}?state=revoked&q=listed")[1]["keys"] == []


def test_another_organisation_is_not_there(site: Site) -> None:
    create_organisation(site.outlay.control, "other", "Other", "UTC", TESTER, NOW)
    theirs, plaintext = issued(site.outlay.control, "other", NewKey(name="theirs"), NOW)
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "mine"}),
        ("DELETE", "", None),
        ("POST", "/rotate", {}),
        ("DELETE", f"/secrets/{theirs.prefix}", None),
    ):
        assert call(site, method, f"{KEYS}/{theirs.id}{path}", body)[0] == 404
    assert "theirs" not in str(call(site, "GET", f"{KEYS}?state=all&n=1000"))
    assert works(site, plaintext)


def test_whether_members_make_keys_is_set_here_too(site: Site) -> None:
    path = "/api/v1/settings/member-keys"
    assert call(site, "GET", path) == (200, {"allowed": False})
    assert call(site, "PUT", path, {"allowed": True}) == (200, {"allowed": True})
    assert call(site, "GET", path) == (200, {"allowed": True})
