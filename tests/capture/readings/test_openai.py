"""OpenAI's shapes and their dialects: chat, embeddings, Responses, images, speech."""

from decimal import Decimal
from typing import Any

import pytest

from outlay.capture.readings.reading import CONTRADICTS, Api, Fee, Reading
from outlay.kit.money import parse_usd
from outlay.usage import Tokens
from tests.capture.readings import answers


def read(answer: dict[str, Any], api: Api = "openai_chat", provider: str = "openai") -> Reading:
    return answers.read(answer, api, provider)


CHAT_DIALECTS: dict[str, tuple[str, dict[str, Any], Tokens]] = {
    "cached and reasoned are inside": (
        "openai",
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 20},
        },
        Tokens(input_uncached=40, cache_read=60, output=50, reasoning=20),
    ),
    "what is not said is unknown": (
        "openai",
        {"prompt_tokens": 100, "completion_tokens": 50},
        Tokens(input_uncached=100, output=50),
    ),
    "deepseek's hits": (
        "deepseek",
        {
            "prompt_tokens": 100,
            "completion_tokens": 5,
            "prompt_cache_hit_tokens": 64,
            "prompt_cache_miss_tokens": 36,
        },
        Tokens(input_uncached=36, cache_read=64, output=5),
    ),
    "xai reasons beside its output": (
        "xai",
        {
            "prompt_tokens": 100,
            "completion_tokens": 5,
            "total_tokens": 135,
            "completion_tokens_details": {"reasoning_tokens": 30},
        },
        Tokens(input_uncached=100, output=35, reasoning=30),
    ),
    "xai without a total": (
        "x-ai",
        {"prompt_tokens": 100, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 30}},
        Tokens(input_uncached=100, output=35, reasoning=30),
    ),
    "a total that includes the reasoning settles it": (
        "xai",
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "completion_tokens_details": {"reasoning_tokens": 30},
        },
        Tokens(input_uncached=100, output=50, reasoning=30),
    ),
    "written to a cache": (
        "openrouter",
        {
            "prompt_tokens": 100,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 10, "cache_write_tokens": 70},
        },
        Tokens(input_uncached=20, cache_read=10, cache_write_other=70, output=5),
    ),
    "modalities": (
        "openai",
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "prompt_tokens_details": {"audio_tokens": 30, "image_tokens": 20},
            "completion_tokens_details": {"audio_tokens": 40},
        },
        Tokens(input_uncached=100, output=50, audio_input=30, image_input=20, audio_output=40),
    ),
}


@pytest.mark.parametrize(("provider", "usage", "tokens"), CHAT_DIALECTS.values(), ids=CHAT_DIALECTS.keys())
def test_chat_usage(provider: str, usage: dict[str, Any], tokens: Tokens) -> None:
    found = read({"usage": usage}, provider=provider)
    assert found.tokens == tokens
    assert found.marks == ()


CONTRADICTIONS: dict[str, tuple[dict[str, Any], Tokens]] = {
    "more cached than sent": (
        {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 60}},
        Tokens(input_uncached=10, output=5),
    ),
    "more reasoned than written": (
        {"prompt_tokens": 10, "completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 6}},
        Tokens(input_uncached=10, output=5),
    ),
    "a total that hides something": (
        {"prompt_tokens": 35, "completion_tokens": 12, "total_tokens": 109},
        Tokens(input_uncached=35, output=12),
    ),
}


@pytest.mark.parametrize(("usage", "tokens"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_contradiction_is_marked_and_never_makes_a_negative_count(usage: dict[str, Any], tokens: Tokens) -> None:
    found = read({"usage": usage})
    assert found.tokens == tokens
    assert found.marks == (CONTRADICTS,)


def test_who_answered_and_how() -> None:
    found = read(
        {
            "id": "chatcmpl-1",
            "model": "gpt-4o-2024-08-06",
            "service_tier": "priority",
            "usage": {"prompt_tokens": 1, "completion_tokens": 1},
        }
    )
    assert (found.response_id, found.model, found.variant) == ("chatcmpl-1", "gpt-4o-2024-08-06", "priority")


COSTS: dict[str, tuple[dict[str, Any], str | None]] = {
    "openrouter": ({"cost": 0.00014502}, "0.00014502"),
    "more digits than are kept": ({"cost": 0.0004970133333333333}, "0.000497013333"),
    "free": ({"cost": 0}, "0"),
    "one's own key: the fee and what the provider behind it bills": (
        {"cost": 0.00005, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.001}},
        "0.00105",
    ),
    "not one's own key: the cost is all": (
        {"cost": 0.001, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.001}},
        "0.001",
    ),
    "perplexity": ({"cost": {"input_tokens_cost": 0.001, "total_cost": 0.006}}, "0.006"),
    "xai's ticks": ({"cost_in_usd_ticks": 37756000}, "0.0037756"),
    "no number": ({"cost": "0.1"}, None),
    "negative": ({"cost": -1}, None),
    "absurd": ({"cost": 1e300}, None),
    "not stated": ({}, None),
}


