"""The theme switch."""

import pytest

from tests.web.pages.people import People


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_a_chosen_theme_is_written_into_every_page(people: People, theme: str) -> None:
    for member in (people.ada, people.lin, people.eve):
        visitor = people.browser_of(member)
        answer = visitor.post("/theme", theme=theme, next="/password")
        assert (answer.status_code, answer.headers["location"]) == (303, "/password")
        cookie = f"{answer.headers['set-cookie']};"
        assert all(part in cookie for part in ("HttpOnly;", "SameSite=lax;", "Path=/;", "Max-Age=31536000;"))
        assert f'data-theme="{theme}"' in visitor.get("/password").text
        visitor.post("/sign-out")
        assert f'data-theme="{theme}"' in visitor.get("/sign-in").text


@pytest.mark.parametrize("theme", ["", "blue", '"><script>', "dark; Path=/; Domain=evil.example"])
def test_a_theme_that_is_none_is_refused(people: People, theme: str) -> None:
    answer = people.browser_of(people.ada).post("/theme", theme=theme)
    assert answer.status_code == 422
    assert not answer.headers.get_list("set-cookie")
    assert "light, dark, system" in answer.text


def test_a_cookie_that_is_no_theme_changes_nothing(people: People) -> None:
    visitor = people.nobody()
    visitor.cookies["outlay_theme"] = 'x"onload=alert(1)'
    assert 'data-theme="system"' in visitor.get("/sign-in").text
