"""What Outlay itself answers a model call that it can't pass on, as the provider's own SDK expects errors to look.

The message is for the person who reads the SDK's exception; `code` is Outlay's own and documented.
"""

from http import HTTPStatus
from typing import Any, Final, Literal

import msgspec

from outlay.capture.readings.reading import Api
from outlay.errors import OutlayError, TooManyRequests, Unavailable
from outlay.gateway.headers import Header

Style = Literal["openai", "anthropic", "google", "aws", "plain"]

_RETRY_AFTER: Final = b"1"
_BY_API: Final[dict[Api, Style]] = {
    "anthropic": "anthropic",
    "gemini": "google",
    "gemini_interactions": "google",
    "bedrock_converse": "aws",
    "bedrock_invoke": "aws",
    "cohere": "plain",
    "ollama": "plain",
}
_BY_NAME: Final[dict[str, Style]] = {"anthropic": "anthropic", "gemini": "google", "bedrock": "aws"}
_ANTHROPIC_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
}
_GOOGLE_TYPES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    504: "DEADLINE_EXCEEDED",
}
_AWS_TYPES: Final = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    413: "ValidationException",
    429: "ThrottlingException",
    504: "ModelTimeoutException",
}


def style_of(api: Api | None, name: str) -> Style:
    """Return how errors look to whoever calls this API, or this upstream where the path names none."""
    if api is not None:
        return _BY_API.get(api, "openai")
    return _BY_NAME.get(name, "openai")


def refusal(error: OutlayError, style: Style, call: str) -> tuple[int, list[Header], bytes]:
    """Return status, headers and body of the answer to a call that failed with `error`."""
    status = error.status
    headers: list[Header] = [(b"content-type", b"application/json"), (b"x-outlay-call", call.encode())]
    if style == "aws":
        headers.append((b"x-amzn-errortype", _AWS_TYPES.get(status, "ServiceUnavailableException").encode()))
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b'Bearer realm="outlay"'))
    if isinstance(error, Unavailable) and status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", _RETRY_AFTER))
    if isinstance(error, TooManyRequests):
        headers.append((b"retry-after", str(error.retry_after).encode()))
    body = msgspec.json.encode(_told(error, style, call))
    headers.append((b"content-length", str(len(body)).encode()))
    return status, headers, body


def _told(error: OutlayError, style: Style, call: str) -> dict[str, Any]:
    status, message = error.status, f"Outlay: {error.message}"
    if style == "anthropic":
        kind = _ANTHROPIC_TYPES.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message, "code": error.code}, "request_id": call}
    if style == "google":
        kind = _GOOGLE_TYPES.get(status, "UNAVAILABLE")
        return {"error": {"code": status, "message": message, "status": kind, "details": [{"reason": error.code}]}}
    if style in {"aws", "plain"}:
        return {"message": message, "error": message, "code": error.code}
    kind = "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    kind = "rate_limit_error" if status == HTTPStatus.TOO_MANY_REQUESTS else kind
    return {"error": {"message": message, "type": kind, "param": None, "code": error.code}}
