"""What every event must satisfy, whichever door it came through: sizes, times, cardinality. Raises, never repairs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from outlay.errors import FieldInvalid, TooOld
from outlay.usage import MAX_CALLS, UsageEvent, check_quantity

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
NEVER: Final = datetime.max.replace(tzinfo=UTC)  # from when on an organisation keeps events that keeps none
CLOCK_SKEW: Final = timedelta(hours=24)

_TEXTS: Final = (
    "id",
    "source",
    "adjusts",
    "user",
    "team",
    "agent",
    "parent_agent",
    "run_id",
    "session_id",
    "pod",
    "task",
    "service",
    "operation",
    "provider",
    "model",
    "model_raw",
    "response_id",
    "unit",
    "variant",
)
_NUL: Final = "\0"  # no text of Postgres can hold it
_encode = msgspec.json.Encoder().encode


class Limits(Struct, frozen=True):
    """The bounds of one event; see the settings of the same names."""

    max_field_chars: int
    max_tags: int
    max_metadata_bytes: int
    earliest: datetime = EARLIEST  # from when on the organisation keeps events


def check(event: UsageEvent, limits: Limits) -> None:
    """Raise FieldInvalid where the event passes a limit."""
    _check_texts(event, limits.max_field_chars)
    check_all_but_texts(event, limits)


def check_all_but_texts(event: UsageEvent, limits: Limits) -> None:
    """Raise FieldInvalid where the event passes a limit other than that of its texts."""
    if not limits.earliest <= event.time <= event.received_at + CLOCK_SKEW:
        _refuse_time(event, limits.earliest)
    if event.calls != 1:
        _check_calls(event)
    if event.quantity is not None:
        check_quantity(event.quantity, event.unit, adjusting=event.adjusts is not None)
    if event.tags:
        _check_tags(event.tags, limits)
    if event.metadata:
        _check_metadata(event.metadata, limits)


def texts_fit(events: Sequence[UsageEvent], most: int) -> bool:
    """Say whether every text of all events can be kept: much cheaper for many events than for each."""
    columns = dict(zip(UsageEvent.__struct_fields__, zip(*map(astuple, events), strict=True), strict=False))
    texts = (list(filter(None, set(columns[name]))) for name in _TEXTS) if columns else ()
    return all(max(map(len, column), default=0) <= most and _NUL not in "".join(column) for column in texts)


def _check_texts(event: UsageEvent, most: int) -> None:
    for name in _TEXTS:
        text = getattr(event, name) or ""
        if len(text) > most:
            raise FieldInvalid(f"{name} has {len(text)} characters; the limit is {most}")
        if _NUL in text:
            raise FieldInvalid(f"{name} holds the character NUL (U+0000), which can't be kept")


def _refuse_time(event: UsageEvent, earliest: datetime) -> None:
    if event.time < EARLIEST:
        raise FieldInvalid(f"time {event.time.isoformat()} is before the year {EARLIEST.year}")
    if earliest == NEVER:
        raise TooOld("the organisation was deleted; nothing is kept of it")
    if event.time < earliest:
        raise TooOld(
            f"time {event.time.isoformat()} is before {earliest.isoformat()}: the organisation keeps no older data"
        )
    raise FieldInvalid(f"time {event.time.isoformat()} is more than a day after it was received; check the clock")


def _check_calls(event: UsageEvent) -> None:
    if not 0 <= event.calls <= MAX_CALLS:
        raise FieldInvalid(f"the event stands for {event.calls} requests; 0 to {MAX_CALLS} can be")
    # Nothing would show that its cost is unknown: what is unpriced is counted in requests.
    if event.calls == 0 and event.adjusts is None and event.reported_cost is None:
        raise FieldInvalid("the event stands for no request and states no cost; there is nothing to store")


def _check_tags(tags: tuple[str, ...], limits: Limits) -> None:
    if len(tags) > limits.max_tags:
        raise FieldInvalid(f"tags are {len(tags)}; the limit is {limits.max_tags}")
    for tag in tags:
        if len(tag) > limits.max_field_chars:
            raise FieldInvalid(f"tag {tag[:32]!r}… has {len(tag)} characters; the limit is {limits.max_field_chars}")
        if "\x1f" in tag or _NUL in tag:
            raise FieldInvalid(f"tag {tag[:32]!r} holds the control character U+001F or NUL, which can't be kept")


def _check_metadata(metadata: dict[str, object], limits: Limits) -> None:
    try:
        size = len(_encode(metadata))
    except (TypeError, ValueError, RecursionError) as error:
        raise FieldInvalid(f"metadata can't be written as JSON: {error}") from None
    if size > limits.max_metadata_bytes:
        raise FieldInvalid(f"metadata is {size} bytes as JSON; the limit is {limits.max_metadata_bytes}")
