"""Who served a call, as far as its telemetry tells.

Instrumentations of the OpenAI SDK name `openai` whatever the SDK is pointed at, so the address counts more, then the
form of the id. Where neither is known and the model is not OpenAI's, nobody is named: the model will tell.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from outlay.capture.otlp import words
from outlay.capture.otlp.telemetry import Attributes

_HOSTS: Final[tuple[tuple[str, str], ...]] = (
    ("api.openai.com", "openai"),
    ("openai.azure.com", "azure"),
    ("services.ai.azure.com", "azure"),
    ("cognitiveservices.azure.com", "azure"),
    ("inference.ai.azure.com", "azure"),
    ("openrouter.ai", "openrouter"),
    ("api.anthropic.com", "anthropic"),
    ("generativelanguage.googleapis.com", "google"),
    ("aiplatform.googleapis.com", "google"),
    ("api.deepseek.com", "deepseek"),
    ("api.groq.com", "groq"),
    ("api.mistral.ai", "mistral"),
    ("api.x.ai", "x-ai"),
    ("api.cohere.com", "cohere"),
    ("api.cohere.ai", "cohere"),
    ("api.together.xyz", "together"),
    ("api.fireworks.ai", "fireworks"),
    ("api.perplexity.ai", "perplexity"),
    ("api.cerebras.ai", "cerebras"),
    ("amazonaws.com", "aws"),
)
_SDK: Final = "openai"
_OPENROUTER_ID: Final = re.compile(r"gen-\d{10}-[0-9A-Za-z]{16,}")
_OF_OPENAI: Final = re.compile(
    r"(ft:)?(gpt|o\d|chatgpt|codex|computer-use|text-|davinci|babbage|curie|ada|dall-e|whisper|tts|omni|sora)",
    re.IGNORECASE,
)
_AZURE_PATH: Final = "/openai/deployments/"


def provider_of(attributes: Attributes, model: str | None, response_id: str | None) -> str | None:
    """Return who served the call, None where it can't be told."""
    address = words.first_text(attributes, words.ADDRESS) or ""
    by_address = _by_address(address)
    if by_address is not None:
        return by_address
    stated = words.first_text(attributes, words.PROVIDER)
    if stated is None or stated.lower() != _SDK:
        return stated
    if response_id is not None and _OPENROUTER_ID.fullmatch(response_id):
        return "openrouter"
    return None if model is not None and not _OF_OPENAI.match(model) else stated


def _by_address(address: str) -> str | None:
    if _AZURE_PATH in address:
        return "azure"
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return None
    return next((provider for name, provider in _HOSTS if host == name or host.endswith(f".{name}")), None)
