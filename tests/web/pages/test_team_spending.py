"""What the page of a team says it spent: alone, and with all teams below it, which is what its lead may see."""

import re
from html import unescape
from typing import Final

import pytest

from outlay.control.teams import TeamSettings, change_team, create_team
from outlay.control.trail import SYSTEM
from outlay.web import format as text
from outlay.web.pages.teams.page import MOST_SUMMED
from tests.web.pages.made import Made, cost_of
from tests.web.site import NOW

ROW: Final = r'<dt>{}</dt><dd><a href="([^"]*)">([^<]*)</a>'


@pytest.fixture(scope="module", autouse=True)
def _departments(shop: Made) -> None:
    """Put both teams of the calls below one that no call names, and one of those above the other."""
    outlay = shop.site.outlay
    create_team(outlay.control, outlay.organisation, TeamSettings(name="Above"), SYSTEM, NOW)
    for team, parent in (("growth", "above"), ("core", "growth")):
        wanted = TeamSettings(name=team.capitalize(), parent=parent)
        change_team(outlay.control, outlay.organisation, team, wanted, SYSTEM, NOW)


@pytest.mark.parametrize("role", ["admin", "billing", "lead"])
def test_a_department_says_what_the_teams_below_it_spent(shop: Made, role: str) -> None:
    viewer = shop.as_role(role, teams_led=("above",) if role == "lead" else ())
    page = shop.get("/settings/teams/above", viewer).text
    (alone,) = re.findall(ROW.format("This month"), page)
    ((href, whole),) = re.findall(ROW.format("With teams below"), page)
    spent = cost_of(shop.of("2026-10", team="growth")) + cost_of(shop.of("2026-10", team="core"))
    assert (alone[1], unescape(whole)) == (text.DASH, text.usd(spent))
    assert f'title="{text.usd_exact(spent)}"' in shop.get(unescape(href), viewer).text


def test_a_team_without_others_below_says_its_own(shop: Made, admin: dict[str, str]) -> None:
    page = shop.get("/settings/teams/core", admin).text
    assert "With teams below" not in page
    assert f">{text.usd(cost_of(shop.of('2026-10', team='core')))}<" in page


def test_what_stands_above_very_many_teams_says_its_own_alone(shop: Made, admin: dict[str, str]) -> None:
    outlay = shop.site.outlay
    create_team(outlay.control, outlay.organisation, TeamSettings(name="Huge"), SYSTEM, NOW)
    for number in range(MOST_SUMMED):
        wanted = TeamSettings(name=f"Of {number}", parent="huge")
        create_team(outlay.control, outlay.organisation, wanted, SYSTEM, NOW)
    page = shop.get("/settings/teams/huge", admin)
    assert page.status_code == 200
    assert "With teams below" not in page.text
