"""Exchange rates over the API: kept, read in pages, removed; each organisation its own."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.control.currencies import Rate, count_rates, put_rates
from outlay.control.organisations import OrganisationChange, change_organisation, create_organisation
from outlay.control.trail import SYSTEM
from tests.web.site import NOW, Site, open_site

RATES = "/api/v1/organisation/rates"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with open_site(tmp_path) as opened:
        change_organisation(opened.outlay.control, "default", OrganisationChange(currency="EUR"), SYSTEM, NOW)
        yield opened


def admin(site: Site) -> dict[str, str]:
    return site.key(f"admin {id(object())}", scopes=frozenset({"admin"}))


def test_rates_are_kept_read_in_pages_and_removed(site: Site) -> None:
    key, first = admin(site), date(2026, 9, 1)
    rates = [
        {"currency": "EUR", "day": str(first + timedelta(days=number)), "rate": f"0.9{number:02}"}
        for number in range(25)
    ]
    sent = site.client.put(RATES, json={"rates": rates}, headers=key)
    assert (sent.status_code, sent.json()) == (200, {"kept": 25})
    seen: list[dict[str, str]] = []
    after = ""
    while True:
        page = site.client.get(f"{RATES}?n=10{after}", headers=key).json()
        seen += page["rates"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [each["day"] for each in seen] == [each["day"] for each in reversed(rates)]
    assert seen[-1] == {"currency": "EUR", "day": "2026-09-01", "rate": "0.9"}
    assert site.client.get(f"{RATES}?currency=GBP", headers=key).json() == {"rates": [], "next": None}
    gone = site.client.delete(f"{RATES}/EUR/2026-09-01", headers=key)
    assert (gone.status_code, gone.content) == (204, b"")
    assert count_rates(site.outlay.control, "default", "EUR") == 24
    told = site.client.get("/api/v1/audit?action=rate.remove", headers=key).json()["entries"][0]
    assert (told["name"], told["before"]) == ("EUR of 2026-09-01", {"per_usd": "0.9"})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", f"{RATES}/EUR/2026-09-01", 404),
        ("DELETE", f"{RATES}/EUR/yesterday", 404),
        ("DELETE", f"{RATES}/XYZ/2026-10-01", 404),
        ("GET", f"{RATES}?currency=XYZ", 422),
        ("GET", f"{RATES}?after=x", 422),
        ("GET", f"{RATES}?n=0", 422),
    ],
)
def test_what_can_not_be_is_refused(site: Site, method: str, path: str, status: int) -> None:
    answer = site.client.request(method, path, headers=admin(site))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_rates_of_another_organisation_are_out_of_reach(site: Site) -> None:
    control = site.outlay.control
    create_organisation(control, "others", "Others", "UTC", SYSTEM, NOW)
    put_rates(control, "others", [Rate("EUR", date(2026, 9, 1), Decimal(1))], "", SYSTEM, NOW)
    key = admin(site)
    assert site.client.get(RATES, headers=key).json() == {"rates": [], "next": None}
    assert site.client.delete(f"{RATES}/EUR/2026-09-01", headers=key).status_code == 404
    assert count_rates(control, "others", "EUR") == 1
