"""Which provider and model is meant: what people type, what tools send, and names that must not be guessed."""

import csv
import gzip
import json

import pytest
from genai_prices.data import providers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outlay.pricing.match import ModelName, identify
from outlay.pricing.shelf import Shelf
from tests.pricing.made import book, catalogue
from tests.real_data import shared_data

NAMES = [
    (None, "gpt-4o", "openai", "gpt-4o"),
    (None, "GPT-4o-2024-08-06", "openai", "gpt-4o"),
    (None, "o3-mini", "openai", "o3-mini"),
    (None, "text-embedding-3-small", "openai", "text-embedding-3-small"),
    (None, "ft:gpt-4o-mini-2024-07-18:acme::abc", "openai", "ft:gpt-4o-mini"),
    (None, "claude-3-5-sonnet-20241022", "anthropic", "claude-3-5-sonnet"),
    (None, "anthropic/claude-3-7-sonnet-20250219", "anthropic", "claude-3-7-sonnet-latest"),
    ("anthropic.messages", "claude-sonnet-4-5-20250929", "anthropic", "claude-sonnet-4-5"),
    ("openai.responses", "gpt-4.1-mini-2025-04-14", "openai", "gpt-4.1-mini"),
    (None, "deepseek/deepseek-chat", "deepseek", "deepseek-chat"),
    (None, "fireworks_ai/accounts/fireworks/models/deepseek-v3p2", "fireworks", "deepseek-v3p2"),
    ("fireworks", "deepseek-v3p2", "fireworks", "deepseek-v3p2"),
    (None, "fireworks_ai/accounts/fireworks/models/deepseek-v3", "fireworks", "deepseek-v3"),
    (None, "openrouter/anthropic/claude-3.5-sonnet", "openrouter", "anthropic/claude-3.5-sonnet"),
    (None, "openrouter/anthropic/claude-3-5-haiku-20241022", "openrouter", "anthropic/claude-3.5-haiku"),
    ("openrouter", "anthropic/claude-sonnet-4-5", "openrouter", "anthropic/claude-sonnet-4.5"),
    ("openrouter", "openrouter/auto", "openrouter", "auto"),
    (None, "ollama_chat/llama3:8b", "ollama", "llama3:8b"),
    ("ollama", "gpt-oss:20b", "ollama", "gpt-oss:20b"),
    (None, "lm_studio/qwen3", "lm_studio", "qwen3"),
    (None, "github/gpt-4o", "github", "gpt-4o"),
    (
        None,
        "bedrock/us.anthropic.claude-3-5-haiku-20241022-v1:0",
        "aws",
        "regional.anthropic.claude-3-5-haiku-20241022-v1:0",
    ),
    (
        "aws.bedrock",
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "aws",
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
    ),
    (
        "bedrock",
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A012345678901%3Ainference-profile%2Fus.anthropic.claude-3-7-sonnet-20250219-v1%3A0",
        "aws",
        "regional.anthropic.claude-3-7-sonnet-20250219-v1:0",
    ),
    (
        None,
        "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
        "aws",
        "regional.anthropic.claude-3-haiku-20240307-v1:0",
    ),
    (None, "arn:aws:bedrock:us-east-1:1:application-inference-profile/mi1dadi0g15f", "aws", "mi1dadi0g15f"),
    (None, "us.amazon.nova-micro-v1%3A0", "aws", "amazon.nova-micro-v1:0"),
    ("bedrock", "openai.gpt-oss-120b", "aws", "openai.gpt-oss-120b-1:0"),
    (None, "models/gemini-2.5-pro", "google", "gemini-2.5-pro"),
    (None, "gemini/gemini-1.5-pro-latest", "google", "gemini-1.5-pro"),
    ("gcp.vertex_ai", "publishers/google/models/gemini-2.5-flash", "google", "gemini-2.5-flash"),
    ("vertex_ai", "claude-3-5-sonnet-v2@20241022", "google", "claude-3-5-sonnet"),
    (
        None,
        "projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929",
        "google",
        "claude-sonnet-4-5",
    ),
    ("x_ai", "grok-3", "x-ai", "grok-3"),
    ("xai", "xai/grok-3", "x-ai", "grok-3"),
    ("azure.ai.inference", "gpt-4o", "azure", "gpt-4o"),
    ("az.ai.openai", "gpt-4o-2024-11-20", "azure", "gpt-4o"),
    (None, "azure/gpt-4o-mini", "azure", "gpt-4o-mini"),
    ("groq", "openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
    (None, "groq/openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
    ("perplexity", "perplexity/sonar", "perplexity", "perplexity/sonar"),
    (
        "litellm",
        "together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "together",
        "meta-llama/llama-3.3-70b-instruct-turbo",
    ),
    # who bills can't be told, or the model is no one's we know
    (None, "meta-llama/Llama-3.3-70B-Instruct", None, "meta-llama/Llama-3.3-70B-Instruct"),
    (None, "mistralai/Mixtral-8x7B-Instruct-v0.1", None, "mistralai/Mixtral-8x7B-Instruct-v0.1"),
    (None, "deepseek-ai/DeepSeek-R1", None, "deepseek-ai/DeepSeek-R1"),
    (None, "qwen3.6:latest", None, "qwen3.6:latest"),
    ("openai-compatible-local", "gpt-3.5-turbo", "openai-compatible-local", "gpt-3.5-turbo"),
    ("azure", "openllmetry-testing", "azure", "openllmetry-testing"),
    # half the price of the model the catalogue's pattern takes it for
    (None, "gemini/gemini-1.5-flash-8b", "google", "gemini-1.5-flash-8b"),
    ("x_ai", "x" * 5000, "x-ai", "x" * 5000),
    # says nothing
    (None, "gemini/REDACTED", "google", None),
    (None, "ollama/REDACTED", "ollama", None),
    (None, "None", None, None),
    (None, "", None, None),
    ("unknown", "  ", None, None),
    (" OpenAI ", None, "openai", None),
]


@pytest.mark.parametrize(("provider", "raw", "billed_by", "model"), NAMES, ids=[f"{n[0]} {n[1]}"[:60] for n in NAMES])
def test_identify(provider: str | None, raw: str | None, billed_by: str | None, model: str | None) -> None:
    found = identify(provider, raw, catalogue())
    if model is not None and found.model is not None:
        assert (found.provider, found.model.lower()) == (billed_by, model.lower())
    else:
        assert found == ModelName(billed_by, model)


@pytest.mark.parametrize(("provider", "raw"), [n[:2] for n in NAMES], ids=[f"{n[0]} {n[1]}"[:60] for n in NAMES])
def test_a_name_once_found_stays(provider: str | None, raw: str | None) -> None:
    found = identify(provider, raw, catalogue())
    assert identify(found.provider, found.model, catalogue()) == found


def test_every_id_of_the_catalogue_means_itself() -> None:
    for entry in catalogue().entries():
        assert identify(entry.sold_by, entry.id, catalogue()) == ModelName(entry.sold_by, entry.id)


def test_a_name_means_the_same_model_as_in_the_package() -> None:
    """Looking spellings up finds what trying all patterns finds."""
    compared = 0
    for provider in providers:
        shelf = Shelf(provider)
        ids = {model.id.lower() for model in provider.models}
        for model in provider.models:
            for name in (f"{model.id}-20251231", f"x{model.id}", model.id[:-2]):
                if name and name.lower() not in ids:
                    theirs = provider.find_model(name)
                    ours = shelf.find(name)
                    assert ours is theirs, (provider.id, name)
                    compared += 1
    assert compared > 5_000


_PART = st.sampled_from(
    [
        "openrouter/",
        "anthropic/",
        "models/",
        "gpt-4o",
        "claude-",
        "arn:aws:bedrock:",
        "%2F",
        "%",
        ":",
        "@",
        "é",
        "\x00",
        "/",
    ]
)


@settings(deadline=None)  # the first name of a provider reads its models
@given(provider=st.none() | st.text(max_size=12), raw=st.lists(_PART | st.text(max_size=6), max_size=6).map("".join))
@example(provider="aws", raw="arn:aws:bedrock:/")
@example(provider=None, raw="/models/")
@example(provider=None, raw="openrouter/")
def test_whatever_is_typed_has_one_meaning(provider: str | None, raw: str) -> None:
    found = identify(provider, raw, catalogue())
    assert found.model is None or found.model.strip()
    assert identify(provider, raw, catalogue()) == found


# Names as typed of models the catalogue does not know.
AIDER_UNPRICED = {
    "deepseek/deepseek-coder",  # renamed to deepseek-chat in 2024
    "fireworks_ai/accounts/fireworks/models/deepseek-r1",  # gone from the price list
    "fireworks_ai/accounts/fireworks/models/deepseek-v3",
    "fireworks_ai/accounts/fireworks/models/qwen2p5-coder-32b-instruct",
    "gemini/gemini-1.5-flash-8b",  # was never listed, see NAMES
    "gemini/gemini-1.5-flash-8b-exp-0827",
    "gemini/gemini-1.5-flash-8b-exp-0924",
    "gemini/gemini-exp-1114",  # experiments without a price
    "gemini/gemini-exp-1206",
    "gemini/gemini-gemma-2-27b-it",
    "gemini/gemini-gemma-2-9b-it",
    "gemini/gemini-pro-vision",
    "openrouter/deepseek/deepseek-coder",
}


def test_names_really_typed_by_users_of_a_coding_assistant() -> None:
    with gzip.open(shared_data("traces/aider_calls.csv.gz"), "rt", encoding="utf-8") as lines:
        rows = [(row["main_model"], int(row["time"])) for row in csv.DictReader(lines)]
    assert len(rows) > 2_500
    unknown = set()
    for raw, _ in rows:
        name = book().identify(None, raw)
        if "REDACTED" in raw or raw in {"None", ""}:
            assert name.model is None, raw
        else:
            assert name.provider is not None, raw
            if catalogue().find(name.provider, name.model or "") is None:
                unknown.add(raw)
    assert unknown <= AIDER_UNPRICED


def test_names_of_recorded_provider_exchanges() -> None:
    """Of 3,000 names in recorded traffic, those of hosted commercial models are found."""
    local = {"ollama", "openai-compatible-local", "huggingface", "alephalpha", "writer", "portkey-gateway", "sagemaker"}
    seen = found = 0
    with gzip.open(shared_data("payloads.jsonl.gz"), "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            for raw in (row["request_model"], row["response_model"]):
                if raw and row["provider"] not in local:
                    name = book().identify(row["provider"], raw)
                    assert book().identify(name.provider, name.model) == name
                    seen += 1
                    found += name.provider is not None and catalogue().find(name.provider, name.model or "") is not None
    assert seen > 2_500
    # The rest are misspelt on purpose, deployments and profiles with names of their own, or retired models.
    assert found / seen > 0.93
