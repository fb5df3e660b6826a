"""The frame of every administrative endpoint: who opens it, and what of a request reaches its work."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from starlette.applications import Starlette
from starlette.testclient import TestClient

from outlay.access.key_ring import KeyRing
from outlay.access.keys import NewKey
from outlay.access.sessions import Sessions
from outlay.control.database import Control, open_control
from outlay.control.member_changes import MemberChange, change_member, disable_member
from outlay.control.members import NewMember, create_member
from outlay.control.organisations import create_organisation
from outlay.control.trail import SYSTEM
from outlay.errors import QueryInvalid
from outlay.testing import FrozenClock
from outlay.web.api.administration import MOST_BYTES, Administration, Asked, Operation
from outlay.web.api.endpoint import Parameter, in_path
from outlay.web.api.openapi import openapi_document
from outlay.web.api.paging import PAGING, page_asked, page_of, read_cursor, write_cursor
from outlay.web.frame import Frame
from outlay.web.gate import SESSION_COOKIE, Gate
from outlay.web.render import Renderer
from outlay.web.site import build_site, routes_of
from tests.keys import issued
from tests.web.site import NOW

ADMIN = frozenset({"admin"})


class Thing(Struct, forbid_unknown_fields=True):
    name: str
    size: int = 1


class Told(Struct):
    organisation: str
    path: dict[str, str]
    query: dict[str, str]
    name: str = ""


class Shop(Struct):
    """A site with two administrative paths, and what its work was asked."""

    client: TestClient
    control: Control
    clock: FrozenClock

    def key(self, **wanted: Any) -> dict[str, str]:
        organisation = wanted.pop("organisation", "acme")
        new = NewKey(**{"name": f"k{self.clock.now().timestamp()}", "scopes": ADMIN} | wanted)
        self.clock.move(timedelta(microseconds=1))
        return {"authorization": f"Bearer {issued(self.control, organisation, new, self.clock.now())[1]}"}


def _told(asked: Asked[None]) -> Told:
    return Told(asked.organisation, dict(asked.path), dict(asked.query))


def _stored(asked: Asked[Thing]) -> Told:
    return Told(asked.organisation, dict(asked.path), dict(asked.query), asked.body.name)


def _gone(asked: Asked[None]) -> None:
    assert asked.path["thing"]
    assert (asked.by.kind, asked.by.id, asked.by.address) == ("key", asked.key.id, "testclient")


ONE = in_path("thing", "Which one.")
KIND = Parameter("kind", "Its kind.", choices=("a", "b"))
OPERATIONS: tuple[Operation[Any], ...] = (
    Operation[None](
        method="GET", path="/api/v1/t", name="l", summary="", description="", do=_told, answer=Told, parameters=(KIND,)
    ),
    Operation[Thing](
        method="POST",
        path="/api/v1/t",
        name="c",
        summary="",
        description="",
        do=_stored,
        body=Thing,
        answer=Told,
        status=201,
    ),
    Operation[None](
        method="DELETE", path="/api/v1/t/{thing}", name="d", summary="", description="", do=_gone, parameters=(ONE,)
    ),
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    control, clock = open_control(tmp_path / "control.sqlite"), FrozenClock(NOW)
    for name in ("acme", "other"):
        create_organisation(control, name, name, "UTC", SYSTEM, NOW)
    gate = Gate(control, KeyRing(control), Sessions(control, timedelta(hours=1)), clock)
    administration = Administration(gate)

    @asynccontextmanager
    async def nothing(app: Starlette) -> AsyncIterator[None]:
        del app
        yield

    endpoints = [administration.endpoint(each) for each in OPERATIONS]
    site = build_site(routes_of(endpoints, [], ""), Frame(Renderer(""), control, gate), nothing)
    with TestClient(site) as client:
        yield Shop(client, control, clock)
    control.close()


def test_each_organisation_administers_itself(shop: Shop) -> None:
    for organisation in ("acme", "other"):
        headers = shop.key(organisation=organisation)
        told = shop.client.get("/api/v1/t?kind=a", headers=headers).json()
        assert told == {"organisation": organisation, "path": {}, "query": {"kind": "a"}, "name": ""}
        made = shop.client.post("/api/v1/t", json={"name": "chair"}, headers=headers)
        assert (made.status_code, made.json()["name"], made.json()["organisation"]) == (201, "chair", organisation)
        gone = shop.client.delete("/api/v1/t/chair", headers=headers)
        assert (gone.status_code, gone.content) == (204, b"")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_but_a_key_that_administers_opens_it(shop: Shop, method: str) -> None:
    member = create_member(shop.control, "acme", NewMember(email="a@example.com", role="admin"), SYSTEM, NOW)
    token = Sessions(shop.control, timedelta(hours=1)).open(member, shop.clock.now())[0]

    def status(headers: dict[str, str]) -> tuple[int, str]:
        answer = shop.client.request(method, "/api/v1/t", json={"name": "x"}, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert status({}) == (401, "not_signed_in")
    assert status({"cookie": f"{SESSION_COOKIE}={token}"}) == (401, "not_signed_in")
    assert status({"authorization": "Bearer outlay_00000000_no"}) == (401, "key_invalid")
    assert status(shop.key(scopes=frozenset({"send", "read"}))) == (403, "forbidden")


def test_a_key_of_a_user_administers_while_that_user_does(shop: Shop) -> None:
    member = create_member(
        shop.control, "acme", NewMember(email="a@example.com", role="admin", user="ada"), SYSTEM, NOW
    )
    create_member(shop.control, "acme", NewMember(email="b@example.com", role="admin"), SYSTEM, NOW)
    headers, other = shop.key(user="ada"), shop.key(user="nobody")
    assert shop.client.get("/api/v1/t", headers=headers).status_code == 200
    assert shop.client.get("/api/v1/t", headers=other).status_code == 403
    change_member(shop.control, "acme", member.id, MemberChange(role="billing"), SYSTEM, shop.clock.now())
    assert shop.client.get("/api/v1/t", headers=headers).status_code == 403
    change_member(shop.control, "acme", member.id, MemberChange(role="admin"), SYSTEM, shop.clock.now())
    disable_member(shop.control, "acme", member.id, SYSTEM, NOW)
    assert shop.client.get("/api/v1/t", headers=headers).status_code in {401, 403}


@pytest.mark.parametrize(
    ("body", "kind", "expected", "reason"),
    [
        pytest.param(b'{"name": "x"}', "text/plain", 415, "send the body as", id="another type"),
        pytest.param(b'{"name": "x"', "application/json", 400, "no JSON", id="broken off"),
        pytest.param(b"[" * 100_000, "application/json", 400, "no JSON", id="nested without end"),
        pytest.param(b'{"name": "\xff"}', "application/json", 400, "no JSON", id="no UTF-8"),
        pytest.param(b"{}", "application/json", 422, "name", id="a field missing"),
        pytest.param(b'{"name": 5}', "application/json", 422, "name", id="another kind of value"),
        pytest.param(b'{"name": "x", "role": "admin"}', "application/json", 422, "role", id="a field more"),
        pytest.param(b'{"name": "a\\u0000b"}', "application/json", 422, "zero character", id="a zero"),
        pytest.param(b'"' + b"x" * MOST_BYTES + b'"', "application/json", 413, "larger than", id="too large"),
    ],
)
def test_a_body_that_can_not_be_used_is_refused(shop: Shop, body: bytes, kind: str, expected: int, reason: str) -> None:
    answer = shop.client.post("/api/v1/t", content=body, headers=shop.key() | {"content-type": kind})
    assert answer.status_code == expected
    assert reason in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        pytest.param("knd=a", "no parameter 'knd'; it has kind", id="misspelt"),
        pytest.param("kind=c", "kind is one of a, b", id="none of the choices"),
        pytest.param("kind=a&kind=b", "twice", id="twice"),
        pytest.param("kind=%00", "zero", id="a zero"),
    ],
)
def test_a_misspelt_parameter_lists_nothing(shop: Shop, query: str, reason: str) -> None:
    answer = shop.client.get(f"/api/v1/t?{query}", headers=shop.key())
    assert (answer.status_code, answer.json()["code"]) == (422, "query_invalid")
    assert reason in answer.json()["detail"]


def test_a_zero_in_a_path_leads_nowhere_and_a_refused_method_is_told_all(shop: Shop) -> None:
    assert shop.client.delete("/api/v1/t/a%00b", headers=shop.key()).status_code == 404
    assert set(shop.client.put("/api/v1/t").headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_the_document_names_scope_parameters_bodies_and_statuses() -> None:
    endpoints = [Administration(None).endpoint(each) for each in OPERATIONS]  # type: ignore[arg-type] # asked nothing
    paths = openapi_document(endpoints, "")["paths"]
    create, delete = paths["/api/v1/t"]["post"], paths["/api/v1/t/{thing}"]["delete"]
    assert create["security"] == [{"apiKey": ["admin"]}, {"apiKeyHeader": ["admin"]}]
    assert set(create["responses"]) == {"201", "400", "401", "403", "413", "415", "422"}
    assert create["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Thing"}
    assert delete["parameters"][0] == {
        "name": "thing",
        "in": "path",
        "required": True,
        "description": "Which one.",
        "schema": {"type": "string"},
    }
    assert delete["responses"]["204"] == {"description": "Done."}
    assert paths["/api/v1/t"]["get"]["parameters"][0]["schema"] == {"type": "string", "enum": ["a", "b"]}


def test_a_path_and_its_parameters_have_to_fit() -> None:
    operation = msgspec.structs.replace(OPERATIONS[2], parameters=())
    with pytest.raises(ValueError, match="not those declared"):
        Administration(None).endpoint(operation)  # type: ignore[arg-type] # asked nothing


def test_pages_follow_each_other_and_the_last_one_says_so() -> None:
    rows = [(number // 2, f"r{number}") for number in range(10)]
    seen: list[tuple[int, str]] = []
    query = {"n": "4"}
    while True:
        asked = page_asked(query, tuple[int, str])
        left = [row for row in rows if asked.after is None or row > asked.after]
        page = page_of(asked, left[: asked.limit + 1], lambda row: row)
        seen += page.rows
        if page.next is None:
            break
        query["after"] = page.next
    assert seen == rows
    assert page_of(page_asked({}, tuple[int, str]), [], lambda row: row).next is None


@pytest.mark.parametrize("text", ["0", "-1", "1001", "x", "", "٣", "9" * 5000])
def test_a_page_has_a_sensible_number_of_rows(text: str) -> None:
    with pytest.raises(QueryInvalid, match="from 1 to 1,000"):
        page_asked({"n": text}, str)
    assert {each.name for each in PAGING} == {"n", "after"}


@given(st.text(max_size=60))
def test_a_cursor_made_elsewhere_is_refused(text: str) -> None:
    try:
        found = read_cursor(text, tuple[datetime, str])
    except QueryInvalid:
        return
    assert write_cursor(found) == text


@given(st.tuples(st.datetimes(timezones=st.just(NOW.tzinfo)), st.text(st.characters(exclude_characters="\0"))))
def test_a_cursor_comes_back_as_it_was(key: tuple[datetime, str]) -> None:
    if len(key[1].encode("utf-8", "surrogatepass")) < 100 and key[1].isprintable():
        assert read_cursor(write_cursor(key), tuple[datetime, str]) == key
