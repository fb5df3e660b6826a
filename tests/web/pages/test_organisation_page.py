"""The organisation's settings: previewed before they change anything, and right on every page once they have."""

import csv
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
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
from outlay.intake.upkeep import Upkeep
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
    assert "Days are counted in Asia/Kathmandu now." in visitor.get(f"{PATH}?saved=zone").text


def test_the_page_tells_while_days_are_being_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Upkeep, "work", lambda *_: None)  # it would be done in no time
    with people_at(tmp_path / "data") as people:
        visitor = admin(people)
        was = organisation_of(people.site.outlay.control, "default").zone
        for wanted, told in (
            ("Asia/Kathmandu", f"Days are being counted in Asia/Kathmandu. Until that is done, all pages show {was};"),
            (was, f"Days stay counted in {was}: the change that was begun is being taken back."),
        ):
            assert visitor.post(f"{PATH}/zone", zone=wanted).status_code == 303
            for address in (PATH, f"{PATH}?saved=zone"):
                assert told in visitor.get(address).text


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


def test_what_was_removed_is_said_and_nothing_compared_with_it(people: People) -> None:
    outlay, now = people.site.outlay, people.site.clock.now()
    visitor = admin(people)
    before = {path: visitor.get(path).text for path in ("/usage?r=30d", "/usage?r=20d", "/usage?r=60d", "/usage?r=mtd")}
    assert all("Data is kept from" not in each for each in before.values())
    assert all("vs " in each for each in before.values())
    change_organisation(outlay.control, "default", OrganisationChange(retention_days=40), SYSTEM, now)
    after = {path: visitor.get(path).text for path in before}
    # It is the 20th of October: kept is what came from the 10th of September on.
    assert [path for path, page in after.items() if "Data is kept from 10 Sep 2026 on" in page] == ["/usage?r=60d"]
    assert [path for path, page in after.items() if "vs " in page] == ["/usage?r=20d"]
    for path in (
        "/usage/export.json?r=60d&manifest=1",
        "/exports?r=2026-09",
        "/exports/focus.csv?r=2026-09&manifest=1",
    ):
        assert "Data is kept from 10 Sep 2026 on" in visitor.get(path).text, path


def test_a_model_is_not_new_whose_first_calls_are_not_kept_any_more(people: People) -> None:
    outlay, clock = people.site.outlay, people.site.clock
    for model, first_named in (("old", timedelta(days=50)), ("fresh", timedelta(days=5))):
        clock.move(-first_named)
        outlay.names.register("default", {"model": [model]})
        clock.move(first_named)
        call = UsageEvent(
            organisation="default",
            source="api:test",
            id=model,
            time=NOW - timedelta(days=5),
            received_at=NOW,
            provider="openai",
            model=model,
            tokens=Tokens(input_uncached=1),
        )
        outlay.intake.accept("default", [call])
    visitor = admin(people)
    assert "old used for the first time" in visitor.get("/explorer?r=30d").text
    change_organisation(outlay.control, "default", OrganisationChange(retention_days=40), SYSTEM, clock.now())
    shown = visitor.get("/explorer?r=30d").text
    assert "fresh used for the first time" in shown
    assert "old used for the first time" not in shown


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
    assert "0.8000 EUR" in shown
    for wrong in ({"day": "", "rate": "1"}, {"day": "2026-10-01", "rate": "0"}, {"file": "a,b\n"}):
        assert visitor.post(f"{PATH}/rates", **wrong).status_code == 422


def test_many_rates_are_paged_and_found_by_day(people: People) -> None:
    control, visitor = people.site.outlay.control, admin(people)
    visitor.post(PATH, name="Acme", fiscal_month="1", currency="EUR")
    days = [date(2026, 10, 1) - timedelta(days=number) for number in range(120)]
    put_rates(control, "default", [Rate("EUR", day, Decimal("0.9")) for day in days], "many.csv", SYSTEM, NOW)
    seen: list[str] = []
    path = f"{PATH}/rates"
    while path:
        shown = visitor.get(path).text
        seen += re.findall(r"rates/EUR/([0-9-]+)/remove", shown)
        following = re.search(r'href="([^"]+)"[^>]*aria-label="Next page"', shown)
        path = unescape(following[1]) if following else ""
    assert seen == [str(day) for day in days]
    assert "1–50 of 120" in visitor.get(f"{PATH}/rates").text  # noqa: RUF001 - an en dash
    found = visitor.get(f"{PATH}/rates?to={days[60]}").text
    assert re.findall(r"rates/EUR/([0-9-]+)/remove", found)[:2] == [str(days[60]), str(days[61])]
    assert "60 up to that day" in found
    assert "“nonsense” is no day" in visitor.get(f"{PATH}/rates?to=nonsense").text
    assert "No rate that early" in visitor.get(f"{PATH}/rates?to=2000-01-01").text
    assert "There are fewer" in visitor.get(f"{PATH}/rates?p=9").text


