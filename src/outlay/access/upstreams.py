"""Which upstream an organisation means by a name, as the gateway asks for every call: configured, else a known one.

It answers from memory and looks into the database once a second for each organisation that calls, so a change counts
within a second in every process. Credentials are opened here and nowhere else.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from outlay.access.standing import Standing
from outlay.control.known_upstreams import KNOWN_UPSTREAMS, KnownUpstream
from outlay.control.upstream import Upstream
from outlay.control.upstreams import ConfiguredUpstream, UpstreamBook
from outlay.errors import SecretUnreadable
from outlay.kit.clock import Clock

_STALE: Final = timedelta(seconds=1)

_log = logging.getLogger(__name__)


class _Read(Struct, frozen=True):
    """All upstreams of one organisation as they were at a moment."""

    at: datetime
    by_name: Mapping[str, Upstream]


class OpenUpstreams:
    """The gateway's `Upstreams`."""

    def __init__(self, book: UpstreamBook, standing: Standing, clock: Clock) -> None:
        self._book = book
        self._standing = standing
        self._clock = clock
        # By organisation: whoever asks has shown a key of it, so this can't grow beyond their number.
        self._read: dict[str, _Read] = {}

    def find(self, organisation: str, name: str) -> Upstream | None:
        """Return the upstream of this name; None when there is none, or when it is switched off.

        OrganisationSuspended where no call of the organisation may go anywhere.
        """
        now = self._clock.now()
        self._standing.require(organisation, now)
        read = self._read.get(organisation)
        # A clock that was set back must not keep a removed credential alive.
        if read is None or not read.at <= now < read.at + _STALE:
            read = _Read(now, self._all_of(organisation))
            self._read[organisation] = read
        return read.by_name.get(name)

    def _all_of(self, organisation: str) -> dict[str, Upstream]:
        allowed = self._book.allows_pass_through(organisation)
        configured = self._book.all_of(organisation)
        found = {each.name: as_known(each, allow_pass_through=allowed) for each in KNOWN_UPSTREAMS if each.base_url}
        for each in configured:
            found.pop(each.name, None)
            if each.settings.enabled:
                found[each.name] = self._opened(each, allow_pass_through=allowed)
        return found

    def _opened(self, each: ConfiguredUpstream, *, allow_pass_through: bool) -> Upstream:
        try:
            credential = self._book.credential_of(each)
        except SecretUnreadable as error:
            # One credential that can't be read must not stop the calls that need another.
            _log.error("upstream %s of %s: %s", each.name, each.organisation, error.message)
            credential = None
        return as_called(each, credential, allow_pass_through=allow_pass_through)


def as_called(each: ConfiguredUpstream, credential: str | None, *, allow_pass_through: bool) -> Upstream:
    """Return a configured upstream as it is called; callers' own keys pass where both it and the organisation allow."""
    settings = each.settings
    return Upstream(
        name=settings.name,
        provider=settings.provider,
        base_url=settings.base_url,
        auth=settings.auth,
        credential=credential,
        reading=settings.reading,
        headers=settings.headers,
        region=settings.region,
        allow_pass_through=allow_pass_through and settings.allow_pass_through,
        allow_private=settings.allow_private,
        timeouts=settings.timeouts,
    )


def as_known(known: KnownUpstream, *, allow_pass_through: bool) -> Upstream:
    """Return a provider that nobody configured: it has no credential, so callers must bring theirs."""
    return Upstream(
        name=known.name,
        provider=known.provider,
        base_url=known.base_url,
        auth=known.auth,
        allow_pass_through=allow_pass_through,
    )
