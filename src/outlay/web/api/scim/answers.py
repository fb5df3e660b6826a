"""SCIM answers and errors (RFC 7644, 3.12), and how a body is read."""

import logging
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from outlay.errors import (
    BodyTooLarge,
    Conflict,
    InputError,
    MediaTypeUnsupported,
    OutlayError,
    ScimInvalid,
)
from outlay.web.api.body import read_body
from outlay.web.api.scim.schemas import ERROR_URN, LIST_URN, Document
from outlay.web.problems import request_id_of

SCIM_JSON: Final = "application/scim+json"
MOST_BYTES: Final = 4 * 1024 * 1024
_READ: Final = frozenset({SCIM_JSON, "application/json"})

_log = logging.getLogger(__name__)


def answered(document: Document, status: int = HTTPStatus.OK) -> Response:
    location = document.get("meta", {}).get("location") if status == HTTPStatus.CREATED else None
    headers = {"location": location} if location else None
    return Response(msgspec.json.encode(document), status, headers, media_type=SCIM_JSON)


def listed(resources: list[Document], total: int, start: int = 1) -> Document:
    return {
        "schemas": [LIST_URN],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }


def refused(request: Request, error: OutlayError) -> Response:
    """Return the answer to a request that failed."""
    status, scim_type, detail = _told(error)
    if status in {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE}:
        fields = {"request_id": request_id_of(request), "path": request.url.path}
        _log.error("SCIM request failed", extra={"fields": fields}, exc_info=error)
    document: Document = {"schemas": [ERROR_URN], "status": str(status), "detail": detail}
    if scim_type:
        document["scimType"] = scim_type
    headers = {"www-authenticate": 'Bearer realm="outlay"'} if status == HTTPStatus.UNAUTHORIZED else None
    return Response(msgspec.json.encode(document), status, headers, media_type=SCIM_JSON)


async def read_document(request: Request) -> Document:
    """Return the body as a JSON object; ScimInvalid when it is none."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in _READ:
        raise MediaTypeUnsupported(f"send the body as {SCIM_JSON}")
    try:
        found: Any = msgspec.json.decode(await read_body(request, MOST_BYTES))
    except BodyTooLarge:
        raise BodyTooLarge(f"the body is larger than {MOST_BYTES // 1024 // 1024} MiB") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ScimInvalid("invalidSyntax", "the body is no JSON") from None
    if not isinstance(found, dict):
        raise ScimInvalid("invalidSyntax", "the body is no JSON object")
    return found


def _told(error: OutlayError) -> tuple[int, str, str]:
    if isinstance(error, ScimInvalid):
        return error.status, error.scim_type, error.message
    if isinstance(error, Conflict):
        return error.status, "uniqueness", error.message
    if isinstance(error, InputError) and error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return HTTPStatus.BAD_REQUEST, "invalidValue", error.message
    return error.status, "", error.message
