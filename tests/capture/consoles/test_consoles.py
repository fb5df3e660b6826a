"""The files of each console, with the header rows they have been seen with; figures are recomputed by hand."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from outlay.capture.consoles.console import NOT_OVER, WITHOUT_USAGE
from outlay.capture.traces import KINDS
from outlay.kit.money import as_usd
from outlay.usage import UsageEvent
from tests.capture.reading import events, kind_named, own_mapping, read, rejected

OPENAI_USAGE = (
    "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,"
    "service_tier,input_tokens,output_tokens,input_cached_tokens,input_uncached_tokens,input_text_tokens,"
    "output_text_tokens,input_cached_text_tokens,input_audio_tokens,input_cached_audio_tokens,output_audio_tokens,"
    "input_image_tokens,input_cached_image_tokens,output_image_tokens\n"
    "1759622400,1759708800,2025-10-05T00:00:00+00:00,2025-10-06T00:00:00+00:00,proj_4,10.0,user-dA,key_OY,"
    "gpt-4o-2024-08-06,FALSE,default,59200.0,10646.0,5760.0,53440.0,53440.0,10646.0,5760.0,0.0,0.0,0.0,0.0,0.0,0.0\n"
    "1759708800,1759795200,2025-10-06T00:00:00+00:00,2025-10-07T00:00:00+00:00,proj_4,8.0,user-dA,key_OY,"
    "gpt-5-2025-08-07,FALSE,default,46264.0,60000.0,8192.0,38072.0,38072.0,60000.0,8192.0,0.0,0.0,0.0,0.0,0.0,0.0\n"
    "1759708800,1759795200,2025-10-06T00:00:00+00:00,2025-10-07T00:00:00+00:00,proj_4,1.0,user-dA,key_OY,"
    "gpt-5-2025-08-07,TRUE,default,5783.0,16000.0,0.0,5783.0,5783.0,16000.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0\n"
    "1759881600,1759968000,2025-10-08T00:00:00+00:00,2025-10-09T00:00:00+00:00,,,,,,,,,,,,,,,,,,,,\n"
)
OPENAI_COSTS = (
    "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id,"
    "organization_id,organization_name\n"
    "1759622400,1759708800,2025-10-05T00:00:00+00:00,2025-10-06T00:00:00+00:00,0.8958740000000000,usd,"
    '"gpt-4o-2024-08-06, cached input",proj_4,org-H,Personal\n'
    "1759622400,1759708800,2025-10-05T00:00:00+00:00,2025-10-06T00:00:00+00:00,"
    f"0.04080705{'0' * 90},usd,web search tool calls,proj_4,org-H,Personal\n"
    "1759622400,1759708800,2025-10-05T00:00:00+00:00,2025-10-06T00:00:00+00:00,0.028607,usd,"
    '"evals | gpt-image-2-2026-04-21 image, output",proj_4,org-H,Personal\n'
    "1759622400,1759708800,2025-10-05T00:00:00+00:00,2025-10-06T00:00:00+00:00,0E-6176,usd,"
    '"gpt-4o-mini-2024-07-18, cached input",proj_4,org-H,Personal\n'
    "1759968000,1760054400,2025-10-09T00:00:00+00:00,2025-10-10T00:00:00+00:00,,,,,,\n"
)
ANTHROPIC_USAGE = (
    "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,"
    "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
    "usage_output_tokens,web_search_count,inference_geo,speed\n"
    "2026-03-22,claude-sonnet-4-20250514,ci,Default,standard,≤ 200k,100000,7,3,0,5000,10,not_available,\n"
    "2026-03-22,claude-opus-4-6,ci,Default,message_batch,200k - 1M,250000,0,0,90,2000,0,us,\n"
)
ANTHROPIC_COSTS = (
    "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type,"
    "inference_geo,speed,api_key_id,api_key_status\n"
    "2026-08-04,Claude Haiku 4.5,Default,demo-key,message,≤ 200k,input_no_cache,0.05,0.06,token,not_available,,"
    "apikey_01,archived\n"
    "2026-08-04,Claude 3.5 Sonnet 2024-10-22,Default,,message,≤ 200k,,1.25,1.25,web_search,not_available,,,\n"
)
OPENROUTER = (
    "generation_id,created_at,cost_total,cost_web_search,cost_cache,cost_file_processing,byok_usage_inference,"
    "tokens_prompt,tokens_completion,tokens_reasoning,tokens_cached,model_permaslug,provider_name,variant,cancelled,"
    "streamed,user,finish_reason_raw,finish_reason_normalized,generation_time_ms,time_to_first_token_ms,"
    "api_key_disabled,api_key_name,app_name\n"
    "gen-1782618417-A,2026-06-28 03:46:57.713,0.0123,0,-0.001,0,0,10389,137,30,9000,openai/gpt-oss-120b,Groq,standard,"
    "false,true,user_2x,stop,stop,1250,210,false,ci,Crawler\n"
    "gen-1782618418-B,2026-06-28 03:47:57,0.0001,0,0,0,0,10,3,0,0,openai/gpt-oss-120b,Groq,standard,true,true,,,,,,,,\n"
)
OPENROUTER_ACTIVITY = (
    "Date,Slug,Usage,BYOK Usage,Requests,Prompt Tokens,Completion Tokens,Reasoning Tokens\n"
    '"2026-05-12 00:00:00","anthropic/claude-opus-4.7","430.07","0","4115","70965665","3009973","0"\n'
)
CURSOR = (
    "Date,User,Cloud Agent ID,Automation ID,Kind,Model,Max Mode,Input (w/ Cache Write),Input (w/o Cache Write),"
    "Cache Read,Output Tokens,Total Tokens,Cost\n"
    '"2026-06-10T14:19:26.869Z","j@example.com","bc-123","auto-1","On-Demand","composer-2.5","Yes","0","21174",'
    '"98521","3728","123423","0.07"\n'
    '"2026-06-10T12:55:01.730Z","j@example.com","","","Included","gpt-5.5-medium","No","1615","2","187200","1506",'
    '"190323","0.33"\n'
    '"2026-06-10T12:56:01.730Z","j@example.com","","","Errored, No Charge","auto","No","0","0","0","0","0","-"\n'
    '"2026-06-10T12:57:01.730Z","j@example.com","","","On-Demand","auto","No","5","5","0","0","10","NaN"\n'
)


def only(kind: str, text: str) -> list[UsageEvent]:
    return events(read(text.encode(), own_mapping(kind), kind_named(kind).format))


def test_openai_usage_is_summed_by_the_requests_it_states() -> None:
    rows = read(OPENAI_USAGE.encode(), own_mapping("openai-usage"))
    first, second, third = events(rows)
    assert [each.code for each in rejected(rows)] == [WITHOUT_USAGE]
    assert (first.calls, second.calls, third.calls) == (10, 8, 1)
    assert first.time == datetime(2025, 10, 5, 12, tzinfo=UTC)
    assert (first.tokens.input_uncached, first.tokens.cache_read, first.tokens.output) == (53440, 5760, 10646)
    assert (first.provider, first.model, first.user, first.api_key) == (
        "openai",
        "gpt-4o-2024-08-06",
        "user-dA",
        "key_OY",
    )
    assert first.tags == ("project:proj_4",)
    assert (first.variant, third.variant) == ("default", "batch+default")


def test_openai_costs_are_charges_and_no_requests() -> None:
    rows = read(OPENAI_COSTS.encode(), own_mapping("openai-costs"))
    cached, searched, image = events(rows)
    assert [each.code for each in rejected(rows)] == [WITHOUT_USAGE] * 2
    assert {event.requests for event in (cached, searched, image)} == {0}
    assert [(each.service, each.model, each.operation) for each in (cached, searched, image)] == [
        ("llm", "gpt-4o-2024-08-06", "cached_input"),
        ("web_search_tool_calls", None, "charge"),
        ("llm", "gpt-image-2-2026-04-21", "output"),
    ]
    costs = [each.reported_cost for each in (cached, searched, image)]
    assert [as_usd(each.pico) for each in costs if each] == [
        Decimal("0.895874"),
        Decimal("0.04080705"),
        Decimal("0.028607"),
    ]
    assert {each.by for each in costs if each} == {"provider"}


def test_anthropic_usage_stands_beside_its_cache_and_names_the_tier() -> None:
    sonnet, opus = only("anthropic-usage", ANTHROPIC_USAGE)
    assert sonnet.tokens.input_total == 100_010
    assert (sonnet.tokens.cache_write_5m, sonnet.tokens.cache_write_1h) == (7, 3)
    assert (str(sonnet.quantity), sonnet.unit, sonnet.variant) == ("10", "web_searches", "short_context+not_available")
    assert (opus.unit, opus.variant) == (None, "batch+long_context+us")
    assert (sonnet.calls, sonnet.api_key, sonnet.tags) == (1, "ci", ("workspace:Default",))


def test_anthropic_costs_have_the_models_under_their_ids() -> None:
    haiku, search = only("anthropic-costs", ANTHROPIC_COSTS)
    assert (haiku.model, haiku.service, haiku.operation) == ("claude-haiku-4-5", "llm", "input_no_cache")
    assert (search.model, search.service, search.operation) == ("claude-3-5-sonnet-20241022", "web_search", "charge")
    assert (haiku.requests, haiku.reported_cost and as_usd(haiku.reported_cost.pico)) == (0, Decimal("0.05"))


def test_openrouter_generations() -> None:
    first, cancelled = only("openrouter", OPENROUTER)
    assert (first.id, first.response_id) == ("gen-1782618417-A",) * 2
    assert first.time.isoformat() == "2026-06-28T03:46:57.713000+00:00"
    assert (first.tokens.input_uncached, first.tokens.cache_read, first.tokens.output) == (1389, 9000, 137)
    assert (first.tokens.reasoning, first.latency_ms, first.first_token_ms) == (30, 1250, 210)
    assert (first.agent, first.api_key, first.model) == ("Crawler", "ci", "openai/gpt-oss-120b")
    assert (first.status, cancelled.status, cancelled.latency_ms) == ("ok", "cancelled", None)
    assert first.reported_cost is not None
    assert as_usd(first.reported_cost.pico) == Decimal("0.0123")


def test_openrouter_days() -> None:
    (day,) = only("openrouter-activity", OPENROUTER_ACTIVITY)
    assert (day.calls, day.tokens.input_total, day.tokens.output) == (4115, 70_965_665, 3_009_973)
    assert day.time == datetime(2026, 5, 12, 12, tzinfo=UTC)
    assert day.model == "anthropic/claude-opus-4.7"


def test_cursor_counts_what_the_plan_includes_as_no_cost() -> None:
    on_demand, included, failed, unknown = only("cursor", CURSOR)
    assert (on_demand.tokens.input_uncached, on_demand.tokens.cache_read) == (21_174, 98_521)
    assert (included.tokens.cache_write_other, included.tokens.total) == (1615, 190_323)
    assert [each.reported_cost and as_usd(each.reported_cost.pico) for each in (on_demand, included, failed)] == [
        Decimal("0.07"),
        0,
        0,
    ]
    assert unknown.reported_cost is None
    assert (on_demand.tags, included.tags) == (("billing:on_demand",), ("billing:included",))
    assert included.metadata == {"figure_usd": "0.33"}
    assert on_demand.metadata == {"figure_usd": "0.07", "max_mode": "yes", "automation": "auto-1"}
    assert (on_demand.run_id, failed.status) == ("bc-123", "error")


SAMPLES = {
    "openai-usage": OPENAI_USAGE,
    "openai-costs": OPENAI_COSTS,
    "anthropic-usage": ANTHROPIC_USAGE,
    "anthropic-costs": ANTHROPIC_COSTS,
    "openrouter": OPENROUTER,
    "openrouter-activity": OPENROUTER_ACTIVITY,
    "cursor": CURSOR,
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_headers_go_by_their_names(kind: str) -> None:
    expected = only(kind, SAMPLES[kind])
    table = [line.split("\t") for line in _as_tabs(SAMPLES[kind])]
    turned = [[*reversed(row), "more"] for row in table]
    turned[0] = [f"  {name.upper().replace('_', ' ')} " for name in turned[0]]
    text = "\ufeff" + "\r\n".join("\t".join(row) for row in turned) + "\r\n"
    found = only(kind, text)
    assert found == expected


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_same_row_twice_in_a_file_is_two_and_in_two_files_one(kind: str) -> None:
    header, *rows = SAMPLES[kind].splitlines(keepends=True)
    once = only(kind, SAMPLES[kind])
    twice = only(kind, header + "".join(rows) * 2)
    assert {each.id for each in once} <= {each.id for each in twice}
    if kind != "openrouter":  # whose rows have ids of their own
        assert len({each.id for each in twice}) == 2 * len(once)


GROWING = ["openai-usage", "openai-costs", "anthropic-usage", "anthropic-costs", "openrouter-activity"]


@pytest.mark.parametrize("kind", GROWING)
def test_a_day_that_is_not_over_is_refused_and_its_later_figures_are_no_new_row(kind: str) -> None:
    today = {
        "openai-usage": ("1759622400", "1792022400", "2025-10-05", "2026-10-15", "1759708800", "1792108800"),
        "openai-costs": ("1759622400", "1792022400", "2025-10-05", "2026-10-15", "1759708800", "1792108800"),
        "anthropic-usage": ("2026-03-22", "2026-10-15"),
        "anthropic-costs": ("2026-08-04", "2026-10-15"),
        "openrouter-activity": ("2026-05-12", "2026-10-15"),
    }[kind]
    text = SAMPLES[kind]
    for old, new in zip(today[::2], today[1::2], strict=True):
        text = text.replace(old, new).replace("2025-10-06T00:00:00+00:00,proj", "2026-10-16T00:00:00+00:00,proj")
    text = text.replace("2026-10-15T00:00:00+00:00,2025-10-06", "2026-10-15T00:00:00+00:00,2026-10-16")
    codes = [each.code for each in rejected(read(text.encode(), own_mapping(kind)))]
    assert NOT_OVER in codes
    grown = only(kind, SAMPLES[kind].replace("5000,10", "6000,11").replace("430.07", "431").replace("0.05,", "0.07,"))
    assert [each.id for each in grown] == [each.id for each in only(kind, SAMPLES[kind])]


def test_every_kind_of_console_has_columns_that_tell_it() -> None:
    assert {kind.name for kind in KINDS} >= {*SAMPLES, "litellm"}


def _as_tabs(text: str) -> list[str]:
    return ["\t".join(row) for row in csv.reader(io.StringIO(text))]
