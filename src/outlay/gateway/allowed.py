"""Which models a key with a list of them may call: checked before anything of a call goes out.

A call is let through only when every model it names is allowed, in all the places a provider might read one from; where
that can't be told for sure it is refused. Keys without a list pay nothing for this.
"""

import asyncio
import json
import re
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, unquote

from outlay.access.keys import ApiKey
from outlay.capture.encoding import decoded
from outlay.capture.readings.routes import model_in_path
from outlay.errors import ModelRefused, OutlayError
from outlay.gateway.asked import models_in_form
from outlay.gateway.request import Body, Request

_FREE: Final = frozenset({b"GET", b"HEAD", b"OPTIONS", b"DELETE"})  # what providers bill nothing for
_BEFORE_MODELS: Final = frozenset({"models", "model", "deployments", "engines"})
_OF_RESOURCES: Final = "models/"  # Gemini's bodies name `models/gemini-…`
_MODEL_FIELDS: Final = frozenset({"model", "modelid", "model_id"})
# Fields whose values hold models: those to fall back on, the calls of a batch, tools that call a model of their own.
_AROUND_MODELS: Final = frozenset(
    {"models", "fallbacks", "fallback_models", "requests", "request", "params", "body", "tools", "plugins"}
)
_LISTS_OF_MODELS: Final = frozenset({"models", "fallbacks", "fallback_models"})
_DECIDES_UNSEEN: Final = frozenset({"preset"})  # kept at the provider, with a model in it
_MOST_SHOWN: Final = 5
_MOST_READ_AT_ONCE: Final = 1024 * 1024


class _Unclear(Exception):
    """Which models a call names can't be told for sure."""


class _Fields(tuple[tuple[str, object], ...]):
    """A JSON object with every field, also those that stand in it twice: providers differ in which one counts."""

    __slots__ = ()


async def check_models(request: Request, body: Body) -> None:
    """Raise ModelRefused unless the call's key may call every model that the call names."""
    key = request.caller.key
    if key is None or not key.models:
        return
    if len(body.data) > _MOST_READ_AT_ONCE:  # other calls would notice
        await asyncio.to_thread(_check, request, body, key)
    else:
        _check(request, body, key)


def _check(request: Request, body: Body, key: ApiKey) -> None:
    try:
        named = _models_named(request, body)
    except _Unclear as error:
        raise ModelRefused(f"the key {key.name!r} may call {_some(key.models)} only, and {error}") from None
    refused = [each for each in named if not _matches(each, key.models)]
    if refused:
        raise ModelRefused(
            f"the key {key.name!r} may not call {_some(refused)}, only {_some(key.models)}; ask an admin"
        )
    if not named and request.method not in _FREE:
        raise ModelRefused(f"the key {key.name!r} may call {_some(key.models)} only, and this call names no model")


def _models_named(request: Request, body: Body) -> list[str]:
    path = unquote(request.way.path_of(request.rest).decode("latin-1"))
    return [*_in_path(path, request.method), *_in_query(request.caller.query), *_in_body(request, body)]


def _in_path(path: str, method: bytes) -> list[str]:
    announced = [each for each in path.casefold().split("/") if each in _BEFORE_MODELS]
    if not announced or method in _FREE:
        return []
    model = model_in_path(path)
    if model is None or len(announced) > 1:
        raise _Unclear("this path does not say clearly which model it calls")
    return [model]


def _in_query(query: bytes) -> list[str]:
    try:
        fields = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    except ValueError:
        raise _Unclear("the query of this call can't be read") from None
    return [value for name, value in fields if name.casefold() in _MODEL_FIELDS]


def _in_body(request: Request, body: Body) -> list[str]:
    if not body.whole:
        raise _Unclear("this body can't be read to its end")
    plain = _undone(request, body)
    if not plain.strip():
        return []
    if b"multipart/form-data" in request.headers.content_type.lower():
        models = models_in_form(plain)
        if models is None:
            raise _Unclear("the form of this call can't be read")
        return models
    try:
        found = json.loads(plain, object_pairs_hook=_Fields)
    except (ValueError, RecursionError):
        raise _Unclear("the body of this call can't be read as JSON") from None
    return _in_fields(found)


def _undone(request: Request, body: Body) -> bytes:
    """Return the body without its encoding."""
    encoding = request.headers.content_encoding
    if body.plain or encoding in {b"", b"identity"}:
        return body.data
    try:
        return decoded(body.data, encoding.decode("latin-1"), request.most_bytes)
    except OutlayError:
        raise _Unclear("the body of this call has an encoding that can't be undone") from None


def _in_fields(value: object) -> list[str]:
    """Return the models that a JSON object names itself and in the fields that hold more of them."""
    if not isinstance(value, _Fields):
        return []
    found: list[str] = []
    for name, inner in value:
        small = name.casefold()  # some providers take any case
        if small in _MODEL_FIELDS and inner is not None:
            found.append(_as_name(inner))
        elif small in _DECIDES_UNSEEN and inner is not None:
            raise _Unclear(f"its {small} may name another")
        elif small in _AROUND_MODELS:
            for each in inner if isinstance(inner, list) else [inner]:
                found += [_as_name(each)] if small in _LISTS_OF_MODELS and isinstance(each, str) else _in_fields(each)
    return found


def _as_name(value: object) -> str:
    if not isinstance(value, str):
        raise _Unclear("a model it names is no text")
    return value


def _matches(model: str, patterns: tuple[str, ...]) -> bool:
    pattern = _pattern(patterns)
    return bool(pattern.fullmatch(model) or pattern.fullmatch(model.removeprefix(_OF_RESOURCES)))


@lru_cache(maxsize=1024)
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(".*".join(map(re.escape, each.split("*"))) for each in patterns), re.IGNORECASE)


def _some(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(repr(each[:80]) for each in names[:_MOST_SHOWN])
    return f"{shown} and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else shown
