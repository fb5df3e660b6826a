"""The events of the demo: exactly as many as asked for, in order, sound, and looking like an organisation's."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from outlay.demo.agents import SPIKE_AGENT
from outlay.demo.generate import BATCH, LATE_US, generate
from outlay.demo.models import LADDERS, OWN_MODEL
from outlay.demo.organisation import DemoSpec, Directory, build_directory
from outlay.demo.rhythm import hours_of, outages_of
from outlay.kit.period import day_start
from outlay.usage import AGENT_TYPES, STATUSES, UsageEvent, check_quantity

END = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
ZONE = "Europe/Berlin"
SPEC = DemoSpec(events=60_000, months=3, seed=11, end=END, zone=ZONE)
FIRST = datetime(2026, 8, 31, 22, tzinfo=UTC)  # 1 September in Berlin


def every_event(spec: DemoSpec) -> Iterator[UsageEvent]:
    for batch in generate(spec, "org_demo"):
        yield from batch


@pytest.fixture(scope="module")
def events() -> tuple[UsageEvent, ...]:
    return tuple(every_event(SPEC))


@pytest.fixture(scope="module")
def directory() -> Directory:
    return build_directory(SPEC)


def share(found: Iterable[object], of: Iterable[object]) -> float:
    return sum(1 for _ in found) / sum(1 for _ in of)


class TestShape:
    @pytest.mark.parametrize("months", [1, 2, 7, 24])
    @pytest.mark.parametrize("count", [1, 2, 10, 100, 999, 1000, 1500])
    def test_any_size(self, count: int, months: int) -> None:
        spec = structs.replace(SPEC, events=count, months=months)
        made = list(every_event(spec))
        times = [event.time for event in made]
        assert len(made) == len({event.id for event in made}) == count
        assert times == sorted(times)
        assert spec.start <= times[0]
        assert END - timedelta(microseconds=LATE_US) <= times[-1] <= END

    @pytest.mark.parametrize(
        "end",
        [
            datetime(2026, 10, 31, 23, tzinfo=UTC),
            datetime(2026, 10, 31, 23, 0, 30, tzinfo=UTC),
            datetime(2026, 10, 25, 0, 59, 59, 999_999, tzinfo=UTC),
            datetime(2024, 2, 29, 4, 0, tzinfo=ZoneInfo("Asia/Kathmandu")),
        ],
        ids=["first instant of a month", "half a minute in", "before DST ends", "another zone"],
    )
    def test_any_end(self, end: datetime) -> None:
        spec = structs.replace(SPEC, events=1200, months=1, end=end)
        times = [event.time for event in every_event(spec)]
        assert len(times) == 1200
        assert times == sorted(times)
        assert spec.start <= times[0] <= times[-1] <= end
        assert end - times[-1] <= timedelta(microseconds=LATE_US)

    def test_batches_are_full_but_the_last(self) -> None:
        sizes = [len(batch) for batch in generate(structs.replace(SPEC, events=25_123), "org_demo")]
        assert sizes == [BATCH, BATCH, 5123]

    def test_exactly_as_many_in_order_within_the_months(self, events: tuple[UsageEvent, ...]) -> None:
        times = [event.time for event in events]
        assert len(events) == len({event.id for event in events}) == SPEC.events
        assert times == sorted(times)
        assert FIRST <= times[0] < FIRST + timedelta(hours=6)
        assert END - timedelta(minutes=2) <= times[-1] <= END
        assert all(time.tzinfo is UTC for time in times)

    def test_the_same_spec_gives_the_same_events(self, events: tuple[UsageEvent, ...]) -> None:
        assert tuple(every_event(SPEC)) == events

    def test_another_seed_gives_others(self) -> None:
        small = structs.replace(SPEC, events=500)
        ids = {event.id for event in every_event(small)}
        assert ids.isdisjoint(event.id for event in every_event(structs.replace(small, seed=12)))

    def test_the_first_batch_needs_nothing_of_what_comes_later(self) -> None:
        many = structs.replace(SPEC, events=5_000_000)
        generator = generate(many, "org_demo")
        first = next(generator)
        second = next(generator)
        assert len(first) == len(second) == BATCH
        assert first[-1].time <= second[0].time
        assert second[-1].time < FIRST + timedelta(days=1)


class TestSoundness:
    def test_no_count_contradicts_another(self, events: tuple[UsageEvent, ...]) -> None:
        for event in events:
            event.tokens.check()
            check_quantity(event.quantity, event.unit, adjusting=event.adjusts is not None)
            assert event.organisation == "org_demo"
            assert event.source == "demo"
            assert event.latency_ms is None or event.latency_ms >= (event.first_token_ms or 0) >= 0

    def test_everybody_in_an_event_is_in_the_directory(
        self, events: tuple[UsageEvent, ...], directory: Directory
    ) -> None:
        known = {
            "user": {None, *(person.id for person in directory.people)},
            "team": {None, *(team.id for team in directory.teams)},
            "agent": {None, *(agent.id for agent in directory.agents)},
            "parent_agent": {None, *(agent.parent for agent in directory.agents)},
            "api_key": {None, *(key.id for key in directory.api_keys)},
            "pod": {None, *(pod.id for pod in directory.pods)},
        }
        tasks = {(pod.id, task.id) for pod in directory.pods for task in pod.tasks}
        agents = {agent.id: agent for agent in directory.agents}
        for event in events:
            for field, ids in known.items():
                assert getattr(event, field) in ids
            assert event.pod is None or (event.pod, event.task) in tasks
            assert set(event.tags) <= set(directory.tags)
            assert event.task is None or f"feature:{event.task}" in event.tags
            if event.agent is not None:
                assert event.agent_type == agents[event.agent].agent_type
                assert event.model is None or event.model in agents[event.agent].models
                assert event.service in agents[event.agent].services

    def test_failed_calls_are_billed_for_nothing_or_for_what_was_written(self, events: tuple[UsageEvent, ...]) -> None:
        for event in events:
            if event.service == "llm" and event.status == "blocked":
                assert event.tokens.total == 0
                assert event.first_token_ms is None
        errors = [event for event in events if event.service == "llm" and event.status == "error"]
        assert 0.1 < share((event for event in errors if event.tokens.total), errors) < 0.4

    def test_adjustments_take_back_what_an_earlier_event_said(self, events: tuple[UsageEvent, ...]) -> None:
        by_id = {event.id: event for event in events}
        found = [event for event in events if event.adjusts is not None]
        assert len(found) >= 3
        assert {event.service for event in found} == {"llm", "ocr"}
        for event in found:
            target = by_id[event.adjusts or ""]
            assert target.time < event.time
            assert event.requests == 0
            assert (event.user, event.agent, event.model) == (target.user, target.agent, target.model)
            if event.quantity is None:
                assert event.reported_cost is not None
                assert event.reported_cost.pico < 0
            else:
                assert target.quantity == -event.quantity > 0


class TestLikeness:
    def test_agent_types_are_all_well_seen(self, events: tuple[UsageEvent, ...]) -> None:
        by_type: Counter[str | None] = Counter(event.agent_type for event in events)
        assert set(by_type) == {*AGENT_TYPES, None}
        assert all(by_type[agent_type] > 0.1 * len(events) for agent_type in AGENT_TYPES)
        assert by_type[None] < 0.02 * len(events)

    def test_models_of_several_providers_come_and_go(self, events: tuple[UsageEvent, ...]) -> None:
        fortnight = timedelta(days=14)
        first = {event.model for event in events if event.model and event.time < FIRST + fortnight}
        last = {event.model for event in events if event.model and event.time > END - fortnight}
        assert len({event.provider for event in events if event.provider}) >= 6
        assert all(8 <= len(models) <= 13 for models in (first, last))
        assert {"gpt-5.4", "deepseek-reasoner"} <= first - last
        assert "gpt-5.6-terra" in last - first

    def test_one_model_has_no_price(self, events: tuple[UsageEvent, ...]) -> None:
        own = [event for event in events if event.model == OWN_MODEL.name]
        assert 0.01 < share(own, events) < 0.1
        assert {event.provider for event in own} == {"selfhosted"}

    def test_caches_are_used_as_the_providers_count_them(self, events: tuple[UsageEvent, ...]) -> None:
        read = sum(event.tokens.cache_read or 0 for event in events)
        total = sum(event.tokens.input_total or 0 for event in events)
        assert 0.35 < read / total < 0.75
        for field in ("cache_write_5m", "cache_write_1h"):
            writers = [event for event in events if getattr(event.tokens, field)]
            assert {event.provider for event in writers} == {"anthropic"}
            assert share(writers, events) > 0.01
        cached = {
            agent: sum(event.tokens.cache_read or 0 for event in events if event.agent == agent)
            / sum(event.tokens.input_total or 0 for event in events if event.agent == agent)
            for agent in ("code-pilot", "catalogue-enrichment")
        }
        assert cached["code-pilot"] > 0.7 > cached["catalogue-enrichment"]

    def test_only_reasoning_models_reason(self, events: tuple[UsageEvent, ...]) -> None:
        reasoning = {event.model for event in events if event.tokens.reasoning}
        assert {"gpt-5.4", "deepseek-v4-pro"} <= reasoning
        assert not any(model.startswith("claude") for model in reasoning if model)

    def test_other_services_have_quantities(self, events: tuple[UsageEvent, ...]) -> None:
        units = {(event.service, event.unit) for event in events if event.service != "llm"}
        assert units == {("knowledge_graph", "GB-hours"), ("web_access", "searches"), ("ocr", "pages")}
        for event in events:
            assert (event.service == "llm") == (event.quantity is None)
            assert event.adjusts is not None or event.quantity is None or event.quantity > 0

    def test_outcomes(self, events: tuple[UsageEvent, ...]) -> None:
        by_status = Counter(event.status for event in events)
        assert set(by_status) == set(STATUSES) - {"pending"}
        assert 0.008 < by_status["error"] / len(events) < 0.025
        assert 0 < by_status["blocked"] / len(events) < 0.005
        assert 0 < by_status["cancelled"] / len(events) < 0.01

    def test_errors_come_in_bursts(self, events: tuple[UsageEvent, ...]) -> None:
        providers = {model.provider for ladder in LADDERS.values() for _, model in ladder}
        troubled = outages_of(SPEC, len(hours_of(SPEC)), providers)
        usual: list[str] = []
        trouble: list[str] = []
        for event in events:
            if event.provider is not None and event.adjusts is None:
                hour = (event.time - FIRST) // timedelta(hours=1)
                (trouble if event.provider in troubled.get(hour, ()) else usual).append(event.status)
        assert share((status for status in usual if status == "error"), usual) < 0.016
        assert share((status for status in trouble if status == "error"), trouble) > 0.08

    def test_slow_answers_are_long_ones(self, events: tuple[UsageEvent, ...]) -> None:
        answered = [event for event in events if event.model == "claude-sonnet-4-6" and event.status == "ok"]
        answered.sort(key=lambda event: event.tokens.output or 0)
        tenth = len(answered) // 10
        short = median(event.latency_ms or 0 for event in answered[:tenth])
        long = median(event.latency_ms or 0 for event in answered[-tenth:])
        assert long > 2 * short

    def test_runs_belong_to_sessions_and_sub_agents_to_runs(self, events: tuple[UsageEvent, ...]) -> None:
        calls: Counter[str] = Counter()
        runs_of: dict[str, set[str]] = defaultdict(set)
        for event in events:
            if event.run_id is not None:
                calls[event.run_id] += 1
                if event.session_id is not None:
                    runs_of[event.session_id].add(event.run_id)
        assert max(calls.values()) > 10
        assert sum(len(runs) > 1 for runs in runs_of.values()) > 0.1 * len(runs_of)
        parents = {event.parent_agent for event in events if event.agent in {"code-reviewer", "web-reader"}}
        assert parents == {"code-pilot", "research-agent"}

    def test_some_have_no_user_or_no_team(self, events: tuple[UsageEvent, ...]) -> None:
        assert 0.05 < share((event for event in events if event.user is None), events) < 0.3
        assert 0 < share((event for event in events if event.team is None), events) < 0.03

    def test_a_few_users_are_heavy(self, events: tuple[UsageEvent, ...]) -> None:
        by_user = Counter(event.user for event in events if event.user is not None)
        heavy = sum(count for _, count in by_user.most_common(10))
        assert len(by_user) > 70
        assert 0.3 < heavy / sum(by_user.values()) < 0.9


class TestRhythm:
    @pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles"])
    def test_people_work_by_day_in_the_organisations_zone(self, zone: str) -> None:
        made = every_event(structs.replace(SPEC, events=8000, zone=zone))
        hours = [event.time.astimezone(ZoneInfo(zone)).hour for event in made if event.agent_type == "no_code"]
        assert share((hour for hour in hours if 7 <= hour < 20), hours) > 0.85

    def test_batch_jobs_run_at_night(self, events: tuple[UsageEvent, ...]) -> None:
        hours = [
            event.time.astimezone(ZoneInfo(ZONE)).hour for event in events if event.agent == "translation-pipeline"
        ]
        assert share((hour for hour in hours if hour < 7), hours) > 0.9

    def test_weekends_are_quiet(self, events: tuple[UsageEvent, ...]) -> None:
        by_day = Counter(event.time.astimezone(ZoneInfo(ZONE)).date() for event in events)
        weekend = [count for day, count in by_day.items() if day.weekday() >= 5]
        weekday = [count for day, count in by_day.items() if day.weekday() < 5]
        assert median(weekend) < 0.55 * median(weekday)

    def test_it_grows_from_month_to_month(self, events: tuple[UsageEvent, ...]) -> None:
        by_month = Counter(event.time.astimezone(ZoneInfo(ZONE)).month for event in events)
        assert 1.03 < by_month[10] / by_month[9] < 1.3

    def test_the_spike_is_seen_and_is_one_agents(self, events: tuple[UsageEvent, ...]) -> None:
        normal, spike = fresh_tokens_by_day(events)
        assert 1.6 < max(spike) / median(normal) < 6
        assert max(normal) < 1.6 * median(normal)

    def test_several_are_busy_on_the_last_day(self, events: tuple[UsageEvent, ...]) -> None:
        today = day_start(date(2026, 11, 20), ZoneInfo(ZONE))
        assert len({event.user for event in events if event.time >= today}) > 10


def fresh_tokens_by_day(events: tuple[UsageEvent, ...]) -> tuple[list[int], list[int]]:
    """Return what was sent uncached on ordinary working days, and on the two days of the spike."""
    by_day: Counter[date] = Counter()
    stuck: Counter[date] = Counter()
    for event in events:
        day = event.time.astimezone(ZoneInfo(ZONE)).date()
        fresh = event.tokens.input_uncached or 0
        by_day[day] += fresh
        stuck[day] += fresh if event.agent == SPIKE_AGENT else 0
    worst = {day for day, _ in stuck.most_common(2)}
    assert {day.month for day in worst} == {10}
    normal = [count for day, count in by_day.items() if day.weekday() < 5 and day not in worst and day.day != 20]
    return normal, [by_day[day] for day in worst]


def test_hosting_is_metered_by_the_hour_where_there_are_events_enough() -> None:
    spec = structs.replace(SPEC, events=75_000, months=1)
    hosted = [event for event in every_event(spec) if event.service == "knowledge_graph"]
    times = sorted({event.time for event in hosted})
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(hours=1)}
    assert all(event.quantity and event.quantity < Decimal(1000) for event in hosted)
