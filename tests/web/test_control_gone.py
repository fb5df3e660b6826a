"""The site while the server of its control database is away: everybody is told to try again, and then goes on."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from outlay.access.sessions import Sessions
from outlay.control.members import NewMember, create_member
from outlay.control.trail import SYSTEM
from tests.postgres import Cluster, find_postgres
from tests.web.site import Site, open_site

pytestmark = pytest.mark.postgres_only

EVENT = {"id": "1", "time": "2026-10-20T11:00:00Z", "provider": "openai", "model": "gpt-4o", "tokens": {"output": 1}}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    programs = find_postgres()
    assert programs
    found = Cluster(programs)
    found.create("outlay")
    yield found
    found.remove()


@pytest.fixture
def site(tmp_path: Path, cluster: Cluster) -> Iterator[Site]:
    with open_site(tmp_path / "data", control_url=cluster.url("outlay")) as found:
        yield found


def test_all_are_told_to_try_again_and_go_on_once_it_is_back(site: Site, cluster: Cluster) -> None:
    headers = site.key("teller")
    outlay = site.outlay
    ada = create_member(
        outlay.control, outlay.organisation, NewMember(email="a@x.example", role="admin"), SYSTEM, site.clock.now()
    )
    token, _ = Sessions(outlay.control, timedelta(days=1)).open(ada, site.clock.now())
    page = {"cookie": f"outlay_session={token}", "accept": "text/html"}

    def answers(event: str) -> list[int]:
        site.clock.move(timedelta(seconds=2))  # what is known of the key is asked for again
        asked = {"r": "7d", "measures": "requests"}
        return [
            site.client.post("/v1/events", json=EVENT | {"id": event}, headers=headers).status_code,
            site.client.get("/api/v1/usage", params=asked, headers=headers).status_code,
            site.client.get("/keys", headers=page).status_code,
            site.client.get("/sign-in", headers={"accept": "text/html"}).status_code,
        ]

    assert answers("before") == [200, 200, 200, 200]
    cluster.stop()
    for _ in range(2):
        assert answers("during") == [503, 503, 503, 503]
    told = site.client.post("/v1/events", json=EVENT, headers=headers)
    assert told.json()["code"] == "unavailable"
    assert cluster.folder.name not in told.text
    cluster.start()
    assert answers("after") == [200, 200, 200, 200]
