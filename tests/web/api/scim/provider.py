"""A SCIM service on a control database of its own, and identity providers that call it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from scim2_client.client import BaseSyncSCIMClient
from starlette.applications import Starlette
from starlette.testclient import TestClient

from outlay.access.scim.tokens import create_token
from outlay.control.database import Control, open_control
from outlay.control.members import NewMember, create_member
from outlay.control.organisations import create_organisation
from outlay.control.trail import Actor
from outlay.testing import FrozenClock
from outlay.web.api.scim.endpoints import ScimApi

BY: Final = Actor("terminal", None, "root")
ACME: Final = "acme"
OTHERS: Final = "others"
JSON: Final = "application/scim+json"


class Provider(Struct, frozen=True):
    """One identity provider with its token."""

    client: TestClient
    token: str

    def asks(self, method: str, path: str, body: object = None, **query: str) -> Any:
        headers = {b"authorization": f"Bearer {self.token}".encode(), b"content-type": JSON.encode()}
        return self.client.request(method, f"/scim/v2{path}", json=body, params=query or None, headers=headers)

    def makes_user(self, name: str, /, **more: object) -> Any:
        answer = self.asks("POST", "/Users", {"userName": f"{name}@acme.example", "externalId": f"00u-{name}"} | more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def makes_group(self, name: str, /, *members: str, **more: object) -> Any:
        body = {"displayName": name, "members": [{"value": each} for each in members]} | more
        answer = self.asks("POST", "/Groups", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def patches(self, path: str, *operations: dict[str, object]) -> Any:
        return self.asks("PATCH", path, {"schemas": [PATCH_URN], "Operations": list(operations)})


PATCH_URN: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Service(Struct, frozen=True):
    """Acme, whose provider calls, with one admin who was there before; and Others, a stranger."""

    control: Control
    clock: FrozenClock
    acme: Provider
    others: Provider
    admin: str


class ConformanceClient(BaseSyncSCIMClient):
    """The client of scim2-tester over Starlette's, in this process."""

    def __init__(self, caller: Provider) -> None:
        super().__init__()
        self._caller = caller

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return "://" not in endpoint or endpoint.startswith("http://testserver/scim/v2")

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        path = url.removeprefix("http://testserver/scim/v2")
        headers = {"authorization": f"Bearer {self._caller.token}", **(kwargs.pop("headers", None) or {})}
        kwargs = {name: value for name, value in kwargs.items() if name in {"json", "params", "content"}}
        return self._caller.client.request(method, f"/scim/v2/{path.lstrip('/')}", headers=headers, **kwargs)


@contextmanager
def service_at(folder: Path) -> Iterator[Service]:
    clock = FrozenClock()
    control = open_control(folder / "control.sqlite")
    for organisation in (ACME, OTHERS):
        create_organisation(control, organisation, organisation.capitalize(), "UTC", BY, clock.now())
    wanted = NewMember(email="root@acme.example", role="admin", name="Root")
    admin = create_member(control, ACME, wanted, BY, clock.now())
    routes = ScimApi(control, clock, lambda _: "http://testserver", "").routes()
    try:
        with TestClient(Starlette(routes=routes)) as client:
            acme, others = (
                Provider(client, create_token(control, each, BY, clock.now())[1]) for each in (ACME, OTHERS)
            )
            yield Service(control, clock, acme, others, admin.id)
    finally:
        control.close()
