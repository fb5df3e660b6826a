"""Who sees what: an owner, a lead and a member of the team, and a stranger of another organisation."""

import re

import pytest

from outlay.access.roles import parse_role
from outlay.control.entities import EntityName
from outlay.web.menu import SETTINGS, settings_of
from tests.web.pages.made import STRANGERS, Made, cost_of

ENDINGS = ("csv", "json", "parquet", "xlsx", "zip")
CONSUMPTION = (
    "/consumption",
    "/consumption?view=activity",
    *(f"/consumption/export.{each}" for each in ENDINGS),
    "/consumption/export.csv?manifest=1",
)
CALLS = ("/calls", *(f"/calls/export.{each}" for each in ENDINGS))


@pytest.mark.parametrize("path", CONSUMPTION)
@pytest.mark.parametrize("role", ["admin", "billing"])
def test_admin_and_billing_see_consumption(shop: Made, role: str, path: str) -> None:
    assert shop.get(path, shop.as_role(role)).status_code == 200


_FIGURES = ("Usage", "Explorer", "Agents", "Calls", "My usage")


@pytest.mark.parametrize(
    ("role", "entries"),
    [
        ("admin", ("Consumption", *_FIGURES, "Exports", "Prices", "Imports", "Settings")),
        ("billing", ("Consumption", *_FIGURES, "Exports", "Prices", "Settings")),
        ("lead", (*_FIGURES, "Settings")),
        ("member", (*_FIGURES, "Settings")),
    ],
)
def test_the_menu_leads_to_what_a_role_may_see(shop: Made, role: str, entries: tuple[str, ...]) -> None:
    headers = shop.as_role(role)
    links = re.findall(r'<li><a href="([^"]+)" title="([^"]+)"', shop.get("/calls", headers).text)
    assert tuple(label for _, label in links) == entries
    assert {shop.get(href, headers).status_code for href, label in links if label != "Settings"} == {200}


@pytest.mark.parametrize("role", ["admin", "billing", "lead", "member"])
def test_the_settings_lead_to_the_tabs_that_a_role_may_open(shop: Made, role: str) -> None:
    headers = shop.as_role(role)
    first = shop.get("/settings", headers)
    assert first.status_code == 303
    page = shop.get(first.headers["location"], headers).text
    strip = re.search(r'<nav class="subnav".*?</nav>', page, re.DOTALL)
    assert strip is not None
    links = re.findall(r'href="([^"]+)"( aria-current="page")?>([^<]+)<', strip[0])
    assert tuple(label for _, _, label in links) == tuple(each.label for each in settings_of(parse_role(role)))
    assert [href for href, current, _ in links if current] == [first.headers["location"]]
    assert {shop.get(href, headers).status_code for href, _, _ in links} == {200}
    hidden = {each.path for each in SETTINGS} - {href for href, _, _ in links}
    assert {shop.get(path, headers).status_code for path in hidden} <= {403}


@pytest.mark.parametrize("path", CONSUMPTION)
@pytest.mark.parametrize("role", ["lead", "member"])
def test_lead_and_member_get_the_forbidden_page(shop: Made, role: str, path: str) -> None:
    answer = shop.get(path, shop.as_role(role))
    assert answer.status_code == 403
    assert "You can&#39;t see this page" in answer.text or "You can't see this page" in answer.text
    assert "Consumption is for the roles admin and billing; yours is" in answer.text
    assert 'href="/consumption"' not in answer.text  # the menu hides it


@pytest.mark.parametrize("path", [*CONSUMPTION, *CALLS])
def test_nobody_signed_in_is_sent_to_sign_in(shop: Made, path: str) -> None:
    answer = shop.get(path, {"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("path", [f"/consumption/export.{each}" for each in ENDINGS])
def test_a_program_is_refused_as_a_program(shop: Made, path: str) -> None:
    headers = shop.site.key(f"team {path}", scopes=frozenset({"read"}), team="growth") | {"accept": "application/json"}
    answer = shop.get(path, headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


def test_a_stranger_sees_their_own_organisation_alone(shop: Made) -> None:
    stranger = shop.as_role("admin", organisation=STRANGERS)
    answer = shop.get("/consumption/export.json?r=2026-10", stranger).json()
    assert answer["totals"]["requests"] == 1
    assert answer["zone"] == "UTC"
    rows = shop.get("/calls/export.json?r=2026-10", stranger).json()["tables"][0]["rows"]
    assert [row["id"] for row in rows] == ["theirs"]
    html = shop.get("/consumption?view=activity", stranger).text
    assert "u1" not in html
    assert "mallory" in html


def test_a_lead_sees_the_calls_of_their_teams(shop: Made) -> None:
    lead = shop.as_role("lead", teams_led=("growth",))
    answer = shop.get("/calls/export.json?r=2026-09", lead).json()
    wanted = shop.of("2026-09", team="growth")
    assert {row["id"] for row in answer["tables"][0]["rows"]} == {each.event.id for each in wanted}
    assert answer["totals"]["requests"] == len(wanted)
    assert answer["totals"]["cost"] is not None
    assert cost_of(wanted) > 0


def test_a_member_sees_their_own_calls(shop: Made) -> None:
    member = shop.as_role("member", user="u3")
    rows = shop.get("/calls/export.json?r=2026-09", member).json()["tables"][0]["rows"]
    assert {row["user"] for row in rows} == {"u3"}
    assert len(rows) == len(shop.of("2026-09", user="u3"))
    assert shop.get("/calls?r=2026-09&f=user:is:u1", member).text.count('class="open cover"') == 0


def test_a_member_without_a_user_sees_no_call(shop: Made) -> None:
    assert shop.get("/calls/export.json?r=2026-09", shop.as_role("member")).json()["tables"][0]["rows"] == []


@pytest.mark.parametrize("path", ["/usage", "/explorer", "/calls"])
def test_a_filter_in_an_address_tells_no_names_of_what_its_reader_can_not_see(shop: Made, path: str) -> None:
    named = [EntityName(each, f"Name of {each}") for each in ("u1", "u2")]
    shop.site.outlay.names.put_labels(shop.site.outlay.organisation, "user", named)
    shown = shop.get(f"{path}?f=user:is:u1,u2&r=90d", shop.as_role("member", user="u1")).text
    assert "User is Name of u1, u2" in shown
    assert "Name of u2" not in shown
    assert "User is Name of u1, Name of u2" in shop.get(f"{path}?f=user:is:u1,u2&r=90d", shop.as_role("admin")).text


def test_nothing_at_an_address_leaves_a_member_their_menu_and_shows_others_none(shop: Made) -> None:
    html = shop.get("/nowhere", shop.as_role("admin")).text
    assert "There is nothing at this address." in html
    assert 'href="/consumption"' in html
    bare = shop.get("/nowhere", {"accept": "text/html"})
    assert bare.status_code == 404
    assert 'href="/consumption"' not in bare.text
