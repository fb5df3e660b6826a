"""The OpenAPI 3.1 document, made from the endpoint table and the very types that are decoded and encoded."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from outlay import __version__
from outlay.errors import OutlayError
from outlay.web.api.endpoint import Endpoint, Parameter
from outlay.web.problems import PROBLEM_JSON, Problem

_REF: Final = "#/components/schemas/{name}"


def openapi_document(endpoints: Sequence[Endpoint], root_path: str) -> dict[str, Any]:
    """Return the document for these endpoints, served under `root_path`."""
    types = [Problem, *_types(endpoints)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    schema_of = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Outlay",
            "version": __version__,
            "description": "What an organisation's AI use costs: events in, questions answered.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": root_path or "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key: outlay_xxxxxxxx_…"},
                "apiKeyHeader": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "session": {"type": "apiKey", "in": "cookie", "name": "outlay_session"},
            },
        },
    }


def _types(endpoints: Iterable[Endpoint]) -> list[Any]:
    found: dict[str, Any] = {}
    for endpoint in endpoints:
        for content in (endpoint.body, endpoint.answer):
            found.update({repr(kind): kind for kind in content.values() if kind is not None})
    return list(found.values())


def _operation(endpoint: Endpoint, schema_of: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": endpoint.description,
        "security": _security(endpoint),
        "responses": {str(endpoint.status): _done(endpoint, schema_of)},
    }
    if endpoint.parameters:
        operation["parameters"] = [_parameter(each) for each in endpoint.parameters]
    if endpoint.body:
        operation["requestBody"] = {"required": True, "content": _content(endpoint.body, schema_of)}
    for status, errors in _by_status(endpoint.errors).items():
        codes = "; ".join(f"`{error.code}`: {' '.join((error.__doc__ or '').split())}" for error in errors)
        problem = {PROBLEM_JSON: {"schema": schema_of[repr(Problem)]}}
        operation["responses"][str(status)] = {"description": codes, "content": problem}
    for status, description in endpoint.also.items():
        content = _content(endpoint.answer, schema_of)
        operation["responses"][str(status)] = {"description": description, "content": content}
    return operation


def _done(endpoint: Endpoint, schema_of: Mapping[str, Any]) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done."}
    return done | {"content": _content(endpoint.answer, schema_of)} if endpoint.answer else done


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    found = {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.required,
        "description": parameter.description,
        "schema": schema,
    }
    return found | {"example": parameter.example} if parameter.example else found


def _content(content: Mapping[str, Any], schema_of: Mapping[str, Any]) -> dict[str, Any]:
    text = {"type": "string"}
    return {media: {"schema": text if kind is None else schema_of[repr(kind)]} for media, kind in content.items()}


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.needs == "nothing":
        return []
    # Beside OAuth, OpenAPI 3.1 lets these lists name what is required: here the scope of the key.
    keys: list[dict[str, list[str]]] = [{"apiKey": [endpoint.needs]}, {"apiKeyHeader": [endpoint.needs]}]
    return [*keys, {"session": []}] if endpoint.needs == "read" else keys


def _by_status(errors: Iterable[type[OutlayError]]) -> dict[int, list[type[OutlayError]]]:
    found: dict[int, list[type[OutlayError]]] = {}
    for error in errors:
        found.setdefault(error.status, []).append(error)
    return found
