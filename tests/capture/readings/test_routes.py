"""Which API a path speaks, and the model that only the path names."""

import pytest

from outlay.capture.readings.reading import Api
from outlay.capture.readings.routes import api_of, model_in_path

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
PATHS: list[tuple[str, str, Api | None]] = [
    ("openai", "/v1/chat/completions", "openai_chat"),
    ("openai", "/v1/completions", "openai_chat"),
    ("openai", "/v1/responses", "openai_responses"),
    ("openai", "/v1/responses/compact", "openai_responses"),
    ("openai", "/v1/responses/resp_1/cancel", None),
    ("openai", "/v1/embeddings", "openai_embeddings"),
    ("openai", "/v1/images/edits", "openai_images"),
    ("openai", "/v1/audio/transcriptions", "openai_audio"),
    ("openai", "/v1/moderations", None),
    ("openai", "/v1/files", None),
    ("azure", "/openai/deployments/prod/chat/completions?api-version=2024-10-21", "openai_chat"),
    ("groq", "/openai/v1/chat/completions/", "openai_chat"),
    ("mistral", "/v1/fim/completions", "openai_chat"),
    ("mistral", "/v1/ocr", "mistral_ocr"),
    ("openrouter", "/api/v1/chat/completions", "openai_chat"),
    ("anthropic", "/v1/messages", "anthropic"),
    ("anthropic", "/v1/messages?beta=true", "anthropic"),
    ("anthropic", "/v1/messages/count_tokens", None),
    ("anthropic", "/v1/messages/batches", None),
    ("google", "/v1/projects/p/locations/l/publishers/anthropic/models/claude-x:streamRawPredict", "anthropic"),
    ("google", "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", "gemini"),
    ("google", "/v1beta/models/gemini-embedding-001:batchEmbedContents", "gemini"),
    ("google", "/v1beta/models/gemini-2.5-flash:countTokens", None),
    ("google", "/v1beta/interactions", "gemini_interactions"),
    ("aws", f"/model/{CLAUDE}/converse-stream", "bedrock_converse"),
    ("aws", "/model/arn:aws:bedrock:us-east-1:1:inference-profile/us.x/invoke", "bedrock_invoke"),
    ("aws", f"/model/{CLAUDE}/count-tokens", None),
    ("cohere", "/v2/chat", "cohere"),
    ("cohere", "/v2/rerank", "cohere"),
    ("writer", "/v1/chat", "openai_chat"),
    ("voyage", "/v1/rerank", "openai_embeddings"),
    ("ollama", "/api/chat", "ollama"),
    ("ollama", "/api/tags", None),
    ("openai", "/" + "a" * 5000 + "/chat/completions", None),
]


@pytest.mark.parametrize(("provider", "path", "api"), PATHS, ids=[f"{who} {path[:60]}" for who, path, _ in PATHS])
def test_the_api_of_a_path(provider: str, path: str, api: Api | None) -> None:
    assert api_of(provider, "POST", path) == api
    assert api_of(provider, "GET", path) is None


MODELS = [
    ("/v1/chat/completions", None),
    ("/openai/deployments/my%20model/chat/completions", "my model"),
    ("/v1beta/models/gemini-2.5-flash:generateContent?key=k", "gemini-2.5-flash"),
    ("/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:streamGenerateContent", "gemini-2.5-pro"),
    (f"/model/{CLAUDE.replace(':', '%3A')}/converse", CLAUDE),
    (f"/model/{CLAUDE}/invoke-with-response-stream", CLAUDE),
    (
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x%3A0/converse",
        "arn:aws:bedrock:us-east-1:1:inference-profile/us.x:0",
    ),
    (
        "/model/arn:aws:bedrock:us-east-1:1:inference-profile/us.x:0/converse",
        "arn:aws:bedrock:us-east-1:1:inference-profile/us.x:0",
    ),
]


@pytest.mark.parametrize(("path", "model"), MODELS)
def test_the_model_in_a_path(path: str, model: str | None) -> None:
    assert model_in_path(path) == model
