"""What is said to a provider: where the browser is sent, and how its answer becomes claims (authorization code, PKCE).

Everything a provider says is checked before it counts; of its answers nothing is logged or shown but an error's name.
"""

import asyncio
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from importlib import import_module
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

from msgspec import Struct

from outlay.access.single_sign_on.claims import Claims, Expected, KeyUnknown, TokenRefused, as_claims
from outlay.access.single_sign_on.discovery import Discovery, Metadata, as_object, called
from outlay.control.sign_on_checks import ProviderSettings
from outlay.errors import SignOnFailed
from outlay.outbound.exchange import Asked

_ID_TOKEN: Final = "outlay.access.single_sign_on.id_token"  # noqa: S105 - a module: it loads Authlib, for tokens alone
_Check = Callable[[str, dict[str, Any], Expected, datetime], dict[str, Any]]
_LONGEST_CODE: Final = 4096
_LONGEST_TOKEN: Final = 64 * 1024


class Party(Struct, frozen=True):
    """A provider as it is spoken to. `secret` is in plain text: in memory only, never shown."""

    id: str
    settings: ProviderSettings
    secret: str | None
    redirect_uri: str

    def __repr__(self) -> str:
        return f"Party({self.id!r})"


class Asking(Struct, frozen=True):
    """How somebody is asked for: who they probably are, and whether they are to show it `anew`, signed in or not."""

    email: str = ""
    anew: bool = False


class Proofs(Struct, frozen=True):
    """What ties an answer to the browser that asked; see `state.py`."""

    state: str
    nonce: str
    verifier: str

    def __repr__(self) -> str:
        return "Proofs()"


class Answer(Struct, frozen=True):
    """The address bar's part of a provider's answer; `iss` is empty where it did not say who answers."""

    code: str
    iss: str = ""

    def __repr__(self) -> str:
        return "Answer()"


class Conversation:
    """Speaks with providers; lives on one event loop."""

    def __init__(self, discovery: Discovery) -> None:
        self._discovery = discovery

    async def address_for(self, party: Party, proofs: Proofs, now: datetime, asking: Asking) -> str:
        """Return where the browser goes to sign in; SignOnFailed when the provider can't be asked where that is."""
        metadata = await self._discovery.metadata_of(party.id, party.settings, now)
        query = {
            "response_type": "code",
            "client_id": party.settings.client_id,
            "redirect_uri": party.redirect_uri,
            "scope": party.settings.scopes,
            "state": proofs.state,
            "nonce": proofs.nonce,
            "code_challenge": _challenge(proofs.verifier),
            "code_challenge_method": "S256",
            **({"login_hint": asking.email} if asking.email else {}),
            **({"prompt": "login", "max_age": "0"} if asking.anew else {}),
        }
        endpoint = metadata.authorization_endpoint
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def claims_behind(self, party: Party, answer: Answer, proofs: Proofs, now: datetime) -> Claims:
        """Change the code for an ID token and return what that says; SignOnFailed when anything of it is not right."""
        metadata = await self._discovery.metadata_of(party.id, party.settings, now)
        # RFC 9207: an answer of another provider, which an attacker runs, must not be taken for this one's.
        if answer.iss != metadata.issuer and (answer.iss or metadata.authorization_response_iss_parameter_supported):
            raise SignOnFailed("another provider answered than was asked")
        if not 0 < len(answer.code) <= _LONGEST_CODE:
            raise SignOnFailed("the provider answered without a code")
        tokens = await self._tokens(party, metadata, answer.code, proofs.verifier)
        given, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(given, str) or len(given) > _LONGEST_TOKEN:
            raise SignOnFailed("the provider gave no ID token; its client needs the scope openid")
        access_token = access_token if isinstance(access_token, str) else ""
        expected = Expected(metadata.issuer, party.settings.client_id, proofs.nonce, access_token)
        try:
            found = await self._checked(party, given, expected, now)
            told = await self._told_besides(party, metadata, found, access_token)
            return as_claims(_together(found, told), party.settings.groups_claim)
        except TokenRefused as error:
            raise SignOnFailed(f"the provider's ID token does not count: {error}") from None

    async def _tokens(self, party: Party, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": party.redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        client, secret = party.settings.client_id, party.secret
        methods = metadata.token_endpoint_auth_methods_supported
        if secret is None:
            form["client_id"] = client
        elif "client_secret_basic" in methods or "client_secret_post" not in methods:
            pair = f"{quote_plus(client)}:{quote_plus(secret)}"  # encoded before they are joined: RFC 6749, 2.3.1
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": client, "client_secret": secret}
        asked = Asked(url=metadata.token_endpoint, headers=headers, body=urlencode(form).encode())
        return as_object(await called(party.settings, asked), "the code")

    async def _checked(self, party: Party, token: str, expected: Expected, now: datetime) -> dict[str, Any]:
        keys = await self._discovery.keys_of(party.id, party.settings, now)
        check: _Check = (await asyncio.to_thread(import_module, _ID_TOKEN)).claims_of
        try:
            return await asyncio.to_thread(check, token, keys, expected, now)
        except KeyUnknown:
            keys = await self._discovery.keys_of(party.id, party.settings, now, anew=True)
            return await asyncio.to_thread(check, token, keys, expected, now)

    async def _told_besides(
        self, party: Party, metadata: Metadata, found: Mapping[str, Any], access_token: str
    ) -> dict[str, Any]:
        """Return what the userinfo endpoint adds, where the token leaves something out."""
        groups = party.settings.groups_claim
        complete = "email" in found and "email_verified" in found and (not groups or groups in found)
        if complete or not metadata.userinfo_endpoint or not access_token:
            return {}
        if not access_token.isascii() or not access_token.isprintable():
            raise TokenRefused("it came with an access token that is none")
        asked = Asked(url=metadata.userinfo_endpoint, headers={"authorization": f"Bearer {access_token}"})
        told = as_object(await called(party.settings, asked), "its claims")
        if told.get("sub") != found.get("sub"):
            raise TokenRefused("the provider's claims are about somebody else")
        return told


def _together(found: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims of the token and, for what it leaves out, of the userinfo endpoint."""
    both = {**told, **found}
    if both.get("email") != told.get("email") and "email_verified" not in found:
        both.pop("email_verified", None)  # it was said of another address
    return both


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).decode().rstrip("=")
