"""What people and tools call a provider, and the one id Outlay files it under.

The id is the catalogue's where the catalogue has prices for it, else a tidy lower-case name. A host or router
(OpenRouter, Bedrock, Azure …) is a provider of its own: it is the one that bills. A library that only passes calls on
(LiteLLM, LangChain …) is none.
"""

import re
from typing import Final

_SPELLINGS: Final[dict[str, str]] = {
    "anthropic": "anthropic anthropic_text claude claude_ai",
    "aws": "aws aws.bedrock aws_bedrock bedrock bedrock_converse bedrock_mantle amazon amazon-bedrock amazon_bedrock "
    "bedrock-runtime aws-bedrock anthropic-bedrock",
    "azure": "azure azure_ai azure_openai azure-openai azure.ai.openai azure.ai.inference az.ai.openai az.ai.inference "
    "azure_ai_inference azure_text azureopenai microsoft azure-cognitive-services",
    "ai21": "ai21 ai21_chat",
    "baseten": "baseten",
    "cerebras": "cerebras",
    "cloudflare": "cloudflare workers-ai cloudflare-workers-ai",
    "cohere": "cohere cohere_chat cohereai",
    "databricks": "databricks",
    "dashscope": "dashscope alibaba",
    "deepinfra": "deepinfra deep_infra",
    "deepseek": "deepseek",
    "fireworks": "fireworks fireworks_ai fireworks-ai fireworksai",
    "github": "github github_models github-models",
    "github-copilot": "github-copilot github_copilot copilot",
    "google": "google gemini vertex vertex_ai vertexai vertex_ai_beta vertex-ai google_ai_studio google-ai-studio "
    "google_genai google-genai google_vertexai google-vertex google-gla google-vertex-anthropic google_vertex "
    "google.generative-ai google.generative_ai google.vertex google.vertex.anthropic gcp gcp.gemini gcp.vertex_ai "
    "gcp.gen_ai gcp.vertex.agent palm",
    "groq": "groq",
    "huggingface": "huggingface hugging_face hf",
    "hyperbolic": "hyperbolic",
    "lm_studio": "lm_studio lmstudio lm-studio",
    "meta": "meta meta_llama",
    "mistral": "mistral mistral_ai mistralai mistral-ai codestral text-completion-codestral",
    "moonshotai": "moonshotai moonshot moonshot_ai moonshot-ai",
    "novita": "novita novita_ai novita-ai",
    "nebius": "nebius nebius_ai",
    "nvidia_nim": "nvidia_nim nvidia-nim",
    "ollama": "ollama ollama_chat",
    "openai": "openai open_ai openai_chat openai-chat openai_responses openai-responses text-completion-openai "
    "openai_text chatgpt codex",
    "openrouter": "openrouter open_router",
    "perplexity": "perplexity perplexity_ai perplexity-ai pplx",
    "replicate": "replicate",
    "sagemaker": "sagemaker sagemaker_chat aws.sagemaker",
    "sambanova": "sambanova",
    "together": "together together_ai together-ai togetherai",
    "vllm": "vllm hosted_vllm hosted-vllm",
    "volcengine": "volcengine",
    "voyageai": "voyageai voyage voyage_ai voyage-ai",
    "watsonx": "watsonx watsonx_text ibm.watsonx.ai ibm_watsonx",
    "x-ai": "x-ai x_ai xai x.ai grok",
    "zai": "zai z-ai z.ai",
    "zhipuai": "zhipuai zhipu zhipu_ai",
}
_CANONICAL: Final[dict[str, str]] = {
    spelling: canonical for canonical, spellings in _SPELLINGS.items() for spelling in spellings.split()
}
# They pass the call on to a provider and bill nothing themselves; the model name may say to whom.
_NO_PROVIDER: Final = frozenset(
    {"", "-", "_other", "gateway", "langchain", "litellm", "litellm_proxy", "llama_index", "llamaindex", "n/a", "none"}
    | {"null", "other", "portkey", "portkey-gateway", "proxy", "redacted", "undefined", "unknown", "vercel"}
)
# The Vercel AI SDK names the endpoint behind the provider: `openai.responses`, `anthropic.messages`.
_ENDPOINT: Final = re.compile(
    r"\.(chat|responses|completions?|messages|(?:text-?)?embeddings?|image|speech|transcription|realtime)$"
)


def canonical_provider(stated: str | None) -> str | None:
    """Return the id of the provider that bills, or None where none is stated."""
    name = _ENDPOINT.sub("", (stated or "").strip().lower())
    return None if name in _NO_PROVIDER else _CANONICAL.get(name, name)


def known_provider(stated: str) -> str | None:
    """Return the id for a spelling in use, None for any other word: what a prefix of a model name is tried against."""
    return _CANONICAL.get(stated.strip().lower())
