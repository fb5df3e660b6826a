"""The providers Outlay knows the addresses of: each is there under its name without any configuration.

Where `base_url` is empty every customer has an address of their own (Azure), or it lies in the private network
(Ollama): such a one is only offered when an upstream is added.
"""

from typing import Final

from msgspec import Struct

from outlay.control.upstream import Auth


class KnownUpstream(Struct, frozen=True, kw_only=True):
    """What is filled in for a provider. `check` is a cheap GET that needs the credential; empty where there is none.

    `example` is an address as it looks, `credential` what people call what they paste.
    """

    name: str
    label: str
    provider: str
    base_url: str = ""
    example: str = ""
    auth: Auth = "bearer"
    check: str = "/v1/models"
    credential: str = "API key"


KNOWN_UPSTREAMS: Final[tuple[KnownUpstream, ...]] = (
    KnownUpstream(name="openai", label="OpenAI", provider="openai", base_url="https://api.openai.com"),
    KnownUpstream(
        name="anthropic",
        label="Anthropic",
        provider="anthropic",
        base_url="https://api.anthropic.com",
        auth="x-api-key",
        check="/v1/models?limit=1",
    ),
    KnownUpstream(
        name="gemini",
        label="Google Gemini",
        provider="google",
        base_url="https://generativelanguage.googleapis.com",
        auth="x-goog-api-key",
        check="/v1beta/models?pageSize=1",
    ),
    KnownUpstream(
        name="azure",
        label="Azure OpenAI",
        provider="azure",
        example="https://my-resource.openai.azure.com",
        auth="api-key",
        check="/openai/models?api-version=2024-10-21",
    ),
    KnownUpstream(
        name="bedrock",
        label="Amazon Bedrock",
        provider="aws",
        example="https://bedrock-runtime.us-east-1.amazonaws.com",
        check="",
        credential="Bedrock API key, or access key id:secret access key",
    ),
    KnownUpstream(name="mistral", label="Mistral", provider="mistral", base_url="https://api.mistral.ai"),
    KnownUpstream(name="cohere", label="Cohere", provider="cohere", base_url="https://api.cohere.com"),
    # Without a credential, too, OpenRouter lists its models; what a key may spend it tells the key alone.
    KnownUpstream(
        name="openrouter",
        label="OpenRouter",
        provider="openrouter",
        base_url="https://openrouter.ai/api",
        check="/v1/key",
    ),
    KnownUpstream(name="groq", label="Groq", provider="groq", base_url="https://api.groq.com/openai"),
    KnownUpstream(name="deepseek", label="DeepSeek", provider="deepseek", base_url="https://api.deepseek.com"),
    KnownUpstream(name="xai", label="xAI", provider="x-ai", base_url="https://api.x.ai"),
    KnownUpstream(
        name="ollama",
        label="Ollama",
        provider="ollama",
        example="http://127.0.0.1:11434",
        auth="none",
        check="/api/tags",
    ),
)


def known_upstream(name: str) -> KnownUpstream | None:
    """Return what is known of the provider that has this name by default."""
    return next((each for each in KNOWN_UPSTREAMS if each.name == name), None)


def known_provider_label(provider: str) -> str:
    """Return how a provider is written for people; its id where nothing better is known."""
    return next((each.label for each in KNOWN_UPSTREAMS if each.provider == provider), provider)


def check_path(name: str, provider: str) -> str:
    """Return what is asked of an upstream to test it: its namesake's, else its provider's, else a list of models."""
    known = known_upstream(name)
    if known is not None and known.provider == provider:
        return known.check
    return next((each.check for each in KNOWN_UPSTREAMS if each.provider == provider), "/v1/models")
