"""Notes as pages: an owner, a lead of the same organisation, and a stranger who owns another."""

from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from outlay.control.annotations import Annotation, Written, annotate, annotations_for
from outlay.control.sharing import Reader
from outlay.usage import Tokens, UsageEvent
from outlay.web.pages.annotations.page import PER_PAGE
from tests.web.pages.people import People, people_at

DAY = date(2026, 10, 14)


def reader(people: People, name: str) -> Reader:
    member = getattr(people, name)
    return Reader(member.organisation, member.id)


def noted(people: People, text: str, who: str = "ada", **wanted: Any) -> Annotation:
    fields: dict[str, Any] = {"text": text, "day": DAY} | wanted
    written = Written(**fields)
    return annotate(people.site.outlay.control, reader(people, who), written, people.site.clock.now())


def notes(people: People, who: str = "ada") -> list[Annotation]:
    return annotations_for(people.site.outlay.control, reader(people, who), 0, 1000)[0]


def test_a_note_is_written_and_leads_back_to_the_page(people: People) -> None:
    fields = {"text": " Launch ", "day": "2026-10-14", "clock": "09:30", "seen": "me", "next": "/calls?r=7d"}
    answer = people.browser_of(people.lin).post("/annotations/new", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls?r=7d")
    (note,) = notes(people, "lin")
    assert (note.text, note.day, note.clock, note.shared) == ("Launch", DAY, time(9, 30), False)
    assert notes(people) == []


@pytest.mark.parametrize("away", ["", "//evil.example", "https://evil.example", "/\\evil.example", "/sign-out"])
def test_it_leads_to_the_list_otherwise_and_never_to_another_site(people: People, away: str) -> None:
    visitor = people.browser_of(people.ada)
    answer = visitor.post("/annotations/new", text="x", day="2026-10-14", seen="all", next=away)
    assert answer.headers["location"] == "/annotations?done=kept"
    assert "The note is kept" in visitor.get("/annotations?done=kept").text


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"text": ""}, "A note has 1 to 200", id="no text"),
        pytest.param({"text": "a" * 201}, "A note has 1 to 200", id="long text"),
        pytest.param({"day": ""}, "Write a day", id="no day"),
        pytest.param({"day": "14.10.2026"}, "Write a day", id="a day written otherwise"),
        pytest.param({"day": "9999-12-31"}, "between the years", id="the last day there is"),
        pytest.param({"clock": "noon"}, "Write a time", id="no time"),
        pytest.param({"clock": "25:00"}, "Write a time", id="an hour that is none"),
        pytest.param({"clock": "09:30+02:00"}, "Write a time", id="a time of another zone"),
        pytest.param({"seen": "some"}, "Choose one of these", id="seen by nobody known"),
    ],
)
def test_what_can_not_be_kept_comes_back_as_it_was(people: People, fields: dict[str, str], message: str) -> None:
    filled = {"text": "<b>Launch", "day": "2026-10-14", "clock": "", "seen": "all", "next": "/calls"} | fields
    page = people.browser_of(people.ada).post("/annotations/new", **filled)
    assert page.status_code == 422
    assert message in page.text
    assert "<b>Launch" not in page.text
    assert f'name="day" type="date" value="{filled["day"]}"' in page.text
    assert 'name="next" value="/calls"' in page.text
    assert notes(people) == []


def test_the_form_begins_with_today_in_the_zone_of_the_organisation(tmp_path: Path) -> None:
    with people_at(tmp_path / "data", zone="Pacific/Kiritimati") as people:
        page = people.browser_of(people.ada).get("/annotations/new").text
        assert 'value="2026-10-21"' in page
        assert "In Pacific/Kiritimati." in page


def test_the_list_shows_what_is_ones_own_and_what_is_shared(people: People) -> None:
    noted(people, "<script>alert(1)</script>", clock=time(9, 5))
    noted(people, "of Lin", "lin")
    noted(people, "private of Lin", "lin", shared=False)
    noted(people, "theirs", "eve")
    page = people.browser_of(people.ada).get("/annotations").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "Wed 14 Oct 2026, 09:05" in page
    assert "by Lin" in page
    assert "private of Lin" not in page
    assert "theirs" not in page
    other = people.browser_of(people.eve).get("/annotations").text
    assert "theirs" in other
    assert "of Lin" not in other
    assert "No notes yet" not in other


def test_without_notes_the_list_says_what_they_are_for(people: People) -> None:
    assert "Write down what happened" in people.browser_of(people.lin).get("/annotations").text


def test_the_list_has_pages(people: People) -> None:
    for each in range(PER_PAGE + 2):
        noted(people, f"note {each}", day=DAY - timedelta(days=each))
    visitor = people.browser_of(people.ada)
    first, second = visitor.get("/annotations").text, visitor.get("/annotations?p=2").text
    assert "note 0" in first
    assert f"1\N{EN DASH}{PER_PAGE} of {PER_PAGE + 2}" in first
    assert f"note {PER_PAGE + 1}" not in first
    assert f"note {PER_PAGE + 1}" in second
    assert "No more notes" in visitor.get("/annotations?p=9").text
    for odd in ("0", "-1", "x", "9" * 30, "²"):
        assert "note 0" in visitor.get(f"/annotations?p={odd}").text


