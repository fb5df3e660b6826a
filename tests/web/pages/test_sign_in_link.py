"""One-time links: looking uses nothing up, the button does, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from outlay.control.member_changes import disable_member
from outlay.control.trail import SYSTEM
from tests.web.pages.people import People

PATH = "/sign-in/link"


def test_a_preview_does_not_use_the_link_up(people: People) -> None:
    token = people.link_for(people.lin)
    for _ in range(3):
        page = people.nobody().get(f"{PATH}?token={token}")
        assert page.status_code == 200
        assert "Sign in as Lin?" in page.text
        assert not page.headers.get_list("set-cookie")
    assert people.site.client.head(f"{PATH}?token={token}").status_code == 200
    visitor = people.nobody()
    answer = visitor.post(PATH, token=token)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "lin@acme.example" in visitor.get("/password").text


def test_a_link_signs_in_once(people: People) -> None:
    token = people.link_for(people.lin)
    assert people.nobody().post(PATH, token=token).status_code == 303
    late = people.nobody()
    for page in (late.post(PATH, token=token), late.get(f"{PATH}?token={token}")):
        assert page.status_code == 401
        assert "used up or expired" in page.text
        assert token not in page.text
    assert not late.cookies


def test_of_many_clicks_at_once_one_signs_in(people: People) -> None:
    token = people.link_for(people.ada)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: people.site.client.post(PATH, data={"token": token}).status_code, range(6)))
    assert sorted(answers) == [303, 401, 401, 401, 401, 401]


@pytest.mark.parametrize("token", ["", "x", "%00", "a" * 5000, "' OR 1=1 --", "<script>"])
def test_a_link_that_never_was(people: People, token: str) -> None:
    page = people.nobody().get(f"{PATH}?token={token}" if token else PATH)
    assert page.status_code == 401
    assert "<script>" not in page.text
    assert people.nobody().post(PATH, token=token.replace("%00", "0")).status_code == 401


def test_a_link_ends_after_a_day(people: People) -> None:
    token = people.link_for(people.ada)
    people.site.clock.move(timedelta(hours=24))
    assert people.nobody().get(f"{PATH}?token={token}").status_code == 401
    assert people.nobody().post(PATH, token=token).status_code == 401


def test_a_disabled_member_s_link_opens_nothing(people: People) -> None:
    token = people.link_for(people.lin)
    disable_member(people.site.outlay.control, "default", people.lin.id, SYSTEM, people.site.clock.now())
    assert people.nobody().get(f"{PATH}?token={token}").status_code == 401
    assert people.nobody().post(PATH, token=token).status_code == 401


def test_a_link_replaces_the_session_that_was_there(people: People) -> None:
    visitor = people.browser_of(people.eve)
    before = visitor.session
    visitor.post(PATH, token=people.link_for(people.ada))
    assert visitor.session != before
    assert "ada@acme.example" in visitor.get("/password").text
    visitor.cookies["outlay_session"] = before
    assert visitor.get("/password").status_code == 303


def test_a_name_is_escaped_and_the_link_stands_nowhere_else(people: People) -> None:
    token = people.link_for(people.ada)
    page = people.nobody().get(f"{PATH}?token={token}")
    assert page.text.count(token) == 1
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "same-origin"
