"""Administrative endpoints: what each of them does the same way before and after its own work.

An `Operation` says what it does, with typed body and parameters; `Administration` makes the endpoint of it. Only an
API key with the scope `admin` opens one: a cookie never does, because another site could make a browser send it. A key
of the operators opens those about whole organisations and no other, one of an organisation the others.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from inspect import iscoroutinefunction
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from outlay.access.keys import ApiKey
from outlay.control.trail import Actor
from outlay.errors import (
    BodyTooLarge,
    BodyUnreadable,
    Forbidden,
    InputError,
    KeyInvalid,
    MediaTypeUnsupported,
    NotFound,
    NotSignedIn,
    OutlayError,
    QueryInvalid,
)
from outlay.web.acting import actor_of_key
from outlay.web.api.body import read_body
from outlay.web.api.endpoint import Endpoint, Method, Parameter
from outlay.web.gate import Gate

JSON: Final = "application/json"
MOST_BYTES: Final = 256 * 1024

_BY_OPERATORS: Final = " Only for keys of the operators."
_IN_PATH: Final = re.compile(r"\{(\w+)\}")
_OF_ALL: Final = (NotSignedIn, KeyInvalid, Forbidden, QueryInvalid)
_OF_BODIES: Final = (BodyUnreadable, BodyTooLarge, MediaTypeUnsupported, InputError)

B = TypeVar("B")


class Asked(Struct, Generic[B], frozen=True):
    """One request, checked: whose key it came with, who that is to the trail, its parameters as sent, and its body.

    Without a body declared, `body` is None. Parameters that were left out are missing in `query`.
    """

    request: Request
    key: ApiKey
    by: Actor
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: B

    @property
    def organisation(self) -> str:
        return self.key.organisation


class Operation(Struct, Generic[B], frozen=True, kw_only=True):
    """One thing that can be administered. What `do` returns is the answer, None has no content; it runs in a thread,
    where it is a coroutine function on the event loop.

    Every `{name}` of the path needs its `in_path(…)` among the parameters. Parameters, body and answer go into the
    OpenAPI document as they are declared; `errors` are those that `do` raises beside the ones every operation has.
    `operates`: it is about whole organisations.
    """

    method: Method
    path: str
    name: str
    summary: str
    description: str
    do: Callable[[Asked[B]], Struct | None] | Callable[[Asked[B]], Awaitable[Struct | None]]
    body: type[B] | None = None
    answer: type[Struct] | None = None
    status: int = HTTPStatus.OK
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[type[OutlayError], ...] = ()
    operates: bool = False


class Administration:
    """Makes endpoints of operations. One for the whole process."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def endpoint(self, operation: Operation[B]) -> Endpoint:
        """Return the endpoint; ValueError where path and parameters don't fit."""
        if _IN_PATH.findall(operation.path) != [each.name for each in operation.parameters if each.where == "path"]:
            raise ValueError(f"the parameters of {operation.path} are not those declared")

        async def handle(request: Request) -> Response:
            # Who asks is found out before anything of a body is read.
            opened = self._gate.operator_of if operation.operates else self._gate.admin_of
            key = await run_in_threadpool(opened, request)
            path, query = _path_of(request), _query_of(request, operation.parameters)
            body: Any = None if operation.body is None else await read_json(request, operation.body)
            asked = Asked(request, key, actor_of_key(request, key), path, query, body)
            return as_json(await _done(operation.do, asked), operation.status)

        return Endpoint(
            method=operation.method,
            path=operation.path,
            name=operation.name,
            summary=operation.summary,
            description=operation.description + (_BY_OPERATORS if operation.operates else ""),
            handle=handle,
            needs="admin",
            parameters=operation.parameters,
            body={} if operation.body is None else {JSON: operation.body},
            answer={} if operation.answer is None else {JSON: operation.answer},
            status=HTTPStatus.NO_CONTENT if operation.answer is None else operation.status,
            errors=_errors_of(operation),
        )


async def read_json(request: Request, kind: type[B]) -> B:
    """Return a request's JSON body as this type.

    Raises MediaTypeUnsupported, BodyTooLarge, BodyUnreadable where it is no JSON, InputError where it says anything
    else than the type allows.
    """
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != JSON:
        raise MediaTypeUnsupported(f"send the body as {JSON}")
    try:
        plain: Any = msgspec.json.decode(await read_body(request, MOST_BYTES))
    except BodyTooLarge:
        raise BodyTooLarge(f"the body is larger than {MOST_BYTES // 1024} KiB") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BodyUnreadable(f"the body is no JSON: {error}") from None
    if _holds_zero(plain):
        raise InputError("a text in the body holds a zero character")
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as error:
        raise InputError(f"the body can't be used: {error}") from None


def as_json(answer: Struct | None, status: int = HTTPStatus.OK) -> Response:
    if answer is None:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return Response(msgspec.json.encode(answer), status, media_type=JSON)


async def _done(
    do: Callable[[Asked[B]], Struct | None] | Callable[[Asked[B]], Awaitable[Struct | None]], asked: Asked[B]
) -> Struct | None:
    if iscoroutinefunction(do):
        told: Struct | None = await do(asked)
        return told
    answer: Any = await run_in_threadpool(do, asked)
    return answer  # type: ignore[no-any-return] # as `do` is declared


def _path_of(request: Request) -> Mapping[str, str]:
    path: dict[str, str] = request.path_params
    if any("\0" in value for value in path.values()):  # no database keeps one
        raise NotFound("there is nothing at this address")
    return path


def _query_of(request: Request, declared: tuple[Parameter, ...]) -> Mapping[str, str]:
    """Return the parameters as sent; QueryInvalid for an unknown one: a filter that is misspelt must not list all."""
    known = {each.name: each for each in declared if each.where == "query"}
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise QueryInvalid(f"this address has no parameter {name[:40]!r}; {has}")
        if name in found:
            raise QueryInvalid(f"{name} is there twice")
        if "\0" in value:
            raise QueryInvalid(f"{name} holds a zero character")
        if known[name].choices and value not in known[name].choices:
            raise QueryInvalid(f"{name} is one of {', '.join(known[name].choices)}")
        found[name] = value
    missing = [each.name for each in known.values() if each.required and each.name not in found]
    if missing:
        raise QueryInvalid(f"say {' and '.join(missing)}")
    return found


def _errors_of(operation: Operation[B]) -> tuple[type[OutlayError], ...]:
    found: list[type[OutlayError]] = [*_OF_ALL, *operation.errors]
    if operation.body is not None:
        found += _OF_BODIES
    if "{" in operation.path:
        found.append(NotFound)
    return tuple(dict.fromkeys(found))


def _holds_zero(value: object) -> bool:
    match value:
        case str():
            return "\0" in value
        case list():
            return any(map(_holds_zero, value))
        case dict():
            return any(_holds_zero(key) or _holds_zero(each) for key, each in value.items())
        case _:
            return False
