"""AWS Signature Version 4, for Bedrock upstreams whose credential is an access key.

As AWS documents it ("Create a signed AWS API request"): canonical request, string to sign, derived key. The path is
encoded once more than it is sent, as every service but S3 wants it.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from outlay.control.upstream import Upstream
from outlay.errors import UpstreamFailed
from outlay.gateway.headers import Header

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SERVICE: Final = "bedrock"
_LAST: Final = "aws4_request"
_UNSIGNED: Final = "UNSIGNED-PAYLOAD"
_REGION: Final = re.compile(r"^bedrock(?:-runtime|-mantle)?(?:-fips)?\.([a-z0-9-]+)\.")


class ToSign(Struct, frozen=True):
    """A request as it will be sent; `body` is None where it isn't at hand."""

    method: bytes
    authority: str
    path: bytes
    query: bytes
    body: bytes | None
    content_type: bytes


def signed(upstream: Upstream, request: ToSign, now: datetime) -> tuple[Header, ...]:
    """Return the headers that sign a request with the upstream's access key. Raises UpstreamFailed without one."""
    key, _, rest = (upstream.credential or "").partition(":")
    secret, _, token = rest.partition(":")
    region = upstream.region or _region_in(upstream.host)
    if not (key and secret and region):
        raise UpstreamFailed(
            f"the upstream {upstream.name!r} needs a region, and a credential `access key id:secret access key`"
        )
    at = f"{now:%Y%m%dT%H%M%SZ}"
    digest = _UNSIGNED if request.body is None else hashlib.sha256(request.body).hexdigest()
    headers = {"host": request.authority, "x-amz-content-sha256": digest, "x-amz-date": at}
    if request.content_type:
        headers["content-type"] = request.content_type.decode("latin-1")
    if token:
        headers["x-amz-security-token"] = token
    names = ";".join(sorted(headers))
    canonical = "\n".join(
        (
            request.method.decode("latin-1"),
            quote(request.path.decode("latin-1"), safe="/-_.~"),
            _canonical_query(request.query.decode("latin-1")),
            *(f"{name}:{' '.join(headers[name].split())}" for name in sorted(headers)),
            "",
            names,
            digest,
        )
    )
    scope = f"{at[:8]}/{region}/{_SERVICE}/{_LAST}"
    to_sign = "\n".join((_ALGORITHM, at, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    signing_key = key_of(secret, (at[:8], region, _SERVICE, _LAST))
    signature = hmac.new(signing_key, to_sign.encode(), hashlib.sha256).hexdigest()
    authorization = f"{_ALGORITHM} Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
    added = {name: value for name, value in headers.items() if name.startswith("x-amz-")}
    return tuple((name.encode(), value.encode()) for name, value in {**added, "authorization": authorization}.items())


def _region_in(host: str) -> str | None:
    found = _REGION.match(host)
    return found[1] if found else None


def _canonical_query(query: str) -> str:
    pairs = sorted(each.partition("=") for each in query.split("&") if each)
    return "&".join(f"{name}={value}" for name, _, value in pairs)


def key_of(secret: str, scope: Iterable[str]) -> bytes:
    """Return the key that signs within a scope: date, region, service, and the fixed last part."""
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
