"""One's own password: set after a one-time link, changed with the current one, other browsers end."""

import pytest

from outlay.access.sign_in import FAILURES_PER_ACCOUNT
from tests.web.pages.people import PASSWORD, People

NEW = "quite another battery"


def test_who_came_by_link_sets_a_password_and_comes_back_with_it(people: People) -> None:
    visitor = people.nobody()
    visitor.post("/sign-in/link", token=people.link_for(people.lin))
    page = visitor.get("/password")
    assert "Set a password" in page.text
    assert "current-password" not in page.text
    answer = visitor.post("/password", new=NEW, again=NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/password?saved=1")
    assert "Your password is set" in visitor.get("/password?saved=1").text
    assert people.nobody().post("/sign-in", email="lin@acme.example", password=NEW).status_code == 303


def test_a_changed_password_ends_all_other_sessions_and_renews_this_one(people: People) -> None:
    here, there, eve = people.browser_of(people.ada), people.browser_of(people.ada), people.browser_of(people.eve)
    before = here.session
    assert here.post("/password", current=PASSWORD, new=NEW, again=NEW).status_code == 303
    assert here.session != before
    assert here.get("/password").status_code == 200
    assert there.get("/password").status_code == 303
    there.cookies["outlay_session"] = before
    assert there.get("/password").status_code == 303
    assert eve.get("/password").status_code == 200
    assert people.nobody().post("/sign-in", email="ada@acme.example", password=PASSWORD).status_code == 401
    assert people.nobody().post("/sign-in", email="ada@acme.example", password=NEW).status_code == 303


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"current": "wrong one here", "new": NEW, "again": NEW}, "not your current password", id="wrong"),
        pytest.param({"new": NEW, "again": NEW}, "not your current password", id="current one left out"),
        pytest.param({"current": PASSWORD, "new": "short", "again": "short"}, "at least 12 characters", id="short"),
        pytest.param({"current": PASSWORD, "new": "x" * 257, "again": "x" * 257}, "at most 256", id="long"),
        pytest.param({"current": PASSWORD, "new": NEW, "again": NEW + "!"}, "The two passwords differ", id="differ"),
        pytest.param({"current": PASSWORD}, "at least 12 characters", id="nothing"),
    ],
)
def test_what_can_not_be_is_said_beside_the_field(people: People, fields: dict[str, str], message: str) -> None:
    visitor, other = people.browser_of(people.ada), people.browser_of(people.ada)
    page = visitor.post("/password", **fields)
    assert page.status_code == 422
    assert message in page.text
    assert 'aria-invalid="true"' in page.text
    assert NEW not in page.text
    assert PASSWORD not in page.text
    assert other.get("/password").status_code == 200
    assert people.nobody().post("/sign-in", email="ada@acme.example", password=PASSWORD).status_code == 303


def test_the_current_password_can_not_be_guessed_here_either(people: People) -> None:
    visitor = people.browser_of(people.ada)
    for _ in range(FAILURES_PER_ACCOUNT):
        assert visitor.post("/password", current="a wrong guess", new=NEW, again=NEW).status_code == 422
    page = visitor.post("/password", current=PASSWORD, new=NEW, again=NEW)
    assert page.status_code == 429
    assert "try again in 15 minutes" in page.text


def test_one_s_own_is_all_that_can_be_changed(people: People) -> None:
    eve = people.browser_of(people.eve)
    assert eve.post("/password", current=PASSWORD, new=NEW, again=NEW, email="ada@acme.example").status_code == 303
    assert people.nobody().post("/sign-in", email="ada@acme.example", password=PASSWORD).status_code == 303


def test_saved_is_claimed_only_of_a_password_there_is(people: People) -> None:
    assert "Your password is set" not in people.browser_of(people.lin).get("/password?saved=1").text
