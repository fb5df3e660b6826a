"""What becomes of a reading: the call, its parts, and what they cost."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from outlay.capture.readings.events import PART_OF, events_of
from outlay.capture.readings.reading import PARTIAL, Fee, Reading
from outlay.kit.money import parse_usd
from outlay.pricing.book import PriceBook
from outlay.pricing.catalogue import load_catalogue
from outlay.usage import BILLED_TOKENS, ReportedCost, Tokens, UsageEvent

NOW = datetime(2026, 10, 15, 12, tzinfo=UTC)
CALL = UsageEvent(
    organisation="acme",
    source="gateway",
    id="call-1",
    time=NOW,
    received_at=NOW,
    user="ada",
    run_id="run-1",
    provider="anthropic",
    model_raw="claude-sonnet-4-5",
    latency_ms=900,
    first_token_ms=200,
    metadata={"kept": 1},
)
TOKENS = Tokens(input_uncached=1000, output=100)
SEARCHES = Fee("web_search", Decimal(3), "web_searches")


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return PriceBook(load_catalogue())


def test_without_a_reading_the_call_stays_as_it_is() -> None:
    assert events_of(None, CALL) == [CALL]


def test_the_call_takes_over_what_its_answer_states() -> None:
    stated = Reading(
        tokens=TOKENS,
        model="claude-sonnet-4-5-20250929",
        response_id="msg_1",
        variant="batch",
        reported_cost=ReportedCost(5),
        marks=(PARTIAL,),
    )
    assert events_of(stated, CALL) == [
        replace(
            CALL,
            tokens=TOKENS,
            model_raw="claude-sonnet-4-5-20250929",
            response_id="msg_1",
            variant="batch",
            reported_cost=ReportedCost(5),
            metadata={"kept": 1, PARTIAL: True},
        )
    ]


def test_what_the_answer_does_not_state_stays_as_it_was() -> None:
    before = replace(CALL, tokens=TOKENS, response_id="r", variant="flex", reported_cost=ReportedCost(5))
    assert events_of(Reading(), before) == [before]


@pytest.mark.parametrize(("status", "after"), [("ok", "error"), ("cancelled", "cancelled"), ("error", "error")])
def test_an_error_in_the_answer_is_the_calls(status: str, after: str) -> None:
    (event,) = events_of(Reading(error="overloaded_error"), replace(CALL, status=status))
    assert (event.status, event.metadata) == (after, {"kept": 1, "error": "overloaded_error"})


def test_fees_are_events_of_their_service(book: PriceBook) -> None:
    call, fee = events_of(Reading(tokens=TOKENS, fees=(SEARCHES,), response_id="msg_1"), CALL)
    assert call.response_id == "msg_1"
    assert fee.id == "call-1#web_search"
    assert (fee.service, fee.quantity, fee.unit, fee.user, fee.run_id) == (
        "web_search",
        Decimal(3),
        "web_searches",
        "ada",
        "run-1",
    )
    assert (fee.tokens, fee.response_id, fee.latency_ms, fee.first_token_ms) == (Tokens(), None, None, None)
    assert fee.metadata == {PART_OF: "call-1"}
    assert book.cost_of(fee).pico == parse_usd("0.03")
    assert [(line.meter, line.quantity) for line in book.cost_of(fee).lines] == [("web_searches", Decimal(3))]


def test_other_inferences_are_events_of_their_model(book: PriceBook) -> None:
    advisor = Reading(tokens=Tokens(input_uncached=10, output=10), model="claude-opus-4-1", role="advisor")
    compaction = Reading(tokens=Tokens(input_uncached=7, output=1), role="compaction", marks=(PARTIAL,))
    call, first, second = events_of(Reading(tokens=TOKENS, also=(advisor, compaction)), CALL)
    assert (first.id, first.operation, first.model_raw) == ("call-1#advisor-1", "advisor", "claude-opus-4-1")
    assert (second.id, second.model_raw, second.metadata) == (
        "call-1#compaction-2",
        call.model_raw,
        {PART_OF: "call-1", PARTIAL: True},
    )
    assert book.cost_of(first).pico == parse_usd("0.0009")


def test_what_a_stated_cost_covers_is_not_priced_again(book: PriceBook) -> None:
    advisor = Reading(tokens=TOKENS, role="advisor")
    stated = Reading(tokens=TOKENS, reported_cost=ReportedCost(77), fees=(SEARCHES,), also=(advisor,))
    costs = [book.cost_of(event) for event in events_of(stated, CALL)]
    assert [(cost.status, cost.pico) for cost in costs] == [("reported", 77), ("reported", 0), ("reported", 0)]


def test_a_tools_reckoning_covers_nothing(book: PriceBook) -> None:
    stated = Reading(tokens=TOKENS, reported_cost=ReportedCost(77, by="tool"), fees=(SEARCHES,))
    assert [book.cost_of(event).status for event in events_of(stated, CALL)] == ["priced", "priced"]


def test_a_fee_without_a_price_is_unpriced(book: PriceBook) -> None:
    _, fee = events_of(Reading(tokens=TOKENS, fees=(Fee("live_search", Decimal(9), "sources"),)), CALL)
    assert book.cost_of(fee).status == "unpriced"


def test_what_is_billed_is_charged_and_what_was_served_is_kept(book: PriceBook) -> None:
    call = replace(CALL, provider="cohere", model_raw="command-a-03-2025")
    served, billed = Tokens(input_uncached=92, output=17), Tokens(input_uncached=15, output=17)
    (event,) = events_of(Reading(tokens=served, billed=billed), call)
    assert event.tokens == served
    assert event.metadata == {"kept": 1, BILLED_TOKENS: {"input_uncached": 15, "output": 17}}
    charged = book.cost_of(event)
    assert charged.pico == book.cost_of(replace(call, tokens=billed)).pico
    assert charged.pico != book.cost_of(replace(call, tokens=served)).pico


@pytest.mark.parametrize(
    "stated",
    [None, [], {}, {"input_uncached": -1}, {"input_uncached": "15"}, {"input_uncached": True}, {"nothing": 1}, "15"],
)
def test_billed_counts_that_are_none_change_nothing(stated: object, book: PriceBook) -> None:
    call = replace(CALL, tokens=TOKENS)
    assert book.cost_of(replace(call, metadata={BILLED_TOKENS: stated})) == book.cost_of(call)


MODELS = {
    "the dated one that answered": ("openai", "gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
    "a deployment's": ("azure", "my-deployment", "gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
    "none answered": ("openai", "gpt-4o", None, "gpt-4o"),
    "bedrock's path knows the region": (
        "bedrock",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "claude-sonnet-4-5-20250929",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    ),
    "a profile's name says nothing": (
        "aws",
        "arn:aws:bedrock:us-east-1:1:application-inference-profile/x1",
        "claude-sonnet-4-5-20250929",
        "claude-sonnet-4-5-20250929",
    ),
}


@pytest.mark.parametrize(("provider", "asked", "answered", "kept"), MODELS.values(), ids=MODELS.keys())
def test_the_model(provider: str, asked: str, answered: str | None, kept: str) -> None:
    (event,) = events_of(Reading(tokens=TOKENS, model=answered), replace(CALL, provider=provider, model_raw=asked))
    assert event.model_raw == kept
