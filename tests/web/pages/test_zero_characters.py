"""A zero character in an address is found nowhere and breaks nothing, also where the database can't hold one."""

import pytest

from outlay.control.members import NewMember
from outlay.control.operators import add_operator
from outlay.control.trail import SYSTEM
from tests.web.pages.people import People


@pytest.mark.parametrize(
    "path",
    [
        "/settings/members?q=",
        "/settings/members?team=",
        "/settings/members?role=",
        "/settings/members/",
        "/settings/teams?q=",
        "/settings/teams/",
        "/settings/organisation/zone?zone=",
        "/settings/audit?who=",
        "/keys?q=",
        "/search?q=",
    ],
)
@pytest.mark.parametrize("text", ["%00", "a%00b"])
def test_an_admin_who_looks_for_one_finds_nothing(people: People, path: str, text: str) -> None:
    assert people.browser_of(people.ada).get(f"{path}{text}").status_code in {200, 404, 422}


@pytest.mark.parametrize(("path", "status"), [("?q=%00", 200), ("/organisations/a%00/delete", 404)])
def test_nor_does_an_operator(people: People, path: str, status: int) -> None:
    wanted = NewMember(email="op@host.example", role="member")
    operator = add_operator(people.site.outlay.control, wanted, SYSTEM, people.site.clock.now())
    assert people.browser_of(operator, page="/operator").get(f"/operator{path}").status_code == status
