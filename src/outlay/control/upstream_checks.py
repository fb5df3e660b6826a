"""What an upstream may look like before it is kept. An address is checked again at each connection (upstream_reach)."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct
from msgspec.structs import asdict, replace

from outlay.control.upstream import AUTHS, VIA, Auth, Timeouts
from outlay.errors import UpstreamInvalid
from outlay.kit.addresses import is_address, reach_of

MOST_HEADERS: Final = 16
LONGEST_CREDENTIAL: Final = 8192
_LONGEST_URL: Final = 500
_LONGEST_HEADER: Final = 1000
_LONGEST_WAIT: Final = 86_400
_OPERATOR_MAY: Final = "whoever runs Outlay opens it with `outlay upstreams … --private`"
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_PROVIDER: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
_HOST: Final = re.compile(r"[a-z0-9._-]{1,253}", re.ASCII)
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*", re.ASCII)
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", re.ASCII)
_VALUE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?", re.ASCII)
_CREDENTIAL: Final = re.compile(r"[!-~]+", re.ASCII)
_AWS_KEY_PAIR: Final = re.compile(r"[^:]+:[^:]+(?::[^:]+)?", re.ASCII)
# What carries the call, or says who asks: the gateway sets these itself.
_OURS: Final = frozenset(
    {"authorization", "connection", "content-encoding", "content-length", "content-type", "cookie", "expect", "host"}
    | {"keep-alive", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"}
    | {"x-api-key", "api-key", "x-goog-api-key"}
)


class UpstreamSettings(Struct, frozen=True, kw_only=True):
    """What people say of an upstream; each field means what it means in `upstream.Upstream`."""

    name: str
    provider: str
    base_url: str
    auth: Auth = "bearer"
    reading: str | None = None
    region: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    timeouts: Timeouts = Timeouts()
    enabled: bool = True
    allow_pass_through: bool = True
    allow_private: bool = False


def checked(settings: UpstreamSettings) -> UpstreamSettings:
    """Return the settings as they are kept: the address tidied. Raises UpstreamInvalid for what can't be."""
    if not _NAME.fullmatch(settings.name) or f"/{settings.name}" == VIA:
        raise UpstreamInvalid("name", "a name has 1 to 40 lower-case letters, digits and hyphens, hyphens inside only")
    if not _PROVIDER.fullmatch(settings.provider):
        raise UpstreamInvalid("provider", "a provider is a lower-case id, such as openai or my-company")
    if settings.auth not in AUTHS:
        raise UpstreamInvalid("auth", f"authorisation is one of {', '.join(AUTHS)}")
    for field, value in (("reading", settings.reading), ("region", settings.region)):
        if value is not None and not _WORD.fullmatch(value):
            raise UpstreamInvalid(field, f"{value[:40]!r} is no {field}")
    _check_headers(settings.headers)
    _check_timeouts(settings.timeouts)
    return replace(settings, base_url=_checked_address(settings.base_url, allow_private=settings.allow_private))


def check_credential(auth: Auth, credential: str) -> None:
    """Raise UpstreamInvalid unless the text can authorise calls in this way; the message never repeats it."""
    if auth == "none":
        raise UpstreamInvalid("credential", "calls that are not authorised take no credential")
    if len(credential) > LONGEST_CREDENTIAL or not _CREDENTIAL.fullmatch(credential):
        raise UpstreamInvalid(
            "credential", f"a credential has 1 to {LONGEST_CREDENTIAL} characters: letters, digits and signs, no blanks"
        )
    if auth == "aws-sigv4" and not _AWS_KEY_PAIR.fullmatch(credential):
        raise UpstreamInvalid(
            "credential", "write access key id:secret access key, and :session token after it if there is one"
        )


def origin_of(base_url: str) -> str:
    """Return whom a credential would be shown to: scheme, host and port."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _checked_address(text: str, *, allow_private: bool) -> str:
    parts = _split(text.strip())
    host = parts.hostname or ""
    if parts.scheme not in {"https", "http"} or not host:
        raise UpstreamInvalid("base_url", "an address begins with https:// and a host, such as https://api.openai.com")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UpstreamInvalid("base_url", "an address has no user, no ? and no #; a credential has a field of its own")
    path = parts.path.rstrip("/")
    is_literal = is_address(host)
    if not (is_literal or _HOST.fullmatch(host)) or not _PATH.fullmatch(path) or "/../" in f"{path}/":
        raise UpstreamInvalid("base_url", "write host and path as they are sent: ASCII, encoded where needed, no ..")
    if parts.scheme == "http" and not allow_private:
        raise UpstreamInvalid("base_url", f"only the private network is called over http, take https; {_OPERATOR_MAY}")
    if is_literal:
        _check_literal(host, allow_private=allow_private)
    return f"{parts.scheme}://{_host_and_port(parts)}{path}"


def _split(text: str) -> SplitResult:
    if len(text) > _LONGEST_URL or not text.isprintable() or " " in text or "\\" in text:
        raise UpstreamInvalid("base_url", f"an address has at most {_LONGEST_URL} printable characters, no blanks")
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for one that is none
    except ValueError:
        raise UpstreamInvalid("base_url", "this is no address") from None
    return parts


def _check_literal(host: str, *, allow_private: bool) -> None:
    reach = reach_of(host)
    if reach == "never":
        raise UpstreamInvalid("base_url", f"{host} is never called: a link-local, metadata or reserved address")
    if reach == "private" and not allow_private:
        raise UpstreamInvalid("base_url", f"{host} lies in the private network; {_OPERATOR_MAY}")


def _host_and_port(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    usual = {"https": 443, "http": 80}[parts.scheme]
    return host if parts.port in {None, usual} else f"{host}:{parts.port}"


def _check_headers(headers: tuple[tuple[str, str], ...]) -> None:
    if len(headers) > MOST_HEADERS:
        raise UpstreamInvalid("headers", f"at most {MOST_HEADERS} headers")
    for name, value in headers:
        if not _HEADER.fullmatch(name) or len(value) > _LONGEST_HEADER or not _VALUE.fullmatch(value):
            raise UpstreamInvalid("headers", f"{name[:40]!r} is no header of name and value in plain ASCII")
        if name.lower() in _OURS:
            raise UpstreamInvalid("headers", f"the header {name} is set by the gateway")


def _check_timeouts(timeouts: Timeouts) -> None:
    for field, value in asdict(timeouts).items():
        if value is not None and not 0 < value <= _LONGEST_WAIT:
            named = field.replace("_", " ")
            raise UpstreamInvalid(field, f"{named} are more than 0 and at most {_LONGEST_WAIT:,}")