def test_a_rate_is_removed_once_it_was_said_whose_amounts_that_changes(people: People) -> None:
    control, visitor = people.site.outlay.control, admin(people)
    visitor.post(PATH, name="Acme", fiscal_month="1", currency="EUR")
    rates = [Rate("EUR", date(2026, 9, day), Decimal(rate)) for day, rate in ((10, "0.9"), (20, "0.5"), (25, "0.8"))]
    put_rates(control, "default", rates, "rates.csv", SYSTEM, NOW)
    asked = visitor.get(f"{PATH}/rates/EUR/2026-09-20/remove").text
    assert "end from 20 Sep 2026 to 24 Sep 2026 will show amounts at 0.9 of 10 Sep 2026" in asked
    assert "reads €90.00 then instead of €50.00" in asked
    assert "€18.75" in visitor.get("/usage?r=2026-09-07..21").text
    assert visitor.post(f"{PATH}/rates/EUR/2026-09-20/remove").headers["location"] == f"{PATH}/rates?saved=removed"
    assert "€33.75" in visitor.get("/usage?r=2026-09-07..21").text
    assert visitor.post(f"{PATH}/rates/EUR/2026-09-20/remove").status_code == 404
    assert "still running" in visitor.get(f"{PATH}/rates/EUR/2026-09-25/remove").text
    assert "in US dollars, because there is no earlier rate" in visitor.get(f"{PATH}/rates/EUR/2026-09-10/remove").text
    for nowhere in ("XYZ/2026-09-10", "EUR/2026-09-11", "EUR/today", "eur/2026-09-10"):
        assert visitor.get(f"{PATH}/rates/{nowhere}/remove").status_code == 404
    assert "removed the exchange rate EUR of 2026-09-20" in visitor.get("/settings/audit").text


def test_rates_of_another_currency_than_the_one_shown_are_there_to_be_removed(people: People) -> None:
    control, visitor = people.site.outlay.control, admin(people)
    rates = [Rate(code, date(2026, 9, 10), Decimal("0.9")) for code in ("CHF", "EUR")]
    put_rates(control, "default", [*rates, Rate("EUR", date(2027, 1, 1), Decimal(1))], "rates.csv", SYSTEM, NOW)
    assert "Rates of CHF" in visitor.get(f"{PATH}/rates").text  # dollars are shown
    assert (
        "Amounts are shown in US dollars, so no page changes" in visitor.get(f"{PATH}/rates/EUR/2026-09-10/remove").text
    )
    visitor.post(PATH, name="Acme", fiscal_month="1", currency="EUR")
    assert "Rates of EUR" in visitor.get(f"{PATH}/rates").text
    assert "Rates of CHF" in visitor.get(f"{PATH}/rates?of=CHF").text
    assert "shown in EUR, so no page changes" in visitor.get(f"{PATH}/rates/CHF/2026-09-10/remove").text
    assert "It would hold from 1 Jan 2027 on" in visitor.get(f"{PATH}/rates/EUR/2027-01-01/remove").text
    gone = visitor.post(f"{PATH}/rates/CHF/2026-09-10/remove")
    assert gone.headers["location"] == f"{PATH}/rates?saved=removed&of=CHF"
    assert "Rates of EUR" in visitor.get(gone.headers["location"]).text


@pytest.mark.parametrize("path", [PATH, f"{PATH}/zone?zone=UTC", f"{PATH}/retention?days=40", f"{PATH}/rates"])
def test_only_admins_see_it(people: People, path: str) -> None:
    assert people.browser_of(people.lin).get(path).status_code == 403
