"""Which headers travel: what is for Outlay, for one connection alone or tells whom a call is for stays here.

What a vendor's own client sends to that vendor (`anthropic-beta`, `x-claude-code-session-id`, Codex's `session_id`)
goes on: it is part of the vendor's protocol. What other gateways invented for themselves does not.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

Header = tuple[bytes, bytes]

OUTLAY_KEY: Final = b"x-outlay-key"
CREDENTIALS: Final = frozenset({b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key", OUTLAY_KEY})
_CONNECTION: Final = b"connection"
# Without these a message is another one, whatever is said of them.
_NEVER_FOR_ONE: Final = frozenset({b"content-length", b"content-type", b"content-encoding"})
_HOP_BY_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings"}
)
_STAYS: Final = _HOP_BY_HOP | {
    b"host",
    b"content-length",
    b"accept-encoding",
    b"expect",
    b"cookie",
    b"forwarded",
    b"via",
    b"x-real-ip",
    b"origin",
    b"referer",
    # They would make the call another one than the one that is looked at and recorded.
    b"x-http-method",
    b"x-http-method-override",
    b"x-method-override",
}
_TELLS: Final = frozenset({b"baggage"})
_TELLS_BEGINNING: Final = (b"x-outlay-", b"x-litellm-", b"x-portkey-", b"helicone-", b"x-bf-")
_STAYS_BEGINNING: Final = (b"proxy-", b"x-forwarded-", b"sec-")
# Read for attribution, and sent on all the same.
_VENDORS_OWN: Final = frozenset(
    {b"x-claude-code-session-id", b"x-claude-code-agent-id", b"x-claude-code-parent-agent-id"}
    | {b"session-id", b"session_id", b"user-agent"}
)
# An upstream's host is not ours: its cookies and promises about TLS would count for Outlay's own pages.
_NOT_ANSWERED: Final = _HOP_BY_HOP | {
    b"set-cookie",
    b"strict-transport-security",
    b"alt-svc",
    b"date",
    b"server",
    b"x-outlay-call",
    b"public-key-pins",
    b"clear-site-data",
    b"content-security-policy",
    b"x-frame-options",
    b"x-content-type-options",
}
# What a provider answers may be somebody's file. In a browser it must not run as a page of Outlay's.
_SAFE: Final[tuple[Header, ...]] = (
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"x-content-type-options", b"nosniff"),
)


class Sorted(Struct, frozen=True, gc=False):
    """The headers of a request: those that travel, those that may open something, those that tell whom it is for."""

    travelling: list[Header]
    credentials: list[Header]
    telling: dict[bytes, bytes]
    content_type: bytes
    content_encoding: bytes
    content_length: int | None
    accept_encoding: bytes


def sort_headers(headers: Iterable[Header]) -> Sorted:
    """Sort the headers of a request by what becomes of them; names are in small letters."""
    travelling: list[Header] = []
    credentials: list[Header] = []
    telling: dict[bytes, bytes] = {}
    plain: dict[bytes, bytes] = {}
    for header in headers:
        name, value = header
        if name in CREDENTIALS:
            credentials.append(header)
        elif name in _STAYS:
            plain[name] = plain[name] + b"," + value if name == _CONNECTION and name in plain else value
        elif name in _TELLS or name.startswith(_TELLS_BEGINNING):
            telling[name] = value
        elif not name.startswith(_STAYS_BEGINNING):
            travelling.append(header)
            if name in _VENDORS_OWN:
                telling[name] = value
            elif name in {b"content-type", b"content-encoding"}:
                plain[name] = value
    listed = plain.get(_CONNECTION)
    if listed is not None and listed.lower() not in {b"keep-alive", b"close"}:
        named = _named_in(listed)
        travelling = [each for each in travelling if each[0] not in named]
    length = plain.get(b"content-length", b"")
    return Sorted(
        travelling,
        credentials,
        telling,
        plain.get(b"content-type", b""),
        plain.get(b"content-encoding", b""),
        int(length) if length.isdigit() else None,
        plain.get(b"accept-encoding", b""),
    )


def readable_encoding(accepted: bytes, *, streams: bool) -> bytes:
    """Return which encoding of the answer is asked for: one the caller takes and Outlay reads, none for a stream."""
    return b"gzip" if not streams and b"gzip" in accepted else b"identity"


def answered_headers(headers: Iterable[Header], *, keep_length: bool) -> list[Header]:
    """Return the headers of an upstream's answer that reach the caller."""
    kept: list[Header] = []
    named: set[bytes] = set()
    for header in headers:
        name = header[0]
        if name == _CONNECTION:
            named |= _named_in(header[1])
        elif name not in _NOT_ANSWERED and (keep_length or name != b"content-length"):
            kept.append(header)
    if named:
        kept = [header for header in kept if header[0] not in named]
    kept += _SAFE
    return kept


def _named_in(connection: bytes) -> set[bytes]:
    """Return the names of headers that are for one connection alone, as its header Connection lists them."""
    return {each.strip() for each in connection.lower().split(b",")} - _NEVER_FOR_ONE


def value_of(headers: Iterable[Header], name: bytes) -> bytes:
    """Return the value of the first header of a name, empty without one."""
    return next((value for each, value in headers if each == name), b"")
