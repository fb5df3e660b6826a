from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.kit.money import as_pico, as_usd
from outlay.kit.period import parse_zone
from outlay.query.ask import Filter, Query
from outlay.query.explain import CellKey, Effects, Explanation, Side, effects_by_group, explain
from outlay.query.questions import Asking
from outlay.query.timerange import OneMonth
from outlay.usage import Cost, CostLine, PricedEvent, Tokens, UsageEvent
from tests.query import drawn
from tests.query.test_oracle import ledger_of, slow

BERLIN = parse_zone("Europe/Berlin")
OCTOBER = datetime(2026, 10, 10, 12, tzinfo=UTC)
SEPTEMBER = datetime(2026, 9, 10, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 2, tzinfo=UTC)
NOTHING = dict.fromkeys(Effects.__struct_fields__, 0)


def side(usd: str | None, tokens: int | None = None, requests: int = 1, unpriced: int = 0) -> Side:
    return Side(None if usd is None else Decimal(usd), tokens, requests, unpriced)


@pytest.mark.parametrize(
    ("before", "now", "effects"),
    [
        pytest.param(
            {"a": side("10", 1000)},
            {"a": side("15", 1500)},
            {"a": {"volume": 5}},
            id="half as much again",
        ),
        pytest.param({"a": side("10", 1000)}, {"a": side("20", 1000)}, {"a": {"rate": 10}}, id="a price doubled"),
        pytest.param(
            {"a": side("10", 1000), "b": side("1", 1000)},
            {"a": side("15", 1500), "b": side("0.5", 500)},
            {"a": {"mix": 5}, "b": {"mix": "-0.5"}},
            id="to the dear one",
        ),
        pytest.param(
            {"a": side("10", 1000)},
            {"b": side("4", 1000)},
            {"a": {"gone": -10}, "b": {"new": 4}},
            id="one for another",
        ),
        pytest.param(
            {"a": side("10", 1000), "b": side("10", 1000)},
            {"a": side("30", 3000)},
            {"a": {"volume": 5, "mix": 15}, "b": {"volume": 5, "gone": -15}},
            id="one alone, and more of it",
        ),
        pytest.param(
            {"a": side("10", 1000)},
            {"a": side("33", 1500)},
            {"a": {"volume": 5, "rate": 18}},
            id="more, at twice and a bit",
        ),
        pytest.param({"a": side("3", None, 3)}, {"a": side("5", None, 5)}, {"a": {"volume": 2}}, id="without tokens"),
        pytest.param(
            {"a": side("3", 100)}, {"a": side("5", None, 0)}, {"a": {"other": 2}}, id="a cost without a request"
        ),
        pytest.param(
            {"a": side("-1", -5, 0)}, {"a": side("2", 5)}, {"a": {"other": 3}}, id="a correction in the baseline"
        ),
        pytest.param({}, {"a": side("7", 5)}, {"a": {"new": 7}}, id="nothing before"),
        pytest.param({"a": side("7", 5)}, {}, {"a": {"volume": -7}}, id="nothing now"),
        pytest.param({"a": Side(unpriced=3)}, {"a": side("7", 5)}, {"a": {"new": 7}}, id="priced by now"),
    ],
)
def test_effects(before: Mapping[str, Side], now: Mapping[str, Side], effects: Mapping[str, Mapping[str, Any]]) -> None:
    cells: list[dict[CellKey, Side]] = [{(key, "llm"): each for key, each in both.items()} for both in (before, now)]
    found = effects_by_group(*cells)
    shown = {each.key: {name: as_usd(pico) for name, pico in each.pico.items() if pico} for each in found}
    assert shown == {key: {name: Decimal(usd) for name, usd in each.items()} for key, each in effects.items()}


def test_services_grow_each_by_themselves() -> None:
    before: dict[CellKey, Side] = {("a", "llm"): side("10", 1000), ("a", "ocr"): side("1", None, 10)}
    now: dict[CellKey, Side] = {("a", "llm"): side("20", 2000), ("a", "ocr"): side("1", None, 10)}
    (group,) = effects_by_group(before, now)
    assert {name: pico for name, pico in group.pico.items() if pico} == {"volume": as_pico(Decimal(10))}


_SIDES = st.builds(
    Side,
    cost=st.none() | st.integers(-(10**15), 10**18).map(as_usd),
    tokens=st.none() | st.integers(-5, 10**12),
    requests=st.integers(0, 10**6),
    unpriced=st.integers(0, 2),
)
_CELLS = st.dictionaries(
    st.tuples(st.sampled_from([None, "a", "b", "c"]), st.sampled_from(["llm", "ocr"])), _SIDES, max_size=8
)


