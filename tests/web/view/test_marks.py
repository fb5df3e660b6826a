"""Marks of charts: what happened, told true, in its bucket, to those alone who may know."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct

from outlay.access.key_changes import revoke_key
from outlay.access.keys import NewKey
from outlay.access.viewer import Viewer
from outlay.app import PRICES_FILE
from outlay.control.annotations import Written, annotate
from outlay.control.import_runs import ImportRun, note_import
from outlay.control.members import NewMember, create_member
from outlay.control.organisations import create_organisation
from outlay.control.sharing import Reader
from outlay.control.trail import SYSTEM
from outlay.kit.period import parse_zone
from outlay.query.ask import Filter
from outlay.query.buckets import Bucket, Grain, buckets_of
from outlay.query.questions import Asking, Questions
from outlay.query.timerange import Days, LastHours, TimeRange, span_of
from outlay.usage import Tokens, UsageEvent
from outlay.web.charts import Mark
from outlay.web.render import Renderer
from outlay.web.view.happenings import Happening
from outlay.web.view.marks import MOST_BUCKETS, MOST_IN_BUCKET, Marks, marks_of
from tests.actors import TESTER
from tests.keys import issued
from tests.web.site import NOW, Site, open_site

ZONE: Final = "Asia/Kathmandu"
OCTOBER: Final = Days(date(2026, 10, 1), date(2026, 10, 31))
ADMIN: Final = Viewer(organisation="default", role="admin")
STRANGER: Final = Viewer(organisation="others", role="admin")
PRICES: Final = """
[[price]]
provider = "selfhosted"
model = "m"
input = "3"
output = "8"
from = "2026-01-01"
until = "2026-10-10T18:15:00Z"

