"""`/api/v1/keys`: API keys made, found, changed, rotated and revoked by programs that administer."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, cast

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from outlay.access.key_changes import change_key, create_key, retire_secret, revoke_key, rotate_key
from outlay.access.key_search import KEY_STATES, KeyPage, KeySearch, KeyState, find_keys
from outlay.access.keys import SCOPES, ApiKey, KeySecret, NewKey, Scope, key_of_id, secrets_of, usual_scopes
from outlay.access.own_keys import let_members_make_keys, members_make_keys
from outlay.control.database import Control
from outlay.errors import Conflict, InputError
from outlay.kit.clock import Clock
from outlay.usage import AgentType
from outlay.web.api.administration import Administration, Asked, Operation
from outlay.web.api.endpoint import Endpoint, Parameter, in_path
from outlay.web.api.paging import PAGING, page_asked, page_of

KEYS: Final = "/api/v1/keys"
ONE: Final = "/api/v1/keys/{key}"
MEMBER_KEYS: Final = "/api/v1/settings/member-keys"

_KEY: Final = in_path("key", "The key's id.", "key_4fozjbk7wq2m3xyz")
_BOUND: Final = ("user", "team", "agent", "pod")


class KeyWanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make. Without `scopes` it may do all but administer, and read only where a user or team narrows what.

    `models` and `providers` are those it may call through the gateway (`*` stands for anything), all where there are
    none.
    """

    name: str
    scopes: list[Scope] | None = None
    user: str | None = None
    team: str | None = None
    agent: str | None = None
    agent_type: AgentType | None = None
    pod: str | None = None
    tags: list[str] = []
    models: list[str] = []
    providers: list[str] = []
    expires_at: datetime | None = None


