"""The rates of an organisation's currency over the API: kept, listed, removed."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from outlay.control.currencies import SIGNS, Rate, parse_currency, put_rates, rates_of, remove_rate
from outlay.control.database import Control
from outlay.control.organisations import organisation_of
from outlay.errors import InputError, NotFound
from outlay.kit.clock import Clock
from outlay.web.api.administration import Administration, Asked, Operation
from outlay.web.api.endpoint import Endpoint, Parameter, in_path
from outlay.web.api.paging import PAGING, page_asked, page_of

RATES: Final = "/api/v1/organisation/rates"
ONE: Final = f"{RATES}/{{currency}}/{{day}}"


class ApiRate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `day` on one dollar makes `rate` units of `currency`."""

    currency: str
    day: date
    rate: Decimal


class ApiRates(Struct, frozen=True):
    rates: list[ApiRate]
    next: str | None


class RatesToKeep(Struct, frozen=True, forbid_unknown_fields=True):
    rates: list[ApiRate]


class RatesKept(Struct, frozen=True):
    kept: int


class RatesApi:
    def __init__(self, administration: Administration, control: Control, clock: Clock) -> None:
        self._administration = administration
        self._control = control
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        several: Operation[None] = Operation(
            method="GET",
            path=RATES,
            name="list_rates",
            summary="List exchange rates",
            description="Of one currency, the newest first.",
            do=self._list,
            answer=ApiRates,
            parameters=(
                Parameter("currency", "Its code; the one that amounts are shown in when left out.", choices=(*SIGNS,)),
                *PAGING,
            ),
        )
        put: Operation[RatesToKeep] = Operation(
            method="PUT",
            path=RATES,
            name="put_rates",
            summary="Keep exchange rates",
            description="Keeps rates, in place of those of the same currency and day.",
            do=self._put,
            body=RatesToKeep,
            answer=RatesKept,
        )
        remove: Operation[None] = Operation(
            method="DELETE",
            path=ONE,
            name="remove_rate",
            summary="Remove an exchange rate",
            description="Ranges that end on its day or later, up to the next rate, are shown by the one before it.",
            do=self._remove,
            parameters=(
                in_path("currency", "The currency's code.", "EUR"),
                in_path("day", "The day that the rate holds from.", "2026-10-01"),
            ),
            errors=(NotFound,),
        )
        made: tuple[Operation[Any], ...] = (several, put, remove)
        return [self._administration.endpoint(each) for each in made]

    def _list(self, asked: Asked[None]) -> ApiRates:
        page, organisation = page_asked(asked.query, date), asked.organisation
        currency = asked.query.get("currency") or organisation_of(self._control, organisation).currency
        rates = rates_of(self._control, organisation, currency, page.limit + 1, page.after)
        found = page_of(page, rates, lambda each: each.day)
        return ApiRates([_told(each) for each in found.rows], found.next)

    def _put(self, asked: Asked[RatesToKeep]) -> RatesKept:
        if any(not each.rate.is_finite() for each in asked.body.rates):
            raise InputError("a rate is a number")
        rates = [Rate(parse_currency(each.currency), each.day, each.rate) for each in asked.body.rates]
        source = "the API" if len(rates) != 1 else ""
        return RatesKept(put_rates(self._control, asked.organisation, rates, source, asked.by, self._clock.now()))

    def _remove(self, asked: Asked[None]) -> None:
        currency, written = asked.path["currency"], asked.path["day"]
        try:
            day = date.fromisoformat(written)
        except ValueError:
            raise NotFound(f"there is no rate of the day {written[:40]!r}; write YYYY-MM-DD") from None
        remove_rate(self._control, asked.organisation, currency, day, asked.by, self._clock.now())


def _told(rate: Rate) -> ApiRate:
    return ApiRate(currency=rate.currency, day=rate.day, rate=rate.per_usd)
