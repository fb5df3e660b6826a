"""Search: finds what its asker may see, and is no way to learn who or what else there is."""

import pytest

from outlay.control.entities import EntityName
from tests.web.pages.made import STRANGERS, Made


@pytest.fixture(autouse=True)
def _named(shop: Made) -> None:
    for kind in ("user", "agent", "model"):
        names = shop.site.outlay.names
        ids = names.search(shop.site.outlay.organisation, kind, "")
        named = [EntityName(each, f"Zebra {each}") for each in ids]
        names.put_labels(shop.site.outlay.organisation, kind, named)


def test_who_sees_all_finds_all(shop: Made) -> None:
    page = shop.get("/search?q=ZEBRA u1", shop.as_role("billing")).text
    assert "Zebra u1" in page
    assert "/explorer?by=user&amp;f=user:is:u1" in page
    assert "Nothing is called" in shop.get("/search?q=nonsense%25", shop.as_role("billing")).text


def test_a_member_finds_what_their_own_calls_have_alone(shop: Made) -> None:
    member = shop.as_role("member", user="u3")
    found = shop.get("/search/results?q=zebra", member).text
    assert "Zebra u3" in found
    assert all(f"Zebra u{number}<" not in found for number in (1, 2, 4))
    every = [each.event for month in ("2026-08", "2026-09", "2026-10") for each in shop.of(month)]
    own = {event.model for event in every if event.user == "u3"}
    others = {event.model for event in every} - own - {None}
    assert all(f"Zebra {model}<" not in found for model in others)
    assert "Members" not in found


def test_a_stranger_finds_nothing_of_ours(shop: Made) -> None:
    assert (
        "Zebra"
        not in shop.get("/search?q=zebra", shop.as_role("admin", organisation=STRANGERS))
        .text.replace("q=zebra", "")
        .partition("<main")[2]
    )


@pytest.mark.parametrize("role", ["admin", "member"])
def test_pages_are_found_by_who_may_open_them(shop: Made, role: str) -> None:
    found = shop.get("/search/results?q=consum", shop.as_role(role)).text
    assert ('href="/consumption"' in found) == (role == "admin")


def test_every_page_offers_it_and_nobody_signed_in_finds_nothing(shop: Made) -> None:
    page = shop.get("/calls", shop.as_role("member", user="u3")).text
    assert 'href="/search"' in page
    assert '<dialog class="search-dialog"' in page
    assert shop.get("/search/results?q=u1", {"accept": "text/html"}).status_code == 303
