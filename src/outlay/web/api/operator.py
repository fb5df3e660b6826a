"""`/api/v1/operator`: whole organisations over the API, for keys of the operators: listed, made, suspended, deleted.

As on their page they see of each how many members it has, its volume and its cost, and nothing of what is in it.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final, Literal

from msgspec import Struct
from starlette.requests import Request

from outlay.access.links import create_invitation, link_at
from outlay.access.viewer import Viewer
from outlay.control.database import Control
from outlay.control.organisations import OPERATORS, Organisation
from outlay.control.tenancy import (
    NewTenant,
    Tenant,
    delete_organisation,
    found_organisation,
    resume_organisation,
    suspend_organisation,
    tenant_of,
    tenants,
)
from outlay.errors import Conflict, LedgerBusy, LedgerFailed, NotFound
from outlay.kit.clock import Clock
from outlay.kit.money import plain
from outlay.query.questions import Questions
from outlay.query.volumes import Volume, whole_and_month
from outlay.web.api.administration import Administration, Asked, Operation
from outlay.web.api.endpoint import Endpoint, Parameter, in_path
from outlay.web.api.paging import PAGING, page_asked, page_of

PATH: Final = "/api/v1/operator/organisations"
ONE: Final = f"{PATH}/{{organisation}}"
_ONE: Final = in_path("organisation", "An organisation's id.", "globex")
_OPERATORS: Final = Viewer(organisation=OPERATORS, role="operator")

State = Literal["served", "suspended", "deleting"]


class ApiVolume(Struct, frozen=True):
    """`cost` is in US dollars; null where nothing has a price."""

    requests: int
    cost: str | None


class ApiTenant(Struct, frozen=True, kw_only=True):
    """`members` counts those who may sign in; `month` is the running one in UTC; who is `deleting` is out already."""

    id: str
    name: str
    state: State
    members: int
    whole: ApiVolume
    month: ApiVolume


class ApiTenants(Struct, frozen=True):
    organisations: list[ApiTenant]
    next: str | None


class TenantToMake(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`email` is that of its first admin, who invites the others; `id` stays, whatever the name becomes."""

    id: str
    name: str
    email: str
    zone: str = "UTC"


class TenantMade(Struct, frozen=True):
    """`invitation` is the address by which the first admin sets a password, once, within seven days."""

    organisation: ApiTenant
    invitation: str


class TenantPatch(Struct, frozen=True, forbid_unknown_fields=True):
    suspended: bool


class OperatorMeans(Struct, frozen=True):
    """What it works with. `soon` has the ledger's upkeep look for work, `links` says where links begin that let in."""

    control: Control
    questions: Questions
    clock: Clock
    soon: Callable[[], None]
    links: Callable[[Request], str]


