"""What this SCIM service can, and what its resources look like, as it tells providers: nothing here depends on data."""

from collections.abc import Mapping
from typing import Any, Final

from outlay.access.scim.groups import GROUP_URN
from outlay.access.scim.users import USER_URN

BASE: Final = "/scim/v2"
MOST_RESULTS: Final = 200
LIST_URN: Final = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH_URN: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR_URN: Final = "urn:ietf:params:scim:api:messages:2.0:Error"
_CORE: Final = "urn:ietf:params:scim:schemas:core:2.0"

Document = dict[str, Any]


def _attribute(name: str, description: str, kind: str = "string", **more: Any) -> Document:  # noqa: ANN401 - JSON
    return {
        "name": name,
        "type": kind,
        "multiValued": False,
        "description": description,
        "required": False,
        **({"caseExact": False, "uniqueness": "none"} if kind in {"string", "reference"} else {}),
        "mutability": "readWrite",
        "returned": "default",
        **more,
    }


_USER: Final = (
    _attribute("userName", "How the provider names the user.", required=True, uniqueness="server"),
    _attribute(
        "name",
        "The parts of the user's name.",
        "complex",
        subAttributes=[
            _attribute("familyName", "Family name."),
            _attribute("givenName", "Given name."),
        ],
    ),
    _attribute("displayName", "The name that is shown; without it the parts of the name are."),
    _attribute(
        "emails",
        "E-mail addresses. The primary one, else the first, is the one to sign in with; only that can be searched.",
        "complex",
        multiValued=True,
        required=True,
        subAttributes=[
            _attribute("value", "The address.", required=True),
            _attribute("type", "What kind of address it is, such as work."),
            _attribute("primary", "Whether it is the one to sign in with.", "boolean"),
        ],
    ),
    _attribute("active", "Whether the user may sign in; without it they may.", "boolean", required=True),
    _attribute(
        "groups",
        "The groups the user is in.",
        "complex",
        multiValued=True,
        mutability="readOnly",
        subAttributes=[
            _attribute("value", "The group's id.", mutability="readOnly"),
            _attribute("$ref", "Where the group is.", "reference", mutability="readOnly", referenceTypes=["Group"]),
            _attribute("display", "The group's name.", mutability="readOnly"),
        ],
    ),
)
_GROUP: Final = (
    _attribute("displayName", "The group's name, as rules name it.", required=True, uniqueness="server"),
    _attribute(
        "members",
        "The users in the group.",
        "complex",
        multiValued=True,
        subAttributes=[
            _attribute("value", "The user's id.", mutability="immutable"),
            _attribute("$ref", "Where the user is.", "reference", mutability="immutable", referenceTypes=["User"]),
        ],
    ),
)


def service_provider_config(base: str) -> Document:
    off = {"supported": False}
    return {
        "schemas": [f"{_CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {**off, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST_RESULTS},
        "changePassword": off,
        "sort": off,
        "etag": off,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "SCIM token",
                "description": "The organisation's token, as made on its sign-on page.",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def resource_types(base: str) -> list[Document]:
    kinds = (("User", "/Users", USER_URN), ("Group", "/Groups", GROUP_URN))
    return [
        {
            "schemas": [f"{_CORE}:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": endpoint,
            "schema": urn,
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{name}"},
        }
        for name, endpoint, urn in kinds
    ]


def schemas(base: str) -> list[Document]:
    kinds = (
        (USER_URN, "User", "A member of the organisation.", _USER),
        (GROUP_URN, "Group", "A group of the identity provider.", _GROUP),
    )
    return [
        {
            "schemas": [f"{_CORE}:Schema"],
            "id": urn,
            "name": name,
            "description": description,
            "attributes": list(attributes),
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{urn}"},
        }
        for urn, name, description, attributes in kinds
    ]


def canonical_names(kind: str) -> Mapping[str, str]:
    """Return the attributes that users or groups have, by their name in small letters: case never counts."""
    attributes = _USER if kind == "User" else _GROUP
    found = {"id": "id", "externalid": "externalId", "schemas": "schemas", "meta": "meta"}
    for each in attributes:
        found[each["name"].lower()] = each["name"]
        for part in each.get("subAttributes", ()):
            found[f"{each['name']}.{part['name']}".lower()] = f"{each['name']}.{part['name']}"
    return found
