"""From a call that a log tells of to the event that stands for it, with what the log leaves open filled in."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePath, PureWindowsPath
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.capture.agent_logs.logged import LoggedCall
from outlay.capture.moments import parse_moment
from outlay.errors import FieldInvalid
from outlay.kit.money import as_pico
from outlay.usage import ReportedCost, Tokens, UsageEvent

_LARGEST_USD: Final = 1_000_000
_PROJECT: Final = "project"
_CONTROL: Final = dict.fromkeys(range(32))


class LogOrigin(Struct, frozen=True):
    """Whose a log is: what every event of it has. `written` is when its file was, for calls that state no time.

    `fields` are those of every event; `fills` those of events whose call names none (provider, model).
    """

    organisation: str
    source: str
    received_at: datetime
    written: datetime
    fields: Mapping[str, Any]
    fills: Mapping[str, str]
    tags: tuple[str, ...] = ()


def as_event(call: LoggedCall, origin: LogOrigin) -> UsageEvent:
    """Return the event of a call. Raises EventRejected where it states what can't be."""
    call.tokens.check_subsets()
    model = call.model or origin.fills.get("model")
    return UsageEvent(
        organisation=origin.organisation,
        source=origin.source,
        id=call.id,
        time=origin.written if call.at is None else parse_moment(call.at),
        received_at=origin.received_at,
        time_stated=call.at is not None,
        calls=call.calls,
        run_id=call.run,
        session_id=call.session,
        tags=(*_project_tags(call.folder), *origin.tags) if call.folder else origin.tags,
        service=call.service,
        operation=call.operation,
        provider=call.provider or origin.fills.get("provider"),
        model=model,
        model_raw=model,
        response_id=call.response_id,
        status=call.status,
        latency_ms=call.latency_ms,
        tokens=call.tokens,
        quantity=call.quantity,
        unit=call.unit,
        variant=call.variant,
        reported_cost=None if call.usd is None else _reckoned(call.usd),
        metadata=call.metadata,
        **origin.fields,
    )


def corrections(event: UsageEvent, old: Tokens, time: datetime, revision: int) -> tuple[UsageEvent, UsageEvent]:
    """Return the adjustments that take back what was counted for a call, and count what `event` says instead.

    Two, and not their difference: each is priced in the tier of its own size, so what is taken back is what it cost.
    """
    adjustment = replace(event, time=time, adjusts=event.id, reported_cost=None, quantity=None, unit=None)
    back = Tokens(**{name: -count for name, count in old.stated()})
    return (
        replace(adjustment, id=f"{event.id}~{revision}-", tokens=back),
        replace(adjustment, id=f"{event.id}~{revision}+"),
    )


@lru_cache(maxsize=1024)
def _project_tags(folder: str) -> tuple[str, ...]:
    """Return the tag that names the folder an agent worked in, without the way to it."""
    path = PureWindowsPath(folder) if "\\" in folder else PurePath(folder)
    name = path.name.translate(_CONTROL).strip()
    return (f"{_PROJECT}:{name}",) if name else ()


def _reckoned(usd: Decimal) -> ReportedCost:
    if not (usd.is_finite() and 0 <= usd < _LARGEST_USD):
        raise FieldInvalid(f"the cost {str(usd)[:40]} is none that one call can have")
    return ReportedCost(as_pico(usd), "tool")
