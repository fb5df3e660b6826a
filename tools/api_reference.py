"""The text of docs/reference/api.md, from the OpenAPI document that a real site answers with."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import fill
from typing import Any, Final

from starlette.testclient import TestClient

from outlay.app import open_outlay
from outlay.config import Settings
from outlay.wiring.site import assemble

_HEAD: Final = """\
# API

`GET /api/v1/openapi.json` is the OpenAPI 3.1 document of this page. Requests carry an API key (made with `outlay keys
create NAME` or on the page **API keys**) in `Authorization: Bearer`, `x-api-key`, `api-key` or `x-goog-api-key`;
reading also works with a browser's sign-in, administering with a key of scope `admin` alone. Every answer has an
`x-request-id`, which stands in the log beside an error.

How-tos: [send events](../how-to/send-events.md), [ask questions](../how-to/query-the-api.md). Beside the API,
[the exports of the pages](../how-to/read-consumption.md#take-it-with-you) take an API key too.
"""
_TYPES_HEAD: Final = """
## Types

Money, quantities and ratios are decimal text, exact; counts are whole numbers; null is unknown, not zero.
"""
_ELSEWHERE: Final = {"WireEvent": "events.md", "WireTokens": "events.md#tokens"}


def openapi() -> dict[str, Any]:
    """Return the document of a site on a data directory that is thrown away."""
    with TemporaryDirectory() as scratch, open_outlay(Settings(data=str(Path(scratch) / "data"))) as outlay:
        document: dict[str, Any] = TestClient(assemble(outlay).site).get("/api/v1/openapi.json").json()
        return document


def api_page() -> str:
    """Return docs/reference/api.md."""
    document = openapi()
    parts = [
        _operation(path, method, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    schemas = document["components"]["schemas"]
    types = [_type(name, schema) for name, schema in schemas.items() if name not in _ELSEWHERE]
    return _HEAD + "".join(parts) + _TYPES_HEAD + "".join(types)


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    about = fill(operation["description"], 120)
    text = f"\n## {method.upper()} {path}\n\n**{operation['summary']}**\n\n{about}\n\n"
    scopes = sorted({scope for each in operation["security"] for scopes in each.values() for scope in scopes})
    text += f"Needs: {f'an API key of scope `{scopes[0]}`' if scopes else 'nothing'}.\n"
    if "parameters" in operation:
        text += "\n| Parameter | Meaning | Example |\n| --- | --- | --- |\n"
        text += "".join(_parameter(each) for each in operation["parameters"])
    if "requestBody" in operation:
        text += "\n| Content type | Body |\n| --- | --- |\n"
        text += "".join(f"| `{kind}` | {_body(kind, each)} |\n" for kind, each in _content(operation["requestBody"]))
    text += "\n| Status | Answer |\n| --- | --- |\n"
    return text + "".join(_status(status, each) for status, each in sorted(operation["responses"].items()))


def _parameter(parameter: Mapping[str, Any]) -> str:
    example = f"`{_cell(parameter['example'])}`" if "example" in parameter else ""
    return f"| `{parameter['name']}` | {_cell(parameter['description'])} | {example} |\n"


def _content(part: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(kind, each["schema"]) for kind, each in part.get("content", {}).items()]


def _body(kind: str, schema: Mapping[str, Any]) -> str:
    return "one object a line" if kind.endswith("ndjson") else _words(schema)


def _status(status: str, response: Mapping[str, Any]) -> str:
    answers = ", ".join(dict.fromkeys(_words(schema) for _, schema in _content(response))) or "no content"
    return f"| {status} | {answers}: {_cell(response['description']).replace('.; ', '; ')} |\n"


def _type(name: str, schema: Mapping[str, Any]) -> str:
    described = fill(" ".join(schema.get("description", "").split()), 120)
    text = f"\n### {name}\n\n" + (f"{described}\n\n" if described else "") + "| Field | Type |\n| --- | --- |\n"
    return text + "".join(f"| `{field}` | {_words(kind)} |\n" for field, kind in schema["properties"].items())


def _words(schema: Mapping[str, Any]) -> str:
    """Return what a schema allows, in words, with links to named types."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}]({_ELSEWHERE.get(name) or f'#{name.lower()}'})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_words(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    kinds = schema.get("type", "anything")
    if kinds == "array":
        return f"list of {_words(schema['items'])}"
    if kinds == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_words(schema['additionalProperties'])}"
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
