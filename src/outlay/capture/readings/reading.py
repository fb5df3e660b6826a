"""The types of a reading: what one answer of a provider states of its use, in Outlay's terms.

What the answer does not state is None. Counts that contradict each other never make an impossible `Tokens`: what can't
be true is left out, and the reading carries the mark CONTRADICTS.
"""

from decimal import Decimal
from typing import Final, Literal, Protocol, get_args

from msgspec import Struct

from outlay.usage import NO_TOKENS, ReportedCost, Tokens

# The shape of an answer, not who sends it: Azure, Mistral, DeepSeek, xAI, Groq, OpenRouter, Together, vLLM … answer in
# OpenAI's shapes, Vertex in Gemini's.
Api = Literal[
    "openai_chat",
    "openai_responses",
    "openai_embeddings",
    "openai_images",
    "openai_audio",
    "anthropic",
    "gemini",
    "gemini_interactions",
    "bedrock_converse",
    "bedrock_invoke",
    "cohere",
    "mistral_ocr",
    "ollama",
]
APIS: Final[tuple[Api, ...]] = get_args(Api)

PARTIAL: Final = "partial"  # the answer stopped before it stated its final usage
CONTRADICTS: Final = "contradicts"  # two counts of the answer can't both be true, or they don't make its own total


class Fee(Struct, frozen=True):
    """What a tool of the provider's counted beside the tokens: `quantity` web searches, pages …"""

    service: str
    quantity: Decimal
    unit: str


class Reading(Struct, frozen=True, kw_only=True):
    """What one answer states.

    `billed` are the counts its provider charges for, where they are others than those it served (Cohere). `quantity`
    and `unit` are of the call itself (seconds of audio, searches of a reranking); `fees` are of tools it used. `also`
    are other inferences inside the same answer that `tokens` does not include: an advisor, a compaction.
    """

    tokens: Tokens = NO_TOKENS
    billed: Tokens | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    model: str | None = None
    response_id: str | None = None
    variant: str | None = None  # service tier, region, speed, as the answer names them, joined by "+"
    reported_cost: ReportedCost | None = None
    fees: tuple[Fee, ...] = ()
    also: tuple["Reading", ...] = ()
    marks: tuple[str, ...] = ()
    error: str | None = None  # the provider's code or kind of error, never its message: that may quote the prompt
    role: str | None = None  # of a reading in `also`: "advisor", "compaction" …

    @property
    def states_usage(self) -> bool:
        """Whether it says how much was used; a stream that broke off early may say only which model answered."""
        return self.tokens != NO_TOKENS or self.quantity is not None or self.reported_cost is not None


class StreamReading(Protocol):
    """An answer that is read while it passes by, in whatever pieces it comes."""

    first_token_seen: bool

    def feed(self, chunk: bytes) -> None: ...

    def reading(self, *, ended: bool) -> Reading | None:
        """Return what was stated so far, usage or only a model, an id or an error; None where it was nothing at all.

        `ended` says that the answer came to its own end.
        """
        ...
