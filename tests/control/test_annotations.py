"""Annotations and imports on the time axis: an owner, a mate, an admin, and a stranger of another organisation."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from outlay.control import annotations as module
from outlay.control.annotations import (
    Annotation,
    Written,
    annotate,
    annotation_in_hands,
    annotations_between,
    annotations_for,
    change_annotation,
    delete_annotation,
)
from outlay.control.database import Control
from outlay.control.import_runs import ImportRun, imports_between, note_import
from outlay.control.sharing import Reader
from outlay.errors import InputError, NotFound
from outlay.testing import FrozenClock
from tests.actors import TESTER
from tests.control.standing import Standing, standing_people

DAY = date(2026, 10, 14)


@pytest.fixture
def people(control: Control, clock: FrozenClock) -> Standing:
    return standing_people(control, clock)


def texts(control: Control, reader: Reader, first: date = DAY, last: date = DAY) -> list[str]:
    return [each.text for each in annotations_between(control, reader, first, last, 100)]


def noted(control: Control, clock: FrozenClock, reader: Reader, text: str, *, shared: bool = True) -> Annotation:
    clock.move(timedelta(seconds=1))
    return annotate(control, reader, Written(text=text, day=DAY, shared=shared), clock.now())


def test_a_note_is_kept_as_it_was_written(
    control: Control, elsewhere: Control, clock: FrozenClock, people: Standing
) -> None:
    wanted = Written(text=" <b>Launch</b>  & more ", day=DAY, clock=time(23, 59), shared=False)
    made = annotate(control, people.owner, wanted, clock.now())
    assert (made.text, made.day, made.clock, made.shared) == ("<b>Launch</b> & more", DAY, time(23, 59), False)
    assert annotation_in_hands(elsewhere, people.owner, made.id) == made


def test_days_are_picked_with_both_ends_and_in_order(control: Control, clock: FrozenClock, people: Standing) -> None:
    for text, day, at in (
        ("before", 13, None),
        ("late", 14, time(18)),
        ("whole day", 14, None),
        ("last", 15, time(0, 1)),
        ("after", 16, None),
    ):
        annotate(control, people.owner, Written(text=text, day=date(2026, 10, day), clock=at), clock.now())
    assert texts(control, people.mate, DAY, date(2026, 10, 15)) == ["whole day", "late", "last"]
    newest = annotations_between(control, people.mate, DAY, date(2026, 10, 16), 2)
    assert [each.text for each in newest] == ["last", "after"]


def test_private_notes_are_their_authors_alone(control: Control, clock: FrozenClock, people: Standing) -> None:
    noted(control, clock, people.owner, "ours")
    mine = noted(control, clock, people.owner, "mine", shared=False)
    assert texts(control, people.owner) == ["ours", "mine"]
    for other in (people.mate, people.admin):
        assert texts(control, other) == ["ours"]
        assert [each.text for each in annotations_for(control, other, 0, 10)[0]] == ["ours"]
    assert texts(control, people.stranger) == []
    assert annotations_for(control, people.stranger, 0, 10) == ([], 0)
    for other in (people.mate, people.admin, people.stranger):
        with pytest.raises(NotFound):
            annotation_in_hands(control, other, mine.id)


def test_notes_are_listed_page_by_page_latest_day_first(control: Control, clock: FrozenClock, people: Standing) -> None:
    for day in (12, 14, 13):
        annotate(control, people.owner, Written(text=str(day), day=date(2026, 10, day)), clock.now())
    first, count = annotations_for(control, people.mate, 0, 2)
    assert ([each.text for each in first], count) == (["14", "13"], 3)
    assert [each.text for each in annotations_for(control, people.mate, 2, 2)[0]] == ["12"]


def test_the_author_changes_their_notes_and_an_admin_the_shared_ones(
    control: Control, clock: FrozenClock, people: Standing
) -> None:
    ours = noted(control, clock, people.owner, "ours")
    mine = noted(control, clock, people.owner, "mine", shared=False)
    new = Written(text="new", day=date(2026, 10, 20), clock=time(8), shared=True)
    for reader, note in (
        (people.mate, ours),
        (people.mate, mine),
        (people.admin, mine),
        (people.stranger, ours),
        (people.stranger, mine),
    ):
        with pytest.raises(NotFound):
            change_annotation(control, reader, note.id, new, TESTER, clock.now())
        with pytest.raises(NotFound):
            delete_annotation(control, reader, note.id, TESTER, clock.now())
    clock.move(timedelta(hours=1))
    changed = change_annotation(control, people.admin, ours.id, new, TESTER, clock.now())
    assert (changed.text, changed.day, changed.clock, changed.member) == ("new", new.day, time(8), people.owner.member)
    assert (changed.created_at, changed.changed_at) == (ours.created_at, clock.now())
    with pytest.raises(InputError, match="only who wrote"):
        change_annotation(control, people.admin, ours.id, Written(text="x", day=DAY, shared=False), TESTER, clock.now())
    change_annotation(control, people.owner, mine.id, new, TESTER, clock.now())
    delete_annotation(control, people.admin, ours.id, TESTER, clock.now())
    delete_annotation(control, people.owner, mine.id, TESTER, clock.now())
    assert annotations_for(control, people.owner, 0, 10) == ([], 0)


@pytest.mark.parametrize(
    ("text", "day", "message"),
    [
        pytest.param("", DAY, "1 to 200", id="nothing"),
        pytest.param("a" * 201, DAY, "1 to 200", id="too long"),
        pytest.param("a\x07", DAY, "1 to 200", id="unprintable"),
        pytest.param("\udfff", DAY, "1 to 200", id="half a surrogate pair"),
        pytest.param("x", date(1, 1, 1), "between the years", id="the first day there is"),
        pytest.param("x", date(9999, 12, 31), "between the years", id="the last day there is"),
    ],
)
def test_what_can_not_be_kept_is_refused(
    control: Control, clock: FrozenClock, people: Standing, text: str, day: date, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        annotate(control, people.owner, Written(text=text, day=day), clock.now())
    known = noted(control, clock, people.owner, "known")
    with pytest.raises(InputError, match=message):
        change_annotation(control, people.owner, known.id, Written(text=text, day=day), TESTER, clock.now())
    assert texts(control, people.owner) == ["known"]


def test_notes_are_limited_for_each_member(
    control: Control, clock: FrozenClock, people: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OF_MEMBER", 1)
    noted(control, clock, people.owner, "one")
    with pytest.raises(InputError, match="1 notes already"):
        noted(control, clock, people.owner, "two")
    noted(control, clock, people.mate, "two")


def test_imports_are_found_by_when_they_ran_in_their_organisation(control: Control) -> None:
    start = datetime(2026, 10, 14, tzinfo=UTC)
    runs = [ImportRun("import:a", each, start, None, start + timedelta(hours=each)) for each in (2, 0, 1)]
    for run in runs:
        note_import(control, "acme", run, TESTER)
    note_import(control, "other", ImportRun("import:b", 9, None, None, start), TESTER)
    found = imports_between(control, "acme", start, start + timedelta(hours=2), 10)
    assert found == [runs[1], runs[2]]
    assert imports_between(control, "acme", start, start + timedelta(hours=3), 1) == [runs[0]]
