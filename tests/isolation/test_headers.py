"""Headers that keep browsers safe stand on every answer, whoever asks and whatever it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.web.middleware import SECURITY_HEADERS
from tests.isolation.rules import RULES
from tests.isolation.world import NOBODY, World, open_world
from tests.web.site import open_site


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.mark.parametrize("person", ["owner", NOBODY])
def test_every_answer_has_them_and_is_kept_by_no_cache(world: World, person: str) -> None:
    browser = world.browser_of(person)
    for rule in (each for each in RULES if each.method == "GET" and each.who != "live"):
        answer = browser.get(world.address(rule.path, rule.query))
        missing = {name for name, value in SECURITY_HEADERS.items() if answer.headers.get(name) != value}
        assert not missing, f"{rule.name} has no {missing}"
        assert answer.headers["x-request-id"].startswith("req_")
        if not rule.path.startswith("/static/"):
            assert answer.headers["cache-control"] == "no-store", rule.name


def test_faults_and_what_is_not_there_have_them_too(world: World) -> None:
    for path in ("/nowhere", "/calls/nowhere", "/api/v1/nowhere", "/%ff"):
        answer = world.browser_of(NOBODY).get(path)
        assert answer.status_code == 404
        assert all(answer.headers.get(name) == value for name, value in SECURITY_HEADERS.items())


@pytest.mark.parametrize(
    ("public_url", "told"), [("https://testserver", "max-age=31536000"), ("http://testserver", None)]
)
def test_where_people_come_by_https_browsers_are_told_never_to_use_http(
    tmp_path: Path, public_url: str, told: str | None
) -> None:
    with open_site(tmp_path / "data", public_url=public_url) as site:
        assert site.client.get("/sign-in").headers.get("strict-transport-security") == told
