"""The list of organisations: who may sign in, how much there is, and whether they are served."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from outlay.control.organisations import DEFAULT_ORGANISATION
from outlay.control.tenancy import Tenant
from outlay.query.volumes import Volume
from outlay.web import format as text
from outlay.web.render import Renderer


class ListedTenant(Struct, frozen=True):
    """One organisation as the list shows it; where a link is empty, that can't be done to it."""

    id: str
    name: str
    members: str
    requests: str
    spent: str
    spent_exact: str
    month: str
    month_exact: str
    state: str
    kind: str
    standing_href: str
    suspended: bool
    delete_href: str


def tenants_table(
    found: Sequence[Tenant], whole: Mapping[str, Volume], month: Mapping[str, Volume], renderer: Renderer
) -> tuple[ListedTenant, ...]:
    return tuple(
        _listed(each, whole.get(each.organisation.id), month.get(each.organisation.id), renderer) for each in found
    )


def _listed(tenant: Tenant, whole: Volume | None, month: Volume | None, renderer: Renderer) -> ListedTenant:
    organisation = tenant.organisation
    state, kind = "served", "good"
    if organisation.deleted_at is not None:
        state, kind = "being deleted", "bad"
    elif organisation.suspended_at is not None:
        state, kind = "suspended", "warn"
    path = f"/operator/organisations/{organisation.id}"
    changes = organisation.deleted_at is None
    return ListedTenant(
        id=organisation.id,
        name=organisation.name,
        members=text.counted(tenant.members),
        requests=text.counted(whole.requests if whole else 0),
        spent=text.usd(whole.cost if whole else None),
        spent_exact=text.usd_exact(whole.cost if whole else None),
        month=text.usd(month.cost if month else None),
        month_exact=text.usd_exact(month.cost if month else None),
        state=state,
        kind=kind,
        standing_href=renderer.url(path) if changes else "",
        suspended=organisation.suspended_at is not None,
        delete_href=renderer.url(f"{path}/delete") if changes and organisation.id != DEFAULT_ORGANISATION else "",
    )
