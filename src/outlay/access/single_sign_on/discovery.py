"""What a provider publishes of itself (OpenID Connect Discovery) and its keys, asked over `outbound`, kept a while.

Metadata counts only when it names the very issuer that was configured, so a document from elsewhere can't lead a code
or a secret away. Addresses that may not be called are refused at each connection.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from outlay.control.sign_on_checks import ProviderSettings
from outlay.control.upstream_reach import usable_for
from outlay.errors import SignOnFailed, UpstreamFailed
from outlay.outbound.exchange import Answered, Asked, exchange

WELL_KNOWN: Final = "/.well-known/openid-configuration"
KEPT: Final = timedelta(hours=1)


class Metadata(Struct, frozen=True, kw_only=True):
    """The part of a provider's metadata that counts here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Kept(Struct, frozen=True):
    at: datetime
    settings: ProviderSettings
    metadata: Metadata
    keys: dict[str, Any] | None = None


class Discovery:
    """Remembers what providers published; lives on one event loop."""

    def __init__(self) -> None:
        # By provider: only those that are kept are asked, so this can't grow beyond their number.
        self._kept: dict[str, _Kept] = {}

    async def metadata_of(self, provider: str, settings: ProviderSettings, now: datetime) -> Metadata:
        """Return what the provider says of itself; SignOnFailed when it can't be asked or says what can't be."""
        kept = self._kept.get(provider)
        if kept is not None and kept.settings == settings and kept.at <= now < kept.at + KEPT:
            return kept.metadata
        answered = await called(settings, Asked(url=settings.issuer.rstrip("/") + WELL_KNOWN))
        metadata = _read(settings, answered)
        self._kept[provider] = _Kept(now, settings, metadata)
        return metadata

    async def keys_of(
        self, provider: str, settings: ProviderSettings, now: datetime, *, anew: bool = False
    ) -> dict[str, Any]:
        """Return the provider's key set; `anew` where the one known lacks a key."""
        metadata = await self.metadata_of(provider, settings, now)
        kept = self._kept[provider]
        if kept.keys is not None and not anew:
            return kept.keys
        answered = await called(settings, Asked(url=metadata.jwks_uri))
        keys = as_object(answered, "its keys")
        self._kept[provider] = _Kept(kept.at, settings, metadata, keys)
        return keys


async def called(settings: ProviderSettings, asked: Asked) -> Answered:
    """Ask a provider; SignOnFailed when it can't be reached, says no, or says too much."""
    accepting = msgspec.structs.replace(asked, headers={"accept": "application/json", **asked.headers})
    allowed = partial(_allowed, settings, asked.url)
    try:
        return await exchange(accepting, allowed)
    except (UpstreamFailed, ValueError) as error:
        raise SignOnFailed(f"{settings.name} can't be asked: {error}") from None


def as_object(answered: Answered, what: str) -> dict[str, Any]:
    """Return a JSON object that was answered; SignOnFailed when it is none, or was refused."""
    if answered.status != 200:
        raise SignOnFailed(f"the provider refused {what} (status {answered.status})")
    try:
        return msgspec.json.decode(answered.body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise SignOnFailed(f"the provider answered with what can't be read as {what}") from None


def _allowed(settings: ProviderSettings, url: str, addresses: Sequence[str]) -> list[str]:
    return usable_for(url, addresses, allow_private=settings.allow_private)


def _read(settings: ProviderSettings, answered: Answered) -> Metadata:
    document = as_object(answered, "its configuration")
    known = {name: value for name, value in document.items() if value is not None}
    try:
        metadata = msgspec.convert(known, Metadata)
    except msgspec.ValidationError as error:
        raise SignOnFailed(f"the provider's configuration can't be used: {error}") from None
    if metadata.issuer != settings.issuer:
        raise SignOnFailed("the provider calls itself by another issuer than is configured; they must be the same")
    addresses = (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri)
    for each in (*addresses, *((metadata.userinfo_endpoint,) if metadata.userinfo_endpoint else ())):
        _check(settings, each)
    return metadata


def _check(settings: ProviderSettings, url: str) -> None:
    """Refuse what a browser must not be sent to and what is never called, before anything goes there."""
    try:
        parts = urlsplit(url)
        is_one = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
        parts = urlsplit("")
    schemes = {"https", "http"} if settings.allow_private else {"https"}
    if not is_one or parts.scheme not in schemes or not url.isascii() or not url.isprintable() or parts.fragment:
        raise SignOnFailed("the provider's configuration names an address that can't be used; https ones can")
