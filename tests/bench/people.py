"""How fast pages answer in an organisation of 10,000 members and 5,000 teams: settings, search and figures.

The people are put into a copy of a demo organisation, so the data directory that other benchmarks share stays as it is.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Final

import httpx
from sqlalchemy import insert

from outlay.app import open_outlay
from outlay.config import Settings
from outlay.control.database import CONTROL_FILE, open_control
from outlay.control.emails import email_key
from outlay.control.entities import EntityName, name_entities
from outlay.control.members import searched
from outlay.control.organisations import DEFAULT_ORGANISATION
from outlay.control.tables import members
from outlay.control.team_tables import memberships, teams
from outlay.kit.clock import SystemClock
from outlay.web.gate import SESSION_COOKIE
from tests.bench.organisation import organisation_with, session_in, sizes_asked
from tests.bench.report import Report, Target
from tests.live import live_outlay

MEMBERS: Final = 10_000
TEAMS: Final = 5_000
ASKED: Final = 40
PAGES: Final = (
    "/settings/members",
    "/settings/members?p=150",
    "/settings/members?q=person+77&role=member",
    "/settings/teams",
    "/settings/teams?q=team+12",
    "/settings/teams/t42",
    "/search/results?q=person+12",
    "/keys",
    "/gateway",
    "/settings/audit",
    "/me",
    "/usage",
    "/explorer",
    "/consumption",
)


def run(report: Report) -> None:
    events = sizes_asked()[0]
    source = organisation_with(events, report)
    with tempfile.TemporaryDirectory(prefix="outlay-people-") as folder:
        data = Path(folder) / "data"
        shutil.copytree(source, data)
        _catch_up(data)
        _put_people(data, SystemClock().now())
        with live_outlay(data) as server, _browser(server.url, session_in(data)) as client:
            for page in PAGES:
                seconds = sorted(_seconds(client, page) for _ in range(ASKED + 3))[: ASKED + 1]
                name = f"{MEMBERS:,} members, {TEAMS:,} teams, {page}"
                report.figure(f"{name}, median", median(seconds) * 1e3, "ms")
                report.figure(f"{name}, 95th percentile", quantiles(seconds, n=20)[-1] * 1e3, "ms", Target(at_most=100))


@contextmanager
def _browser(url: str, session: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, cookies={SESSION_COOKIE: session}, trust_env=False, timeout=60) as client:
        yield client


def _seconds(client: httpx.Client, page: str) -> float:
    start = perf_counter()
    client.get(page, headers={"accept": "text/html"}).raise_for_status()
    return perf_counter() - start


def _catch_up(data: Path) -> None:
    """Fold all that waits, or is to be made anew for this version: else that is done while pages are measured."""
    with open_outlay(Settings(data=str(data)), SystemClock()) as outlay:
        outlay.ledger.fold()


def _put_people(data: Path, now: datetime) -> None:
    control = open_control(data / CONTROL_FILE)
    organisation = DEFAULT_ORGANISATION
    with control.begin() as connection:
        named = [EntityName(f"t{number}", f"Team {number}") for number in range(TEAMS)]
        name_entities(connection, organisation, "team", named, now)
        rows = [
            {
                "organisation": organisation,
                "id": f"t{number}",
                "parent": f"t{number // 10}" if number else None,
                "cost_centre": str(number),
                "created_at": now,
            }
            for number in range(TEAMS)
        ]
        connection.execute(insert(teams), rows)
        people = [
            (f"mem_bench{number}", f"person{number}@bench.example", f"Person {number}") for number in range(MEMBERS)
        ]
        connection.execute(
            insert(members),
            [
                {
                    "id": member,
                    "organisation": organisation,
                    "email": email,
                    "email_key": email_key(email),
                    "name": name,
                    "role": "member",
                    "user": email,
                    "created_at": now,
                    "search_text": searched(name, email, email),
                }
                for member, email, name in people
            ],
        )
        name_entities(connection, organisation, "user", [EntityName(email, name) for _, email, name in people], now)
        connection.execute(
            insert(memberships),
            [
                {
                    "id": f"ms_bench{number}",
                    "organisation": organisation,
                    "member": member,
                    "team": f"t{number % TEAMS}",
                    "primary": True,
                }
                for number, (member, _, _) in enumerate(people)
            ],
        )
    control.close()
