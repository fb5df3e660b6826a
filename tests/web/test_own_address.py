"""Which address stands in links and commands: the setting, else a name that is surely ours, never just any Host."""

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from outlay.config import Settings
from outlay.control.members import NewMember
from outlay.control.operators import add_operator
from outlay.control.trail import SYSTEM
from outlay.web.own_address import OwnAddress
from tests.web.pages.people import Visitor
from tests.web.site import Site, open_site

LISTENS = "http://127.0.0.1:8400"
PUBLIC = {"public_url": "https://outlay.example.com"}
NAMED = {"allowed_hosts": "inside.example"}


def asking(host: str) -> Request:
    headers = [(b"host", host.encode())] if host else []
    return Request({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers})


@pytest.mark.parametrize(
    ("settings", "host", "shown", "linked"),
    [
        pytest.param(PUBLIC, "evil.example", *["https://outlay.example.com"] * 2, id="the setting, whoever asks"),
        pytest.param(NAMED, "inside.example:8400", *["http://inside.example:8400"] * 2, id="a name that is allowed"),
        pytest.param(NAMED, "INSIDE.example", *["http://INSIDE.example"] * 2, id="in capitals"),
        pytest.param(NAMED, "evil.example", LISTENS, LISTENS, id="another name"),
        pytest.param(NAMED, "192.0.2.5:8400", *["http://192.0.2.5:8400"] * 2, id="a number"),
        pytest.param(NAMED, "[::1]:8400", *["http://[::1]:8400"] * 2, id="a number of IPv6"),
        pytest.param(NAMED, "localhost:8400", *["http://localhost:8400"] * 2, id="this machine"),
        pytest.param({}, "outlay.lan", "http://outlay.lan", LISTENS, id="nothing is set"),
        pytest.param({"allowed_hosts": "*"}, "outlay.lan", "http://outlay.lan", LISTENS, id="any is allowed"),
        pytest.param({}, "a.example';rm -rf ~;'", LISTENS, LISTENS, id="what a shell would read"),
        pytest.param({}, "me@evil.example", LISTENS, LISTENS, id="with a user"),
        pytest.param({}, "evil.example/x", LISTENS, LISTENS, id="with a path"),
        pytest.param({}, "", LISTENS, LISTENS, id="none"),
    ],
)
def test_the_address_is_the_setting_or_surely_ours(
    settings: dict[str, Any], host: str, shown: str, linked: str
) -> None:
    address = OwnAddress(Settings(**settings))
    assert (address.shown_to(asking(host)), address.for_links(asking(host))) == (shown, linked)


@pytest.fixture(params=[{}, NAMED], ids=["nothing is set", "a name is allowed"])
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    with open_site(tmp_path / "data", organisation="Acme", root_path="/t", **request.param) as found:
        yield found


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
def test_no_invitation_leads_where_a_request_says(site: Site, host: str) -> None:
    """Where no name is known, any is answered, and still stands in no link that lets somebody in."""
    control, now = site.outlay.control, site.clock.now()
    operator = add_operator(control, NewMember(email="op@host.example", role="member"), SYSTEM, now)
    visitor = Visitor(site)
    visitor.sign_in(operator)
    assert visitor.get("/operator/new", host="localhost").status_code == 200
    visitor.says = {"host": host}
    made = visitor.post("/operator/new", id="new", name="New", zone="UTC", email="first@new.example")
    links = re.findall(r'value="(http[^"]*/sign-in/[^"]+)"', made.text)
    assert all(each.startswith(f"{LISTENS}/t/sign-in/invitation?token=") for each in links)
    assert (made.status_code, len(links)) in {(201, 1), (421, 0)}
