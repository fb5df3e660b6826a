"""Saved views as pages: an owner, a lead of the same organisation, and a stranger who owns another."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from outlay.access.key_ring import KeyRing
from outlay.access.roles import viewer_of
from outlay.access.sessions import Sessions
from outlay.control.member_changes import MemberChange, change_member
from outlay.control.saved_views import NewView, SavedView, save_view, start_view_of, start_with, views_for
from outlay.control.sharing import Reader
from outlay.control.trail import SYSTEM
from outlay.usage import UsageEvent
from outlay.web.frame import Frame
from outlay.web.gate import Gate, SignedIn
from outlay.web.menu import entry_at
from outlay.web.render import Renderer
from outlay.web.view.saved import MOST_LISTED, SavedMenu, saved_menu, state_of
from tests.web.pages.people import People

CALLS = "/calls"
Menu = Callable[..., SavedMenu]


def reader(people: People, name: str) -> Reader:
    member = getattr(people, name)
    return Reader(member.organisation, member.id)


def kept(people: People, name: str, who: str = "ada", **wanted: Any) -> SavedView:
    view = NewView(**({"name": name, "path": CALLS, "query": "r=7d"} | wanted))
    return save_view(people.site.outlay.control, reader(people, who), view, people.site.clock.now())


def views(people: People, who: str = "ada") -> list[SavedView]:
    return views_for(people.site.outlay.control, reader(people, who))


def test_saving_leads_back_to_the_page_in_the_same_state(people: People) -> None:
    visitor = people.browser_of(people.ada)
    answer = visitor.post("/views/new", name="Weekly", page=CALLS, state="r=7d&f=team:is:growth", shared="1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls?f=team:is:growth&r=7d")
    (view,) = views(people)
    assert (view.name, view.path, view.query, view.shared) == ("Weekly", CALLS, "f=team:is:growth&r=7d", True)
    assert visitor.get(answer.headers["location"]).status_code == 200


def test_the_form_works_as_a_page_of_its_own(people: People) -> None:
    page = people.browser_of(people.ada).get("/views/new?page=/calls&state=r%3D7d")
    assert page.status_code == 200
    assert 'name="page" value="/calls"' in page.text
    assert 'name="state" value="r=7d"' in page.text
    assert 'href="/calls?r=7d"' in page.text


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/keys",
        "/password",
        "/views",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/calls",
        "javascript:alert(1)",
        "/calls/../keys",
        "/calls/export.csv",
        "/callsx",
        "/calls?x",
        "/calls#x",
        "/calls\n",
        "calls",
    ],
)
def test_only_our_own_pages_of_figures_can_be_saved(people: People, path: str) -> None:
    visitor = people.browser_of(people.ada)
    answers = [visitor.post("/views/new", name="x", page=path, state=""), visitor.get(f"/views/new?page={quote(path)}")]
    for answer in answers:
        assert answer.status_code == 422
        assert "evil" not in answer.headers.get("location", "")
    assert views(people) == []


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        pytest.param({"name": ""}, 422, "1 to 80 printable characters", id="no name"),
        pytest.param({"name": "a" * 81}, 422, "1 to 80 printable characters", id="long name"),
        pytest.param({"state": "a=" + "b" * 8000}, 422, "at most 8,000", id="long state"),
        pytest.param({"name": "weekly"}, 409, "You have a view &#39;weekly&#39; already", id="taken"),
    ],
)
def test_what_can_not_be_saved_comes_back_as_it_was(
    people: People, fields: dict[str, str], status: int, message: str
) -> None:
    kept(people, "Weekly")
    filled = {"name": "<b>x", "page": CALLS, "state": "r=24h"} | fields
    page = people.browser_of(people.ada).post("/views/new", **filled)
    assert page.status_code == status
    assert message in page.text
    assert f'name="state" value="{filled["state"]}"' in page.text
    assert ("Replace it" in page.text) == (status == 409)
    assert "<b>x" not in page.text
    assert [each.query for each in views(people)] == ["r=7d"]


def test_a_state_of_too_many_words_is_refused(people: People) -> None:
    state = "&".join(f"a{each}=1" for each in range(300))
    assert people.browser_of(people.ada).post("/views/new", name="x", page=CALLS, state=state).status_code == 422


def test_one_of_the_same_name_is_replaced_when_asked(people: People) -> None:
    view = kept(people, "Weekly")
    fields = {"name": "weekly", "page": "/consumption", "state": "view=activity", "replace": "1"}
    assert people.browser_of(people.ada).post("/views/new", **fields).status_code == 303
    (now,) = views(people)
    assert (now.id, now.name, now.path, now.query) == (view.id, "weekly", "/consumption", "view=activity")


def test_the_list_shows_what_is_ones_own_and_what_is_shared(people: People) -> None:
    kept(people, "<script>alert(1)</script>", query="r=30d&f=team:is:a&f=model:is:b")
    kept(people, "Private of Lin", "lin")
    kept(people, "Ours", "lin", shared=True, query="")
    kept(people, "Theirs", "eve", shared=True)
    page = people.browser_of(people.ada).get("/views").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "last 30 days, 2 filters" in page
    assert "shared by Lin" in page
    assert "the page&#39;s own range" in page
    for hidden in ("Private of Lin", "Theirs"):
        assert hidden not in page
    empty = people.browser_of(people.eve).get("/views").text
    assert "Theirs" in empty
    assert "Ours" not in empty


def test_views_of_pages_one_may_not_see_are_not_offered(people: People) -> None:
    view = kept(people, "Spend", path="/consumption", query="", shared=True)
    lin = people.browser_of(people.lin)
    assert "Spend" not in lin.get("/views").text
    assert lin.get(f"/views/{view.id}").status_code == 403
    assert lin.post("/views/new", name="x", page="/consumption", state="").status_code == 403
    assert lin.post("/views/start", view=view.id).status_code == 303
    assert lin.get("/").headers["location"] == "/usage"  # what is not allowed is no start


def test_a_view_has_an_address_of_its_own(people: People) -> None:
    view, mine = kept(people, "Ours", shared=True), kept(people, "Mine")
    lin = people.browser_of(people.lin)
    answer = lin.get(f"/views/{view.id}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/calls?r=7d")
    assert lin.get(f"/views/{mine.id}").status_code == 404
    assert people.browser_of(people.eve).get(f"/views/{view.id}").status_code == 404


@pytest.mark.parametrize("view", ["view_none", "%00", "%F0%9F%98%80", "..%2F..", "a" * 3000])
def test_what_is_no_view_is_not_found(people: People, view: str) -> None:
    visitor = people.browser_of(people.ada)
    for answer in (
        visitor.get(f"/views/{view}"),
        visitor.get(f"/views/{view}/edit"),
        visitor.post(f"/views/{view}/edit", name="x"),
        visitor.post(f"/views/{view}/delete"),
    ):
        assert answer.status_code == 404
    assert visitor.post("/views/start", view="😀").status_code == 404


def test_the_owner_renames_and_shares(people: People) -> None:
    view, _ = kept(people, "old"), kept(people, "taken")
    visitor = people.browser_of(people.ada)
    assert 'value="old"' in visitor.get(f"/views/{view.id}/edit").text
    refused = visitor.post(f"/views/{view.id}/edit", name="Taken", shared="1")
    assert refused.status_code == 409
    assert "already" in refused.text
    assert views(people, "lin") == []
    done = visitor.post(f"/views/{view.id}/edit", name="new", shared="1")
    assert (done.status_code, done.headers["location"]) == (303, "/views")
    assert [each.name for each in views(people, "lin")] == ["new"]
    visitor.post(f"/views/{view.id}/edit", name="new")
    assert views(people, "lin") == []


def test_a_mate_and_a_stranger_change_nothing(people: People) -> None:
    view = kept(people, "Ours", shared=True)
    for visitor in (people.browser_of(people.lin), people.browser_of(people.eve)):
        assert visitor.get(f"/views/{view.id}/edit").status_code == 404
        assert visitor.post(f"/views/{view.id}/edit", name="mine").status_code == 404
        assert visitor.post(f"/views/{view.id}/delete").status_code == 404
    assert views(people) == [view]
    assert f"/views/{view.id}/delete" not in people.browser_of(people.lin).get("/views").text


def test_deleting_asks_first_and_an_admin_may_delete_what_others_share(people: People) -> None:
    view = kept(people, "Ours", "lin", shared=True)
    visitor = people.browser_of(people.ada)
    page = visitor.get(f"/views/{view.id}/delete")
    assert "Somebody else made this view" in page.text
    assert views(people, "lin") == [view]
    answer = visitor.post(f"/views/{view.id}/delete")
    assert (answer.status_code, answer.headers["location"]) == (303, "/views?done=deleted")
    assert "The view is deleted" in visitor.get("/views?done=deleted").text
    assert views(people, "lin") == []


def test_a_form_without_its_token_does_nothing(people: People) -> None:
    view = kept(people, "Ours", shared=True)
    visitor = people.browser_of(people.ada)
    for path in ("/views/new", f"/views/{view.id}/edit", f"/views/{view.id}/delete", "/views/start"):
        assert visitor.post(path, csrf="", name="x", page=CALLS).status_code == 403
    assert views(people) == [view]


def test_nobody_signed_in_is_sent_to_the_sign_in(people: People) -> None:
    for path in ("/views", "/views/new?page=/calls", "/views/view_1"):
        assert people.nobody().get(path).headers["location"].startswith("/sign-in?next=")


def used(people: People) -> None:
    """Store one call: without any, admins are led to the first one."""
    now = people.site.clock.now()
    event = UsageEvent(organisation="default", source="test", id="1", time=now, received_at=now, model="gpt-4o")
    people.site.outlay.intake.accept("default", [event])


def test_home_leads_to_the_view_one_starts_with(people: People) -> None:
    used(people)
    visitor = people.browser_of(people.ada)
    assert visitor.get("/").headers["location"] == "/consumption"
    view = kept(people, "Mine", query="f=team:is:a%2Cb&r=7d")
    assert visitor.post("/views/start", view=view.id).headers["location"] == "/views?done=start"
    assert visitor.get("/").headers["location"] == "/calls?f=team:is:a%2Cb&r=7d"
    assert "start page" in visitor.get("/views").text
    assert "This is where you start" in visitor.get("/views?done=start").text
    visitor.post("/views/start", view="")
    assert visitor.get("/").headers["location"] == "/consumption"


def test_home_falls_back_when_the_start_is_gone_hidden_or_not_allowed_any_more(people: People) -> None:
    control = people.site.outlay.control
    gone, spend = kept(people, "Gone", shared=True), kept(people, "Spend", path="/consumption", query="", shared=True)
    lin, admin = people.browser_of(people.lin), people.browser_of(people.ada)
    start_with(control, reader(people, "lin"), gone.id)
    assert lin.get("/").headers["location"] == "/calls?r=7d"
    admin.post(f"/views/{gone.id}/delete")
    assert lin.get("/").headers["location"] == "/usage"
    change_member(control, "default", people.lin.id, MemberChange(role="billing"), SYSTEM, people.site.clock.now())
    start_with(control, reader(people, "lin"), spend.id)
    assert lin.get("/").headers["location"] == "/consumption"
    change_member(control, "default", people.lin.id, MemberChange(role="member"), SYSTEM, people.site.clock.now())
    assert lin.get("/").headers["location"] == "/me"
    assert start_view_of(control, reader(people, "lin")) == spend  # comes back with the role


def test_a_path_of_an_older_outlay_is_no_start(people: People) -> None:
    used(people)
    view = kept(people, "Old", path="/was-here-once", query="")
    start_with(people.site.outlay.control, reader(people, "ada"), view.id)
    visitor = people.browser_of(people.ada)
    assert visitor.get("/").headers["location"] == "/consumption"
    assert "Old" not in visitor.get("/views").text
    assert visitor.get(f"/views/{view.id}").status_code == 422


def test_what_is_read_anew_gives_notices_for_what_it_does_not_know(people: People) -> None:
    view = kept(people, "Odd", query="colour=red&r=7d")
    visitor = people.browser_of(people.ada)
    page = visitor.get(visitor.get(f"/views/{view.id}").headers["location"])
    assert page.status_code == 200
    assert "colour" in unescape(page.text)


@pytest.mark.parametrize(
    ("path", "found"),
    [("/consumption", "consumption"), ("/calls", "calls"), ("/calls/x", None), ("/calls/", None), ("/keys", None)],
)
def test_which_paths_are_pages_of_figures(path: str, found: str | None) -> None:
    entry = entry_at(path)
    assert (entry.id if entry else None) == found


@pytest.mark.parametrize(
    ("query", "state"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("r=7d&f=b&f=a", "f=a&f=b&r=7d", id="in one order"),
        pytest.param("f=team%3Ais%3Aa%2Cb", "f=team:is:a,b", id="in one spelling"),
        pytest.param("r=7d&page=3&after=abc", "r=7d", id="without how far down"),
        pytest.param("q=a+b", "q=a%20b", id="blanks"),
        pytest.param("x=%FF", "x=%EF%BF%BD", id="bytes that are no text"),
    ],
)
def test_a_state_is_written_one_way(query: str, state: str) -> None:
    assert state_of(query) == state
    assert state_of(state) == state


@pytest.fixture
def menu_of(people: People) -> Menu:
    """Return what makes the menu that a member sees on a page."""
    control, clock = people.site.outlay.control, people.site.clock
    sessions = Sessions(control, timedelta(hours=8))
    frame = Frame(Renderer("/t"), control, Gate(control, KeyRing(control), sessions, clock))

    def menu(who: str, query: str = "", path: str = CALLS) -> SavedMenu:
        member = getattr(people, who)
        _, session = sessions.open(member, clock.now())
        return saved_menu(frame, SignedIn(member, session, viewer_of(member)), path, query)

    return menu


def test_the_menu_lists_the_views_of_its_page_and_marks_the_current_one(people: People, menu_of: Menu) -> None:
    kept(people, "Mine", query="f=team:is:a&r=7d")
    kept(people, "Elsewhere", path="/consumption")
    kept(people, "Ours", "lin", query="", shared=True)
    kept(people, "Private", "lin")
    menu = menu_of("ada", "r=7d&f=team%3Ais%3Aa&page=2")
    assert [(each.name, each.href, each.current) for each in menu.mine] == [("Mine", "/t/calls?f=team:is:a&r=7d", True)]
    assert [(each.name, each.href, each.current) for each in menu.shared] == [("Ours", "/t/calls", False)]
    assert (menu.current, menu.path, menu.state) == ("Mine", CALLS, "f=team:is:a&r=7d")
    assert (menu.all_href, menu.action, menu.hidden) == ("/t/views", "/t/views/new", 0)
    assert menu_of("ada", "r=24h").current == ""
    assert menu_of("ada").current == "Ours"
    assert menu_of("eve").shared == ()


def test_a_long_menu_keeps_the_current_view(people: People, menu_of: Menu) -> None:
    for each in range(MOST_LISTED + 5):
        kept(people, f"View {each:02d}", query=f"r={each + 1}d")
    menu = menu_of("ada", f"r={MOST_LISTED + 5}d")
    assert len(menu.mine) == MOST_LISTED
    assert menu.hidden == 5
    assert [each.name for each in menu.mine if each.current] == [f"View {MOST_LISTED + 4:02d}"]
    assert [each.name for each in menu.mine] == sorted(each.name for each in menu.mine)


def test_the_menu_holds_no_markup_of_its_names(people: People, menu_of: Menu) -> None:
    kept(people, "<img src=x>", query="r=7d")
    renderer = Renderer()
    page = renderer.from_string("{{ views.menu(saved, 'token') }}", saved=menu_of("ada", "r=7d&x=%22%3E"))
    assert "<img" not in page
    assert "&lt;img src=x&gt;" in page
    assert 'name="csrf" value="token"' in page
    assert re.search(r'name="state" value="r=7d&amp;x=%22%3E"', page)
    assert 'popovertarget="save-view"' in page
