"""The key's own organisation over the API: read and changed."""

from typing import Final

from msgspec import Struct

from outlay.control.database import Control
from outlay.control.organisations import Organisation, OrganisationChange, change_organisation, organisation_of
from outlay.kit.clock import Clock
from outlay.web.api.administration import Administration, Asked, Operation
from outlay.web.api.endpoint import Endpoint

PATH: Final = "/api/v1/organisation"


class ApiOrganisation(Struct, frozen=True, kw_only=True):
    """`next_zone` is one that days are being counted in anew; `retention_days` of null keeps data for ever."""

    id: str
    name: str
    zone: str
    next_zone: str | None
    fiscal_month: int
    currency: str
    retention_days: int | None


class OrganisationApi:
    def __init__(self, administration: Administration, control: Control, clock: Clock) -> None:
        self._administration = administration
        self._control = control
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        endpoint = self._administration.endpoint
        return [
            endpoint(
                Operation(
                    method="GET",
                    path=PATH,
                    name="get_organisation",
                    summary="The organisation of the key",
                    description="Tells what the organisation is called, its calendar, currency and retention.",
                    do=self._get,
                    answer=ApiOrganisation,
                )
            ),
            endpoint(
                Operation(
                    method="PATCH",
                    path=PATH,
                    name="change_organisation",
                    summary="Change the organisation",
                    description=(
                        "Changes what is said. Another zone holds once all days are counted in it. Shorter retention "
                        "removes what is older for good, at once and every day."
                    ),
                    do=self._change,
                    body=OrganisationChange,
                    answer=ApiOrganisation,
                )
            ),
        ]

    def _get(self, asked: Asked[None]) -> ApiOrganisation:
        return _as_sent(organisation_of(self._control, asked.organisation))

    def _change(self, asked: Asked[OrganisationChange]) -> ApiOrganisation:
        return _as_sent(change_organisation(self._control, asked.organisation, asked.body, asked.by, self._clock.now()))


def _as_sent(organisation: Organisation) -> ApiOrganisation:
    return ApiOrganisation(**{name: getattr(organisation, name) for name in ApiOrganisation.__struct_fields__})
