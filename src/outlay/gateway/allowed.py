"""Which models and providers a key with a list of them may call: checked before anything of a call goes out.

A call is let through only when every model it names is allowed, in all the places a provider might read one from; where
that can't be told for sure it is refused. Keys without a list pay nothing for this.
"""

import asyncio
import re
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl, unquote

from outlay.access.keys import ApiKey
from outlay.capture.encoding import decoded
from outlay.capture.readings.routes import model_in_path
from outlay.errors import ModelRefused, OutlayError
from outlay.gateway.asked import models_in_form
from outlay.gateway.named import Unclear, is_model_field, models_in_json, names_in
from outlay.gateway.request import Body, Request

FREE: Final = frozenset({b"GET", b"HEAD", b"OPTIONS", b"DELETE"})  # what providers bill nothing for
_BEFORE_MODELS: Final = frozenset({"models", "model", "deployments", "engines"})
# Calls whose answers state no usage, and that name their models in their bodies or paths all the same.
_ALSO_KNOWN: Final = re.compile(
    r"(/(count_tokens|input_tokens|messages/batches|moderations|tokenize|detokenize|classify)"
    r"|:(countTokens|batchGenerateContent|asyncBatchEmbedContent))/*$",
    re.IGNORECASE,
)
_VERB: Final = re.compile(r":[a-z]+/*$", re.IGNORECASE)  # Google's: what stands before it is what is called
_OF_RESOURCES: Final = "models/"  # Gemini's bodies name `models/gemini-…`
_CHOOSES: Final = re.compile(rb"model|deployment")  # in the name of a header
_SAID_ONCE: Final = frozenset({b"content-type", b"content-encoding"})
_CHARSET: Final = re.compile(rb"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_READS_OTHERWISE: Final = frozenset({"$ct", "$contenttype"})
_MOST_SHOWN: Final = 5
_MOST_READ_AT_ONCE: Final = 1024 * 1024


def check_provider(request: Request) -> None:
    """Raise ModelRefused for a provider that the call's key may not call; nothing of the body is needed for that."""
    key, provider = request.caller.key, request.caller.upstream.provider
    if key is None or not key.providers or provider.casefold() in {each.casefold() for each in key.providers}:
        return
    raise ModelRefused(f"the key {key.name!r} may not call {provider}, only {', '.join(key.providers)}; ask an admin")


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
        _check_headers(request)
        named = _models_named(request, body)
    except Unclear as error:
        raise ModelRefused(f"the key {key.name!r} may call {_some(key.models)} only, and {error}") from None
    refused = [each for each in named if not _matches(each, key.models)]
    if refused:
        raise ModelRefused(
            f"the key {key.name!r} may not call {_some(refused)}, only {_some(key.models)}; ask an admin"
        )
    if not named and request.method not in FREE:
        raise ModelRefused(f"the key {key.name!r} may call {_some(key.models)} only, and this call names no model")


def _check_headers(request: Request) -> None:
    """Raise Unclear where headers may choose a model, or have the body read otherwise than it is here."""
    names = [name for name, _ in request.headers.travelling]
    chooses = next((each for each in names if _CHOOSES.search(each)), None)
    if chooses is not None:
        raise Unclear(f"its header {chooses[:60].decode('latin-1')} may choose another")
    if any(names.count(each) > 1 for each in _SAID_ONCE):
        raise Unclear("its headers say twice what its body is")
    charset = _CHARSET.search(request.headers.content_type)
    if charset is not None and charset[1].lower() not in {b"utf-8", b"utf8", b"us-ascii"}:
        raise Unclear("its body is written in no UTF-8")


def _models_named(request: Request, body: Body) -> list[str]:
    path = unquote(request.way.path_of(request.rest).decode("latin-1"))
    if request.meaning.api is None and request.method not in FREE and not _ALSO_KNOWN.search(path):
        raise Unclear("of calls to this path it is not known which model they name")
    return [*_in_path(path, request.method), *_in_query(request.caller.query), *_in_body(request, body)]


def _in_path(path: str, method: bytes) -> list[str]:
    if method in FREE:
        return []
    announced = [each for each in path.casefold().split("/") if each in _BEFORE_MODELS]
    if not announced and not _VERB.search(path):
        return []
    model = model_in_path(path)
    if model is None or len(announced) != 1:
        raise Unclear("this path does not say clearly which model it calls")
    return [model]


def _in_query(query: bytes) -> list[str]:
    try:  # some servers take a semicolon for an ampersand
        fields = parse_qsl(query.decode("latin-1").replace(";", "&"), keep_blank_values=True)
    except ValueError:
        raise Unclear("the query of this call can't be read") from None
    if any(name.casefold() in _READS_OTHERWISE for name, _ in fields):
        raise Unclear("its query has the body read otherwise")
    return [each for name, value in fields if is_model_field(name) for each in names_in(value)]


def _in_body(request: Request, body: Body) -> list[str]:
    if not body.whole:
        raise Unclear("this body can't be read to its end")
    plain = _undone(request, body)
    if not plain.strip():
        return []
    if b"multipart/form-data" not in request.headers.content_type.lower():
        return models_in_json(plain)
    models = models_in_form(plain)
    if models is None:
        raise Unclear("the form of this call can't be read")
    return [each for model in models for each in names_in(model)]


def _undone(request: Request, body: Body) -> bytes:
    """Return the body without its encoding."""
    encoding = request.headers.content_encoding
    if body.plain or encoding in {b"", b"identity"}:
        return body.data
    try:
        return decoded(body.data, encoding.decode("latin-1"), request.most_bytes)
    except OutlayError:
        raise Unclear("the body of this call has an encoding that can't be undone") from None


def _matches(model: str, patterns: tuple[str, ...]) -> bool:
    pattern = _pattern(patterns)
    return bool(pattern.fullmatch(model) or pattern.fullmatch(model.removeprefix(_OF_RESOURCES)))


@lru_cache(maxsize=1024)
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(".*".join(map(re.escape, each.split("*"))) for each in patterns), re.IGNORECASE)


def _some(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(repr(each[:80]) for each in names[:_MOST_SHOWN])
    return f"{shown} and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else shown
