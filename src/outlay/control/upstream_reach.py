"""Which addresses an upstream's calls may really go to, decided when a connection is made.

The name was checked when it was entered, but a name may lead elsewhere at any moment: what it resolved to is what
counts. Link-local and metadata addresses are never called, private ones only where that was allowed, and http, which
everybody on the way can read, leaves the private network never.
"""

from collections.abc import Sequence

from outlay.control.upstream import Upstream
from outlay.kit.addresses import reach_of


def reachable(upstream: Upstream, addresses: Sequence[str]) -> list[str]:
    """Return those of the resolved addresses that may be connected to, in their order. It is an AddressCheck."""
    return usable_for(upstream.base_url, addresses, allow_private=upstream.allow_private)


def usable_for(url: str, addresses: Sequence[str], *, allow_private: bool) -> list[str]:
    """Return those of a URL's resolved addresses that may be connected to, in their order."""
    allowed = set()
    if url.startswith("https://"):
        allowed.add("public")
    if allow_private:
        allowed.add("private")
    return [each for each in addresses if reach_of(each) in allowed]
