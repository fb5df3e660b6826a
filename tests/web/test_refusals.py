"""What was refused is remembered for a while, a few at a time, each organisation's apart."""

from datetime import timedelta

from outlay.testing import FrozenClock
from outlay.web.refusals import KEPT, MOST_ORGANISATIONS, Refusals


def reasons(refusals: Refusals, clock: FrozenClock, organisation: str, *, alone: bool = False) -> list[str]:
    found = refusals.since(clock.now() - timedelta(minutes=1), organisation, alone=alone)
    return [each.reason for each in found]


def test_the_newest_come_first_and_the_old_are_left_out() -> None:
    clock = FrozenClock()
    refusals = Refusals(clock)
    for reason in ("a", "b", "c"):
        refusals.add(reason, "acme", "key")
        clock.move(timedelta(seconds=25))
    assert reasons(refusals, clock, "acme") == ["c", "b"]


def test_an_organisation_sees_its_own_and_nobodys_only_when_it_is_alone() -> None:
    clock = FrozenClock()
    refusals = Refusals(clock)
    refusals.add("ours", "acme", "key")
    refusals.add("theirs", "others", "key")
    refusals.add("nobody's")
    assert reasons(refusals, clock, "acme") == ["ours"]
    assert sorted(reasons(refusals, clock, "acme", alone=True)) == ["nobody's", "ours"]
    assert reasons(refusals, clock, "third") == []


def test_a_flood_keeps_a_few_and_drives_out_no_other_organisations() -> None:
    clock = FrozenClock()
    refusals = Refusals(clock)
    refusals.add("ours", "acme", "key")
    for number in range(1000):
        refusals.add(f"{number}", "others", "key")
        refusals.add(f"{number}")
    assert reasons(refusals, clock, "acme") == ["ours"]
    assert len(reasons(refusals, clock, "others")) == KEPT
    for number in range(MOST_ORGANISATIONS + 5):
        refusals.add("x", f"organisation {number}", "key")
    assert reasons(refusals, clock, "acme") == ["ours"]
    assert reasons(refusals, clock, f"organisation {MOST_ORGANISATIONS + 4}") == []
