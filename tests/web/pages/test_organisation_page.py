"""The organisation's settings: previewed before they change anything, and right on every page once they have."""

import csv
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep

import pytest

from outlay.control.currencies import Rate, put_rates
from outlay.control.organisations import (
    OrganisationChange,
    change_organisation,
    organisation_of,
)
from outlay.control.trail import SYSTEM
from outlay.usage import Tokens, UsageEvent
from tests.web.pages.people import People, Visitor, people_at
from tests.web.site import NOW

PATH = "/settings/organisation"


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with people_at(tmp_path / "data") as found:
        events = [
            UsageEvent(
                organisation="default",
                source="api:test",
                id=f"e{at}",
                time=NOW - timedelta(days=at),
                received_at=NOW,
                user="ann",
                provider="openai",
                model="gpt-4o",
                tokens=Tokens(input_uncached=1_000_000, output=0),
            )
            for at in range(60)
        ]
        assert {each.result for each in found.site.outlay.intake.accept("default", events)} == {"stored"}
        yield found


def admin(people: People) -> Visitor:
    visitor = people.browser_of(people.ada)
    assert visitor.get(PATH).status_code == 200
    return visitor


def until(people: People, done: str) -> None:
    """Wait for the upkeep, which runs beside."""
    end = monotonic() + 20
    while monotonic() < end:
        if organisation_of(people.site.outlay.control, "default").zone == done:
            return
        sleep(0.05)
    raise AssertionError(f"the zone did not become {done}")


def test_name_fiscal_year_and_currency_are_saved(people: People) -> None:
    visitor = admin(people)
    saved = visitor.post(PATH, name="Acme & Sons", fiscal_month="7", currency="EUR")
    assert (saved.status_code, saved.headers["location"]) == (303, f"{PATH}?saved=")
    shown = visitor.get(PATH).text
    assert 'value="Acme &amp; Sons"' in shown
    assert '<option value="7" selected>July' in shown
    assert "<option selected>EUR" in shown
    assert "Q2 FY2027 to date" in visitor.get("/usage?r=fq7").text


@pytest.mark.parametrize("wrong", [{"name": ""}, {"fiscal_month": "13"}, {"fiscal_month": "x"}, {"currency": "ABC"}])
def test_what_is_wrong_is_said_and_stays_in_the_form(people: People, wrong: dict[str, str]) -> None:
    fields = {"name": "Kept text", "fiscal_month": "2", "currency": "USD"} | wrong
    answer = admin(people).post(PATH, **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text or "notice bad" in answer.text
    assert organisation_of(people.site.outlay.control, "default").name == "Acme"


def test_a_zone_is_previewed_and_then_counted_in(people: People) -> None:
    visitor = admin(people)
    preview = visitor.get(f"{PATH}/zone?zone=Asia/Kathmandu")
    assert "Asia/Kathmandu (UTC+5:45)" in preview.text
    assert "October 2026" in preview.text
    assert organisation_of(people.site.outlay.control, "default").next_zone is None
    assert visitor.post(f"{PATH}/zone", zone="Asia/Kathmandu").status_code == 303
    until(people, "Asia/Kathmandu")
    assert "Asia/Kathmandu (UTC+5:45)" in visitor.get("/usage?r=30d").text


def test_no_zone_is_said(people: People) -> None:
    assert admin(people).get(f"{PATH}/zone?zone=Mars/Olympus").status_code == 422
    assert admin(people).post(f"{PATH}/zone", zone="Mars/Olympus").status_code == 422


def test_retention_says_what_goes_and_needs_a_word(people: People) -> None:
    visitor = admin(people)
    preview = visitor.get(f"{PATH}/retention?days=40").text
    assert "<b>19 events go at once</b>" in preview
    assert "which cost $47.50" in preview
    assert visitor.post(f"{PATH}/retention", days="40").status_code == 409
    assert organisation_of(people.site.outlay.control, "default").retention_days is None
    assert visitor.post(f"{PATH}/retention", days="40", understood="1").status_code == 303
    end = monotonic() + 20
    while "41 requests" not in visitor.get("/calls?r=90d").text and monotonic() < end:
        sleep(0.05)
    late = {"id": "late", "model": "gpt-4o", "time": "2026-08-01T00:00:00Z", "tokens": {"input": 1, "output": 1}}
    people.site.clock.move(timedelta(seconds=1))
    sent = people.site.client.post("/v1/events", json=late, headers=people.site.key("sender"))
    assert "event_too_old" in sent.text


@pytest.mark.parametrize("days", ["30", "-1", "x", "999999", "99999999", "٤٠"])
def test_days_that_can_not_be_are_said(people: People, days: str) -> None:
    visitor = admin(people)
    assert visitor.get(f"{PATH}/retention?days={days}").status_code == 422, "also before anything is asked for"
    assert visitor.post(f"{PATH}/retention", days=days, understood="1").status_code == 422


def test_amounts_are_shown_by_the_rate_of_the_last_day(people: People) -> None:
    control, now = people.site.outlay.control, people.site.clock.now()
    visitor = people.browser_of(people.ada)
    change_organisation(control, "default", OrganisationChange(currency="EUR"), SYSTEM, now)
    missing = visitor.get("/consumption?r=2026-09").text
    assert "no exchange rate of EUR" in missing
    assert "$75.00" in missing
    rates = [Rate("EUR", date(2026, 9, 10), Decimal("0.9")), Rate("EUR", date(2026, 10, 5), Decimal("0.5"))]
    put_rates(control, "default", rates, "rates.csv", SYSTEM, now)
    shown = {
        path: visitor.get(path).text for path in ("/consumption?r=2026-09", "/explorer?r=2026-09", "/usage?r=2026-09")
    }
    for page in shown.values():
        assert "EUR at 0.9 of 10 Sep 2026" in page
        assert "€67.50" in page
        assert not re.search(r"\$\d", page)
    assert "EUR at 0.5 of 5 Oct 2026" in visitor.get("/consumption?r=2026-10").text
    export = csv.DictReader(visitor.get("/consumption/export.csv?r=2026-09").text.splitlines())
    (both,) = (row for row in export if (row["table"], row["kind"]) == ("llm_models", "total"))
    assert (both["cost"], both["cost_eur"]) == ("75", "67.5")


def test_rates_are_entered_and_pasted(people: People) -> None:
    visitor = admin(people)
    assert "Amounts are shown in US dollars" in visitor.get(f"{PATH}/rates").text
    visitor.post(PATH, name="Acme", fiscal_month="1", currency="EUR")
    assert visitor.post(f"{PATH}/rates", day="2026-10-01", rate="0.9213").status_code == 303
    pasted = "Date,USD,JPY\n2026-10-02,1.25,150\n"
    assert visitor.post(f"{PATH}/rates", file=pasted).status_code == 303
    shown = visitor.get(f"{PATH}/rates").text
    assert "0.9213 EUR" in shown
    assert "0.8 EUR" in shown
    for wrong in ({"day": "", "rate": "1"}, {"day": "2026-10-01", "rate": "0"}, {"file": "a,b\n"}):
        assert visitor.post(f"{PATH}/rates", **wrong).status_code == 422


@pytest.mark.parametrize("path", [PATH, f"{PATH}/zone?zone=UTC", f"{PATH}/retention?days=40", f"{PATH}/rates"])
def test_only_admins_see_it(people: People, path: str) -> None:
    assert people.browser_of(people.lin).get(path).status_code == 403
