"""From a reading to events: the call itself, other inferences inside its answer, and the fees of tools it used.

The parts carry no response id, which names the call, but `part_of` in their metadata, and ids made of the call's: sent
again they are the same events. What a provider's stated cost covers already is not priced a second time.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from msgspec.structs import replace

from outlay.capture.readings.reading import Fee, Reading
from outlay.usage import BILLED_TOKENS, NO_TOKENS, ReportedCost, Tokens, UsageEvent

PART_OF: Final = "part_of"

_AMAZON: Final = frozenset({"aws", "bedrock"})
_OWN_NAME: Final = re.compile(
    r":(?:application-inference-profile|provisioned-model|custom-model|prompt-router|endpoint)"
)
_INCLUDED: Final = ReportedCost(0)


def events_of(reading: Reading | None, base: UsageEvent) -> list[UsageEvent]:
    """Return the events of a call: `base` with what its answer states, then the parts of it.

    `base` says who called what and when; its `model_raw` is the model that was asked for.
    """
    if reading is None:
        return [base]
    main = _main(reading, base)
    return [main, *_also(reading, main), *_fees(reading.fees, main)]


def _main(reading: Reading, base: UsageEvent) -> UsageEvent:
    failed = reading.error is not None and base.status == "ok"
    return replace(
        base,
        model_raw=_model(reading, base),
        response_id=reading.response_id or base.response_id,
        status="error" if failed else base.status,
        tokens=reading.tokens if reading.tokens != NO_TOKENS else base.tokens,
        quantity=base.quantity if reading.quantity is None else reading.quantity,
        unit=base.unit if reading.quantity is None else reading.unit,
        variant=reading.variant or base.variant,
        reported_cost=reading.reported_cost or base.reported_cost,
        metadata={**(base.metadata or {}), **_remarks(reading)} or None,
    )


def _model(reading: Reading, base: UsageEvent) -> str | None:
    """Return the model that answered, else the one that was asked for.

    Bedrock's path says more than its answer: the region decides the price. Only a name of one's own says nothing.
    """
    asked = base.model_raw
    if asked and base.provider in _AMAZON and not _OWN_NAME.search(asked):
        return asked
    return reading.model or asked


def _remarks(reading: Reading) -> dict[str, Any]:
    remarks: dict[str, Any] = dict.fromkeys(reading.marks, True)
    if reading.error is not None:
        remarks["error"] = reading.error
    if reading.billed is not None:
        remarks[BILLED_TOKENS] = dict(reading.billed.stated())
    return remarks


def _also(reading: Reading, main: UsageEvent) -> Iterator[UsageEvent]:
    for number, part in enumerate(reading.also, start=1):
        role = part.role or "part"
        yield replace(
            _part(main, f"{role}-{number}"),
            operation=role,
            model_raw=part.model or main.model_raw,
            tokens=part.tokens,
            metadata={PART_OF: main.id, **_remarks(part)},
        )


def _fees(fees: tuple[Fee, ...], main: UsageEvent) -> Iterator[UsageEvent]:
    for fee in fees:
        yield replace(
            _part(main, fee.service),
            service=fee.service,
            operation=None,
            quantity=fee.quantity,
            unit=fee.unit,
            metadata={PART_OF: main.id},
        )


def _part(main: UsageEvent, name: str) -> UsageEvent:
    covered = main.reported_cost is not None and main.reported_cost.by == "provider"
    return replace(
        main,
        id=f"{main.id}#{name}",
        response_id=None,
        latency_ms=None,
        first_token_ms=None,
        tokens=Tokens(),
        quantity=None,
        unit=None,
        reported_cost=_INCLUDED if covered else None,
    )
