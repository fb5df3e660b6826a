"""At which names and addresses Outlay is reached: the one place that decides what a request's Host counts for.

Whoever asks may write any name there. What is refused is the doorstep's business; what an address is made of is decided
here: the setting first, then a Host that is known to be ours, then the address that Outlay listens at.
"""

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.requests import Request

from outlay.access.links import configured_origin
from outlay.config import Settings

ANY: Final = "*"
_THIS_MACHINE: Final = frozenset({"localhost"})
_WRITTEN: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(:[0-9]{1,5})?", re.ASCII)


class Hosts(Struct, frozen=True):
    """The names that are ours, as configured; with `any` every other is answered, too."""

    named: frozenset[str]
    any: bool

    def answers_to(self, host: str) -> bool:
        return self.any or self.knows(host)

    def knows(self, host: str) -> bool:
        """Say whether a host is surely ours: configured, this machine's own, or a number.

        Numbers nobody can point elsewhere, so no other site hides behind one.
        """
        return host in self.named or host in _THIS_MACHINE or _is_number(host)


class OwnAddress:
    """Where people reach this Outlay; one for the whole process."""

    def __init__(self, settings: Settings) -> None:
        self.public_url = settings.public_url
        self.root_path = settings.root_path
        self._configured = configured_origin(settings)
        self._hosts = hosts_of(settings)

    def shown_to(self, request: Request) -> str:
        """Return scheme and host for what is shown to whoever asks, such as a command to copy."""
        return self._of(request, self._hosts.answers_to)

    def for_links(self, request: Request) -> str:
        """Return scheme and host for links that let somebody in: a name that anybody may have written leads nobody."""
        return self._of(request, self._hosts.knows)

    def _of(self, request: Request, trusts: Callable[[str], bool]) -> str:
        if self.public_url:
            return self.public_url
        named = request.headers.get("host", "")
        if _WRITTEN.fullmatch(named) and trusts(host_of(named)):
            return f"{request.url.scheme}://{named}"
        return self._configured


def hosts_of(settings: Settings) -> Hosts:
    """Return the names that Outlay answers to: to any while none is set."""
    named = {each.strip().lower() for each in settings.allowed_hosts.split(",") if each.strip()}
    if settings.public_url:
        named.add(urlsplit(settings.public_url).hostname or "")
    return Hosts(frozenset(named - {ANY}), ANY in named or not named)


def host_of(named: str) -> str:
    """Return the host of a Host header, in small letters and without its port; empty when it is none."""
    try:
        return urlsplit(f"//{named}").hostname or ""
    except ValueError:
        return ""


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