class OperatorApi:
    def __init__(self, administration: Administration, means: OperatorMeans) -> None:
        self._administration = administration
        self._means = means

    def endpoints(self) -> list[Endpoint]:
        made: tuple[Operation[Any], ...] = (*self._of_all(), *self._of_one())
        return [self._administration.endpoint(each) for each in made]

    def _of_all(self) -> tuple[Operation[Any], ...]:
        several: Operation[None] = Operation(
            method="GET",
            path=PATH,
            name="list_organisations",
            summary="List organisations",
            description="All organisations of this installation by id, with their volume.",
            do=self._list,
            answer=ApiTenants,
            parameters=(Parameter("q", "A part of name or id."), *PAGING),
            errors=(LedgerBusy, LedgerFailed),
            operates=True,
        )
        make: Operation[TenantToMake] = Operation(
            method="POST",
            path=PATH,
            name="create_organisation",
            summary="Create an organisation",
            description="Creates it with its first admin, and answers with their invitation: it is shown this once.",
            do=self._make,
            body=TenantToMake,
            answer=TenantMade,
            status=HTTPStatus.CREATED,
            errors=(Conflict,),
            operates=True,
        )
        return several, make

    def _of_one(self) -> tuple[Operation[Any], ...]:
        one: Operation[None] = Operation(
            method="GET",
            path=ONE,
            name="get_tenant",
            summary="One organisation",
            description="One organisation of this installation by id.",
            do=self._get,
            answer=ApiTenant,
            parameters=(_ONE,),
            errors=(LedgerBusy, LedgerFailed),
            operates=True,
        )
        change: Operation[TenantPatch] = Operation(
            method="PATCH",
            path=ONE,
            name="suspend_organisation",
            summary="Suspend or resume an organisation",
            description="A suspended one is refused within a second: sign-in, keys and gateway. Its data stays.",
            do=self._change,
            body=TenantPatch,
            answer=ApiTenant,
            parameters=(_ONE,),
            errors=(Conflict, LedgerBusy, LedgerFailed),
            operates=True,
        )
        delete: Operation[None] = Operation(
            method="DELETE",
            path=ONE,
            name="delete_organisation",
            summary="Delete an organisation",
            description=(
                "Its members, keys and settings go at once, everything the ledger holds of it after. It can't be "
                "brought back. Its audit trail stays, and its id is not given again."
            ),
            do=self._delete,
            parameters=(_ONE, Parameter("name", "Its name, so that the wrong one is not deleted.", required=True)),
            errors=(Conflict,),
            operates=True,
        )
        return one, change, delete

    def _list(self, asked: Asked[None]) -> ApiTenants:
        page = page_asked(asked.query, str)
        found, _ = tenants(self._means.control, asked.query.get("q", ""), page.limit + 1, after=page.after or "")
        shown = page_of(page, found, lambda each: each.organisation.id)
        return ApiTenants(self._told(shown.rows), shown.next)

    def _make(self, asked: Asked[TenantToMake]) -> TenantMade:
        control, now, sent = self._means.control, self._means.clock.now(), asked.body
        wanted = NewTenant(id=sent.id, name=sent.name, zone=sent.zone, email=sent.email)
        made, first = found_organisation(control, wanted, asked.by, now)
        token = create_invitation(control, first, now)
        return TenantMade(self._one(made.id), link_at(self._means.links(asked.request), token, "invitation"))

    def _get(self, asked: Asked[None]) -> ApiTenant:
        return self._one(asked.path["organisation"])

    def _change(self, asked: Asked[TenantPatch]) -> ApiTenant:
        control, organisation = self._means.control, asked.path["organisation"]
        suspended = self._there(organisation).suspended_at is not None
        if asked.body.suspended != suspended:
            change = suspend_organisation if asked.body.suspended else resume_organisation
            change(control, organisation, asked.by, self._means.clock.now())
        return self._one(organisation)

    def _delete(self, asked: Asked[None]) -> None:
        control, organisation = self._means.control, asked.path["organisation"]
        found = self._there(organisation)
        if asked.query["name"] != found.name:
            raise Conflict(f"the organisation {organisation!r} is called {found.name!r}")
        delete_organisation(control, organisation, asked.by, self._means.clock.now())
        self._means.soon()

    def _there(self, organisation: str) -> Organisation:
        """Return it; NotFound also for one that is being deleted."""
        found = tenant_of(self._means.control, organisation).organisation
        if found.deleted_at is not None:
            raise NotFound(f"there is no organisation {organisation!r}")
        return found

    def _one(self, organisation: str) -> ApiTenant:
        return self._told([tenant_of(self._means.control, organisation)])[0]

    def _told(self, found: Sequence[Tenant]) -> list[ApiTenant]:
        ids = [each.organisation.id for each in found]
        whole, month = self._means.questions.ask(_OPERATORS, lambda asking: whole_and_month(asking, ids))
        return [
            ApiTenant(
                id=each.organisation.id,
                name=each.organisation.name,
                state=_state(each),
                members=each.members,
                whole=_volume(whole.get(each.organisation.id)),
                month=_volume(month.get(each.organisation.id)),
            )
            for each in found
        ]


def _state(tenant: Tenant) -> State:
    if tenant.organisation.deleted_at is not None:
        return "deleting"
    return "served" if tenant.organisation.suspended_at is None else "suspended"


def _volume(volume: Volume | None) -> ApiVolume:
    if volume is None:
        return ApiVolume(0, None)
    return ApiVolume(volume.requests, None if volume.cost is None else plain(volume.cost))
