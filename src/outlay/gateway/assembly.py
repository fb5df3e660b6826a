"""Puts the gateway together from the parts around it."""

from msgspec import Struct

from outlay.access.key_ring import KeyRing
from outlay.config import Settings
from outlay.gateway.attribution import TextLimits
from outlay.gateway.callers import Callers
from outlay.gateway.counters import GatewayCounters
from outlay.gateway.forward import Roads
from outlay.gateway.handler import Gateway, GatewayLimits
from outlay.gateway.journal import Journal
from outlay.gateway.recording import Counted, Funnel, Queue, Recorder
from outlay.gateway.upstream import AddressCheck, Upstreams
from outlay.kit.clock import Clock
from outlay.outbound.pool import Pool

JOURNAL_FOLDER = "gateway"


class Around(Struct, frozen=True):
    """What the gateway works with; `organisation` is whose the calls without an Outlay key are, where they may be."""

    keys: KeyRing
    upstreams: Upstreams
    check: AddressCheck
    funnel: Funnel
    queue: Queue
    count: Counted
    clock: Clock
    organisation: str


def build_gateway(settings: Settings, around: Around) -> tuple[Gateway, GatewayCounters]:
    """Return the gateway, which is still to be started, and its metrics."""
    counters = GatewayCounters()
    journal = Journal(settings.data_dir / JOURNAL_FOLDER, counters.journal_failed)
    recorder = Recorder(around.funnel, around.queue, journal, counters, around.count)
    callers = Callers(around.keys, around.upstreams, around.clock, around.organisation)
    limits = GatewayLimits(
        settings.gateway_body_mb,
        settings.gateway_calls,
        TextLimits(settings.max_field_chars, settings.max_tags),
        settings.gateway_wait_for_disk,
    )
    return Gateway(callers, Roads(Pool(), around.check, around.clock), recorder, counters, limits), counters
