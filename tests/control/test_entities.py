"""The registry: each id once, names when there are some, colours for good, limits that hold."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from outlay.control.database import Control, open_control
from outlay.control.entities import COLOUR_SLOTS, EntityName, Registry
from outlay.control.tables import entities
from outlay.errors import NotFound
from outlay.testing import FrozenClock


@pytest.fixture
def registry(control: Control, clock: FrozenClock) -> Registry:
    return Registry(control, clock, 100)


def _statements(control: Control) -> list[str]:
    seen: list[str] = []
    event.listen(control.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    return seen


def test_known_ids_cost_no_query(control: Control, registry: Registry) -> None:
    registry.register("acme", {"user": ["ada", "bo"], "agent": {"indexer"}})
    seen = _statements(control)
    registry.register("acme", {"user": ["bo", "ada"], "agent": ["indexer"]})
    assert registry.admit("acme", "user", ["ada"]) == set()
    assert seen == []


def test_each_kind_takes_the_colours_in_the_order_of_registration(registry: Registry) -> None:
    registry.register("acme", {"team": [f"team-{n}" for n in range(5)], "model": ["m"]})
    registry.register("acme", {"team": ["team-0", "team-5", "team-6", "team-7"]})
    shown = registry.labels("acme", "team", [f"team-{n}" for n in range(8)])
    assert [label.colour_slot for label in shown.values()] == [0, 1, 2, 3, 4, 5, 6, 0]
    assert registry.labels("acme", "model", ["m"])["m"].colour_slot == 0


def test_a_user_whose_id_is_an_email_has_it_and_nobody_else_does(registry: Registry) -> None:
    registry.register("acme", {"user": ["ada@example.com", "bo"], "agent": ["bot@example.com"]})
    users = registry.labels("acme", "user", ["ada@example.com", "bo"])
    assert [label.email for label in users.values()] == ["ada@example.com", None]
    assert registry.labels("acme", "agent", ["bot@example.com"])["bot@example.com"].email is None


def test_a_name_is_shown_and_its_id_where_there_is_none(registry: Registry) -> None:
    registry.put_labels("acme", "user", [EntityName("u1", "Ada Lovelace", "ada@example.com", "growth")])
    registry.register("acme", {"user": ["u1", "u2"]})
    shown = registry.labels("acme", "user", ["u1", "u2", "never-seen"])
    assert [(each.name, each.email, each.team) for each in shown.values()] == [
        ("Ada Lovelace", "ada@example.com", "growth"),
        ("u2", None, None),
        ("never-seen", None, None),
    ]
    assert shown["never-seen"] == registry.labels("acme", "user", ["never-seen"])["never-seen"]


def test_renaming_keeps_email_team_and_colour(registry: Registry) -> None:
    registry.put_labels("acme", "user", [EntityName("u0"), EntityName("u1", "Ada", "ada@example.com", "growth")])
    registry.rename("acme", "user", "u1", "Countess")
    label = registry.labels("acme", "user", ["u1"])["u1"]
    assert (label.name, label.email, label.team, label.colour_slot) == ("Countess", "ada@example.com", "growth", 1)
    assert registry.search("acme", "user", "countess") == ["u1"]
    assert registry.search("acme", "user", "ada@") == ["u1"]
    registry.rename("acme", "user", "u1", None)
    assert registry.labels("acme", "user", ["u1"])["u1"].name == "u1"


def test_putting_labels_again_changes_names_but_no_colour(registry: Registry) -> None:
    registry.put_labels("acme", "team", [EntityName(f"t{n}", f"Team {n}") for n in range(3)])
    registry.put_labels("acme", "team", [EntityName("t2", "Growth"), EntityName("t3"), EntityName("t2", "Core")])
    shown = registry.labels("acme", "team", ["t0", "t1", "t2", "t3"])
    assert [(each.name, each.colour_slot) for each in shown.values()] == [
        ("Team 0", 0),
        ("Team 1", 1),
        ("Core", 2),
        ("t3", 3),
    ]


def test_one_organisation_never_meets_the_entities_of_another(registry: Registry) -> None:
    registry.put_labels("acme", "user", [EntityName("ada", "Ada of Acme")])
    registry.register("other", {"user": ["bo", "ada"]})
    assert registry.search("other", "user", "acme") == []
    assert registry.labels("other", "user", ["ada"])["ada"].name == "ada"
    with pytest.raises(NotFound):
        registry.rename("other", "agent", "ada", "Mine")
    registry.rename("other", "user", "ada", "Another Ada")
    assert registry.labels("acme", "user", ["ada"])["ada"].name == "Ada of Acme"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("LOVE", ["u1"], id="name in any case"),
        pytest.param("@example.COM", ["u1", "u2"], id="e-mail"),
        pytest.param("u2", ["u2"], id="id"),
        pytest.param("grüße", ["u3"], id="not ASCII"),
        pytest.param("GRÜSSE", ["u3"], id="folded"),
        pytest.param("100%", ["u3"], id="a percent sign is itself"),
        pytest.param("%", ["u3"], id="a percent sign alone"),
        pytest.param("_", ["u2"], id="an underscore is itself"),
        pytest.param("/", [], id="the escape character is itself"),
        pytest.param("' OR 1=1 --", [], id="no SQL"),
        pytest.param("\ud800", [], id="half a surrogate pair"),
        pytest.param("  ", ["u1", "u2", "u3"], id="nothing asked"),
    ],
)
def test_search_finds_by_id_name_and_email(registry: Registry, text: str, found: list[str]) -> None:
    registry.put_labels(
        "acme",
        "user",
        [
            EntityName("u1", "Ada Lovelace", "ada@example.com"),
            EntityName("u2", "Bo_Bo", "bo@example.com"),
            EntityName("u3", "Grüße 100%"),
        ],
    )
    assert registry.search("acme", "user", text) == found


def test_the_limit_refuses_what_comes_after_it_and_nothing_known(control: Control, clock: FrozenClock) -> None:
    registry = Registry(control, clock, 3)
    assert registry.admit("acme", "user", ["a", "b"]) == set()
    registry.register("acme", {"user": ["a", "b"]})
    assert registry.admit("acme", "user", ["e", "a", "c", "d", "e"]) == {"c", "d"}
    registry.register("acme", {"user": ["e"]})
    assert registry.admit("acme", "user", {"a", "b", "e", "f"}) == {"f"}
    assert registry.admit("acme", "agent", ["x", "y", "z"]) == set()
    assert registry.admit("other", "user", ["x", "y", "z", "zz"]) == {"zz"}


def test_a_flood_beyond_the_limit_costs_no_query(control: Control, clock: FrozenClock) -> None:
    registry = Registry(control, clock, 2)
    registry.register("acme", {"user": ["a", "b"]})
    assert registry.admit("acme", "user", ["one-more"]) == {"one-more"}
    seen = _statements(control)
    assert len(registry.admit("acme", "user", [f"made-up-{n}" for n in range(1000)])) == 1000
    assert registry.admit("acme", "user", ["a", "b"]) == set()
    assert seen == []


def test_the_limit_counts_what_another_process_registered(
    control: Control, elsewhere: Control, clock: FrozenClock
) -> None:
    here, there = Registry(control, clock, 4), Registry(elsewhere, clock, 4)
    here.register("acme", {"user": ["a"]})
    there.register("acme", {"user": ["b", "c"]})
    assert here.admit("acme", "user", ["d", "e", "b"]) == {"e"}


def test_processes_that_register_together_keep_each_id_once(control_file: Path, control: Control) -> None:
    del control
    names = [f"user-{n}" for n in range(40)]
    opened = [open_control(control_file) for _ in range(4)]

    def register(control: Control) -> None:
        registry = Registry(control, FrozenClock(), 1000)
        for start in range(0, 40, 4):
            registry.register("acme", {"user": names[start : start + 6]})

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(register, control) for control in opened]:
            each.result()
    with opened[0].read() as connection:
        per_slot = select(entities.c.colour_slot, func.count()).group_by(entities.c.colour_slot)
        counts = {row[0]: row[1] for row in connection.execute(per_slot)}
    assert sum(counts.values()) == 40
    assert set(counts) == set(range(COLOUR_SLOTS))
    assert max(counts.values()) - min(counts.values()) <= 1
    for one in opened:
        one.close()


def test_first_seen_is_the_first_time(control: Control, registry: Registry, clock: FrozenClock) -> None:
    registry.register("acme", {"pod": ["p"]})
    first = clock.now()
    clock.move(timedelta(days=3))
    registry.put_labels("acme", "pod", [EntityName("p", "Named later")])
    with control.read() as connection:
        assert connection.execute(select(entities.c.first_seen)).scalar_one() == first


def test_thousands_at_once_pass_every_engine_limit_on_parameters(registry: Registry) -> None:
    names = [EntityName(f"user-{n}", f"Name {n}") for n in range(12_000)]
    registry.put_labels("acme", "user", names)
    shown = registry.labels("acme", "user", [each.id for each in names])
    assert [label.name for label in shown.values()] == [each.name for each in names]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40))
def test_whatever_is_registered_is_found_by_its_own_text(registry: Registry, text: str) -> None:
    registry.register("acme", {"tag": [text]})
    assert text in registry.search("acme", "tag", text)
    assert text in registry.labels("acme", "tag", [text])