@pytest.mark.parametrize(("usage", "usd"), COSTS.values(), ids=COSTS.keys())
def test_stated_costs(usage: dict[str, Any], usd: str | None) -> None:
    found = read({"usage": {"prompt_tokens": 1, "completion_tokens": 1, **usage}}).reported_cost
    if usd is None:
        assert found is None
    else:
        assert found is not None
        assert (found.pico, found.by) == (parse_usd(usd), "provider")


FEES: dict[str, tuple[dict[str, Any], list[Fee]]] = {
    "openrouter": (
        {"server_tool_use_details": {"web_search_requests": 2, "tool_calls_executed": 2}},
        [Fee("web_search", Decimal(2), "web_searches")],
    ),
    "none used": ({"server_tool_use": {"web_search_requests": 0}, "num_sources_used": 0}, []),
    "xai": (
        {"server_side_tool_usage_details": {"web_search_calls": 1, "x_search_calls": 3}},
        [Fee("web_search", Decimal(1), "web_searches"), Fee("x_search", Decimal(3), "social_searches")],
    ),
    "xai's older live search": ({"num_sources_used": 9}, [Fee("live_search", Decimal(9), "sources")]),
}


@pytest.mark.parametrize(("usage", "fees"), FEES.values(), ids=FEES.keys())
def test_fees_of_tools(usage: dict[str, Any], fees: list[Fee]) -> None:
    assert list(read({"usage": {"prompt_tokens": 1, "completion_tokens": 1, **usage}}).fees) == fees


EMBEDDINGS = {
    "openai": ({"prompt_tokens": 8, "total_tokens": 8}, Tokens(input_uncached=8, output=0)),
    "voyage states only the total": ({"total_tokens": 8}, Tokens(input_uncached=8, output=0)),
    "nothing": ({"completion_tokens": None}, Tokens()),
}


@pytest.mark.parametrize(("usage", "tokens"), EMBEDDINGS.values(), ids=EMBEDDINGS.keys())
def test_embeddings_have_no_output(usage: dict[str, Any], tokens: Tokens) -> None:
    assert read({"model": "m", "usage": usage}, "openai_embeddings").tokens == tokens


def test_voxtral_bills_time_beside_its_text() -> None:
    usage = {"prompt_tokens": 12, "completion_tokens": 30, "total_tokens": 417, "prompt_audio_seconds": 5}
    found = read({"usage": usage}, provider="mistral")
    assert found.tokens == Tokens(input_uncached=12, output=30)
    assert (found.quantity, found.unit, found.marks) == (Decimal(5), "audio_seconds", ())


def test_pages_of_documents() -> None:
    found = read({"model": "mistral-ocr-latest", "pages": [], "usage_info": {"pages_processed": 29}}, "mistral_ocr")
    assert (found.quantity, found.unit, found.model) == (Decimal(29), "pages", "mistral-ocr-latest")


RESPONSE = {
    "id": "resp_1",
    "model": "gpt-5-2025-08-07",
    "object": "response",
    "service_tier": "flex",
    "usage": {
        "input_tokens": 100,
        "input_tokens_details": {
            "cached_tokens": 30,
            "cache_write_tokens": 20,
            "cache_write_tokens_details": {"ttl_30m_tokens": 20, "ttl_12h_tokens": 0},
        },
        "output_tokens": 40,
        "output_tokens_details": {"reasoning_tokens": 10},
        "total_tokens": 140,
    },
}


def test_responses() -> None:
    found = read(RESPONSE, "openai_responses")
    assert found.tokens == Tokens(input_uncached=50, cache_read=30, cache_write_other=20, output=40, reasoning=10)
    assert (found.response_id, found.model, found.variant) == ("resp_1", "gpt-5-2025-08-07", "flex")


SEARCHED: dict[str, tuple[dict[str, Any], list[Fee]]] = {
    "counted": ({"tool_usage": {"web_search": {"num_requests": 3}}}, [Fee("web_search", Decimal(3), "web_searches")]),
    "counted as none, though pages were opened": (
        {
            "tool_usage": {"web_search": {"num_requests": 0}},
            "output": [{"type": "web_search_call", "action": {"type": "open_page"}}],
        },
        [],
    ),
    "older: listed, of which only searches cost": (
        {
            "output": [
                {"type": "web_search_call", "action": {"type": "search"}},
                {"type": "web_search_call", "action": {"type": "open_page"}},
                {"type": "web_search_call"},
                {"type": "message", "content": []},
            ]
        },
        [Fee("web_search", Decimal(2), "web_searches")],
    ),
    "in files": (
        {"output": [{"type": "file_search_call"}, {"type": "file_search_call"}]},
        [Fee("file_search", Decimal(2), "storage_searches")],
    ),
}


