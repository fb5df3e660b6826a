"""Which API a path of a provider's speaks, and the model it names where only the path does.

Paths are matched by how they end, so that a prefix (`/v1beta`, `/openai/deployments/x`, a gateway's own segment) does
not matter. The provider decides only where two vendors use the same path.
"""

import re
from typing import Final
from urllib.parse import unquote

from outlay.capture.readings.reading import Api

_ENDINGS: Final[tuple[tuple[str, Api], ...]] = (
    (r"/chat/completions$", "openai_chat"),
    (r"/responses(/compact)?$", "openai_responses"),
    (r"/embeddings$", "openai_embeddings"),
    (r"/images/(generations|edits|variations)$", "openai_images"),
    (r"/audio/(transcriptions|translations|speech)$", "openai_audio"),
    (r"/messages$", "anthropic"),
    (r"/v1/complete$", "anthropic"),
    (r"publishers/anthropic/models/[^/]+:(raw|streamRaw)Predict$", "anthropic"),
    (r":(generateContent|streamGenerateContent|embedContent|batchEmbedContents|generateAnswer|predict)$", "gemini"),
    (r"/interactions$", "gemini_interactions"),
    (r"/model/.+/converse(-stream)?$", "bedrock_converse"),
    (r"/model/.+/invoke(-with-response-stream)?$", "bedrock_invoke"),
    (r"/v[12]/(chat|generate|embed|rerank)$", "cohere"),
    (r"/api/(chat|generate|embed|embeddings)$", "ollama"),
    (r"/ocr$", "mistral_ocr"),
    (r"/rerank$", "openai_embeddings"),  # Voyage, Jina …: {"usage": {"total_tokens": …}}
    (r"/completions$", "openai_chat"),  # the older completions state usage in the same shape
)
# Some servers, Azure's among them, take small letters for capital ones.
_BY_ENDING: Final = tuple((re.compile(ending, re.IGNORECASE), api) for ending, api in _ENDINGS)
# An ending that another vendor uses for another shape.
_BY_PROVIDER: Final[dict[tuple[str, str], Api]] = {
    ("ollama", "/api/embeddings"): "ollama",
    ("writer", "/v1/chat"): "openai_chat",
    ("voyage", "/v1/rerank"): "openai_embeddings",
    ("voyageai", "/v1/rerank"): "openai_embeddings",
    ("jina", "/v1/rerank"): "openai_embeddings",
}
_MODEL: Final = re.compile(r"/(?:models|model|deployments|engines)/(.+?)(?::[a-zA-Z]+|/[a-z-]+(?:/[a-z-]+)?)?$")
_LONGEST: Final = 2_048


def api_of(provider: str, method: str, path: str) -> Api | None:
    """Return the API that answers at this path; None where a call is not metered (lists of models, files, counts)."""
    if method.upper() != "POST" or len(path) > _LONGEST:
        return None
    path = path.partition("?")[0].rstrip("/")
    for (vendor, ending), api in _BY_PROVIDER.items():
        if provider == vendor and path.lower().endswith(ending):
            return api
    return next((api for pattern, api in _BY_ENDING if pattern.search(path)), None)


def model_in_path(path: str) -> str | None:
    """Return the model (Azure: the deployment) a path names: `/model/us.anthropic.claude-…/converse`."""
    found = _MODEL.search(path.partition("?")[0].rstrip("/")) if len(path) <= _LONGEST else None
    return unquote(found[1]) if found else None
