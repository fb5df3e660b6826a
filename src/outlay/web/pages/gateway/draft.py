"""The form of an upstream: what was filled in, as text, and the settings it asks for.

A refused form comes back as it was, with what is wrong beside the field; but for the credential, which is in no page.
"""

from typing import Final, cast

from msgspec import Struct

from outlay.capture.readings.reading import APIS
from outlay.control.known_upstreams import KnownUpstream
from outlay.control.upstream import AUTHS, Auth, Timeouts
from outlay.control.upstream_checks import UpstreamSettings
from outlay.errors import UpstreamInvalid
from outlay.web.forms import Form

_LONGEST_NUMBER: Final = 12
_TIMEOUTS: Final[tuple[str, ...]] = ("connect_seconds", "first_byte_seconds", "idle_seconds", "total_seconds")
_CHECKED: Final = "1"


class Draft(Struct, frozen=True, kw_only=True):
    """The fields as they were filled in; `headers` holds one a line, a check box is "1" or empty."""

    name: str = ""
    provider: str = ""
    base_url: str = ""
    auth: str = "bearer"
    reading: str = ""
    region: str = ""
    headers: str = ""
    connect_seconds: str = "10"
    first_byte_seconds: str = "600"
    idle_seconds: str = "300"
    total_seconds: str = ""
    own_keys: str = _CHECKED
    private: str = ""
    enabled: str = _CHECKED
    forget: str = ""


def draft_of(form: Form) -> Draft:
    # A text area ends its lines with CRLF, whatever the system.
    return Draft(**{name: form.text(name).replace("\r\n", "\n").strip() for name in Draft.__struct_fields__})


def draft_for(known: KnownUpstream | None) -> Draft:
    """Return an empty form, filled with what is known of a provider."""
    if known is None:
        return Draft()
    return Draft(name=known.name, provider=known.provider, base_url=known.base_url, auth=known.auth)


def draft_from(settings: UpstreamSettings) -> Draft:
    """Return the form as the settings of an upstream fill it."""
    timeouts = {name: _as_text(getattr(settings.timeouts, name)) for name in _TIMEOUTS}
    return Draft(
        name=settings.name,
        provider=settings.provider,
        base_url=settings.base_url,
        auth=settings.auth,
        reading=settings.reading or "",
        region=settings.region or "",
        headers="\n".join(f"{name}: {value}" for name, value in settings.headers),
        own_keys=_CHECKED if settings.allow_pass_through else "",
        private=_CHECKED if settings.allow_private else "",
        enabled=_CHECKED if settings.enabled else "",
        **timeouts,
    )


def settings_asked_for(draft: Draft, *, allow_private: bool) -> UpstreamSettings:
    """Return the settings; whether they can be is checked where they are kept. UpstreamInvalid for what is no text.

    Whether the private network is open is for the caller to say: a check box alone must not open it.
    """
    if draft.auth not in AUTHS:
        raise UpstreamInvalid("auth", "choose one of these")
    if draft.reading and draft.reading not in APIS:
        raise UpstreamInvalid("reading", "choose one of these")
    return UpstreamSettings(
        name=draft.name,
        provider=draft.provider,
        base_url=draft.base_url,
        auth=cast("Auth", draft.auth),
        reading=draft.reading or None,
        region=draft.region or None,
        headers=tuple(_header(line) for line in draft.headers.split("\n") if line.strip()),
        timeouts=_timeouts(draft),
        enabled=bool(draft.enabled),
        allow_pass_through=bool(draft.own_keys),
        allow_private=allow_private,
    )


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise UpstreamInvalid("headers", "write one a line, as Name: value")
    return name.strip(), value.strip()


def _timeouts(draft: Draft) -> Timeouts:
    found = {name: _seconds(name, getattr(draft, name)) for name in _TIMEOUTS}
    connect = found.pop("connect_seconds")
    if connect is None:
        raise UpstreamInvalid("connect_seconds", "connecting needs an end: write seconds")
    return Timeouts(connect_seconds=connect, **found)


def _seconds(field: str, text: str) -> float | None:
    if not text:
        return None
    try:
        return float(text) if len(text) <= _LONGEST_NUMBER else float("nan")
    except ValueError:
        raise UpstreamInvalid(field, "write seconds, such as 30") from None


def _as_text(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:g}"