class KeyChanged(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change of a key; fields left out stay as they are, null takes a binding or the expiry away."""

    name: str | UnsetType = UNSET
    scopes: list[Scope] | UnsetType = UNSET
    user: str | UnsetType | None = UNSET
    team: str | UnsetType | None = UNSET
    agent: str | UnsetType | None = UNSET
    agent_type: AgentType | UnsetType | None = UNSET
    pod: str | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    models: list[str] | UnsetType = UNSET
    providers: list[str] | UnsetType = UNSET
    expires_at: datetime | UnsetType | None = UNSET


class Rotation(Struct, frozen=True, forbid_unknown_fields=True):
    """Until when the secret before counts beside the new one; null or left out: it ends at once."""

    until: datetime | None = None


class SecretShown(Struct, frozen=True):
    """One secret of a key, known by its public part. `ends_at` is when it stops to count, null with the key alone."""

    prefix: str
    created_at: datetime
    ends_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None
    counts: bool


class KeyShown(Struct, frozen=True):
    """An issued key. `prefix` is the public part of its newest secret; `created_by` a member or another key."""

    id: str
    name: str
    prefix: str
    state: str
    scopes: list[Scope]
    user: str | None
    team: str | None
    agent: str | None
    agent_type: AgentType | None
    pod: str | None
    tags: list[str]
    models: list[str]
    providers: list[str]
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None
    revoked_at: datetime | None


class KeysShown(Struct, frozen=True):
    """One page of keys, newest first. `next` is the `after` of the following page, null on the last one."""

    keys: list[KeyShown]
    next: str | None


class KeyDetails(Struct, frozen=True):
    """A key with every secret it ever had, newest first."""

    key: KeyShown
    secrets: list[SecretShown]


class KeyIssued(Struct, frozen=True):
    """A key and its plain text, which is in this answer only."""

    key: KeyShown
    plaintext: str

    def __repr__(self) -> str:
        return f"KeyIssued(key={self.key!r})"


class MemberKeys(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether members make API keys bound to themselves."""

    allowed: bool


class KeysApi:
    def __init__(self, administration: Administration, control: Control, clock: Clock) -> None:
        self._administration = administration
        self._control = control
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        operations = (*self._of_all(), *self._of_one(), *self._of_secrets(), *self._of_settings())
        return [self._administration.endpoint(each) for each in operations]

    def _of_all(self) -> tuple[Operation[Any], ...]:
        return (
            Operation[None](
                method="GET",
                path=KEYS,
                name="listKeys",
                summary="List API keys",
                description="The keys of the organisation, newest first, those in force unless another state is asked.",
                do=self._list,
                answer=KeysShown,
                parameters=(
                    Parameter("q", "Part of a name, an id, a public part, or of what the key is bound to.", "ci"),
                    Parameter("state", "In which state; `ended` is expired or revoked.", "all", choices=KEY_STATES),
                    Parameter("scope", "Only keys with this scope.", "gateway", choices=SCOPES),
                    *(Parameter(name, f"Only keys bound to this {name}.") for name in _BOUND),
                    *PAGING,
                ),
            ),
            Operation[KeyWanted](
                method="POST",
                path=KEYS,
                name="createKey",
                summary="Make an API key",
                description="The answer holds the key's plain text, which can't be shown again.",
                do=self._create,
                body=KeyWanted,
                answer=KeyIssued,
                status=HTTPStatus.CREATED,
                errors=(Conflict,),
            ),
        )

    def _of_one(self) -> tuple[Operation[Any], ...]:
        return (
            Operation[None](
                method="GET",
                path=ONE,
                name="getKey",
                summary="Show an API key",
                description="The key and its secrets by their public parts, also of a key that has ended.",
                do=self._show,
                answer=KeyDetails,
                parameters=(_KEY,),
            ),
            Operation[KeyChanged](
                method="PATCH",
                path=ONE,
                name="changeKey",
                summary="Change an API key",
                description="Past usage is shown under a new name too; everything else counts for calls from now on.",
                do=self._change,
                body=KeyChanged,
                answer=KeyShown,
                parameters=(_KEY,),
                errors=(Conflict,),
            ),
            Operation[None](
                method="DELETE",
                path=ONE,
                name="revokeKey",
                summary="Revoke an API key",
                description="Ends the key with all its secrets; every process refuses it within a second.",
                do=self._revoke,
                parameters=(_KEY,),
            ),
        )

    def _of_secrets(self) -> tuple[Operation[Any], ...]:
        return (
            Operation[Rotation](
                method="POST",
                path=f"{ONE}/rotate",
                name="rotateKey",
                summary="Give an API key a new secret",
                description="The answer holds the new plain text; the secret before counts until the moment asked for.",
                do=self._rotate,
                body=Rotation,
                answer=KeyIssued,
                status=HTTPStatus.CREATED,
                parameters=(_KEY,),
                errors=(Conflict,),
            ),
            Operation[None](
                method="DELETE",
                path=f"{ONE}/secrets/{{prefix}}",
                name="endSecret",
                summary="End one secret of an API key",
                description="The other one goes on. The only one that counts can't be ended: revoke the key.",
                do=self._retire,
                parameters=(_KEY, in_path("prefix", "The public part: 8 characters.", "4fozjbk7")),
                errors=(Conflict,),
            ),
        )

    def _of_settings(self) -> tuple[Operation[Any], ...]:
        return (
            Operation[None](
                method="GET",
                path=MEMBER_KEYS,
                name="getMemberKeys",
                summary="May members make keys?",
                description="Whether members make API keys bound to themselves.",
                do=lambda asked: MemberKeys(members_make_keys(self._control, asked.organisation)),
                answer=MemberKeys,
            ),
            Operation[MemberKeys](
                method="PUT",
                path=MEMBER_KEYS,
                name="setMemberKeys",
                summary="Let members make keys, or no more",
                description="Keys that members made go on either way.",
                do=self._let_members,
                body=MemberKeys,
                answer=MemberKeys,
            ),
        )

    def _list(self, asked: Asked[None]) -> KeysShown:
        query, now = asked.query, self._clock.now()
        page = page_asked(query, tuple[datetime, str])
        search = KeySearch(
            organisation=asked.organisation,
            text=query.get("q", ""),
            state=cast("KeyState", query.get("state", "in_force")),
            scope=cast("Scope | None", query.get("scope")),
            **{name: query.get(name) for name in _BOUND},
        )
        found = find_keys(self._control, search, KeyPage(page.limit + 1, page.after), now)
        shown = page_of(page, found, lambda key: (key.created_at, key.id))
        return KeysShown([_shown(key, now) for key in shown.rows], shown.next)

    def _create(self, asked: Asked[KeyWanted]) -> KeyIssued:
        now, body = self._clock.now(), asked.body
        fields = {name: _as_kept(name, getattr(body, name)) for name in NewKey.__struct_fields__ if name != "scopes"}
        wanted = NewKey(**fields)
        scopes = usual_scopes(wanted) if body.scopes is None else frozenset(body.scopes)
        key, plaintext = create_key(self._control, asked.organisation, replace(wanted, scopes=scopes), asked.by, now)
        return KeyIssued(_shown(key, now), plaintext)

    def _show(self, asked: Asked[None]) -> KeyDetails:
        now, organisation, key = self._clock.now(), asked.organisation, asked.path["key"]
        found = key_of_id(self._control, organisation, key)
        return KeyDetails(
            _shown(found, now), [_secret(each, now) for each in secrets_of(self._control, organisation, key)]
        )

    def _change(self, asked: Asked[KeyChanged]) -> KeyShown:
        now, body = self._clock.now(), asked.body
        given = ((name, getattr(body, name)) for name in KeyChanged.__struct_fields__)
        changes = {name: _as_kept(name, value) for name, value in given if value is not UNSET}
        return _shown(change_key(self._control, asked.organisation, asked.path["key"], changes, asked.by, now), now)

    def _revoke(self, asked: Asked[None]) -> None:
        revoke_key(self._control, asked.organisation, asked.path["key"], asked.by, self._clock.now())

    def _rotate(self, asked: Asked[Rotation]) -> KeyIssued:
        now, until = self._clock.now(), _as_kept("until", asked.body.until)
        key, plaintext = rotate_key(self._control, asked.organisation, asked.path["key"], until, asked.by, now)
        return KeyIssued(_shown(key, now), plaintext)

    def _retire(self, asked: Asked[None]) -> None:
        key, prefix = asked.path["key"], asked.path["prefix"]
        retire_secret(self._control, asked.organisation, key, prefix, asked.by, self._clock.now())

    def _let_members(self, asked: Asked[MemberKeys]) -> MemberKeys:
        allowed = asked.body.allowed
        let_members_make_keys(self._control, asked.organisation, asked.by, self._clock.now(), allowed=allowed)
        return asked.body


def _as_kept(name: str, value: Any) -> Any:  # noqa: ANN401 - a field of either body
    """Return a field as NewKey has it: sets and tuples instead of lists, an instant that has a zone."""
    if isinstance(value, datetime) and value.tzinfo is None:
        raise InputError(f"{name} needs a zone, such as 2026-12-31T00:00:00Z")
    if isinstance(value, list):
        return frozenset(value) if name == "scopes" else tuple(dict.fromkeys(value))
    return value


def _shown(key: ApiKey, now: datetime) -> KeyShown:
    fields: dict[str, Any] = {
        name: getattr(key, name) for name in KeyShown.__struct_fields__ if name not in {"state", "scopes"}
    }
    state = "in_force" if key.in_force(now) else "revoked" if key.revoked_at else "expired"
    scopes = [scope for scope in SCOPES if scope in key.scopes]
    return msgspec.convert(fields | {"state": state, "scopes": scopes}, KeyShown)


def _secret(secret: KeySecret, now: datetime) -> SecretShown:
    fields = {name: getattr(secret, name) for name in SecretShown.__struct_fields__ if name != "counts"}
    return SecretShown(counts=secret.counts(now), **fields)
