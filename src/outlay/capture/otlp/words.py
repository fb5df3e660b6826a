"""The names under which instrumentations state one fact, the most exact first; one entry per fact.

OpenTelemetry's GenAI conventions, old and new, OpenLLMetry, OpenInference, the Vercel AI SDK, Langfuse, Sentry, and the
plain names of coding agents. A name that is not here is not kept.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from outlay.capture.otlp.telemetry import Attributes

Names = tuple[str, ...]

OPERATION: Final[Names] = ("gen_ai.operation.name", "llm.request.type")
PROVIDER: Final[Names] = ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider")
REQUEST_MODEL: Final[Names] = ("gen_ai.request.model", "llm.request.model", "ai.model.id")
RESPONSE_MODEL: Final[Names] = (
    "gen_ai.response.model",
    "llm.response.model",
    "ai.response.model",
    "llm.model_name",
    "embedding.model_name",
    "langfuse.observation.model.name",
    "langfuse.observation.model",
    "model",
)
RESPONSE_ID: Final[Names] = ("gen_ai.response.id", "llm.response.id", "ai.response.id", "response_id")
REQUEST_ID: Final[Names] = ("anthropic.request.id", "gen_ai.request.id")
AGENT_REQUEST_ID: Final[Names] = ("request_id",)  # in a program's own spans it is what the program worked on
SERVICE_TIER: Final[Names] = (
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "anthropic.response.service_tier",
    "gen_ai.response.service_tier",
)
SPEED: Final[Names] = ("speed", "anthropic.response.speed")
GEO: Final[Names] = ("anthropic.response.inference_geo",)
ERROR: Final[Names] = ("error.type", "error_type")
HTTP_STATUS: Final[Names] = ("http.response.status_code", "status_code", "http.status_code")
ADDRESS: Final[Names] = ("server.address", "gen_ai.openai.api_base", "url.full", "net.peer.name")
STREAMED: Final[Names] = ("gen_ai.is_streaming", "gen_ai.request.stream", "llm.is_streaming")

INPUT: Final[Names] = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    "ai.usage.tokens",
    "input_tokens",
    "input_token_count",
)
OUTPUT: Final[Names] = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
    "output_tokens",
    "output_token_count",
)
TOTAL: Final[Names] = (
    "gen_ai.usage.total_tokens",
    "llm.usage.total_tokens",
    "llm.token_count.total",
    "ai.usage.totalTokens",
    "total_token_count",
)
CACHE_READ: Final[Names] = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.input_tokens.cached",
    "gen_ai.usage.details.cache_read_tokens",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.inputTokenDetails.cacheReadTokens",
    "ai.usage.cachedInputTokens",
    "cache_read_tokens",
    "cached_token_count",
    "cached_content_token_count",
)
CACHE_WRITE: Final[Names] = (
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.input_tokens.cache_write",
    "gen_ai.usage.details.cache_write_tokens",
    "llm.token_count.prompt_details.cache_write",
    "ai.usage.inputTokenDetails.cacheWriteTokens",
    "cache_creation_tokens",
    "cache_write_token_count",
)
CACHE_WRITE_5M: Final[Names] = ("anthropic.usage.cache_creation.ephemeral_5m_input_tokens",)
CACHE_WRITE_1H: Final[Names] = ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",)
REASONING: Final[Names] = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.output_tokens.reasoning",
    "gen_ai.usage.details.reasoning_tokens",
    "llm.token_count.completion_details.reasoning",
    "ai.usage.outputTokenDetails.reasoningTokens",
    "ai.usage.reasoningTokens",
    "reasoning_token_count",
    "thoughts_token_count",
)
AUDIO_INPUT: Final[Names] = ("gen_ai.usage.details.input_audio_tokens", "llm.token_count.prompt_details.audio")
AUDIO_OUTPUT: Final[Names] = ("gen_ai.usage.details.output_audio_tokens", "llm.token_count.completion_details.audio")
TOOL_USE: Final[Names] = ("tool_token_count",)
COST: Final[Names] = ("cost_usd", "operation.cost", "gen_ai.usage.cost", "llm.cost.total")

DURATION_MS: Final[Names] = ("duration_ms",)
FIRST_TOKEN_MS: Final[Names] = ("ai.response.msToFirstChunk", "ttft_ms", "time_to_first_token_ms")
FIRST_TOKEN_S: Final[Names] = (
    "gen_ai.response.time_to_first_chunk",
    "gen_ai.response.time_to_first_token",
    "gen_ai.server.time_to_first_token",
)

USER: Final[Names] = (
    "outlay.user",
    "user.id",
    "enduser.id",
    "user.email",
    "langfuse.user.id",
    "langfuse.trace.user_id",
    "user_id",
    "traceloop.association.properties.user_id",
    "traceloop.association.properties.userId",
    "ai.telemetry.metadata.userId",
    "ai.telemetry.metadata.user_id",
    "gen_ai.user.id",
)
TEAM: Final[Names] = (
    "outlay.team",
    "team.id",
    "team",
    "team.name",
    "traceloop.association.properties.team",
    "ai.telemetry.metadata.team",
)
AGENT: Final[Names] = (
    "outlay.agent",
    "gen_ai.agent.name",
    "gen_ai.agent.id",
    "agent.name",
    "agent_name",
    "gen_ai.workflow.name",
    "ai.telemetry.functionId",
)
POD: Final[Names] = ("outlay.pod",)
TASK: Final[Names] = ("outlay.task",)
RUN: Final[Names] = ("outlay.run", "gen_ai.agent.call.id", "prompt.id", "prompt_id")
SESSION: Final[Names] = (
    "outlay.session",
    "session.id",
    "gen_ai.conversation.id",
    "conversation.id",
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.sessionId",
    "traceloop.association.properties.thread_id",
    "ai.telemetry.metadata.sessionId",
    "ai.telemetry.metadata.session_id",
)
ENVIRONMENT: Final[Names] = ("deployment.environment.name", "deployment.environment", "env", "langfuse.environment")
TAGS: Final = "outlay.tags"

OPENINFERENCE_KIND: Final = "openinference.span.kind"
LANGFUSE_KIND: Final = "langfuse.observation.type"
TRACELOOP_KIND: Final = "traceloop.span.kind"
VERCEL_OPERATION: Final = "ai.operationId"
# Bodies of answers, or what is left of them: read for their usage and id, then dropped.
ANSWER_BODY: Final = "output.value"
VERCEL_METADATA: Final = "ai.response.providerMetadata"
LANGFUSE_USAGE: Final = "langfuse.observation.usage_details"
LANGFUSE_COST: Final = "langfuse.observation.cost_details"
LANGFUSE_FIRST_TOKEN: Final = "langfuse.observation.completion_start_time"  # noqa: S105 - a name, no secret
EVENT_NAME: Final = "event.name"
EVENT_KIND: Final = "event.kind"
EVENT_TIME: Final = "event.timestamp"
SERVICE_NAME: Final = "service.name"
FIRST_TOKEN_EVENTS: Final = frozenset({"First Token Stream Event", "ai.stream.firstChunk", "gen_ai.first_token"})

_SINGLE: Final[Names] = (
    TAGS,
    OPENINFERENCE_KIND,
    LANGFUSE_KIND,
    TRACELOOP_KIND,
    VERCEL_OPERATION,
    ANSWER_BODY,
    VERCEL_METADATA,
    LANGFUSE_USAGE,
    LANGFUSE_COST,
    LANGFUSE_FIRST_TOKEN,
    EVENT_NAME,
    EVENT_KIND,
    EVENT_TIME,
    SERVICE_NAME,
)
_WANTED: Final[frozenset[str]] = frozenset(_SINGLE).union(
    OPERATION,
    PROVIDER,
    REQUEST_MODEL,
    RESPONSE_MODEL,
    RESPONSE_ID,
    REQUEST_ID,
    AGENT_REQUEST_ID,
    SERVICE_TIER,
    SPEED,
    GEO,
    ERROR,
    HTTP_STATUS,
    ADDRESS,
    STREAMED,
    INPUT,
    OUTPUT,
    TOTAL,
    CACHE_READ,
    CACHE_WRITE,
    CACHE_WRITE_5M,
    CACHE_WRITE_1H,
    REASONING,
    AUDIO_INPUT,
    AUDIO_OUTPUT,
    TOOL_USE,
    COST,
    DURATION_MS,
    FIRST_TOKEN_MS,
    FIRST_TOKEN_S,
    USER,
    TEAM,
    AGENT,
    POD,
    TASK,
    RUN,
    SESSION,
    ENVIRONMENT,
)


def wanted(name: str) -> bool:
    """Say whether an attribute may matter here."""
    return name in _WANTED


def first_text(attributes: Attributes, names: Iterable[str]) -> str | None:
    """Return the first of these that is stated and says something."""
    for name in names:
        value = attributes.get(name)
        if value is None:
            continue
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None


def numbers(attributes: Attributes, names: Iterable[str]) -> Iterator[int | float]:
    """Yield the numbers stated under these names, in order; some tools write them as text."""
    for name in names:
        value = attributes.get(name)
        number = None if value is None else as_number(value)
        if number is not None:
            yield number


def as_number(value: Any) -> int | float | None:  # noqa: ANN401 - an attribute may hold anything
    """Return a stated number that is finite and not negative; None for everything else."""
    if isinstance(value, str):
        try:
            value = int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if 0 <= value < 1e18 else None


def first_count(attributes: Attributes, names: Iterable[str]) -> int | None:
    """Return the first count stated under these names; None where there is none that can be one."""
    return next((int(number) for number in numbers(attributes, names) if number == int(number)), None)
