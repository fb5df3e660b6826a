"""Which model is meant, and who bills for it, from what people and tools really type.

`fireworks_ai/accounts/fireworks/models/x`, `openrouter/anthropic/claude-3.5-sonnet`, `models/gemini-…`, an inference
profile's ARN: all become one provider and one model name. A name that fits no entry keeps its own (tidied) name, and a
name that says nothing (`REDACTED`, `None`, empty) is no model. Guessing stops where two providers could be meant.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

from outlay.pricing.catalogue import Catalogue
from outlay.pricing.providers import canonical_provider, known_provider


class ModelName(Struct, frozen=True):
    """Who bills and which model; None is what could not be told."""

    provider: str | None
    model: str | None


_SAYS_NOTHING: Final = frozenset(
    {"", "-", "redacted", "[redacted]", "none", "null", "nil", "unknown", "undefined", "n/a", "nan", "<synthetic>"}
)
# A regional or global inference profile, or a bare Bedrock id: `us.anthropic.claude-…`, `amazon.nova-micro-v1:0`.
_BEDROCK: Final = re.compile(
    r"^(?:(?:us|us-gov|eu|apac|au|jp|in|ca|sa|global|regional)\.)?"
    r"(?:ai21|amazon|anthropic|cohere|deepseek|meta|mistral|openai|qwen|stability|twelvelabs|writer)\.[a-z]",
    re.IGNORECASE,
)
_BEDROCK_ARN: Final = re.compile(r"^arn:aws[a-z-]*:bedrock:", re.IGNORECASE)
# Names that carry the provider in another way than a first segment.
_TELLING: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (_BEDROCK_ARN, "aws"),
    (_BEDROCK, "aws"),
    (re.compile(r"^accounts/fireworks/", re.IGNORECASE), "fireworks"),
    (re.compile(r"^(projects/[^/]+/locations/|publishers/)", re.IGNORECASE), "google"),
    (re.compile(r"^models/(gemini|gemma|embedding|text-embedding|imagen|veo)", re.IGNORECASE), "google"),
    (re.compile(r"^ft:(gpt|davinci|babbage)", re.IGNORECASE), "openai"),
)
# Their model names are unmistakable when written in full, also where no pattern of the catalogue claims them.
_FIRST_PARTIES: Final = ("openai", "anthropic", "google", "mistral", "cohere", "deepseek", "x-ai", "voyageai")
_SIBLINGS: Final = ("flash-8b",)
_DATE: Final = re.compile(r"-20\d{6}$")
_DASHED: Final = re.compile(r"(?<=\d)-(?=\d{1,2}(?:-|$))")
# Owners of open weights on model hubs that are spelled like a provider: anyone may host what they publish.
_HUB_OWNERS: Final = frozenset({"meta", "microsoft", "mistralai", "mistral-ai"})


def identify(provider: str | None, model_raw: str | None, catalogue: Catalogue) -> ModelName:
    """Return the provider that bills and the model's stable name; identifying the result again changes nothing."""
    billed_by = canonical_provider(provider)
    raw = _meaning(model_raw)
    if raw is None:
        return ModelName(billed_by, None)
    if billed_by is not None and (exact := catalogue.id_of(billed_by, raw)) is not None:
        return ModelName(billed_by, exact)
    billed_by, name = _provider_split_off(billed_by, raw, catalogue)
    if _meaning(name) is None:
        return ModelName(billed_by, None)
    if billed_by is None:
        return ModelName(None, name)
    for form in _forms(billed_by, raw, name):
        entry = catalogue.find(billed_by, form)
        if entry is not None and not _is_sibling(form, entry.id):
            return ModelName(billed_by, entry.id)
    return ModelName(billed_by, _tail(name))


def _is_sibling(form: str, found: str) -> bool:
    """Whether the catalogue's loose pattern took a smaller model for its larger sibling, at twice the price."""
    return any(size in form.lower() and size not in found.lower() for size in _SIBLINGS)


def _meaning(text: str | None) -> str | None:
    name = unquote(text).strip() if text and "%" in text else (text or "").strip()
    return None if name.lower() in _SAYS_NOTHING else name


def _provider_split_off(billed_by: str | None, raw: str, catalogue: Catalogue) -> tuple[str | None, str]:
    prefix, slash, rest = raw.partition("/")
    named = known_provider(prefix) if slash and prefix.lower() not in _HUB_OWNERS else None
    if named == "huggingface":
        host, _, hosted = rest.partition("/")
        if f"huggingface_{host.lower()}" in catalogue.provider_ids:
            named, rest = f"huggingface_{host.lower()}", hosted
    if named is not None and billed_by in {None, named}:
        return named, rest
    return (billed_by, raw) if billed_by is not None else (_implied_provider(raw, catalogue), raw)


def _implied_provider(name: str, catalogue: Catalogue) -> str | None:
    for pattern, provider in _TELLING:
        if pattern.search(name):
            return provider
    # `someone/model` and `model:tag` are names of hubs and local runners: who bills can't be told from the model.
    if "/" in name or ":" in name:
        return None
    for provider in _FIRST_PARTIES:
        if catalogue.id_of(provider, name) is not None:
            return provider
    return catalogue.provider_naming(name)


def _forms(provider: str, raw: str, name: str) -> Iterator[str]:
    """Yield the spellings under which the catalogue may know a model, the most literal first."""
    yield name
    if raw != name:
        yield raw
    tail = _tail(name)
    if tail != name:
        yield tail
    if provider == "fireworks":
        yield f"accounts/fireworks/models/{tail}"
    if provider == "openrouter":  # its ids have no date and a dot in the version; people type Anthropic's own
        yield _DASHED.sub(".", _DATE.sub("", name))
    if provider == "aws":
        yield from (f"{tail}-1:0", f"{tail}-v1:0")
    if provider == "google" and "@" in tail:
        yield tail.partition("@")[0]
    vendor, slash, rest = tail.partition("/")
    if slash and provider != "openrouter" and known_provider(vendor) is not None:
        yield rest


def _tail(name: str) -> str:
    """Drop the path in front of a model: `publishers/google/models/x`, `accounts/fireworks/models/x`, an ARN's."""
    if _BEDROCK_ARN.search(name):
        return name.rpartition("/")[2] or name
    _, found, tail = f"/{name}".rpartition("/models/")
    return tail if found and tail else name
