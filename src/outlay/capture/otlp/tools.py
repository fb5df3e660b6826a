"""What is known of single tools where they differ from what the conventions say; found in their recorded telemetry."""

from typing import Final

from msgspec import Struct

from outlay.capture.otlp.telemetry import Tool

_NOT_INSIDE: Final = ("anthropic", "bedrock", "amazon-bedrock", "vertex.anthropic", "google.vertex.anthropic")


class Trait(Struct, frozen=True):
    """How the tools whose scope begins with `prefix` state usage.

    `cache_outside`: their input leaves the cached parts out. `omits_zeros`: a count that is not stated is zero.
    `leaves_out_writes`: they never state cache writes. `doubtful_streams` says what is wrong with their counts of
    streamed answers.
    """

    prefix: str
    cache_outside: bool = False
    omits_zeros: bool = False
    leaves_out_writes: bool = False
    doubtful_streams: str = ""


_TRAITS: Final = (
    Trait("opentelemetry.instrumentation.botocore", cache_outside=True),
    Trait(
        "opentelemetry.instrumentation.anthropic",
        doubtful_streams="adds the output of the first message to the last one's, and takes the input from the first",
    ),
    Trait("opentelemetry.instrumentation.openai", leaves_out_writes=True),
    Trait("@traceloop/instrumentation-openai", leaves_out_writes=True),
    Trait("com.anthropic.", omits_zeros=True),
    Trait("openinference.instrumentation", omits_zeros=True),
    Trait("@arizeai/openinference", omits_zeros=True),
    Trait("pydantic-ai", omits_zeros=True),
)
_PLAIN: Final = Trait("")
_VERCEL: Final = "ai"
_VERCEL_INSIDE_SINCE: Final = 6


def trait_of(tool: Tool, provider: str | None) -> Trait:
    """Return what is known of a tool, for calls of this provider."""
    if tool.name == _VERCEL:
        return Trait(_VERCEL, cache_outside=_vercel_leaves_out(tool.version, provider or ""))
    return next((trait for trait in _TRAITS if tool.name.startswith(trait.prefix)), _PLAIN)


def _vercel_leaves_out(version: str, provider: str) -> bool:
    """Up to version 5 it passed on what the provider's own input counts; the scope has no version then."""
    major = version.partition(".")[0]
    old = not major.isdigit() or int(major) < _VERCEL_INSIDE_SINCE
    return old and provider.startswith(_NOT_INSIDE)
