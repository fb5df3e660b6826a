"""The text of docs/reference/events.md: every field of an event, from the types that are decoded."""

from collections.abc import Mapping
from typing import Final

from msgspec import inspect

from outlay.capture.cloudevents import CloudEvent
from outlay.capture.wire import WireEvent, WireTokens
from outlay.config import Settings

_DEFAULTS: Final = Settings()
_TEXT: Final = f"text, 1 to {_DEFAULTS.max_field_chars} characters"

_HEAD: Final = f"""\
# Events

An event is one metered operation: a model call, or what another billed service did. This page says what it may hold,
[Send events](../how-to/send-events.md) how it is sent. Only `id` is needed; a field that is not stated is unknown,
never 0. A field that is not listed here is left out, and the answer warns of it; `metadata` holds what is your own.

Lengths and sizes are the defaults of the [settings](settings.md) `max_field_chars`, `max_tags` and
`max_metadata_bytes`. One request carries up to {_DEFAULTS.max_batch_events:,} events (`max_batch_events`) in up to
{_DEFAULTS.max_body_mb} MiB after decompression (`max_body_mb`).

## Fields

| Field | Takes | Meaning |
| --- | --- | --- |
"""

_TOKENS_HEAD: Final = """
## Tokens

State what you know. Where `input` is the whole input, the cached parts are taken off it: that is how OpenAI and Gemini
count. Where cached tokens stand beside the input, as Anthropic counts, use `input_uncached` with them. A contradiction
(cached parts above the input, `reasoning` above `output`, a wrong `total`) is refused with the code `tokens_contradict`
that names both figures. Every count is a whole number from 0 to 10¹²; in an adjustment it may be negative.

| Field | Meaning |
| --- | --- |
"""

_REST: Final = """
## Special fields

| Field | What holds |
| --- | --- |
| `time` | with a zone, from 2000 to a day after receipt, to the microsecond; numbers from 10¹¹ on are milliseconds |
| `source` | `api:`, which is put in front, counts in its length |
| `tags` | at most {max_tags}, each `key:value`; of a key that the API key is bound to, the binding's value is taken |
| `cost` | below a million dollars, at most 30 decimals; negative only in an adjustment; see [prices](prices.md) |
| `quantity` | a finite number, only together with `unit` |
| `metadata` | at most {max_metadata_bytes:,} bytes as JSON |
| `status` | a call that is `blocked`, or failed before anything was counted, costs nothing |

What an API key is bound to (user, team, agent, agent type, pod, tags) wins over what the event says.

## Identity

An event is known by its `source`, `id` and `time`. Sent again, it is a duplicate and changes nothing, whatever else it
says now. Sent again with another `time` it is another event. An event without `time` is known by source and id alone.

## CloudEvents

`application/cloudevents+json` is one [CloudEvent](https://cloudevents.io) 1.0, `application/cloudevents-batch+json` an
array of them.

| Attribute | Becomes |
| --- | --- |
{cloud_rows}
Other attributes are allowed and not kept.

## The answer

```json
{{"stored": 1, "duplicates": 0, "rejected": [{{"index": 1, "id": "b2", "code": "field_invalid", "message": "…"}}]}}
```

`index` counts from 0 in the request, or is the line in NDJSON (empty lines don't count). `warnings`, in the same form,
name events that were stored although something was left out. [Errors](errors.md) lists every code.
"""

_CLOUD: Final = {
    "specversion": "must be `1.0`",
    "id": "`id`",
    "source": "`source`",
    "type": "not kept; must be there",
    "data": "an object: all other fields of the event",
    "subject": "`user`, where `data` names none",
    "time": "`time`",
}


def events_page() -> str:
    """Return docs/reference/events.md."""
    fields = "".join(f"| `{field.name}` | {_takes(field)} | {_meaning(field)} |\n" for field in _fields(WireEvent))
    tokens = "".join(f"| `{field.name}` | {_meaning(field)} |\n" for field in _fields(WireTokens))
    cloud = "".join(f"| `{name}` | {_CLOUD[name]} |\n" for name in CloudEvent.__struct_fields__)
    limits = {"max_tags": _DEFAULTS.max_tags, "max_metadata_bytes": _DEFAULTS.max_metadata_bytes}
    return _HEAD + fields + _TOKENS_HEAD + tokens + _REST.format(cloud_rows=cloud, **limits)


def _fields(struct: type) -> tuple[inspect.Field, ...]:
    described = inspect.type_info(struct)
    if not isinstance(described, inspect.StructType):
        raise TypeError(f"{struct} is no struct")
    return described.fields


def _meaning(field: inspect.Field) -> str:
    kind = field.type
    extra = kind.extra_json_schema if isinstance(kind, inspect.Metadata) else None
    meaning: str = (extra or {}).get("description", "")
    if not meaning:
        raise ValueError(f"the field {field.name} does not say what it means")
    return meaning


def _takes(field: inspect.Field) -> str:
    kind = field.type.type if isinstance(field.type, inspect.Metadata) else field.type
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    words = " or ".join(dict.fromkeys(_words(each) for each in kinds if not isinstance(each, inspect.NoneType)))
    if field.required:
        return f"{words}; needed"
    return words if field.default is None else f"{words}; else `{field.default}`"


def _words(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.StrType):
        return _TEXT if kind.min_length else "text"
    if isinstance(kind, inspect.LiteralType):
        return ", ".join(f"`{value}`" for value in kind.values)
    for plain, words in _PLAIN.items():
        if isinstance(kind, plain):
            return words
    raise TypeError(f"no words yet for a field of {kind}")


_PLAIN: Final[Mapping[type[inspect.Type], str]] = {
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.DecimalType: "decimal number, as text or number",
    inspect.ListType: "list of texts",
    inspect.DictType: "object",
    inspect.StructType: "object, see below",
}