[[price]]
provider = "selfhosted"
model = "m"
input = "2.5"
output = "8"
from = "2026-10-10T18:15:00Z"
"""


class Here(Struct, frozen=True):
    site: Site

    def used(self, model: str, day: int, month: int = 10, organisation: str = "default", **fields: Any) -> None:
        """Store one call to a model at noon of a local day."""
        at = datetime(2026, month, day, 12, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
        event = UsageEvent(
            organisation=organisation,
            source="test",
            id=f"{model}-{month}-{day}-{fields}",
            time=at,
            received_at=at,
            provider="selfhosted",
            model=model,
            tokens=Tokens(input_uncached=10, output=5),
            **fields,
        )
        (outcome,) = self.site.outlay.intake.accept(organisation, [event])
        assert outcome.result == "stored"

    def marks(
        self,
        viewer: Viewer = ADMIN,
        over: TimeRange = OCTOBER,
        grain: Grain = "day",
        filters: tuple[Filter, ...] = (),
        member: str | None = None,
    ) -> list[Mark]:
        outlay = self.site.outlay
        marks = Marks(outlay.control, outlay.names, outlay.books, Renderer("/t"))

        def answer(asking: Asking) -> list[Mark]:
            seen = Asking(asking.viewer, asking.snapshot, asking.zone, asking.now, member)
            return list(marks.of(seen, filters)(buckets(over, grain)))

        return Questions(outlay.ledger, outlay.control, outlay.clock).ask(viewer, answer)

    def texts(self, *given: Any, **wanted: Any) -> list[str]:
        return [each.text for each in self.marks(*given, **wanted)]

    def reader(self, name: str, organisation: str = "default") -> Reader:
        wanted = NewMember(email=f"{name}@example.com", role="member", name=name)
        return Reader(organisation, create_member(self.site.outlay.control, organisation, wanted, SYSTEM, NOW).id)

    def noted(self, reader: Reader, text: str, day: int, **more: Any) -> None:
        annotate(self.site.outlay.control, reader, Written(text=text, day=date(2026, 10, day), **more), NOW)


def buckets(over: TimeRange, grain: Grain = "day") -> tuple[Bucket, ...]:
    zone = parse_zone(ZONE)
    return buckets_of(grain, span_of(over, zone, NOW), zone, NOW)


@contextmanager
def here_at(data: Path) -> Iterator[Here]:
    (data / PRICES_FILE).write_text(PRICES, encoding="utf-8")
    with open_site(data, zone=ZONE) as site:
        create_organisation(site.outlay.control, "others", "Others", ZONE, SYSTEM, NOW)
        yield Here(site)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    with here_at(tmp_path) as found:
        yield found


def test_without_anything_there_are_no_marks(here: Here) -> None:
    assert here.marks() == []
    marks = Marks(here.site.outlay.control, here.site.outlay.names, here.site.outlay.books, Renderer())
    nowhere = Asking(ADMIN, None, parse_zone(ZONE), NOW)  # type: ignore[arg-type] # nothing is asked of it
    assert marks.of(nowhere)(()) == ()


def test_a_change_of_price_is_told_on_its_local_day_for_models_that_were_used(here: Here) -> None:
    here.used("m", 1)
    (mark,) = here.marks()
    assert (mark.bucket, mark.kind, mark.when) == (10, "price", "11 Oct, 00:00")  # midnight of the 11th there
    assert mark.text == "m: input $3.00 → $2.50 / 1M"
    assert mark.href == "/t/calls?f=model:is:m&r=2026-10-11"


def test_a_change_of_price_of_a_model_that_was_not_used_is_not_told(here: Here) -> None:
    here.used("m", 1, month=9)
    here.used("other", 1)
    assert [each for each in here.marks() if each.kind == "price"] == []
    assert here.texts(over=Days(date(2026, 9, 1), date(2026, 10, 31)))[0] == "other used for the first time"


def test_a_change_of_price_from_before_the_first_call_is_not_told(here: Here) -> None:
    here.used("other", 1)
    here.used("m", 12)
    assert here.texts() == ["m used for the first time"]
    here.used("m", 11, user="another")
    assert [each.kind for each in here.marks()] == ["price", "model"]


def test_a_new_model_is_told_on_the_first_local_day_it_was_used(here: Here) -> None:
    here.used("old", 2, month=9)
    for day in (12, 5, 20):
        here.used("new", day)
    (mark,) = here.marks()
    assert (mark.bucket, mark.kind, mark.text, mark.when) == (4, "model", "new used for the first time", "5 Oct")
    assert mark.href == "/t/calls?f=model:is:new&r=2026-10-05"
    assert here.marks(over=Days(date(2026, 10, 6), date(2026, 10, 31))) == []


def test_the_models_of_the_very_first_day_are_not_new(here: Here) -> None:
    here.used("one", 3)
    here.used("two", 3)
    here.used("three", 4)
    assert here.texts() == ["three used for the first time"]


def test_many_of_a_kind_at_once_are_told_together(here: Here) -> None:
    here.used("old", 1)
    for name in "abcde":
        here.used(name, 9)
    assert here.texts() == ["Used for the first time: a, b, c and 2 more"]


def test_models_are_those_in_the_viewers_sight(here: Here) -> None:
    here.used("old", 1, user="ada", team="growth")
    here.used("theirs", 5, user="bob", team="core")
    here.used("ours", 6, user="cy", team="growth")
    here.used("mine", 7, user="ada", team="growth")
    here.used("strange", 8, organisation="others")
    assert here.texts() == [f"{each} used for the first time" for each in ("theirs", "ours", "mine")]
    lead = Viewer(organisation="default", role="lead", teams=("growth",))
    assert here.texts(lead) == [f"{each} used for the first time" for each in ("ours", "mine")]
    member = Viewer(organisation="default", role="member", user="ada")
    assert here.texts(member) == ["mine used for the first time"]
    assert here.texts(Viewer(organisation="default", role="member")) == []
    assert here.texts(STRANGER) == []  # their only day is their first


def test_filters_leave_out_the_models_and_keys_they_leave_out(here: Here) -> None:
    here.used("old", 1)
    here.used("a", 5)
    here.used("b", 6)
    assert here.texts(filters=(Filter("model", "is", ("b",)),)) == ["b used for the first time"]
    assert here.texts(filters=(Filter("model", "not", ("b",)),)) == ["a used for the first time"]
    assert len(here.texts(filters=(Filter("team", "is", ("growth",)),))) == 2
    (mark,) = here.marks(filters=(Filter("model", "is", ("b",)), Filter("team", "is", ("x",))))
    assert mark.href == "/t/calls?f=model:is:b&f=team:is:x&r=2026-10-06"


def revoked(here: Here, name: str, at: datetime, organisation: str = "default", **bound: Any) -> str:
    control = here.site.outlay.control
    key, _ = issued(control, organisation, NewKey(name=name, **bound), NOW - timedelta(days=60))
    revoke_key(control, organisation, key.id, TESTER, at)
    return key.id


def test_a_revoked_key_is_told_to_who_manages_keys_and_to_whose_it_is(here: Here) -> None:
    at = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
    ci = revoked(here, "ci", at)
    revoked(here, "of ada", at + timedelta(hours=1), user="ada")
    revoked(here, "of others", at, "others")
    revoked(here, "in September", at - timedelta(days=30))
    told = ["API key “ci” revoked", "API key “of ada” revoked"]
    assert here.texts() == told
    (first, _) = here.marks()
    assert (first.bucket, first.kind, first.when, first.href) == (13, "key", "14 Oct, 15:15", "/t/keys?show=ended")
    ada = Viewer(organisation="default", role="member", user="ada")
    assert here.texts(ada) == told[1:]
    assert here.marks(ada)[0].href == ""
    for other in (
        Viewer(organisation="default", role="billing"),
        Viewer(organisation="default", role="lead", user="bob", teams=("growth",)),
        Viewer(organisation="default", role="member"),
    ):
        assert here.texts(other) == []
    assert here.texts(STRANGER) == ["API key “of others” revoked"]
    assert here.texts(filters=(Filter("api_key", "is", (ci,)),)) == told[:1]


def test_an_import_is_told_to_those_who_see_everything(here: Here) -> None:
    ran = datetime(2026, 10, 19, 20, tzinfo=UTC)
    control = here.site.outlay.control
    since = datetime(2026, 8, 31, 20, tzinfo=UTC)
    note_import(control, "default", ImportRun("import:aider", 12_345, since, since + timedelta(days=9), ran), TESTER)
    note_import(control, "default", ImportRun("import:csv", 1, None, None, ran + timedelta(hours=1)), TESTER)
    note_import(control, "others", ImportRun("import:theirs", 2, None, None, ran), TESTER)
    for viewer in (ADMIN, Viewer(organisation="default", role="billing")):
        first, second = here.marks(viewer)
        assert (first.bucket, first.kind, first.when) == (19, "import", "20 Oct, 01:45")
        assert first.text == "Import of 12,345 events of 1\N{EN DASH}10 Sep 2026 (aider)"
        assert second.text == "Import of 1 event (csv)"
    for viewer in (
        Viewer(organisation="default", role="lead", teams=("a",)),
        Viewer(organisation="default", role="member"),
    ):
        assert here.texts(viewer) == []


def test_notes_are_told_to_everybody_and_private_ones_to_who_looks_alone(here: Here) -> None:
    ada, bob, eve = here.reader("ada"), here.reader("bob"), here.reader("eve", "others")
    here.noted(ada, "ours", 14)
    here.noted(ada, "mine", 15, shared=False)
    here.noted(eve, "theirs", 14)
    member = Viewer(organisation="default", role="member")
    assert here.texts(member) == ["ours"]
    assert here.texts(member, member=ada.member) == ["ours", "mine"]
    assert here.texts(ADMIN, member=bob.member) == ["ours"]
    assert here.texts(STRANGER, member=ada.member) == ["theirs"]
    (mark,) = here.marks(member)
    assert (mark.bucket, mark.kind, mark.when, mark.href) == (13, "note", "14 Oct", "/t/annotations")


def test_a_note_lies_at_its_local_time_or_where_its_day_begins(here: Here) -> None:
    ada = here.reader("ada")
    here.noted(ada, "whole day", 20)
    here.noted(ada, "at nine", 20, clock=time(9, 30))
    here.noted(ada, "day before", 19)
    hours = [(each.text, each.bucket, each.when) for each in here.marks(over=LastHours(12), grain="hour")]
    # The twelve hours to 17:45 begin at 05:45: the day began before, so its note stands at the first hour.
    assert hours == [("whole day", 0, "20 Oct"), ("at nine", 4, "20 Oct, 09:30")]
    assert [each.bucket for each in here.marks(grain="week")] == [3, 3, 3]


def test_what_lies_outside_the_chart_is_not_told(here: Here) -> None:
    ada = here.reader("ada")
    for day in (1, 5, 31):
        here.noted(ada, str(day), day)
    here.noted(ada, "first minute", 2, clock=time(0, 0))
    here.noted(ada, "last minute", 4, clock=time(23, 59))
    assert here.texts(over=Days(date(2026, 10, 2), date(2026, 10, 4))) == ["first minute", "last minute"]


def test_a_bucket_tells_of_too_many_together() -> None:
    asking = Asking(ADMIN, None, parse_zone(ZONE), NOW)  # type: ignore[arg-type] # nothing is asked of it
    shown = buckets(OCTOBER)
    at = shown[4].start
    many = [Happening(at + timedelta(minutes=each), "note", f"note {each}") for each in range(MOST_IN_BUCKET + 5)]
    found = marks_of(many, shown, asking)
    assert [each.text for each in found] == [*(f"note {each}" for each in range(MOST_IN_BUCKET - 1)), "6 more"]
    assert {each.bucket for each in found} == {4}
    assert len(marks_of(many[:MOST_IN_BUCKET], shown, asking)) == MOST_IN_BUCKET


def test_a_chart_with_too_many_marked_buckets_tells_of_the_latest() -> None:
    asking = Asking(ADMIN, None, parse_zone(ZONE), NOW)  # type: ignore[arg-type] # nothing is asked of it
    shown = buckets(Days(date(2026, 6, 1), date(2026, 9, 30)))
    many = [Happening(each.start, "note", each.label) for each in shown] + [Happening(shown[0].start, "key", "k")]
    first, *rest = marks_of(many, shown, asking)
    assert [each.text for each in rest] == [each.label for each in shown[-MOST_BUCKETS:]]
    assert first.text == f"{len(shown) - MOST_BUCKETS + 1} earlier marks; shorten the range to see them"
    assert first.bucket == 0
