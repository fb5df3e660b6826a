"""The addresses of SCIM: who asks is found out by the bearer token alone, and sees that token's organisation alone."""

from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus
from typing import Final, Protocol

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.access.scim.groups import ScimGroups
from outlay.access.scim.tokens import ScimToken, token_in_force
from outlay.access.scim.users import ScimUsers
from outlay.access.standing import Standing
from outlay.control.database import Control
from outlay.control.trail import Actor, masked
from outlay.errors import MethodRefused, NotFound, NotSignedIn, OutlayError, ScimUnsupported
from outlay.kit.clock import Clock
from outlay.web.acting import address_of
from outlay.web.api.scim.answers import answered, listed, read_document, refused
from outlay.web.api.scim.asking import Asking, asking_in, asking_of
from outlay.web.api.scim.patch import Operation, operations_of, patched, target_of
from outlay.web.api.scim.resources import (
    group_document,
    ids_of,
    user_document,
    wanted_group,
    wanted_user,
)
from outlay.web.api.scim.schemas import BASE, Document, resource_types, schemas, service_provider_config

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Origin(Protocol):
    """Scheme and host as callers reach Outlay: `Forms.own_origin`."""

    def __call__(self, request: Request) -> str: ...


class Caller(Struct, frozen=True):
    """One request of a provider, checked: its token, and both directories as that may see them."""

    request: Request
    token: ScimToken
    users: ScimUsers
    groups: ScimGroups
    base: str

    @property
    def id(self) -> str:
        return (
            str(self.request.path_params["id"])
            .encode(errors="replace")
            .decode()
            .replace("\0", "\N{REPLACEMENT CHARACTER}")
        )

    @property
    def asking(self) -> Asking:
        return asking_of(self.request.query_params)


Answering = Callable[[Request], Awaitable[Response]]
Reader = Callable[[Caller], Document]
Writer = Callable[[Caller, Document], Document | None]


class ScimApi:
    def __init__(self, control: Control, clock: Clock, origin: Origin, root_path: str) -> None:
        self._control = control
        self._standing = Standing(control)
        self._clock = clock
        self._origin = origin
        self._root_path = root_path

    def routes(self) -> list[Route]:
        """Return the addresses; the last of them refuses, as SCIM says it, what none of the others answers."""
        created = HTTPStatus.CREATED
        operations: list[tuple[str, str, Answering]] = [
            ("GET", "/ServiceProviderConfig", self._reads(_config)),
            ("GET", "/ResourceTypes", self._reads(_resource_types)),
            ("GET", "/ResourceTypes/{id}", self._reads(_resource_type)),
            ("GET", "/Schemas", self._reads(_schemas)),
            ("GET", "/Schemas/{id}", self._reads(_schema)),
            ("POST", "/.search", self._writes(_search_all)),
            ("POST", "/Users/.search", self._writes(_search_users)),
            ("POST", "/Groups/.search", self._writes(_search_groups)),
            ("GET", "/Users", self._reads(_users)),
            ("POST", "/Users", self._writes(_create_user, created)),
            ("GET", "/Users/{id}", self._reads(_user)),
            ("PUT", "/Users/{id}", self._writes(_replace_user)),
            ("PATCH", "/Users/{id}", self._writes(_patch_user)),
            ("DELETE", "/Users/{id}", self._deletes(lambda caller: caller.users.delete(caller.id))),
            ("GET", "/Groups", self._reads(_groups)),
            ("POST", "/Groups", self._writes(_create_group, created)),
            ("GET", "/Groups/{id}", self._reads(_group)),
            ("PUT", "/Groups/{id}", self._writes(_replace_group)),
            ("PATCH", "/Groups/{id}", self._writes(_patch_group)),
            ("DELETE", "/Groups/{id}", self._deletes(lambda caller: caller.groups.delete(caller.id))),
        ]
        known = {path.split("/")[1] for _, path, _ in operations}
        routes = [Route(BASE + path, _as_scim(answer), methods=[method]) for method, path, answer in operations]
        rest = Route(f"{BASE}/{{path:path}}", _as_scim(self._refuses(known)), methods=_METHODS)
        return [*routes, rest]

    def _refuses(self, known: Collection[str]) -> Answering:
        def work(request: Request) -> Response:
            self._caller(request)
            if request.path_params["path"].split("/")[0] in known:
                raise MethodRefused("this address does not answer that method")
            raise NotFound("there is nothing at this address")

        async def answer(request: Request) -> Response:
            return await run_in_threadpool(work, request)

        return answer

    def _reads(self, read: Reader) -> Answering:
        def work(request: Request) -> Response:
            return answered(read(self._caller(request)))

        async def answer(request: Request) -> Response:
            return await run_in_threadpool(work, request)

        return answer

    def _writes(self, write: Writer, status: int = HTTPStatus.OK) -> Answering:
        async def answer(request: Request) -> Response:
            caller = await run_in_threadpool(self._caller, request)  # before anything of a body is read
            document = await run_in_threadpool(write, caller, await read_document(request))
            return Response(status_code=HTTPStatus.NO_CONTENT) if document is None else answered(document, status)

        return answer

    def _deletes(self, delete: Callable[[Caller], None]) -> Answering:
        def work(request: Request) -> Response:
            delete(self._caller(request))
            return Response(status_code=HTTPStatus.NO_CONTENT)

        async def answer(request: Request) -> Response:
            return await run_in_threadpool(work, request)

        return answer

    def _caller(self, request: Request) -> Caller:
        """Return who asks. Raises NotSignedIn without a token, KeyInvalid, OrganisationSuspended."""
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not credentials.strip():
            raise NotSignedIn("send the SCIM token: Authorization: Bearer outlay_scim_…")
        now = self._clock.now()
        token = token_in_force(self._control, credentials.strip(), now)
        self._standing.require(token.organisation, now)
        by = Actor("scim", token.id, f"SCIM {masked(token.hint)}", address_of(request))
        users = ScimUsers(self._control, token.organisation, by, now)
        groups = ScimGroups(self._control, token.organisation, by, now)
        return Caller(request, token, users, groups, f"{self._origin(request)}{self._root_path}{BASE}")


