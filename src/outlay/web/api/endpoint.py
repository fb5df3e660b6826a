"""How an endpoint of the API is declared: path and handler beside everything its documentation and tests need."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from outlay.errors import OutlayError

Needs = Literal["send", "read", "admin", "nothing"]
Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
Handler = Callable[[Request], Awaitable[Response]]


class Parameter(Struct, frozen=True):
    """One parameter: of the query, or a `{name}` of the path. With `choices` it has one of these values."""

    name: str
    description: str
    example: str = ""
    required: bool = False
    where: Literal["query", "path"] = "query"
    choices: tuple[str, ...] = ()


class Endpoint(Struct, frozen=True, kw_only=True):
    """One operation. `needs` is the API-key scope it asks for; `body` and `answer` map media type to JSON type.

    A media type without a JSON type (None) is described as text. `also` are further statuses with the same answer, and
    what they mean; `status` is the usual one.
    """

    method: Method
    path: str
    name: str
    summary: str
    description: str
    handle: Handler
    needs: Needs
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Any] = {}
    answer: Mapping[str, Any] = {}
    status: int = HTTPStatus.OK
    also: Mapping[int, str] = {}
    errors: tuple[type[OutlayError], ...] = ()


def in_path(name: str, description: str, example: str = "") -> Parameter:
    """Return the parameter that stands as `{name}` in the path."""
    return Parameter(name, description, example, required=True, where="path")
