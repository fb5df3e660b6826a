"""Every recorded answer of a provider is read exactly, whole and in pieces of any size."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from msgspec.structs import replace

from outlay.capture.readings.body import read_body
from outlay.capture.readings.headers import read_headers
from outlay.capture.readings.reading import CONTRADICTS, Reading
from outlay.kit.money import as_usd
from tests.capture.readings.recorded import Recorded, as_expected, read_in_chunks, recordings

# id -> what is read otherwise than the recording says, and why
EXCEPTIONS: dict[str, tuple[dict[str, int | None], str]] = {
    "a69d31a74604": (
        {"input_cache_write": None},
        "2161 tokens read from a cache and 2161 written to it can't both be inside an input of 2168",
    ),
    "19ec71a1c570": ({"reasoning": None}, "11 reasoning tokens can't be inside an output of 10"),
}
STATED_AFTER_ALL = {
    "fc782166ad01": "Titan's last chunk states its counts, which the recording's reader passed over as floats",
}


def metered() -> Iterator[Recorded]:
    return (recorded for recorded in recordings() if recorded.api is not None)


def whole(recorded: Recorded) -> Reading | None:
    assert recorded.api is not None
    return read_body(recorded.api, recorded.provider, recorded.body, recorded.content_type)


def test_every_stated_usage_is_read_exactly() -> None:
    wrong = {}
    for recorded in metered():
        expected = recorded.expected
        if expected is not None and recorded.id in EXCEPTIONS:
            expected = {**expected, **EXCEPTIONS[recorded.id][0]}
        found = as_expected(whole(recorded))
        if found != expected and recorded.id not in STATED_AFTER_ALL:
            wrong[recorded.id] = (recorded.provider, expected, found)
    assert wrong == {}


def test_no_recording_that_states_usage_is_at_a_path_that_is_not_read() -> None:
    assert [each.id for each in recordings() if each.api is None and each.expected is not None] == []


def test_every_exception_is_marked_as_a_contradiction() -> None:
    for recorded in metered():
        if recorded.id in EXCEPTIONS:
            found = whole(recorded)
            assert found is not None
            assert CONTRADICTS in found.marks


@pytest.mark.parametrize("size", [1, 7, 100, 4096])
def test_pieces_of_any_size_say_the_same(size: int) -> None:
    small = (each for each in metered() if len(each.body) < 2_000 * size)
    assert [each.id for each in small if read_in_chunks(each, size) != whole(each)] == []


def test_what_is_read_can_be_true() -> None:
    for recorded in metered():
        found = whole(recorded)
        if found is not None:
            for each in (found, *found.also):
                each.tokens.check()


def test_an_answer_cut_anywhere_states_nothing_that_is_more_than_the_whole() -> None:
    for recorded in metered():
        complete = whole(recorded)
        if len(recorded.body) > 30_000:
            continue
        cut = replace(recorded, body=recorded.body[: len(recorded.body) * 2 // 3])
        found = read_in_chunks(cut, 512, ended=False)
        if found is not None and found.states_usage:
            assert complete is not None
            assert (found.tokens.output or 0) <= (complete.tokens.output or 0), recorded.id


def test_the_cost_that_openrouter_states_is_read_to_the_last_digit() -> None:
    checked = 0
    for recorded in metered():
        stated = recorded.extras.get("stated_cost_usd")
        found = whole(recorded)
        if stated is not None and not recorded.extras.get("is_byok"):
            assert found is not None
            assert found.reported_cost is not None
            assert as_usd(found.reported_cost.pico) == round(Decimal(repr(stated)), 12)
            checked += 1
    assert checked > 40


def test_searches_and_times_to_live_are_read() -> None:
    searches = writes = 0
    for recorded in metered():
        found = whole(recorded)
        if stated := recorded.extras.get("server_tool_web_search_requests"):
            assert found is not None
            assert [(fee.service, fee.quantity, fee.unit) for fee in found.fees] == [
                ("web_search", Decimal(stated), "web_searches")
            ]
            searches += 1
        if stated := recorded.extras.get("cache_write_5m"):
            assert found is not None
            assert found.tokens.cache_write_5m == stated
            writes += 1
    assert (searches, writes) == (5, 16)


def test_modalities_are_read() -> None:
    names = {
        "input_audio_tokens": "audio_input",
        "output_audio_tokens": "audio_output",
        "input_image_tokens": "image_input",
    }
    for recorded in metered():
        found = whole(recorded)
        for stated, name in names.items():
            if recorded.extras.get(stated):
                assert found is not None
                assert getattr(found.tokens, name) == recorded.extras[stated], recorded.id


def test_what_cohere_bills_is_kept_beside_what_it_served() -> None:
    checked = 0
    for recorded in metered():
        stated = recorded.extras.get("billed_input_tokens")
        found = whole(recorded)
        if stated is None:
            continue
        assert found is not None
        billed = found.billed or found.tokens
        assert billed.input_total == stated
        assert billed.output == (recorded.extras.get("billed_output_tokens") or 0)
        checked += 1
    assert checked == 89


def test_an_advisor_is_an_inference_of_its_own() -> None:
    checked = 0
    for recorded in metered():
        stated = [each for each in recorded.extras.get("iterations", ()) if each["type"] == "advisor_message"]
        if not stated:
            continue
        found = whole(recorded)
        assert found is not None
        assert [(each.role, each.model, each.tokens.input_uncached, each.tokens.output) for each in found.also] == [
            ("advisor", each["model"], each["input_tokens"], each["output_tokens"]) for each in stated
        ]
        checked += 1
    assert checked == 4


def test_the_tier_that_is_not_standard_is_the_variant() -> None:
    for recorded in metered():
        tier = recorded.extras.get("service_tier")
        if tier in {"priority", "flex", "provisioned"}:
            found = whole(recorded)
            assert found is not None
            assert found.variant == tier
        elif tier == "default":
            found = whole(recorded)
            assert found is not None
            assert found.variant is None


def test_bedrocks_headers_tell_what_the_body_does_not() -> None:
    filled = 0
    for recorded in metered():
        stated = recorded.extras.get("header_input_tokens")
        if stated is None:
            continue
        assert recorded.api is not None
        found = whole(recorded)
        completed = read_headers(recorded.api, found, recorded.headers)
        assert completed is not None
        if found is None or not found.states_usage:
            assert completed.tokens.input_uncached == stated
            filled += 1
        else:
            assert completed.tokens == found.tokens
    assert filled > 20
