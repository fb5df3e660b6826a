"""Saved views: an owner, a mate, an admin, and a stranger of another organisation."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outlay.control import saved_views as module
from outlay.control.database import Control
from outlay.control.saved_tables import start_pages
from outlay.control.saved_views import (
    Changes,
    NewView,
    SavedView,
    change_view,
    delete_view,
    save_view,
    start_view_of,
    start_with,
    view_for,
    views_for,
)
from outlay.control.sharing import Reader
from outlay.errors import Conflict, InputError, NotFound
from outlay.testing import FrozenClock
from tests.actors import TESTER
from tests.control.standing import Standing, standing_people


@pytest.fixture
def people(control: Control, clock: FrozenClock) -> Standing:
    return standing_people(control, clock)


def kept(control: Control, clock: FrozenClock, reader: Reader, name: str, *, shared: bool = False) -> SavedView:
    return save_view(control, reader, NewView(name=name, path="/usage", query="r=7d", shared=shared), clock.now())


def rename_view(control: Control, reader: Reader, view: str, name: str, now: datetime) -> SavedView:
    return change_view(control, reader, view, Changes(name=name), now)


def share_view(control: Control, reader: Reader, view: str, now: datetime, *, shared: bool) -> SavedView:
    return change_view(control, reader, view, Changes(shared=shared), now)


def names(control: Control, reader: Reader, path: str | None = None) -> list[str]:
    return [each.name for each in views_for(control, reader, path)]


def test_a_view_is_kept_as_it_was_saved(
    control: Control, elsewhere: Control, clock: FrozenClock, people: Standing
) -> None:
    wanted = NewView(name="  Growth\u00a0 this   week ", path="/usage", query="f=team:is:growth&r=7d", shared=True)
    made = save_view(control, people.owner, wanted, clock.now())
    assert (made.name, made.path, made.query, made.shared) == ("Growth this week", "/usage", wanted.query, True)
    assert (made.member, made.created_at, made.changed_at) == (people.owner.member, clock.now(), clock.now())
    assert view_for(elsewhere, people.owner, made.id) == made


def test_what_is_private_is_the_owners_alone_and_what_is_shared_the_organisations(
    control: Control, clock: FrozenClock, people: Standing
) -> None:
    mine, ours = kept(control, clock, people.owner, "mine"), kept(control, clock, people.owner, "ours", shared=True)
    assert names(control, people.owner) == ["mine", "ours"]
    for other in (people.mate, people.admin):
        assert names(control, other) == ["ours"]
        assert view_for(control, other, ours.id) == ours
        with pytest.raises(NotFound):
            view_for(control, other, mine.id)
    assert names(control, people.stranger) == []
    for view in (mine, ours):
        with pytest.raises(NotFound):
            view_for(control, people.stranger, view.id)


def test_views_are_listed_by_name_and_of_one_page(control: Control, clock: FrozenClock, people: Standing) -> None:
    for name, path in (("beta", "/usage"), ("Alpha", "/calls"), ("Gamma", "/usage")):
        save_view(control, people.owner, NewView(name=name, path=path, query=""), clock.now())
    assert names(control, people.owner) == ["Alpha", "beta", "Gamma"]
    assert names(control, people.owner, "/usage") == ["beta", "Gamma"]
    assert names(control, people.owner, "/consumption") == []


@pytest.mark.parametrize("again", ["Weekly", "weekly", " WEEKLY  "])
def test_a_member_has_a_name_once_in_any_case(
    control: Control, clock: FrozenClock, people: Standing, again: str
) -> None:
    first = kept(control, clock, people.owner, "Weekly")
    with pytest.raises(Conflict, match="already"):
        kept(control, clock, people.owner, again)
    kept(control, clock, people.mate, again)  # names are each member's own
    clock.move(timedelta(hours=1))
    wanted = NewView(name=again, path="/calls", query="r=30d", shared=True)
    replaced = save_view(control, people.owner, wanted, clock.now(), replacing=True)
    assert (replaced.id, replaced.path, replaced.query, replaced.shared) == (first.id, "/calls", "r=30d", True)
    assert (replaced.created_at, replaced.changed_at) == (first.created_at, clock.now())
    assert views_for(control, people.owner) == [replaced]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        pytest.param({"name": ""}, "1 to 80", id="no name"),
        pytest.param({"name": " \u00a0 "}, "1 to 80", id="blank name"),
        pytest.param({"name": "a" * 81}, "1 to 80", id="long name"),
        pytest.param({"name": "a\x00b"}, "1 to 80", id="zero"),
        pytest.param({"name": "a\u202eb"}, "1 to 80", id="text that turns around"),
        pytest.param({"name": "\ud800"}, "1 to 80", id="half a surrogate pair"),
        pytest.param({"path": "/" + "a" * 300}, "path of a view", id="long path"),
        pytest.param({"path": "usage"}, "begins with /", id="relative path"),
        pytest.param({"path": "/u\n"}, "path of a view", id="newline in path"),
        pytest.param({"query": "a" * 8001}, "state of a view", id="long state"),
        pytest.param({"query": "\ud800"}, "state of a view", id="state no database takes"),
    ],
)
def test_what_can_not_be_kept_is_refused(
    control: Control, clock: FrozenClock, people: Standing, wanted: dict[str, Any], message: str
) -> None:
    view = NewView(**({"name": "x", "path": "/usage", "query": ""} | wanted))
    with pytest.raises(InputError, match=message):
        save_view(control, people.owner, view, clock.now())
    assert names(control, people.owner) == []


def test_views_are_limited_for_a_member_and_where_they_are_shared(
    control: Control, clock: FrozenClock, people: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OF_MEMBER", 2)
    monkeypatch.setattr(module, "MOST_SHARED", 1)
    shared, other = kept(control, clock, people.owner, "a", shared=True), kept(control, clock, people.owner, "b")
    with pytest.raises(InputError, match="2 views already"):
        kept(control, clock, people.owner, "c")
    same = NewView(name="b", path="/usage", query="r=24h")
    assert save_view(control, people.owner, same, clock.now(), replacing=True).query == "r=24h"
    with pytest.raises(InputError, match="1 views are shared already"):
        kept(control, clock, people.mate, "d", shared=True)
    with pytest.raises(InputError, match="shared already"):
        share_view(control, people.owner, other.id, clock.now(), shared=True)
    assert share_view(control, people.owner, shared.id, clock.now(), shared=True) == shared
    kept(control, clock, people.stranger, "e", shared=True)  # each organisation has room of its own


def test_a_view_is_renamed_by_its_owner_to_a_free_name(control: Control, clock: FrozenClock, people: Standing) -> None:
    view, _ = kept(control, clock, people.owner, "old", shared=True), kept(control, clock, people.owner, "taken")
    assert rename_view(control, people.owner, view.id, " New ", clock.now()).name == "New"
    assert rename_view(control, people.owner, view.id, "NEW", clock.now()).name == "NEW"
    with pytest.raises(Conflict):
        rename_view(control, people.owner, view.id, "Taken", clock.now())
    with pytest.raises(InputError):
        rename_view(control, people.owner, view.id, "", clock.now())
    for other in (people.mate, people.admin, people.stranger):
        with pytest.raises(NotFound):
            rename_view(control, other, view.id, "theirs", clock.now())
    assert names(control, people.owner) == ["NEW", "taken"]


def test_a_change_is_made_as_a_whole_or_not(control: Control, clock: FrozenClock, people: Standing) -> None:
    view, _ = kept(control, clock, people.owner, "v"), kept(control, clock, people.owner, "taken")
    with pytest.raises(Conflict):
        change_view(control, people.owner, view.id, Changes(name="taken", shared=True), clock.now())
    assert view_for(control, people.owner, view.id) == view
    changed = change_view(control, people.owner, view.id, Changes(name="new", shared=True), clock.now())
    assert (changed.name, changed.shared) == ("new", True)


def test_only_the_owner_shares_and_unshares(control: Control, clock: FrozenClock, people: Standing) -> None:
    view = kept(control, clock, people.owner, "v")
    for other in (people.mate, people.admin, people.stranger):
        with pytest.raises(NotFound):
            share_view(control, other, view.id, clock.now(), shared=True)
    share_view(control, people.owner, view.id, clock.now(), shared=True)
    assert names(control, people.mate) == ["v"]
    for other in (people.mate, people.admin, people.stranger):
        with pytest.raises(NotFound):
            share_view(control, other, view.id, clock.now(), shared=False)
    share_view(control, people.owner, view.id, clock.now(), shared=False)
    assert names(control, people.mate) == []


def test_the_owner_deletes_all_and_an_admin_what_is_shared(
    control: Control, clock: FrozenClock, people: Standing
) -> None:
    mine, ours = kept(control, clock, people.owner, "mine"), kept(control, clock, people.owner, "ours", shared=True)
    for reader, view in (
        (people.mate, mine),
        (people.mate, ours),
        (people.admin, mine),
        (people.stranger, mine),
        (people.stranger, ours),
    ):
        with pytest.raises(NotFound):
            delete_view(control, reader, view.id, TESTER, clock.now())
    assert names(control, people.owner) == ["mine", "ours"]
    delete_view(control, people.admin, ours.id, TESTER, clock.now())
    delete_view(control, people.owner, mine.id, TESTER, clock.now())
    assert names(control, people.owner) == []
    with pytest.raises(NotFound):
        delete_view(control, people.owner, mine.id, TESTER, clock.now())


def test_a_member_starts_with_a_view_as_long_as_it_is_in_their_sight(
    control: Control, elsewhere: Control, clock: FrozenClock, people: Standing
) -> None:
    assert start_view_of(control, people.mate) is None
    ours, own = kept(control, clock, people.owner, "ours", shared=True), kept(control, clock, people.mate, "own")
    start_with(control, people.mate, own.id)
    start_with(control, people.mate, ours.id)
    start_with(control, people.owner, ours.id)
    assert start_view_of(elsewhere, people.mate) == ours
    assert start_view_of(control, people.admin) is None
    hidden = share_view(control, people.owner, ours.id, clock.now(), shared=False)
    assert start_view_of(control, people.mate) is None
    assert start_view_of(control, people.owner) == hidden
    share_view(control, people.owner, ours.id, clock.now(), shared=True)
    assert start_view_of(control, people.mate) is not None
    start_with(control, people.mate, None)
    assert start_view_of(control, people.mate) is None


def test_nobody_starts_with_what_they_do_not_see(control: Control, clock: FrozenClock, people: Standing) -> None:
    private = kept(control, clock, people.owner, "mine")
    ours = kept(control, clock, people.owner, "ours", shared=True)
    for reader, view in ((people.mate, private.id), (people.stranger, ours.id), (people.owner, "view_none")):
        with pytest.raises(NotFound):
            start_with(control, reader, view)
        assert start_view_of(control, reader) is None


def test_deleting_a_view_ends_it_as_everybodys_start(control: Control, clock: FrozenClock, people: Standing) -> None:
    ours = kept(control, clock, people.owner, "ours", shared=True)
    for reader in (people.owner, people.mate):
        start_with(control, reader, ours.id)
    delete_view(control, people.owner, ours.id, TESTER, clock.now())
    assert start_view_of(control, people.mate) is None
    with control.read() as connection:
        assert connection.execute(select(start_pages)).all() == []
