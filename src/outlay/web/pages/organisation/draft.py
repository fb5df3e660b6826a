"""The forms of the organisation's settings as they were filled in, and what they ask for."""

from datetime import date

from msgspec import Struct

from outlay.control.currencies import Rate, parse_currency, parse_rate
from outlay.control.organisations import Organisation, OrganisationChange
from outlay.errors import InputError
from outlay.web.forms import Form, as_sentence

_LONGEST_NUMBER = 6


class Draft(Struct, frozen=True):
    """What stands in the form; as text, since it may be wrong."""

    name: str = ""
    fiscal_month: str = "1"
    currency: str = "USD"
    zone: str = ""
    days: str = ""

    @property
    def change(self) -> OrganisationChange:
        """What the main form asks for; InputError where that can't be."""
        return OrganisationChange(
            name=self.name.strip(), fiscal_month=_number(self.fiscal_month), currency=parse_currency(self.currency)
        )

    @property
    def retention(self) -> OrganisationChange:
        return OrganisationChange(retention_days=_number(self.days) if self.days.strip() else None)


class RateDraft(Struct, frozen=True):
    day: str = ""
    rate: str = ""
    file: str = ""

    def rates(self, currency: str) -> list[Rate]:
        """Return the one rate that was entered; InputError says which field is wrong."""
        try:
            day = date.fromisoformat(self.day.strip())
        except ValueError:
            raise InputError(f"{self.day!r} is no day; write YYYY-MM-DD") from None
        return [Rate(parse_currency(currency), day, parse_rate(self.rate))]


def draft_of(form: Form) -> Draft:
    return Draft(*(form.text(name) for name in Draft.__struct_fields__))


def rate_draft_of(form: Form) -> RateDraft:
    return RateDraft(*(form.text(name) for name in RateDraft.__struct_fields__))


def as_draft(organisation: Organisation) -> Draft:
    """Return the form as the organisation is now."""
    days = organisation.retention_days
    return Draft(
        organisation.name,
        str(organisation.fiscal_month),
        organisation.currency,
        organisation.wanted_zone,
        "" if days is None else str(days),
    )


def told(error: InputError) -> str:
    return as_sentence(error.message)


def _number(text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise InputError(f"{text!r} is no whole number")
    return int(text)
