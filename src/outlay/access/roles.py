"""What each role may do: one table. Which rows someone sees is the viewer's business, decided inside the question."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, cast, get_args

from outlay.access.keys import ApiKey
from outlay.access.viewer import ROLES, Role, Viewer
from outlay.control.database import Control
from outlay.control.members import Member, member_of_email, member_of_user
from outlay.control.organisations import OPERATORS
from outlay.control.team_tree import family_of
from outlay.errors import Forbidden, InputError, KeyInvalid, NotFound

Capability = Literal[
    "see_consumption",  # organisation-wide spend and activity
    "see_usage",  # usage, as far as the viewer sees
    "export",  # what is seen, as a file
    "import_files",
    "manage_keys",
    "hold_keys",  # see the keys bound to oneself, and make some where the organisation lets its members
    "manage_members",
    "see_teams",  # the teams one leads; all of them for those who see all
    "manage_prices",
    "manage_settings",
    "manage_upstreams",  # where the gateway's calls go, and with which credentials
    "see_audit_trail",  # who changed what
    "manage_shared",  # delete views and change notes that others share
    "operate",  # whole organisations of the installation: what no admin of one can
]

CAPABILITIES: Final[tuple[Capability, ...]] = get_args(Capability)

_MAY: Final[Mapping[Role, frozenset[Capability]]] = MappingProxyType(
    {
        "admin": frozenset(CAPABILITIES) - {"operate"},
        "billing": frozenset({"see_consumption", "see_usage", "export", "hold_keys", "see_teams"}),
        "lead": frozenset({"see_usage", "export", "hold_keys", "see_teams"}),
        "member": frozenset({"see_usage", "export", "hold_keys"}),
        "operator": frozenset({"operate"}),
    }
)

# How a refusal tells what only some roles may.
_TOLD: Final[Mapping[Capability, str]] = MappingProxyType(
    {
        "see_consumption": "see what the whole organisation spends",
        "see_usage": "see usage",
        "export": "export figures",
        "import_files": "import files",
        "manage_keys": "manage all API keys",
        "hold_keys": "have API keys of their own",
        "manage_members": "manage members and teams",
        "see_teams": "see teams",
        "manage_prices": "change prices",
        "manage_settings": "change the organisation's settings",
        "manage_upstreams": "change where the gateway's calls go",
        "see_audit_trail": "see the audit trail",
        "manage_shared": "change what others share",
        "operate": "operate the installation",
    }
)
_FOR_OPERATORS: Final = "this is for the operators of the installation; `outlay operators add` makes one"


def parse_role(text: str) -> Role:
    """Return the role of this name; InputError lists the roles there are."""
    if text not in ROLES:
        raise InputError(f"role {text!r} is none of {', '.join(ROLES)}")
    return cast("Role", text)


def may(role: Role, capability: Capability) -> bool:
    return capability in _MAY[role]


def require(viewer: Viewer, capability: Capability, organisation_name: str | None = None) -> None:
    """Raise Forbidden, saying who can grant it, unless the viewer's role may do this."""
    if not may(viewer.role, capability):
        granting = [role for role in ROLES if capability in _MAY[parse_role(role)]]
        if not granting:
            raise Forbidden(_FOR_OPERATORS)
        of = f" of {organisation_name}" if organisation_name else ""
        raise Forbidden(
            f"only the {'role' if len(granting) == 1 else 'roles'} {' and '.join(granting)} may {_TOLD[capability]}; "
            f"yours is {viewer.role}. Ask an admin{of}."
        )


def viewer_of(member: Member) -> Viewer:
    """Return for whom a signed-in member asks: the teams, and those below them, count for leads only."""
    role: Role = "operator" if member.organisation == OPERATORS else parse_role(member.role)
    teams = member.teams_seen if role == "lead" else ()
    return Viewer(organisation=member.organisation, role=role, user=member.user, teams=teams)


def viewer_of_key(control: Control, key: ApiKey, organisation_name: str | None = None) -> Viewer:
    """Return for whom an API key asks.

    Bound to a user it sees what that user's member sees, bound to a team what a lead of that team sees, else what
    billing sees. A key never administers: an admin's key counts as billing. Forbidden without the scope `read`,
    KeyInvalid when the member was disabled.
    """
    if "read" not in key.scopes:
        granted_by = f"Ask an admin of {organisation_name or key.organisation} for a key with the scope read."
        raise Forbidden(f"the key {key.name!r} may only send events. {granted_by}")
    if key.user is not None:
        return _viewer_of_user(control, key.organisation, key.user)
    if key.team is not None:
        return Viewer(organisation=key.organisation, role="lead", teams=family_of(control, key.organisation, key.team))
    return Viewer(organisation=key.organisation, role="billing")


def require_admin_key(control: Control, key: ApiKey) -> None:
    """Raise Forbidden unless a key with the scope `admin` administers: bound to a user only while that is an admin.

    A key of the operators administers no organisation, theirs neither: nobody becomes one of them over the API.
    """
    if key.organisation == OPERATORS:
        raise Forbidden(f"the key {key.name!r} is of the operators: it administers nothing inside of an organisation")
    if key.user is None:
        return
    member = member_of_user(control, key.organisation, key.user)
    if member is None or member.disabled_at is not None or not may(parse_role(member.role), "manage_keys"):
        raise Forbidden(f"the key {key.name!r} is bound to a user who is no admin (any more)")


def require_operator_key(control: Control, key: ApiKey) -> None:
    """Raise Forbidden unless a key with the scope `admin` is of the operators.

    Bound to a user it must be an operator's e-mail, since they have no usage, and counts while that one is an operator.
    """
    if key.organisation != OPERATORS:
        raise Forbidden(_FOR_OPERATORS)
    if key.user is None:
        return
    try:
        operates = member_of_email(control, OPERATORS, key.user).disabled_at is None
    except NotFound:
        operates = False
    if not operates:
        raise Forbidden(f"the key {key.name!r} is bound to somebody who is no operator (any more)")


def _viewer_of_user(control: Control, organisation: str, user: str) -> Viewer:
    member = member_of_user(control, organisation, user)
    if member is None:
        return Viewer(organisation=organisation, role="member", user=user)
    if member.disabled_at is not None:
        raise KeyInvalid("the member this API key is bound to has no access any more")
    viewer = viewer_of(member)
    role: Role = "billing" if viewer.role == "admin" else viewer.role
    return Viewer(organisation=organisation, role=role, user=user, teams=viewer.teams)
