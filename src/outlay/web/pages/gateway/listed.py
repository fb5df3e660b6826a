"""How upstreams are listed: those people configured, then providers that are there anyway; with what each can do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.control.known_upstreams import KNOWN_UPSTREAMS, KnownUpstream, known_upstream
from outlay.control.upstream import path_of
from outlay.control.upstreams import ConfiguredUpstream, UpstreamBook
from outlay.errors import SecretUnreadable
from outlay.web import format as text
from outlay.web.render import Renderer

_HIDDEN: Final = "…"

State = Literal["ready", "own keys", "no credential", "unreadable", "off"]


class Listed(Struct, frozen=True, kw_only=True):
    """One row. The hrefs are empty for those who may not change anything, and for what is not configured."""

    name: str
    label: str
    path: str
    address: str
    state: State
    kind: str
    title: str
    credential: str = ""
    since: str = ""
    edit_href: str = ""
    remove_href: str = ""
    test_href: str = ""
    add_href: str = ""

    @property
    def is_hint(self) -> bool:
        """Whether `credential` is the end of one rather than words."""
        return self.credential.startswith(_HIDDEN)


class Told(Struct, frozen=True):
    """What the rows are told with. Only who `manages` is told of credentials."""

    renderer: Renderer
    makers: Mapping[str, str]
    zone: ZoneInfo
    own_keys: bool
    manages: bool


# How a state is coloured, and what it means, to go on a colon.
_MEANINGS: Final[Mapping[State, tuple[str, str]]] = MappingProxyType(
    {
        "ready": ("good", "calls with an Outlay key go there."),
        "own keys": ("", "no credential is kept; callers send a key of their own."),
        "no credential": ("warn", "no credential is kept, so calls are refused."),
        "unreadable": ("bad", "the secret key that opens its credential is missing; enter the credential again."),
        "off": ("", "switched off, so calls are refused."),
    }
)


def listed(book: UpstreamBook, organisation: str, told: Told) -> list[Listed]:
    """Return the rows: what people configured by name, then the providers that are there without."""
    configured = book.all_of(organisation)
    names = {each.name for each in configured}
    others = (each for each in KNOWN_UPSTREAMS if each.base_url and each.name not in names)
    return [*(_configured(book, each, told) for each in configured), *(_known(each, told) for each in others)]


def state_of(book: UpstreamBook, upstream: ConfiguredUpstream, *, own_keys: bool) -> State:
    """Return what an upstream can do for callers; `own_keys`: whether the organisation lets them bring theirs."""
    settings = upstream.settings
    if not settings.enabled:
        return "off"
    if upstream.credential is not None:
        try:
            book.credential_of(upstream)
        except SecretUnreadable:
            return "unreadable"
        return "ready"
    if settings.auth == "none":
        return "ready"
    return "own keys" if own_keys and settings.allow_pass_through else "no credential"


def _configured(book: UpstreamBook, each: ConfiguredUpstream, told: Told) -> Listed:
    known = known_upstream(each.name)
    state = state_of(book, each, own_keys=told.own_keys)
    url = told.renderer.url
    kind, title = _MEANINGS[state]
    return Listed(
        name=each.name,
        label=known.label if known else each.name,
        path=path_of(each.name),
        address=each.settings.base_url,
        state=state,
        kind=kind,
        title=title,
        credential=_credential(each) if told.manages else "",
        since=_since(each, told) if told.manages else "",
        edit_href=url(f"/gateway/{each.name}/edit") if told.manages else "",
        remove_href=url(f"/gateway/{each.name}/remove") if told.manages else "",
        test_href=url(f"/gateway/{each.name}/test") if told.manages and each.settings.enabled else "",
    )


def _known(each: KnownUpstream, told: Told) -> Listed:
    state: State = "own keys" if told.own_keys else "no credential"
    kind, title = _MEANINGS[state]
    return Listed(
        name=each.name,
        label=each.label,
        path=path_of(each.name),
        address=each.base_url,
        state=state,
        kind="" if state == "no credential" else kind,
        title=title,
        add_href=told.renderer.url("/gateway/new", {"of": each.name}) if told.manages else "",
    )


def _credential(each: ConfiguredUpstream) -> str:
    if each.credential is None:
        return "needs none" if each.settings.auth == "none" else "none"
    return f"{_HIDDEN}{each.credential_hint}" if each.credential_hint else "kept"


def _since(each: ConfiguredUpstream, told: Told) -> str:
    day = text.day(each.changed_at.astimezone(told.zone).date())
    if each.changed_at != each.created_at:
        return f"changed {day}"
    maker = told.makers.get(each.created_by or "", "")
    return f"added {day}" + (f" by {maker}" if maker else "")
