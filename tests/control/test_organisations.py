"""What an organisation sets of itself, the rates of its currency, and what an operator does with whole ones."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from outlay.access.key_changes import create_key
from outlay.access.keys import NewKey
from outlay.audit.forget import forget_chain
from outlay.control.currencies import (
    Rate,
    count_rates,
    currencies_kept,
    put_rates,
    rate_on,
    rates_of,
    remove_rate,
    term_of,
)
from outlay.control.database import Control
from outlay.control.members import NewMember, create_member, member_of_email
from outlay.control.operators import add_operator, remove_operator
from outlay.control.organisations import (
    OPERATORS,
    OrganisationChange,
    change_organisation,
    create_organisation,
    every_organisation,
    organisation_of,
    organisations_with_upkeep,
    zone_holds,
)
from outlay.control.rate_files import parse_rate_file
from outlay.control.schema import SCHEMA
from outlay.control.tenancy import (
    delete_organisation,
    forget_organisation,
    resume_organisation,
    suspend_organisation,
    tenants,
)
from outlay.control.trail import INSTALLATION, SYSTEM
from outlay.control.trail_tables import audit_entries
from outlay.errors import Conflict, InputError, NotFound
from outlay.testing import FrozenClock


def trail(control: Control, organisation: str) -> list[str]:
    with control.read() as connection:
        asked = select(audit_entries.c.action).where(audit_entries.c.organisation == organisation)
        return list(connection.execute(asked.order_by(audit_entries.c.number)).scalars())


def rows_of(control: Control, organisation: str) -> dict[str, int]:
    """Return how many rows each table has of an organisation, where it has any."""
    found = {}
    with control.read() as connection:
        for table in SCHEMA.sorted_tables:
            if "organisation" in table.c:
                mine = select(func.count()).select_from(table).where(table.c.organisation == organisation)
                found[table.name] = connection.execute(mine).scalar_one()
    return {name: number for name, number in found.items() if number}


def test_what_is_set_is_changed_and_written_down_once(control: Control, clock: FrozenClock) -> None:
    wanted = OrganisationChange(name="Acme Ltd", fiscal_month=7, currency="EUR")
    for _ in range(2):
        made = change_organisation(control, "acme", wanted, SYSTEM, clock.now())
    assert (made.name, made.fiscal_month, made.currency, made.zone) == ("Acme Ltd", 7, "EUR", "Europe/Berlin")
    assert trail(control, "acme") == ["organisation.create", "organisation.change"]
    assert organisation_of(control, "other").name == "Other Ltd"


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({"name": " "}, id="no name"),
        pytest.param({"name": "x" * 101}, id="a long name"),
        pytest.param({"name": "a\nb"}, id="two lines"),
        pytest.param({"fiscal_month": 13}, id="no month"),
        pytest.param({"currency": "XXX"}, id="no currency"),
        pytest.param({"zone": "Mars/Olympus"}, id="no zone"),
        pytest.param({"zone": "localtime"}, id="a zone that is another on every machine"),
        pytest.param({"zone": "right/Europe/Berlin"}, id="a zone that counts leap seconds"),
        pytest.param({"zone": "../UTC"}, id="a path"),
        pytest.param({"retention_days": 30}, id="too short"),
        pytest.param({"retention_days": 10**6}, id="too long"),
    ],
)
def test_what_can_not_be_is_refused_and_leaves_all_as_it_was(
    control: Control, clock: FrozenClock, wanted: dict[str, Any]
) -> None:
    before = organisation_of(control, "acme")
    with pytest.raises(InputError):
        change_organisation(control, "acme", OrganisationChange(**wanted), SYSTEM, clock.now())
    assert organisation_of(control, "acme") == before
    assert trail(control, "acme") == ["organisation.create"]


def test_a_zone_is_wanted_until_the_ledger_has_it(control: Control, clock: FrozenClock) -> None:
    made = change_organisation(control, "acme", OrganisationChange(zone="Asia/Kathmandu"), SYSTEM, clock.now())
    assert (made.zone, made.next_zone) == ("Europe/Berlin", "Asia/Kathmandu")
    assert [each.id for each in organisations_with_upkeep(control)] == ["acme"]
    change_organisation(control, "acme", OrganisationChange(zone="UTC"), SYSTEM, clock.now())
    zone_holds(control, "acme", "Asia/Kathmandu")  # what was asked for first is done
    found = organisation_of(control, "acme")
    assert (found.zone, found.next_zone) == ("Asia/Kathmandu", "UTC")
    zone_holds(control, "acme", "UTC")
    assert (organisation_of(control, "acme").next_zone, organisations_with_upkeep(control)) == (None, [])


def test_the_zone_that_holds_takes_a_wanted_one_back(control: Control, clock: FrozenClock) -> None:
    for zone in ("UTC", "Europe/Berlin"):
        made = change_organisation(control, "acme", OrganisationChange(zone=zone), SYSTEM, clock.now())
    assert (made.zone, made.next_zone) == ("Europe/Berlin", "Europe/Berlin")  # the ledger may be past it
    zone_holds(control, "acme", "UTC")  # and was
    assert [each.id for each in organisations_with_upkeep(control)] == ["acme"]
    zone_holds(control, "acme", "Europe/Berlin")
    assert organisation_of(control, "acme").next_zone is None
    made = change_organisation(control, "acme", OrganisationChange(zone="Europe/Berlin"), SYSTEM, clock.now())
    assert made.next_zone is None


def test_the_rate_of_a_day_is_the_last_one_up_to_it(control: Control, clock: FrozenClock) -> None:
    rates = [Rate("EUR", date(2026, 10, day), Decimal(rate)) for day, rate in ((1, "0.9"), (15, "0.95"))]
    put_rates(control, "acme", rates, "ecb.csv", SYSTEM, clock.now())
    put_rates(control, "acme", [Rate("EUR", date(2026, 10, 15), Decimal("0.96"))], "", SYSTEM, clock.now())
    found = {day: rate_on(control, "acme", "EUR", date(2026, 10, day)) for day in (1, 14, 15, 31)}
    assert {day: each and str(each.per_usd) for day, each in found.items()} == {
        1: "0.9",
        14: "0.9",
        15: "0.96",
        31: "0.96",
    }
    assert rate_on(control, "acme", "EUR", date(2026, 9, 30)) is None
    assert rate_on(control, "acme", "GBP", date(2026, 10, 31)) is None
    assert rate_on(control, "other", "EUR", date(2026, 10, 31)) is None
    assert (count_rates(control, "acme", "EUR"), len(rates_of(control, "acme", "EUR", 1))) == (2, 1)
    remove_rate(control, "acme", "EUR", date(2026, 10, 15), SYSTEM, clock.now())
    with pytest.raises(NotFound):
        remove_rate(control, "acme", "EUR", date(2026, 10, 15), SYSTEM, clock.now())
    assert trail(control, "acme")[1:] == ["rate.import", "rate.set", "rate.remove"]


def test_a_rate_is_kept_to_twelve_decimals_wherever_it_comes_from(control: Control, clock: FrozenClock) -> None:
    rate = Rate("EUR", date(2026, 10, 1), Decimal("0.9213" + "4" * 5_000))
    put_rates(control, "acme", [rate], "", SYSTEM, clock.now())
    assert [str(each.per_usd) for each in rates_of(control, "acme", "EUR", 1)] == ["0.921344444444"]


def test_rates_are_read_by_page_and_each_knows_how_long_it_holds(control: Control, clock: FrozenClock) -> None:
    days = [date(2026, 10, 1) + timedelta(days=2 * number) for number in range(9)]
    put_rates(control, "acme", [Rate("EUR", day, Decimal("0.9")) for day in days], "ecb.csv", SYSTEM, clock.now())
    put_rates(control, "acme", [Rate("CHF", days[0], Decimal("0.8"))], "", SYSTEM, clock.now())
    assert [each.day for each in rates_of(control, "acme", "EUR", 2, days[5], 1)] == [days[3], days[2]]
    assert [count_rates(control, "acme", "EUR", before) for before in (None, days[5], days[0])] == [9, 5, 0]
    assert (currencies_kept(control, "acme"), currencies_kept(control, "other")) == (["CHF", "EUR"], [])
    first, middle, last = (term_of(control, "acme", "EUR", day) for day in (days[0], days[4], days[8]))
    assert (first.earlier, first.until) == (None, days[1])
    assert (middle.earlier and middle.earlier.day, middle.until) == (days[3], days[5])
    assert (last.earlier and last.earlier.day, last.until) == (days[7], None)
    for currency, day in (("EUR", days[0] + timedelta(days=1)), ("GBP", days[0])):
        with pytest.raises(NotFound):
            term_of(control, "acme", currency, day)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        pytest.param("day,currency,rate\n2026-10-01,eur,0.9\n", [("EUR", "0.9")], id="our own columns"),
        pytest.param("Rate,Day,Currency\n150.5,2026-10-01,JPY\n", [("JPY", "150.5")], id="in any order"),
        pytest.param("day,currency,rate\r2026-10-01,EUR,0.9\r", [("EUR", "0.9")], id="with the line ends of old"),
        pytest.param(
            "Date, USD, JPY, XYZ, \n2026-10-01, 1.25, 160, 5, \n2026-09-30, N/A, 1, 1, \n",
            [("EUR", "0.8"), ("JPY", "128")],
            id="as the European Central Bank gives them, units per euro",
        ),
    ],
)
def test_rates_are_read_from_files(written: str, found: list[tuple[str, str]]) -> None:
    rates = parse_rate_file(written)
    assert [(each.currency, each.per_usd) for each in rates] == [(code, Decimal(rate)) for code, rate in found]
    assert {each.day for each in rates} == {date(2026, 10, 1)}


@pytest.mark.parametrize(
    "written",
    [
        "",
        "a,b\n1,2\n",
        "day,currency,rate\n",
        "day,currency,rate\n2026-10-01,EUR,\n",
        "day,currency,rate\n2026-10-01,EUR,NaN\n",
        "day,currency,rate\n2026-10-01,EUR,-1\n",
        "day,currency,rate\n2026-13-01,EUR,1\n",
        "day,currency,rate\n2026-10-01,ABC,1\n",
        "Date,USD\n2026-10-01,0\n",
        "day,currency,rate\n2026-10-01\n",
        pytest.param("day,currency,rate\n2026-10-01,EUR," + "9" * 200_000, id="a cell without end"),
        pytest.param('"' + "x" * 200_000, id="a head without end"),
    ],
)
def test_a_file_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(InputError):
        parse_rate_file(written)


@pytest.mark.parametrize("rate", [Rate("USD", date(2026, 1, 1), Decimal(1)), Rate("EUR", date(1990, 1, 1), Decimal(1))])
def test_rates_that_can_not_be_are_refused(control: Control, clock: FrozenClock, rate: Rate) -> None:
    with pytest.raises(InputError):
        put_rates(control, "acme", [rate], "", SYSTEM, clock.now())


def test_suspending_is_told_in_both_trails_and_taken_back(control: Control, clock: FrozenClock) -> None:
    suspend_organisation(control, "acme", SYSTEM, clock.now())
    assert organisation_of(control, "acme").suspended_at == clock.now()
    with pytest.raises(Conflict):
        suspend_organisation(control, "acme", SYSTEM, clock.now())
    resume_organisation(control, "acme", SYSTEM, clock.now())
    with pytest.raises(Conflict):
        resume_organisation(control, "acme", SYSTEM, clock.now())
    assert trail(control, "acme")[1:] == ["organisation.suspend", "organisation.resume"]
    assert trail(control, INSTALLATION)[-2:] == ["organisation.suspend", "organisation.resume"]


def test_a_deleted_organisation_leaves_its_trail_alone(control: Control, clock: FrozenClock) -> None:
    now = clock.now()
    for organisation in ("acme", "other"):
        create_member(control, organisation, NewMember(email="a@example.com", role="admin"), SYSTEM, now)
        create_key(control, organisation, NewKey(name="ci"), SYSTEM, now)
        put_rates(control, organisation, [Rate("EUR", date(2026, 10, 1), Decimal("0.9"))], "", SYSTEM, now)
    others = rows_of(control, "other")
    delete_organisation(control, "acme", SYSTEM, now)
    assert set(rows_of(control, "acme")) == {"audit_entries", "audit_heads"}
    assert rows_of(control, "other") == others
    assert organisation_of(control, "acme").deleted_at == now  # until the ledger holds nothing of it
    for change in (suspend_organisation, resume_organisation, delete_organisation):
        with pytest.raises(NotFound):
            change(control, "acme", SYSTEM, now)
    forget_organisation(control, "other")  # is none that was deleted
    forget_organisation(control, "acme")
    assert [each.id for each in every_organisation(control)] == ["other"]
    with pytest.raises(Conflict, match="or there was one"):
        create_organisation(control, "acme", "Again", "UTC", SYSTEM, now)


def test_an_id_is_given_once_also_where_its_trail_is_forgotten(control: Control, clock: FrozenClock) -> None:
    delete_organisation(control, "acme", SYSTEM, clock.now())
    forget_organisation(control, "acme")
    forget_chain(control, "acme", SYSTEM, clock.now())
    with pytest.raises(Conflict, match="or there was one"):
        create_organisation(control, "acme", "Again", "UTC", SYSTEM, clock.now())


@pytest.mark.parametrize("organisation", ["", "Acme", "a/b", "a" * 41, "-a", "operators"])
def test_ids_that_can_not_be(control: Control, clock: FrozenClock, organisation: str) -> None:
    add_operator(control, NewMember(email="op@example.com", role="member"), SYSTEM, clock.now())
    with pytest.raises((InputError, Conflict)):
        create_organisation(control, organisation, "Name", "UTC", SYSTEM, clock.now())


def test_tenants_are_searched_and_paged_without_the_operators(control: Control, clock: FrozenClock) -> None:
    add_operator(control, NewMember(email="op@example.com", role="member"), SYSTEM, clock.now())
    create_member(control, "acme", NewMember(email="a@example.com", role="admin"), SYSTEM, clock.now())
    found, total = tenants(control, "", 1)
    assert ([(each.organisation.id, each.members) for each in found], total) == ([("acme", 1)], 2)
    assert [each.organisation.id for each in tenants(control, "", 1, 1)[0]] == ["other"]
    assert [each.organisation.id for each in tenants(control, "LTD", 9)[0]] == ["other"]
    assert tenants(control, "%", 9) == ([], 0)


def test_an_operator_is_made_once_and_can_come_back(control: Control, clock: FrozenClock) -> None:
    wanted = NewMember(email="Op@example.com", role="member")
    member = add_operator(control, wanted, SYSTEM, clock.now())
    with pytest.raises(Conflict):
        add_operator(control, wanted, SYSTEM, clock.now())
    remove_operator(control, member, SYSTEM, clock.now())
    with pytest.raises(Conflict):
        remove_operator(control, member, SYSTEM, clock.now())
    assert member_of_email(control, OPERATORS, "op@example.com").disabled_at is not None
    clock.move(timedelta(days=1))
    assert add_operator(control, wanted, SYSTEM, clock.now()).disabled_at is None
    assert trail(control, INSTALLATION)[-3:] == ["operator.add", "operator.remove", "operator.add"]