def test_the_author_changes_and_deletes_their_note(people: People) -> None:
    note = noted(people, "Launch", "lin", clock=time(9, 30), shared=False)
    visitor = people.browser_of(people.lin)
    page = visitor.get(f"/annotations/{note.id}/edit").text
    for filled in ('value="Launch"', 'value="2026-10-14"', 'value="09:30"', '<option value="me" selected'):
        assert filled in page
    refused = visitor.post(f"/annotations/{note.id}/edit", text="", day="2026-10-15", seen="all")
    assert refused.status_code == 422
    done = visitor.post(f"/annotations/{note.id}/edit", text="Later", day="2026-10-15", seen="all")
    assert done.headers["location"] == "/annotations?done=kept"
    (now,) = notes(people)
    assert (now.text, now.day, now.clock, now.shared) == ("Later", date(2026, 10, 15), None, True)
    assert "Later" in visitor.get(f"/annotations/{note.id}/delete").text
    assert visitor.post(f"/annotations/{note.id}/delete").headers["location"] == "/annotations?done=deleted"
    assert notes(people) == []


def test_an_admin_tends_what_is_shared_and_nothing_private(people: People) -> None:
    ours, private = noted(people, "ours", "lin"), noted(people, "private", "lin", shared=False)
    ada = people.browser_of(people.ada)
    taken = ada.post(f"/annotations/{ours.id}/edit", text="x", day="2026-10-14", seen="me")
    assert taken.status_code == 422
    assert "Only who wrote a note can make it private" in taken.text
    assert ada.post(f"/annotations/{ours.id}/edit", text="x", day="2026-10-14", seen="all").status_code == 303
    assert ada.post(f"/annotations/{ours.id}/delete").status_code == 303
    assert ada.get(f"/annotations/{private.id}/edit").status_code == 404
    assert ada.post(f"/annotations/{private.id}/delete").status_code == 404
    assert [each.text for each in notes(people, "lin")] == ["private"]


def test_a_mate_and_a_stranger_change_nothing(people: People) -> None:
    note = noted(people, "ours")
    for visitor in (people.browser_of(people.lin), people.browser_of(people.eve)):
        for path in (f"/annotations/{note.id}/edit", f"/annotations/{note.id}/delete"):
            assert visitor.get(path).status_code == 404
            assert visitor.post(path, text="x", day="2026-10-14", seen="all").status_code == 404
    assert notes(people) == [note]
    page = people.browser_of(people.lin).get("/annotations").text
    assert "ours" in page
    assert f"/annotations/{note.id}" not in page


@pytest.mark.parametrize("note", ["note_none", "%00", "%F0%9F%98%80", "a" * 3000])
def test_what_is_no_note_is_not_found(people: People, note: str) -> None:
    visitor = people.browser_of(people.ada)
    for path in (f"/annotations/{note}/edit", f"/annotations/{note}/delete"):
        assert visitor.get(path).status_code == 404
        assert visitor.post(path, text="x", day="2026-10-14", seen="all").status_code == 404


def test_a_form_without_its_token_does_nothing(people: People) -> None:
    note = noted(people, "ours")
    visitor = people.browser_of(people.ada)
    fields = {"csrf": "", "text": "x", "day": "2026-10-14", "seen": "all"}
    for path in ("/annotations/new", f"/annotations/{note.id}/edit", f"/annotations/{note.id}/delete"):
        assert visitor.post(path, **fields).status_code == 403
    assert notes(people) == [note]


def test_nobody_signed_in_is_sent_to_the_sign_in(people: People) -> None:
    for path in ("/annotations", "/annotations/new"):
        assert people.nobody().get(path).headers["location"].startswith("/sign-in?next=")


def test_a_page_of_figures_offers_the_form_and_shows_the_notes(people: People) -> None:
    used(people)
    noted(people, "Launch <day>", "lin", day=date(2026, 10, 20))
    noted(people, "private of Lin", "lin", day=date(2026, 10, 20), shared=False)
    noted(people, "private of Ada", day=date(2026, 10, 20), shared=False)
    page = people.browser_of(people.ada).get("/consumption").text
    assert 'popovertarget="add-note"' in page
    assert 'id="add-note"' in page
    assert 'name="next" value="/consumption"' in page
    assert 'name="day" type="date" value="2026-10-20"' in page
    assert "Launch &lt;day&gt;" in page
    assert "private of Ada" in page
    assert "private of Lin" not in page
    live = people.browser_of(people.ada).get("/consumption?live=1").text
    assert "Launch &lt;day&gt;" in live
    assert "private of Ada" not in live  # what updates of a live page bring is for several people


def used(people: People) -> None:
    """Store one call, so that there is a chart."""
    now = people.site.clock.now()
    event = UsageEvent(
        organisation="default",
        source="test",
        id="1",
        time=now,
        received_at=now,
        provider="openai",
        model="gpt-4o",
        tokens=Tokens(input_uncached=10, output=5),
    )
    people.site.outlay.intake.accept("default", [event])
