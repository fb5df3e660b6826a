"""`/api/v1/sign-on/…` beside the providers: what groups mean, whether there are other ways in, and SCIM's tokens."""

from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from msgspec import Struct

from outlay.access.group_mapping import map_group, mapping_of, unmap_group
from outlay.access.only_sign_on import is_only, put_only
from outlay.access.scim.tokens import ScimToken, create_token, revoke_token, tokens_of
from outlay.control.database import Control
from outlay.control.group_rules import GroupRule
from outlay.errors import Conflict, NotFound
from outlay.kit.clock import Clock
from outlay.web.api.administration import Administration, Asked, Operation
from outlay.web.api.endpoint import Endpoint, Parameter, in_path
from outlay.web.api.paging import PAGING, page_asked, page_of

GROUPS: Final = "/api/v1/sign-on/groups"
ONLY: Final = "/api/v1/sign-on/only"
TOKENS: Final = "/api/v1/sign-on/scim-tokens"
TOKEN: Final = f"{TOKENS}/{{token}}"


class ApiGroupRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whoever is in `group`, as the provider or SCIM names it, gets this role and is in the teams of these ids."""

    group: str
    role: str | None = None
    teams: list[str] = []


class ApiGroupRules(Struct, frozen=True):
    groups: list[ApiGroupRule]
    next: str | None


class OnlySignOn(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether single sign-on is the only way in."""

    only: bool


class ApiScimToken(Struct, frozen=True, kw_only=True):
    """A token in force; `hint` is its end."""

    id: str
    hint: str
    created_at: datetime
    last_used_at: datetime | None


class ApiScimTokens(Struct, frozen=True):
    tokens: list[ApiScimToken]


class ScimTokenMade(Struct, frozen=True, kw_only=True):
    """`token` is shown this once."""

    id: str
    token: str

    def __repr__(self) -> str:
        return f"ScimTokenMade(id={self.id!r})"


class SignOnRulesApi:
    def __init__(self, administration: Administration, control: Control, clock: Clock) -> None:
        self._administration = administration
        self._control = control
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        made: tuple[Operation[Any], ...] = (*self._of_groups(), *self._of_only(), *self._of_tokens())
        return [self._administration.endpoint(each) for each in made]

    def _of_groups(self) -> tuple[Operation[Any], ...]:
        several: Operation[None] = Operation(
            method="GET",
            path=GROUPS,
            name="list_group_rules",
            summary="List what groups mean",
            description="By group.",
            do=self._groups,
            answer=ApiGroupRules,
            parameters=PAGING,
        )
        put: Operation[ApiGroupRule] = Operation(
            method="PUT",
            path=GROUPS,
            name="map_group",
            summary="Say what a group means",
            description="In place of what was said of it before. Whoever is known to be in it has it at once.",
            do=self._map,
            body=ApiGroupRule,
            answer=ApiGroupRule,
        )
        remove: Operation[None] = Operation(
            method="DELETE",
            path=GROUPS,
            name="unmap_group",
            summary="Forget what a group means",
            description="What it gave is taken.",
            do=self._unmap,
            parameters=(Parameter("group", "The group, to the letter.", "Engineering", required=True),),
            errors=(NotFound,),
        )
        return several, put, remove

    def _of_only(self) -> tuple[Operation[Any], ...]:
        get: Operation[None] = Operation(
            method="GET",
            path=ONLY,
            name="get_only_sign_on",
            summary="Whether single sign-on is the only way in",
            description="Where it is, passwords and mailed links count no more.",
            do=self._get_only,
            answer=OnlySignOn,
        )
        put: Operation[OnlySignOn] = Operation(
            method="PUT",
            path=ONLY,
            name="put_only_sign_on",
            summary="Allow single sign-on only, or other ways too",
            description="Once an admin has come in by it. Sessions that were opened in another way end then.",
            do=self._put_only,
            body=OnlySignOn,
            answer=OnlySignOn,
            errors=(Conflict,),
        )
        return get, put

    def _of_tokens(self) -> tuple[Operation[Any], ...]:
        several: Operation[None] = Operation(
            method="GET",
            path=TOKENS,
            name="list_scim_tokens",
            summary="List SCIM tokens",
            description="Those in force, the newest first.",
            do=self._tokens,
            answer=ApiScimTokens,
        )
        make: Operation[None] = Operation(
            method="POST",
            path=TOKENS,
            name="make_scim_token",
            summary="Make a SCIM token",
            description="Two may be in force, so that a provider can get a new one before the old one is revoked.",
            do=self._make_token,
            answer=ScimTokenMade,
            status=HTTPStatus.CREATED,
            errors=(Conflict,),
        )
        revoke: Operation[None] = Operation(
            method="DELETE",
            path=TOKEN,
            name="revoke_scim_token",
            summary="Revoke a SCIM token",
            description="Whoever calls with it is refused at once.",
            do=self._revoke_token,
            parameters=(in_path("token", "A token's id.", "scim_4fozjbk7wq2m3xyz"),),
        )
        return several, make, revoke

    def _groups(self, asked: Asked[None]) -> ApiGroupRules:
        page = page_asked(asked.query, str)
        # Databases order texts by rules of their own; there are 2,000 at most.
        rules = sorted(mapping_of(self._control, asked.organisation), key=lambda each: each.group)
        left = [each for each in rules if page.after is None or each.group > page.after]
        found = page_of(page, left[: page.limit + 1], lambda each: each.group)
        return ApiGroupRules([_as_sent(each) for each in found.rows], found.next)

    def _map(self, asked: Asked[ApiGroupRule]) -> ApiGroupRule:
        rule = GroupRule(group=asked.body.group.strip(), role=asked.body.role, teams=tuple(asked.body.teams))
        map_group(self._control, asked.organisation, rule, asked.by, self._clock.now())
        return _as_sent(rule)

    def _unmap(self, asked: Asked[None]) -> None:
        unmap_group(self._control, asked.organisation, asked.query["group"], asked.by, self._clock.now())

    def _get_only(self, asked: Asked[None]) -> OnlySignOn:
        return OnlySignOn(is_only(self._control, asked.organisation))

    def _put_only(self, asked: Asked[OnlySignOn]) -> OnlySignOn:
        put_only(self._control, asked.organisation, asked.by, self._clock.now(), only=asked.body.only)
        return asked.body

    def _tokens(self, asked: Asked[None]) -> ApiScimTokens:
        return ApiScimTokens([_told(each) for each in tokens_of(self._control, asked.organisation)])

    def _make_token(self, asked: Asked[None]) -> ScimTokenMade:
        made, plaintext = create_token(self._control, asked.organisation, asked.by, self._clock.now())
        return ScimTokenMade(id=made.id, token=plaintext)

    def _revoke_token(self, asked: Asked[None]) -> None:
        revoke_token(self._control, asked.organisation, asked.path["token"], asked.by, self._clock.now())


def _as_sent(rule: GroupRule) -> ApiGroupRule:
    return ApiGroupRule(group=rule.group, role=rule.role, teams=sorted(set(rule.teams)))


def _told(token: ScimToken) -> ApiScimToken:
    return ApiScimToken(id=token.id, hint=token.hint, created_at=token.created_at, last_used_at=token.last_used_at)
