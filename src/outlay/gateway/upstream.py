"""What the gateway asks of whoever keeps the upstreams: which one a name means, and which addresses may be called.

Both are asked on the event loop for every call (addresses for every new connection), so they answer from memory; a
change may take a second to be seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from outlay.control.upstream import Upstream


class Upstreams(Protocol):
    def find(self, organisation: str, name: str) -> Upstream | None:
        """Return the upstream an organisation means by a name; None when it has none, or has switched it off.

        Built-in ones are found without any configuration; they have no credential then.
        """
        ...


class AddressCheck(Protocol):
    def __call__(self, upstream: Upstream, addresses: Sequence[str]) -> Sequence[str]:
        """Return those IP addresses (what the host's name resolved to) that may be connected to, in their order.

        An empty answer refuses the call. It is asked about literal addresses too, and at every new connection: a name
        that pointed elsewhere when it was configured must not lead into the private network.
        """
        ...


class FixedUpstreams:
    """Upstreams that are given at the start: for tests, and for programs that embed the gateway."""

    def __init__(self, of: Mapping[str, Iterable[Upstream]]) -> None:
        """`of` are each organisation's upstreams."""
        self._of = {(organisation, each.name): each for organisation, several in of.items() for each in several}

    def find(self, organisation: str, name: str) -> Upstream | None:
        return self._of.get((organisation, name))


def any_address(upstream: Upstream, addresses: Sequence[str]) -> Sequence[str]:
    """An AddressCheck that lets everything pass: for tests against the loopback."""
    del upstream
    return addresses
