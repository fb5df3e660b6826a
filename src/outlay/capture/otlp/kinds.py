"""Which spans are calls of a model. All others repeat what their children say, or have nothing to do with models.

Every family of instrumentations says it in a way of its own; the first one that speaks decides.
"""

from typing import Final

from outlay.capture.otlp import words
from outlay.capture.otlp.telemetry import Attributes, Span

EMBEDDINGS: Final = "embeddings"

_OPENINFERENCE: Final = {"LLM": "chat", "EMBEDDING": EMBEDDINGS}
_LANGFUSE: Final = {"generation": "chat", "embedding": EMBEDDINGS}
_VERCEL: Final = {"doGenerate": "chat", "doStream": "chat", "doEmbed": EMBEDDINGS}
_OPERATIONS: Final = {
    "chat": "chat",
    "completion": "text_completion",
    "text_completion": "text_completion",
    "generate_content": "generate_content",
    "embedding": EMBEDDINGS,
    EMBEDDINGS: EMBEDDINGS,
}
# Operations of which the tools that name them report the requests once more, inside or beside.
_NO_CALLS: Final = frozenset(
    {
        "create_agent",
        "execute_tool",
        "execute_task",
        "handoff",
        "invoke_agent",
        "invoke_workflow",
        "llm_call",
        "plan",
        "rerank",
        "retrieval",
        "search_memory",
        "workflow",
    }
)
_CLAUDE_CODE_CALL: Final = "claude_code.llm_request"


def operation_of(span: Span) -> str | None:
    """Return what was asked of the model when the span is a call; None for every other span."""
    attributes = span.attributes
    if by_claude_code(span):
        return "chat"
    vercel = words.first_text(attributes, (words.VERCEL_OPERATION,))
    if vercel is not None:
        return _VERCEL.get(vercel.rpartition(".")[2])
    for name, known in ((words.LANGFUSE_KIND, _LANGFUSE), (words.OPENINFERENCE_KIND, _OPENINFERENCE)):
        stated = words.first_text(attributes, (name,))
        if stated is not None:
            return known.get(stated)
    if words.first_text(attributes, (words.TRACELOOP_KIND,)) is not None:
        return None
    return _by_conventions(attributes)


def by_claude_code(span: Span) -> bool:
    """Say whether Claude Code made this span of a call of its own."""
    return span.name.startswith(_CLAUDE_CODE_CALL)


def is_group(span: Span) -> bool:
    """Say whether a span that is no call belongs to the work with models: an agent, a tool, a step of a workflow."""
    names = (words.VERCEL_OPERATION, words.LANGFUSE_KIND, words.OPENINFERENCE_KIND, words.TRACELOOP_KIND)
    return words.first_text(span.attributes, (*names, *words.OPERATION)) is not None


def _by_conventions(attributes: Attributes) -> str | None:
    stated = words.first_text(attributes, words.OPERATION)
    if stated is not None and stated.lower() in _OPERATIONS:
        return _OPERATIONS[stated.lower()]
    if stated is not None and stated.lower() in _NO_CALLS:
        return None
    # Of the first conventions, or an operation that is new: a model was asked, and an answer or its usage is there.
    asked = words.first_text(attributes, words.REQUEST_MODEL) is not None
    answered = words.first_text(attributes, words.RESPONSE_ID) or words.first_count(attributes, words.INPUT) is not None
    return (stated or "chat") if asked and answered else None