def _as_scim(answer: Answering) -> Answering:
    """Tell errors as SCIM does."""

    async def told(request: Request) -> Response:
        try:
            return await answer(request)
        except OutlayError as error:
            return refused(request, error)

    return told


def _config(caller: Caller) -> Document:
    return service_provider_config(caller.base)


def _resource_types(caller: Caller) -> Document:
    found = resource_types(caller.base)
    return listed(found, len(found))


def _resource_type(caller: Caller) -> Document:
    return _one_of(resource_types(caller.base), caller.id)


def _schemas(caller: Caller) -> Document:
    found = schemas(caller.base)
    return listed(found, len(found))


def _schema(caller: Caller) -> Document:
    return _one_of(schemas(caller.base), caller.id)


def _one_of(documents: list[Document], wanted: str) -> Document:
    for each in documents:
        if str(each["id"]).lower() == wanted.lower():
            return each
    raise NotFound("there is nothing at this address")


def _users(caller: Caller) -> Document:
    return _users_asked(caller, caller.asking)


def _search_users(caller: Caller, body: Document) -> Document:
    return _users_asked(caller, asking_in(body))


def _users_asked(caller: Caller, asking: Asking) -> Document:
    total, users = caller.users.found(asking.filter, asking.start, asking.count)
    groups = caller.groups.groups_of([each.id for each in users]) if users and asking.wants("groups") else {}
    documents = [user_document(each, groups.get(each.id, ()), caller.base) for each in users]
    return listed([asking.shown(each, "User") for each in documents], total, asking.start)


def _user(caller: Caller) -> Document:
    return caller.asking.shown(_user_as_it_is(caller, caller.id), "User")


def _user_as_it_is(caller: Caller, user: str) -> Document:
    return user_document(caller.users.one(user), caller.groups.groups_of([user])[user], caller.base)


def _create_user(caller: Caller, body: Document) -> Document:
    user = caller.users.create(wanted_user(body))
    return caller.asking.shown(user_document(user, (), caller.base), "User")


def _replace_user(caller: Caller, body: Document) -> Document:
    caller.users.one(caller.id)
    caller.users.replace(caller.id, wanted_user(body))
    return caller.asking.shown(_user_as_it_is(caller, caller.id), "User")


def _patch_user(caller: Caller, body: Document) -> Document:
    document = _user_as_it_is(caller, caller.id)
    caller.users.replace(caller.id, wanted_user(patched(document, operations_of(body), "User")))
    return caller.asking.shown(_user_as_it_is(caller, caller.id), "User")


def _groups(caller: Caller) -> Document:
    return _groups_asked(caller, caller.asking)


def _search_groups(caller: Caller, body: Document) -> Document:
    return _groups_asked(caller, asking_in(body))


def _groups_asked(caller: Caller, asking: Asking) -> Document:
    wants = asking.wants("members")
    total, groups = caller.groups.found(asking.filter, asking.start, asking.count, with_members=wants)
    documents = [asking.shown(group_document(each, caller.base), "Group") for each in groups]
    return listed(documents, total, asking.start)


def _search_all(caller: Caller, body: Document) -> Document:
    del caller, body
    raise ScimUnsupported("users and groups are searched apart: POST /Users/.search or /Groups/.search")


def _group(caller: Caller) -> Document:
    group = caller.groups.one(caller.id, with_members=caller.asking.wants("members"))
    return caller.asking.shown(group_document(group, caller.base), "Group")


def _create_group(caller: Caller, body: Document) -> Document:
    return caller.asking.shown(group_document(caller.groups.create(wanted_group(body)), caller.base), "Group")


def _replace_group(caller: Caller, body: Document) -> Document:
    caller.groups.one(caller.id, with_members=False)
    return caller.asking.shown(
        group_document(caller.groups.replace(caller.id, wanted_group(body)), caller.base), "Group"
    )


def _patch_group(caller: Caller, body: Document) -> Document | None:
    operations = operations_of(body)
    moves = _moves(operations)
    if moves is not None:  # the usual case, whose cost must not grow with the size of the group
        caller.groups.change_members(caller.id, *moves)
        return None
    document = group_document(caller.groups.one(caller.id), caller.base)
    changed = caller.groups.replace(caller.id, wanted_group(patched(document, operations, "Group")))
    return caller.asking.shown(group_document(changed, caller.base), "Group")


def _moves(operations: list[Operation]) -> tuple[set[str], set[str]] | None:
    """Return who comes in and who goes out, where nothing else is asked for."""
    comes: set[str] = set()
    goes: set[str] = set()
    for each in operations:
        target = target_of(each.path, "Group") if each.path else None
        if target is None or target.name != "members" or target.where or target.part or each.value is None:
            return None
        ids = set(ids_of(each.value))
        if each.op == "add":
            comes, goes = comes | ids, goes - ids
        elif each.op == "remove":
            comes, goes = comes - ids, goes | ids
        else:
            return None
    return comes, goes
