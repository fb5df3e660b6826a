"""Errors as answers to programs: problem+json (RFC 9457), with the request id that finds the error in the log."""

from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from outlay.errors import OutlayError, TooManyRequests, Unavailable
from outlay.intake.queue import RETRY_AFTER_SECONDS

PROBLEM_JSON: Final = "application/problem+json"


class Problem(Struct, frozen=True):
    """What went wrong. `code` is stable and documented; `detail` says what to do."""

    title: str
    status: int
    code: str
    detail: str
    request_id: str


def request_id_of(request: Request) -> str:
    """Return the id that the request-id middleware gave this request."""
    found: str = request.scope.get("state", {}).get("request_id", "")
    return found


def as_problem(request: Request, error: OutlayError) -> Response:
    """Return the answer to a request that failed with `error`."""
    problem = Problem(HTTPStatus(error.status).phrase, error.status, error.code, error.message, request_id_of(request))
    headers = {}
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    if isinstance(error, TooManyRequests):
        headers["retry-after"] = str(error.retry_after)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = 'Bearer realm="outlay"'
    return Response(msgspec.json.encode(problem), error.status, headers, PROBLEM_JSON)
