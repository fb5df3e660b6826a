"""How an endpoint of the API is declared: path and handler beside everything its documentation and tests need."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from outlay.errors import OutlayError

Needs = Literal["send", "read", "nothing"]
Handler = Callable[[Request], Awaitable[Response]]


class Parameter(Struct, frozen=True):
    """One query parameter."""

    name: str
    description: str
    example: str = ""
    required: bool = False


class Endpoint(Struct, frozen=True, kw_only=True):
    """One operation. `needs` is the API-key scope it asks for; `body` and `answer` map media type to JSON type.

    A media type without a JSON type (None) is described as text. `also` are further statuses with the same answer, and
    what they mean.
    """

    method: Literal["GET", "POST"]
    path: str
    name: str
    summary: str
    description: str
    handle: Handler
    needs: Needs
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Any] = {}
    answer: Mapping[str, Any] = {}
    also: Mapping[int, str] = {}
    errors: tuple[type[OutlayError], ...] = ()
