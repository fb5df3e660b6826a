"""Which models a JSON body names, in every place a provider might read one from.

Providers differ in what they take: any case, `model_id` or `modelName`, the first or the last of two fields. All count.
What leads to something kept at the provider (a file of calls, an agent, a preset) hides which model works.
"""

import json
from collections.abc import Iterator
from typing import Final

# Written without case, hyphens and underscores, as they are compared.
_MODEL_FIELDS: Final = frozenset(
    {"model", "modelid", "modelname", "modeluri", "modelarn", "modelpath", "modelslug", "engine", "deployment"}
    | {"deploymentid", "deploymentname", "basemodel", "fallbackmodel"}
)
_LISTS_OF_MODELS: Final = frozenset({"models", "fallbacks", "fallbackmodels"})
# Fields whose values hold models: the calls of a batch, tools and parts that call a model of their own.
_AROUND_MODELS: Final = _LISTS_OF_MODELS | {
    *("requests", "request", "params", "body", "batch", "inputconfig", "config", "completionargs", "extrabody"),
    *("tools", "plugins", "transcription", "audio"),
}
_KEPT_AT_THE_PROVIDER: Final = frozenset(
    {"preset", "agentid", "inputfileid", "inputfile", "inputfiles", "inputfileids", "inputblobfolder", "filename"}
)
_PRESET_IN_A_NAME: Final = "@preset/"


class Unclear(Exception):
    """Which models a call names can't be told for sure."""


class _Fields(tuple[tuple[str, object], ...]):
    """A JSON object with every field, also those that stand in it twice."""

    __slots__ = ()


def models_in_json(body: bytes) -> list[str]:
    """Return every model that a JSON body names itself and in the fields that hold more of them. Raises Unclear."""
    try:
        found = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_Fields)
    except (ValueError, RecursionError):
        raise Unclear("the body of this call can't be read as JSON") from None
    return list(_in_fields(found))


def is_model_field(name: str) -> bool:
    """Say whether a field, a part of a form or a parameter of this name holds a model, however it is written."""
    return _bare(name.partition("[")[0]) in _MODEL_FIELDS


def names_in(value: object) -> list[str]:
    """Return the models that a value of such a field stands for: some take several, with commas. Raises Unclear."""
    if not isinstance(value, str):
        raise Unclear("a model it names is no text")
    if _PRESET_IN_A_NAME in value.casefold():
        raise Unclear("a preset in the model's name may name another")
    return value.split(",")


def _in_fields(value: object) -> Iterator[str]:
    if not isinstance(value, _Fields):
        return
    for name, inner in value:
        bare = _bare(name)
        if bare in _MODEL_FIELDS:
            yield from names_in(inner)
        elif bare in _KEPT_AT_THE_PROVIDER and inner is not None:
            raise Unclear(f"what its {name[:40]} leads to may name another")
        elif bare in _AROUND_MODELS:
            for each in inner if isinstance(inner, list) else [inner]:
                listed = bare in _LISTS_OF_MODELS and isinstance(each, str)
                yield from names_in(each) if listed else _in_fields(each)


def _bare(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").strip()
