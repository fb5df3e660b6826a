"""Who may ask over SCIM: a token in force, for its own organisation, and nobody else."""

from datetime import timedelta

import pytest

from outlay.access.scim.tokens import create_token, revoke_token, token_in_force, tokens_of
from outlay.control.tenancy import resume_organisation, suspend_organisation
from outlay.errors import Conflict, KeyInvalid, NotFound
from tests.control_engine import everything_in
from tests.web.api.scim.provider import ACME, BY, OTHERS, Provider, Service

PATHS = (
    ("GET", "/ServiceProviderConfig"),
    ("GET", "/ResourceTypes"),
    ("GET", "/Schemas"),
    ("GET", "/Users"),
    ("POST", "/Users"),
    ("POST", "/Users/.search"),
    ("GET", "/Users/{user}"),
    ("PUT", "/Users/{user}"),
    ("PATCH", "/Users/{user}"),
    ("DELETE", "/Users/{user}"),
    ("GET", "/Groups"),
    ("POST", "/Groups"),
    ("GET", "/Groups/{group}"),
    ("PUT", "/Groups/{group}"),
    ("PATCH", "/Groups/{group}"),
    ("DELETE", "/Groups/{group}"),
    ("GET", "/nothing"),
)


def ids_of(service: Service) -> dict[str, str]:
    found = {name: service.acme.asks("GET", f"/{name.capitalize()}s").json() for name in ("user", "group")}
    return {name: listed["Resources"][-1]["id"] for name, listed in found.items()}


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_without_a_true_token_there_is_nothing(standing: Service, method: str, path: str) -> None:
    ids = ids_of(standing)
    for token in ("", "x", "outlay_scim_" + "a" * 43, "outlay_scim_" + "ü" * 43):
        answer = Provider(standing.acme.client, token).asks(method, path.format(**ids), {})
        assert answer.status_code == 401
        assert "bearer" in answer.headers["www-authenticate"].lower()
    assert ids_of(standing) == ids


@pytest.mark.parametrize(("method", "path"), [each for each in PATHS if "{" in each[1]])
def test_another_organisation_is_not_there(standing: Service, method: str, path: str) -> None:
    ids = ids_of(standing)
    patch = {"Operations": [{"op": "replace", "path": "displayName", "value": "x"}]}
    body = {"userName": "eve@others.example", "displayName": "x"} | patch
    before = [standing.acme.asks("GET", each).json() for each in ("/Users", "/Groups")]
    assert standing.others.asks(method, path.format(**ids), body).status_code == 404
    assert [standing.acme.asks("GET", each).json() for each in ("/Users", "/Groups")] == before


def test_lists_hold_the_own_organisation_alone(standing: Service) -> None:
    user, service = ids_of(standing)["user"], standing
    for path in ("/Users", "/Groups"):
        assert service.others.asks("GET", path).json()["totalResults"] == 0
        assert service.others.asks("GET", path, filter=f'id eq "{user}" or id pr').json()["totalResults"] == 0
    assert service.others.asks("GET", "/Groups", filter=f'members eq "{user}"').json()["totalResults"] == 0


def test_two_tokens_are_in_force_while_one_takes_over(service: Service) -> None:
    control, now = service.control, service.clock.now()
    second, plaintext = create_token(control, ACME, BY, now)
    with pytest.raises(Conflict, match="2 tokens"):
        create_token(control, ACME, BY, now)
    first = next(each for each in tokens_of(control, ACME) if each.id != second.id)
    with pytest.raises(NotFound):
        revoke_token(control, OTHERS, first.id, BY, now)
    revoke_token(control, ACME, first.id, BY, now)
    assert service.acme.asks("GET", "/Users").status_code == 401
    assert token_in_force(control, plaintext, now).id == second.id
    with pytest.raises(NotFound):
        revoke_token(control, ACME, first.id, BY, now)
    with pytest.raises(KeyInvalid):
        token_in_force(control, plaintext + "a", now)


def test_the_plain_text_is_kept_nowhere(service: Service) -> None:
    service.acme.makes_user("grace")
    stored = everything_in(service.control)
    assert b"grace" in stored
    assert service.acme.token.encode() not in stored


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/Users", 405),
        ("POST", "/ServiceProviderConfig", 405),
        ("GET", "/nothing", 404),
        ("POST", "/.search", 501),
    ],
)
def test_what_is_not_there_is_told_as_scim_tells_it(standing: Service, method: str, path: str, status: int) -> None:
    answer = standing.acme.asks(method, path, {})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/scim+json"
    assert answer.json()["status"] == str(status)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        pytest.param(b"{", "application/scim+json", 400, id="no JSON"),
        pytest.param(b"[]", "application/scim+json", 400, id="no object"),
        pytest.param(b"\xff", "application/json", 400, id="no UTF-8"),
        pytest.param(b"[" * 100_000, "application/json", 400, id="too deep"),
        pytest.param(b"{}", "text/plain", 415, id="no JSON announced"),
        pytest.param(b" " * (4 * 1024 * 1024 + 1), "application/json", 413, id="too large"),
    ],
)
def test_bodies_that_can_not_be_read(standing: Service, body: bytes, kind: str, status: int) -> None:
    headers = {"authorization": f"Bearer {standing.acme.token}", "content-type": kind}
    answer = standing.acme.client.post("/scim/v2/Users", content=body, headers=headers)
    assert answer.status_code == status


def test_a_suspended_organisation_is_not_served(service: Service) -> None:
    control, now = service.control, service.clock.now()
    suspend_organisation(control, ACME, BY, now)
    service.clock.move(timedelta(seconds=2))
    assert service.acme.asks("GET", "/Users").status_code == 403
    resume_organisation(control, ACME, BY, now)
    service.clock.move(timedelta(seconds=2))
    assert service.acme.asks("GET", "/Users").status_code == 200
