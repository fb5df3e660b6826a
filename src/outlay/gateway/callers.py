"""Who calls, and with which credential the call goes on.

An Outlay key may stand in any header SDKs put a key in (also in Gemini's `?key=` and as an AWS access key id). Whatever
else stands there is the caller's own credential for the provider: it travels only where the upstream allows it.
"""

import re
from typing import Final
from urllib.parse import unquote

from msgspec import Struct

from outlay.access.key_ring import KeyRing
from outlay.access.keys import ApiKey
from outlay.control.upstream import Upstream
from outlay.errors import Forbidden, KeyInvalid, NotFound, NotSignedIn
from outlay.gateway.headers import OUTLAY_KEY, Header
from outlay.gateway.upstream import Upstreams
from outlay.kit.clock import Clock

_OUTLAY_KEY: Final = re.compile(rb"outlay_[0-9a-z]{8}_[0-9A-Za-z]{43}(?![0-9A-Za-z])")
_LOOKS_LIKE_OURS: Final = b"outlay_"
_IN_QUERY_TOO: Final = "x-goog-api-key"
_AWS: Final = b"aws4-hmac-sha256"
_OF_AWS_SIGNATURES: Final = (b"x-amz-date", b"x-amz-content-sha256", b"x-amz-security-token")
_NEEDS_KEY: Final = (
    "send an Outlay API key where the SDK puts its key: Authorization: Bearer outlay_… , x-api-key, api-key, "
    "x-goog-api-key or x-outlay-key"
)


class Caller(Struct, frozen=True):
    """Whose call it is, and what of its credentials goes on.

    `brings_own`: it has a credential of the caller's own, in the headers `own` or in `query`, which goes on.
    """

    organisation: str
    key: ApiKey | None
    upstream: Upstream
    brings_own: bool
    own: tuple[Header, ...]
    query: bytes


class Callers:
    def __init__(self, keys: KeyRing, upstreams: Upstreams, clock: Clock, organisation: str) -> None:
        """`organisation` is the one that calls without any Outlay key belong to, where they are allowed."""
        self._keys = keys
        self._upstreams = upstreams
        self._clock = clock
        self._organisation = organisation

    def caller_of(self, name: str, credentials: list[Header], query: bytes, address: str | None = None) -> Caller:
        """Return who calls an upstream, and from where.

        Raises NotSignedIn, KeyInvalid, Forbidden, or NotFound without the upstream.
        """
        plaintext, own = _key_among(credentials)
        in_query, query_without = _key_in_query(query) if b"key=" in query else (b"", query)
        if in_query.startswith(_LOOKS_LIKE_OURS):
            plaintext, query, in_query = plaintext or in_query, query_without, b""
        key = None if plaintext is None else self._key(plaintext, address)
        organisation = self._organisation if key is None else key.organisation
        upstream = self._upstreams.find(organisation, name)
        if upstream is None or upstream.auth != _IN_QUERY_TOO:  # any other provider's `key` opens nothing
            in_query = b""
        brings = bool(own or in_query)
        if key is None and (upstream is None or not (brings and upstream.allow_pass_through)):
            raise NotSignedIn(_NEEDS_KEY)
        if upstream is None:
            raise NotFound(f"there is no upstream {name!r}; an admin adds one under Gateway")
        if brings and not upstream.allow_pass_through:
            brings, own, query = False, (), query_without if in_query else query
        if not brings and upstream.credential is None and upstream.auth != "none":
            raise Forbidden(
                f"there is no credential for the upstream {name!r}: an admin adds one under Gateway, or allows callers "
                "to send their own"
            )
        return Caller(organisation, key, upstream, brings, own, query)

    def _key(self, plaintext: bytes, address: str | None) -> ApiKey:
        key = self._keys.resolve(plaintext.decode("ascii", "replace"), self._clock.now(), address)
        if "gateway" not in key.scopes:
            raise Forbidden(f"the key {key.name!r} has no scope gateway; ask an admin for one that has")
        return key


def without_signature(headers: list[Header], credentials: list[Header]) -> list[Header]:
    """Return the headers without what belongs to a caller's AWS signature: it holds for the way to Outlay only."""
    if not any(value[:16].lower() == _AWS for _, value in credentials):
        return headers
    return [header for header in headers if header[0] not in _OF_AWS_SIGNATURES]


def _key_among(credentials: list[Header]) -> tuple[bytes | None, tuple[Header, ...]]:
    """Return the Outlay key as sent, and the headers that hold something else; KeyInvalid for what only looks so."""
    ours: bytes | None = None
    own: list[Header] = []
    for header in credentials:
        name, value = header
        if name == OUTLAY_KEY:
            ours = ours or value.strip()
        elif _LOOKS_LIKE_OURS in value:
            found = _OUTLAY_KEY.search(value)
            if found is None:
                raise KeyInvalid("this API key is unknown, revoked or expired; a key has the form outlay_xxxxxxxx_…")
            ours = ours or found[0]
        elif value.strip() and value[:16].lower() != _AWS:  # signed for our address, it opens nothing elsewhere
            own.append(header)
    return ours, tuple(own)


def _key_in_query(query: bytes) -> tuple[bytes, bytes]:
    """Return the value of `key` in a query (empty without one), and the query without it."""
    parts = query.split(b"&")
    keys = [unquote(part[4:].decode("latin-1")).encode("latin-1", "ignore") for part in parts if part[:4] == b"key="]
    rest = b"&".join(part for part in parts if part[:4] != b"key=")
    return keys[0] if keys else b"", rest


def authorised(caller: Caller) -> tuple[Header, ...]:
    """Return the headers that authorise the call at the upstream: the caller's own where they travel, else its own.

    A signature (`aws-sigv4`) covers the whole request and is made when that is complete.
    """
    upstream = caller.upstream
    extra = tuple((_in_a_header(name).lower(), _in_a_header(value)) for name, value in upstream.headers)
    if caller.brings_own:  # also in the query alone: the upstream's credential is not for whoever sends just any
        return caller.own + extra
    if upstream.credential is None or upstream.auth in {"none", "aws-sigv4"}:
        return extra
    value = _in_a_header(upstream.credential)
    if upstream.auth == "bearer":
        return ((b"authorization", b"Bearer " + value), *extra)
    return ((upstream.auth.encode(), value), *extra)


def _in_a_header(text: str) -> bytes:
    """Return a text that can't begin another header, whatever was configured."""
    return text.encode("latin-1", "ignore").translate(None, b"\r\n\0")
