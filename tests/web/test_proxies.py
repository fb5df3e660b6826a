"""Behind a proxy: whose word on the caller's address counts, and that guessing is limited by it."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.access.sign_in import FAILURES_PER_ACCOUNT
from outlay.config import SettingInvalid, Settings, load_settings
from outlay.serving import server_config
from outlay.wiring.site import assemble
from tests.web.pages.people import people_at


def status_from(client: TestClient, address: str) -> int:
    form = {"email": "ada@acme.example", "password": "a wrong guess"}
    return client.post("/sign-in", data=form, headers={"x-forwarded-for": address}).status_code


@pytest.mark.parametrize(
    ("trusted", "proxy", "from_elsewhere"),
    [
        pytest.param("10.0.0.0/8, ::1", "10.1.2.3", 401, id="a trusted proxy speaks for its callers"),
        pytest.param("10.0.0.0/8", "192.0.2.7", 429, id="anybody else speaks for themselves"),
        pytest.param("", "127.0.0.1", 429, id="nobody is trusted by default"),
    ],
)
def test_guessing_is_counted_by_the_caller_s_address(
    tmp_path: Path, trusted: str, proxy: str, from_elsewhere: int
) -> None:
    with people_at(tmp_path / "data", trusted_proxies=trusted) as people:
        outlay = people.site.outlay
        config = server_config(assemble(outlay).site, outlay.settings)
        config.load()
        client = TestClient(config.loaded_app, client=(proxy, 4711))
        for _ in range(FAILURES_PER_ACCOUNT):
            assert status_from(client, "198.51.100.1") == 401
        assert status_from(client, "198.51.100.1") == 429
        assert status_from(client, "198.51.100.2") == from_elsewhere


@pytest.mark.parametrize("text", ["proxy", "10.0.0.1/8", "10.0.0", "*", "::1,"])
def test_what_is_no_address_stops_the_start(text: str) -> None:
    with pytest.raises(SettingInvalid, match=r"setting trusted_proxies \(from the environment\)"):
        load_settings(environ={"OUTLAY_TRUSTED_PROXIES": text})


@pytest.mark.parametrize("text", ["", "127.0.0.1", "10.0.0.0/8, fd00::/8"])
def test_addresses_and_networks_are_taken(text: str) -> None:
    assert load_settings(environ={"OUTLAY_TRUSTED_PROXIES": text}) == Settings(trusted_proxies=text)