@pytest.mark.parametrize(("more", "fees"), SEARCHED.values(), ids=SEARCHED.keys())
def test_hosted_searches(more: dict[str, Any], fees: list[Fee]) -> None:
    assert list(read({**RESPONSE, **more}, "openai_responses").fees) == fees


def test_images_made_on_the_way_are_of_another_model() -> None:
    image = {
        "input_tokens": 50,
        "output_tokens": 200,
        "total_tokens": 250,
        "output_tokens_details": {"image_tokens": 200},
    }
    tools = [{"type": "web_search"}, {"type": "image_generation", "model": "gpt-image-1"}]
    found = read({**RESPONSE, "tools": tools, "tool_usage": {"image_gen": image}}, "openai_responses")
    assert [(each.role, each.model, each.tokens) for each in found.also] == [
        ("image_generation", "gpt-image-1", Tokens(input_uncached=50, output=200, image_output=200))
    ]


MEDIA: dict[str, tuple[Api, dict[str, Any], Tokens, tuple[str | None, str | None]]] = {
    "images in tokens, all of them of an image": (
        "openai_images",
        {
            "data": [{"b64_json": "AAAA"}],
            "usage": {"input_tokens": 50, "output_tokens": 4160, "input_tokens_details": {"image_tokens": 40}},
        },
        Tokens(input_uncached=50, image_input=40, output=4160, image_output=4160),
        (None, None),
    ),
    "images in tokens, with some text": (
        "openai_images",
        {
            "usage": {
                "input_tokens": 50,
                "output_tokens": 4260,
                "output_tokens_details": {"image_tokens": 4160, "text_tokens": 100},
            }
        },
        Tokens(input_uncached=50, output=4260, image_output=4160),
        (None, None),
    ),
    "images by the piece": ("openai_images", {"data": [{"url": "u"}, {"url": "v"}]}, Tokens(), ("2", "images")),
    "a transcription in tokens": (
        "openai_audio",
        {
            "text": "hi",
            "usage": {
                "type": "tokens",
                "input_tokens": 14,
                "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
                "output_tokens": 45,
                "total_tokens": 59,
            },
        },
        Tokens(input_uncached=14, audio_input=14, output=45),
        (None, None),
    ),
    "a transcription by time": (
        "openai_audio",
        {"text": "hi", "usage": {"type": "duration", "seconds": 9.5}},
        Tokens(),
        ("9.5", "seconds"),
    ),
    "an older transcription tells its duration": (
        "openai_audio",
        {"text": "hi", "duration": 8.470000267028809},
        Tokens(),
        ("8.470000267028809", "seconds"),
    ),
}


@pytest.mark.parametrize(("api", "answer", "tokens", "amount"), MEDIA.values(), ids=MEDIA.keys())
def test_media(api: Api, answer: dict[str, Any], tokens: Tokens, amount: tuple[str | None, str | None]) -> None:
    found = read(answer, api)
    assert found.tokens == tokens
    assert (None if found.quantity is None else str(found.quantity), found.unit) == amount


def test_a_drawing_is_written_by_another_model() -> None:
    usage = {"input_tokens": 5, "output_tokens": 9, "total_tokens": 14, "reasoning_tokens": 4, "model": "gpt-6-svg"}
    found = read({"data": [], "svg_usage": usage}, "openai_images")
    assert [(each.role, each.model, each.tokens) for each in found.also] == [
        ("svg_authoring", "gpt-6-svg", Tokens(input_uncached=5, output=9, reasoning=4))
    ]


ERRORS = {
    "a code": ({"error": {"code": "model_not_found", "type": "x", "message": "secret prompt"}}, "model_not_found"),
    "a number": ({"error": {"code": 429, "message": "slow down"}}, "429"),
    "a kind": ({"error": {"code": None, "type": "invalid_request_error", "message": "m"}}, "invalid_request_error"),
    "only words": ({"error": "the prompt 'secret' is too long"}, "error"),
}


@pytest.mark.parametrize(("answer", "error"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_is_named_by_its_code_and_never_by_its_words(answer: dict[str, Any], error: str) -> None:
    found = read(answer)
    assert found.error == error
    assert not found.states_usage
