"""My usage: exactly one's own calls, whatever else one may see."""

import re

import pytest

from outlay.control.entities import EntityName
from outlay.web import format as text
from tests.web.pages.made import Made, cost_of


@pytest.mark.parametrize("role", ["admin", "billing", "lead", "member"])
def test_everybody_sees_their_own_usage_alone(shop: Made, role: str) -> None:
    named = [EntityName(each, f"Name of {each}") for each in ("u1", "u2", "u3")]
    shop.site.outlay.names.put_labels(shop.site.outlay.organisation, "user", named)
    page = shop.get("/me?r=mtd", shop.as_role(role, user="u3")).text
    own = shop.of("2026-10", user="u3")
    assert f'title="{text.usd_exact(cost_of(own))}"' in page
    assert f">{text.counted(len(own))}<" in page
    assert "Name of" not in page
    models = set(re.findall(r'<th scope="row"[^>]*>(?:<span[^>]*></span>)?([^<]+)', page))
    assert {each.event.model for each in own} <= models


def test_a_member_starts_with_it_and_sees_nothing_without_a_user(shop: Made) -> None:
    assert shop.get("/", shop.as_role("member", user="u3")).headers["location"] == "/me"
    assert "You have no user id yet" in shop.get("/me", shop.as_role("member")).text
    assert "No calls in this time" in shop.get("/me", shop.as_role("member", user="nobody")).text


def test_who_has_no_user_id_learns_who_can_set_it(shop: Made) -> None:
    admin = shop.get("/me", shop.as_role("admin")).text
    (own_page,) = re.findall(r'href="(/settings/members/mem_[a-z0-9]+)">Set your user id', admin)
    member = shop.get("/me", shop.as_role("member")).text
    assert "Set your user id" not in member
    assert re.search(r'<a href="mailto:admin_[a-z0-9]+@example.com">', member)
    assert shop.get(own_page, shop.as_role("admin")).status_code == 200


@pytest.mark.parametrize("query", ["r=nonsense", "r=30d&f=user:is:u1", "f=team:is:growth", "user=u1"])
def test_no_address_asks_for_another(shop: Made, query: str) -> None:
    member = shop.as_role("member", user="u3")
    asked, plain = (shop.get(path, member).text.partition("<main")[2] for path in (f"/me?{query}", "/me"))
    assert asked == plain