@given(before=_CELLS, now=_CELLS)
def test_the_effects_of_every_group_make_its_change_exactly(
    before: dict[CellKey, Side], now: dict[CellKey, Side]
) -> None:
    def pico(cells: dict[CellKey, Side], group: str | None) -> int:
        return sum(as_pico(each.cost) for (key, _), each in cells.items() if key == group and each.cost is not None)

    found = effects_by_group(before, now)
    assert {each.key for each in found} == {key for key, _ in {**before, **now}}
    for each in found:
        assert set(each.pico) <= set(NOTHING)
        assert sum(each.pico.values()) == pico(now, each.key) - pico(before, each.key)
    changes = [abs(sum(each.pico.values())) for each in found]
    assert changes == sorted(changes, reverse=True)


@given(
    volumes=st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)), min_size=1, max_size=5),
    prices=st.lists(st.integers(1, 10**9), min_size=5, max_size=5),
)
def test_where_prices_stay_rate_is_nothing_but_rounding_and_mix_moves_nothing_in_sum(
    volumes: list[tuple[int, int]], prices: list[int]
) -> None:
    def cells(at: int) -> dict[CellKey, Side]:
        return {
            (str(model), "llm"): Side(as_usd(both[at] * price), both[at], 1)
            for model, (both, price) in enumerate(zip(volumes, prices, strict=False))
        }

    for each in effects_by_group(cells(0), cells(1)):
        assert abs(each.pico["rate"]) <= 1
    alike = [Fraction(now, before) for before, now in volumes]
    if len(set(alike)) == 1:
        assert all(each.pico["mix"] == 0 for each in effects_by_group(cells(0), cells(1)))


def event(model: str, moment: datetime, pico: int | None, tokens: int, **fields: Any) -> PricedEvent:
    lines = () if pico is None else (CostLine("input", "input", 1, Decimal(1), pico),)
    number = f"{model}-{moment}-{pico}-{tokens}"
    return PricedEvent(
        UsageEvent(
            organisation="acme",
            source="api:test",
            id=number,
            time=moment,
            received_at=moment,
            model=model,
            tokens=Tokens(input_uncached=tokens),
            **fields,
        ),
        Cost("unpriced" if pico is None else "priced", pico, lines),
    )


def explained(events: list[PricedEvent], query: Query, by: str = "model") -> Explanation:
    with ledger_of(events, BERLIN) as snapshot:
        found = explain(Asking(query.viewer, snapshot, BERLIN, NOW), query, by)
    assert found is not None
    assert found.adds_up
    return found


IN_OCTOBER = Query(drawn.ADMIN, range=OneMonth(2026, 10))


def test_what_is_unpriced_dilutes_no_price_and_is_counted() -> None:
    found = explained(
        [
            event("a", SEPTEMBER, 10, 1000),
            event("a", SEPTEMBER, None, 7_000_000),
            event("a", OCTOBER, 20, 1000),
            event("b", OCTOBER, None, 5),
        ],
        IN_OCTOBER,
    )
    first, second = found.groups
    assert (first.key, first.state, first.effects.rate, first.effects.change) == ("a", "kept", as_usd(10), as_usd(10))
    assert (first.before, first.now) == (Side(as_usd(10), 1000, 1, 1), Side(as_usd(20), 1000, 1, 0))
    assert (second.key, second.now, second.effects.change) == ("b", Side(unpriced=1), Decimal(0))
    assert (found.before.unpriced, found.now.unpriced) == (1, 1)


def test_states_tell_new_from_gone() -> None:
    found = explained([event("a", SEPTEMBER, 10, 10), event("b", OCTOBER, 30, 10)], IN_OCTOBER)
    assert [(each.key, each.state) for each in found.groups] == [("b", "new"), ("a", "gone")]
    assert (found.effects.new, found.effects.gone) == (as_usd(30), as_usd(-10))


def test_a_range_that_has_nothing_before_it_says_so() -> None:
    query = Query(drawn.ADMIN, range=OneMonth(2027, 10))
    with ledger_of([], BERLIN) as snapshot:
        assert explain(Asking(drawn.ADMIN, snapshot, BERLIN, NOW), query) is None


@given(seed=st.integers(0, 2**32))
@settings(slow, max_examples=12)
def test_by_whatever_the_effects_make_the_change_of_the_totals(seed: int) -> None:
    random = Random(seed)
    events = drawn.ledger(random, 60, "Europe/Berlin", NOW)
    query = Query(
        random.choice(drawn.VIEWERS),
        range=OneMonth(2026, 10),
        filters=random.choice([(), (Filter("model", "has"),), (Filter("cost", "over", ("0.1",)),)]),
    )
    for by in ("model", "user", "agent", "service", "tag", "tag:env", "task"):
        found = explained(events, query, by)
        assert sum(as_pico(each.effects.change) for each in found.groups) == as_pico(found.effects.change)
        assert sum(each.now.unpriced for each in found.groups) >= found.now.unpriced
