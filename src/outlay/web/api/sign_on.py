"""`/api/v1/sign-on/providers`: an organisation's sign-on providers, set up and tried by programs that administer.

A client secret goes in and never comes out again. No proof is asked for as on the page: a key that administers was
handed out after one, and can do nothing here that it could not do by making an admin (docs/decisions/0025).
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from outlay.access.roles import parse_role
from outlay.control.sign_on_checks import USUAL_SCOPES, ProviderSettings, check_secret
from outlay.control.sign_on_providers import SignOnProvider
from outlay.errors import Conflict, SignOnFailed, SignOnInvalid, Unavailable
from outlay.web.api.administration import Administration, Asked, Operation
from outlay.web.api.endpoint import Endpoint, in_path
from outlay.web.sign_on_means import SignOnMeans

PATH: Final = "/api/v1/sign-on/providers"
ONE: Final = f"{PATH}/{{provider}}"
TEST: Final = f"{ONE}/test"
_PROVIDER: Final = in_path("provider", "A provider's id.", "idp_4fozjbk7wq2m3xyz")


class ApiProvider(Struct, frozen=True, kw_only=True):
    """`redirect` is the address that the provider must know. Of its client secret it says whether there is one."""

    id: str
    name: str
    issuer: str
    client_id: str
    has_secret: bool
    domains: list[str]
    scopes: str
    groups_claim: str
    trusts_emails: bool
    creates_members: bool
    default_role: str
    enabled: bool
    private: bool
    redirect: str
    created_at: datetime
    changed_at: datetime


class ApiProviders(Struct, frozen=True):
    providers: list[ApiProvider]


class ProviderToAdd(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`groups_claim` is empty where groups come from elsewhere. `private`: it lies in the private network, which takes
    the setting `private_upstreams`.
    """

    name: str
    issuer: str
    client_id: str
    domains: list[str]
    client_secret: str | None = None
    scopes: str = USUAL_SCOPES
    groups_claim: str = ""
    trusts_emails: bool = False
    creates_members: bool = False
    default_role: str = "member"
    enabled: bool = True
    private: bool = False

    def __repr__(self) -> str:
        return f"ProviderToAdd(name={self.name!r})"


class ProviderPatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays; a `client_secret` of null is forgotten. An issuer elsewhere needs the secret anew."""

    name: str | UnsetType = UNSET
    issuer: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    domains: list[str] | UnsetType = UNSET
    client_secret: str | UnsetType | None = UNSET
    scopes: str | UnsetType = UNSET
    groups_claim: str | UnsetType = UNSET
    trusts_emails: bool | UnsetType = UNSET
    creates_members: bool | UnsetType = UNSET
    default_role: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    private: bool | UnsetType = UNSET

    def __repr__(self) -> str:
        return "ProviderPatch()"


class ProviderTried(Struct, frozen=True):
    """Whether the provider answers with a configuration and keys that can be used; `problem` says why not."""

    works: bool
    keys: int
    problem: str | None


class SignOnApi:
    """`callback` is the address that a provider sends people back to."""

    def __init__(
        self, administration: Administration, means: SignOnMeans, callback: Callable[[Request, str], str]
    ) -> None:
        self._administration = administration
        self._means = means
        self._callback = callback

    def endpoints(self) -> list[Endpoint]:
        made: tuple[Operation[Any], ...] = (*self._of_all(), *self._of_one())
        return [self._administration.endpoint(each) for each in made]

    def _of_all(self) -> tuple[Operation[Any], ...]:
        several: Operation[None] = Operation(
            method="GET",
            path=PATH,
            name="list_sign_on_providers",
            summary="List sign-on providers",
            description="All of them by name, those that are switched off too.",
            do=self._list,
            answer=ApiProviders,
        )
        add: Operation[ProviderToAdd] = Operation(
            method="POST",
            path=PATH,
            name="add_sign_on_provider",
            summary="Add a sign-on provider",
            description="OpenID Connect. People with an e-mail address in its domains sign in by it.",
            do=self._add,
            body=ProviderToAdd,
            answer=ApiProvider,
            status=HTTPStatus.CREATED,
            errors=(SignOnInvalid, Conflict),
        )
        return several, add

    def _of_one(self) -> tuple[Operation[Any], ...]:
        one: Operation[None] = Operation(
            method="GET",
            path=ONE,
            name="get_sign_on_provider",
            summary="One sign-on provider",
            description="One provider by id.",
            do=self._get,
            answer=ApiProvider,
            parameters=(_PROVIDER,),
        )
        change: Operation[ProviderPatch] = Operation(
            method="PATCH",
            path=ONE,
            name="change_sign_on_provider",
            summary="Change a sign-on provider",
            description="Another issuer forgets whom the provider knew as whom. The last way in can't be switched off.",
            do=self._change,
            body=ProviderPatch,
            answer=ApiProvider,
            parameters=(_PROVIDER,),
            errors=(SignOnInvalid, Conflict),
        )
        remove: Operation[None] = Operation(
            method="DELETE",
            path=ONE,
            name="remove_sign_on_provider",
            summary="Remove a sign-on provider",
            description="Its secret goes with it, and whom it knew as whom. Members stay. The last way in can't go.",
            do=self._remove,
            parameters=(_PROVIDER,),
            errors=(Conflict,),
        )
        try_it: Operation[None] = Operation(
            method="POST",
            path=TEST,
            name="try_sign_on_provider",
            summary="Try a sign-on provider",
            description="Asks it for its configuration and keys. The rest shows with the first sign-in.",
            do=self._try,
            answer=ProviderTried,
            parameters=(_PROVIDER,),
            errors=(Unavailable,),
        )
        return one, change, remove, try_it

    def _list(self, asked: Asked[None]) -> ApiProviders:
        found = self._means.book.all_of(asked.organisation)
        return ApiProviders([self._told(asked.request, each) for each in found])

    def _add(self, asked: Asked[ProviderToAdd]) -> ApiProvider:
        sent, secret = asked.body, asked.body.client_secret
        wanted = ProviderSettings(**_settings_in(asdict(sent)))
        self._check(wanted, secret, None)
        made = self._means.book.add(asked.organisation, wanted, secret, asked.by)
        return self._told(asked.request, made)

    def _get(self, asked: Asked[None]) -> ApiProvider:
        return self._told(asked.request, self._kept(asked))

    def _change(self, asked: Asked[ProviderPatch]) -> ApiProvider:
        kept, sent = self._kept(asked), asked.body
        said = {name: value for name, value in asdict(sent).items() if value is not UNSET}
        wanted = ProviderSettings(**(asdict(kept.settings) | _settings_in(said)))
        secret = None if isinstance(sent.client_secret, UnsetType) else sent.client_secret
        self._check(wanted, secret, kept)
        forgotten = "" if "client_secret" in said and secret is None else secret
        changed = self._means.book.change(asked.organisation, kept.id, wanted, forgotten, asked.by)
        return self._told(asked.request, changed)

    def _remove(self, asked: Asked[None]) -> None:
        self._means.book.remove(asked.organisation, asked.path["provider"], asked.by)

    async def _try(self, asked: Asked[None]) -> ProviderTried:
        kept = await run_in_threadpool(self._kept, asked)
        try:
            keys = await self._means.sign_on.looked_at(kept)
        except SignOnFailed as error:
            return ProviderTried(works=False, keys=0, problem=error.message)
        return ProviderTried(works=True, keys=keys, problem=None)

    def _kept(self, asked: Asked[Any]) -> SignOnProvider:
        return self._means.book.one_of(asked.organisation, asked.path["provider"])

    def _check(self, wanted: ProviderSettings, secret: str | None, kept: SignOnProvider | None) -> None:
        parse_role(wanted.default_role)
        if secret is not None:
            check_secret(secret)
        if wanted.allow_private and not self._means.may_be_private(wanted.issuer, kept):
            raise SignOnInvalid("private", "whoever runs Outlay opens the private network: setting private_upstreams")

    def _told(self, request: Request, provider: SignOnProvider) -> ApiProvider:
        settings = asdict(provider.settings)
        return ApiProvider(
            id=provider.id,
            has_secret=provider.secret is not None,
            domains=list(settings.pop("domains")),
            private=settings.pop("allow_private"),
            redirect=self._callback(request, provider.id),
            created_at=provider.created_at,
            changed_at=provider.changed_at,
            **settings,
        )


def _settings_in(sent: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of `ProviderSettings` that a body says."""
    found = {name: value for name, value in sent.items() if name not in {"client_secret", "private"}}
    if "domains" in found:
        found["domains"] = tuple(found["domains"])
    return found | ({"allow_private": sent["private"]} if "private" in sent else {})
