"""What the ledger has of each event that a repricing looks at: all that prices it, and how it stands by now.

What it costs by now is its own cost and all that earlier repricings wrote about it; its team is that of the last of
these. Events are read a stretch of one local day at a time, so that memory stays bounded however large a ledger is;
those that change are read once more, as whole rows, for the adjustments to carry everything that figures are grouped
and filtered by.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import compress
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from outlay.control.repricings import Scope
from outlay.kit.money import PLACES
from outlay.kit.period import day_start
from outlay.ledger.local_days import as_stored, day_of
from outlay.ledger.schema import EVENTS
from outlay.ledger.store import Snapshot
from outlay.usage import BILLED_TOKENS, COMPONENTS, ESTIMATED, Component, CostStatus, ReportedCost, Tokens, UsageEvent

READ_AT_ONCE: Final = 20_000
MOST_SEQ: Final = 2**63 - 1
_ONE_DAY: Final = timedelta(days=1)

_TOKENS: Final = Tokens.__struct_fields__
_NAMED: Final = (
    *("adjusts", "requests", "service", "provider", "model", "model_raw", "status", "variant", "quantity", "unit"),
    "metadata",
)
_PRICED_BY: Final = (BILLED_TOKENS, ESTIMATED)
_TO_TOKENS: Final = 2 + len(_NAMED)
_TO_STATED: Final = _TO_TOKENS + len(_TOKENS)
_TO_PARTS: Final = _TO_STATED + 8
_PARTS: Final = tuple(f"cost_{component}" for component in COMPONENTS)
# What an adjustment carries; not what is of the event's money alone, or of its being captured. Its team may be another
# by now: a standing has it.
_CARRIED: Final = (
    "source",
    "user",
    "api_key",
    "agent",
    "agent_type",
    "parent_agent",
    "run_id",
    "session_id",
    "pod",
    "task",
    "tags",
    "service",
    "operation",
    "provider",
    "model",
    "model_raw",
    "response_id",
    "status",
    "latency_ms",
    "first_token_ms",
    "unit",
    "variant",
    "metadata",
)


class Standing(Struct, frozen=True):
    """What an event costs by now: `parts` in the order of COMPONENTS, in picodollars. `pico` is None if unpriced. And
    whose `team` it is by now.
    """

    status: CostStatus
    pico: int | None
    parts: tuple[int, ...]
    price_id: str | None
    team: str | None


class Known(Struct, frozen=True):
    """An event as far as it is priced, what it costs by now, and the number of the last row about it.

    `requests` stand behind it: those that its cost status is changed with.
    """

    seq: int
    event: UsageEvent
    standing: Standing
    requests: int
    last_seq: int


class Day(Struct, frozen=True):
    """A local day with events; `repriced` of its rows were written by repricings.

    `span` is when it begins and ends, as stored: its events are known by it, whatever zone days are counted in since.
    """

    day: date
    events: int
    repriced: int
    span: tuple[datetime, datetime]


class Carrier(Struct, frozen=True):
    """What an adjustment has of its event: all but id, team and amounts; and which components its own cost has."""

    event: UsageEvent
    components: tuple[Component, ...]


class Combination(Struct, frozen=True):
    """What events are called that are priced alike."""

    provider: str | None
    model: str | None
    model_raw: str | None
    service: str
    unit: str | None


def _pico(column: str) -> str:
    return f"CAST(CAST({column} AS DECIMAL(38,{PLACES})) * {10**PLACES} AS BIGINT)"


_COUNTED: Final = ", ".join(f'e."{name}"' for name in (*_NAMED, *_TOKENS))
_OWN: Final = ", ".join(_pico(f'coalesce(e."{part}", 0)') for part in _PARTS)
_WITH_LATER: Final = ", ".join(_pico(f'coalesce(e."{part}", 0) + coalesce(m."{part}", 0)') for part in _PARTS)
_READ: Final = f"""SELECT e.seq, e.time, {_COUNTED}, {_pico("e.reported_cost")}, e.reported_by, e.cost_status,
    e.price_id"""
_MOVED: Final = f"""SELECT source, adjusts, time, max(seq) AS last_seq, arg_max(cost_status, seq) AS cost_status,
    arg_max(price_id, seq) AS price_id, arg_max_null(team, seq) AS team,
    {", ".join(f'sum("{part}") AS "{part}"' for part in _PARTS)}
    FROM {EVENTS} WHERE organisation = ? AND time >= ? AND time < ? AND repricing IS NOT NULL"""


class Written(Struct, frozen=True):
    """What a repricing wrote: the numbers of its first and its last row."""

    repricing: str
    first_seq: int
    last_seq: int


# The condition that an event is called like one of many, which are five parameters.
_LISTS: Final = ", ".join(f'unnest(CAST(? AS VARCHAR[])) AS "{name}"' for name in Combination.__struct_fields__)
_SAME: Final = " AND ".join(f'e."{name}" IS NOT DISTINCT FROM c."{name}"' for name in Combination.__struct_fields__)
_AMONG: Final = f"EXISTS (SELECT 1 FROM (SELECT {_LISTS}) AS c WHERE {_SAME})"
_TOUCHED: Final = f"""EXISTS (SELECT 1 FROM {EVENTS} w WHERE w.repricing = ? AND w.organisation = e.organisation
    AND w.source = e.source AND w.adjusts = e.id AND w.time = e.time)"""


class EventRows:
    """The events of one organisation in a scope, in one state of the ledger; only those that `touched` wrote about,
    where that is given.
    """

    def __init__(self, snapshot: Snapshot, organisation: str, scope: Scope, touched: Written | None = None) -> None:
        self._snapshot = snapshot
        self._organisation = organisation
        self._where, self._values = _conditions(organisation, scope, touched)

    def days(self) -> list[Day]:
        """Return the days that have events in the scope, in order; `repriced` counts all of a day."""
        ((first, last),) = self._snapshot.rows(
            f"SELECT min(time), max(time) FROM {EVENTS} e WHERE {self._where}", self._values
        )
        if first is None:
            return []
        zone = self._snapshot.zone_of(self._organisation)
        day = day_of(zone, first, last)
        found = self._snapshot.rows(
            f"SELECT {day} AS day, count(*) FROM {EVENTS} e WHERE {self._where} GROUP BY ALL ORDER BY ALL", self._values
        )
        written = dict(
            self._snapshot.rows(
                f"""SELECT {day} AS day, count(*) FROM {EVENTS} WHERE organisation = ? AND repricing IS NOT NULL
                AND time BETWEEN ? AND ? GROUP BY ALL""",
                [self._organisation, first, last],
            )
        )
        return [Day(day, count, written.get(day, 0), _span(day, zone)) for day, count in found]

    def combinations(self) -> list[Combination]:
        """Return what the events in the scope are called, each once."""
        names = ", ".join(f'"{name}"' for name in Combination.__struct_fields__)
        found = self._snapshot.rows(f"SELECT DISTINCT {names} FROM {EVENTS} e WHERE {self._where}", self._values)
        return [Combination(*row) for row in found]

    def of_day(
        self, day: Day, only: Sequence[Combination] | None = None, as_of: int = MOST_SEQ
    ) -> Iterator[list[Known]]:
        """Yield the events of a day piece by piece, at what they cost before the row number `as_of` was written; of
        some combinations alone where they are named.
        """
        after = 0
        where, values = self._where, list(self._values)
        if only is not None:
            where, values = f"{where} AND {_AMONG}", [*values, *_listed(only)]
        while True:
            piece = self._piece(day, where, values, (after, as_of))
            if piece:
                yield [_known(self._organisation, row) for row in piece]
            if len(piece) < READ_AT_ONCE:
                return
            after = piece[-1][0]

    def _piece(self, day: Day, where: str, values: Sequence[Any], between: tuple[int, int]) -> list[tuple[Any, ...]]:
        after, as_of = between
        chosen = f"""FROM {EVENTS} e WHERE {where} AND e.time >= ? AND e.time < ? AND e.seq > ?
            ORDER BY e.seq LIMIT {READ_AT_ONCE}"""
        if not day.repriced:
            plain = f"{_READ}, e.seq, e.cost_status, e.price_id, e.team, {_OWN} {chosen}"
            return self._snapshot.rows(plain, [*values, *day.span, after])
        return self._snapshot.rows(
            f"""WITH m AS ({_MOVED} AND seq < ? GROUP BY source, adjusts, time), e AS (SELECT e.* {chosen})
            {_READ}, coalesce(m.last_seq, e.seq), coalesce(m.cost_status, e.cost_status),
            CASE WHEN m.last_seq IS NULL THEN e.price_id ELSE m.price_id END,
            CASE WHEN m.last_seq IS NULL THEN e.team ELSE m.team END, {_WITH_LATER}
            FROM e LEFT JOIN m ON m.source = e.source AND m.adjusts = e.id AND m.time = e.time ORDER BY e.seq""",
            [self._organisation, *day.span, as_of, *values, *day.span, after],
        )

    def whole(self, day: Day, seqs: Sequence[int]) -> dict[int, Carrier]:
        """Return, for the numbers of events of a day, what an adjustment carries."""
        known = f"[{', '.join(f'{part} IS NOT NULL' for part in _PARTS)}]"
        names = ", ".join([known, *(f'"{name}"' for name in ("seq", "id", "time", *_CARRIED))])
        found = self._snapshot.rows(
            f"""SELECT {names} FROM {EVENTS} WHERE organisation = ? AND time >= ? AND time < ?
            AND seq IN (SELECT unnest(?))""",
            [self._organisation, *day.span, list(seqs)],
        )
        return {
            seq: Carrier(self._carried(event_id, time, carried), tuple(compress(COMPONENTS, known)))
            for known, seq, event_id, time, *carried in found
        }

    def _carried(self, event_id: str, time: datetime, carried: list[Any]) -> UsageEvent:
        fields = dict(zip(_CARRIED, carried, strict=True))
        fields["tags"] = tuple(fields["tags"] or ())
        fields["metadata"] = msgspec.json.decode(fields["metadata"]) if fields["metadata"] else None
        moment = time.replace(tzinfo=UTC)
        return UsageEvent(
            organisation=self._organisation, id=event_id, adjusts=event_id, time=moment, received_at=moment, **fields
        )


def _span(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return as_stored(day_start(day, zone)), as_stored(day_start(day + _ONE_DAY, zone))


def written_by(snapshot: Snapshot, organisation: str, repricing: str) -> Written | None:
    """Return what a repricing wrote; None where that is nothing."""
    first, last = snapshot.rows(
        f"SELECT min(seq), max(seq) FROM {EVENTS} WHERE organisation = ? AND repricing = ?", [organisation, repricing]
    )[0]
    return None if first is None else Written(repricing, first, last)


def _conditions(organisation: str, scope: Scope, touched: Written | None) -> tuple[str, list[Any]]:
    """Return which events are meant; what repricings wrote is never priced itself."""
    wanted, values = ["e.organisation = ?", "e.repricing IS NULL"], [organisation]
    bounds: list[tuple[str, Any]] = [
        (_TOUCHED, touched and touched.repricing),
        ("e.time >= ?", scope.start and scope.start.replace(tzinfo=None)),
        ("e.time < ?", scope.end and scope.end.replace(tzinfo=None)),
        ("e.provider = ?", scope.provider),
        ("e.model = ?", scope.model),
        ("e.service = ?", scope.service),
        ('e."user" = ?', scope.user),
    ]
    given = [(text, value) for text, value in bounds if value is not None]
    return " AND ".join([*wanted, *(text for text, _ in given)]), [*values, *(value for _, value in given)]


def _listed(only: Sequence[Combination]) -> list[list[str | None]]:
    return [[getattr(each, name) for each in only] for name in Combination.__struct_fields__]


def _known(organisation: str, row: tuple[Any, ...]) -> Known:
    # All by place: this runs for every event there is, and by name it takes twice as long.
    seq, time, *named = row[:_TO_TOKENS]
    adjusts, requests, service, provider, model, model_raw, status, variant, quantity, unit, metadata = named
    stated, stated_by, first_status, first_price_id, last_seq, now, price_id, team = row[_TO_STATED:_TO_PARTS]
    parts = row[_TO_PARTS:]
    moment = time.replace(tzinfo=UTC)
    event = UsageEvent(
        organisation=organisation,
        source="",
        id="",
        time=moment,
        received_at=moment,
        adjusts=adjusts,
        calls=requests if adjusts is None else 1,
        service=service,
        provider=provider,
        model=model,
        model_raw=model_raw,
        status=status,
        tokens=_tokens(row[_TO_TOKENS:_TO_STATED]),
        quantity=quantity,
        unit=unit,
        variant=variant,
        reported_cost=None if stated is None else _stated(stated, stated_by, first_status, first_price_id),
        metadata=_said(metadata) if metadata is not None else None,
    )
    standing = Standing(now, None if now == "unpriced" else sum(parts), parts, price_id, team)
    return Known(seq, event, standing, requests, last_seq)


def _said(metadata: str) -> dict[str, Any] | None:
    """Return what of the metadata a price depends on is in it, at all; most has nothing of it."""
    if any(name in metadata for name in _PRICED_BY):
        found: dict[str, Any] = msgspec.json.decode(metadata)
        return found
    return None


def _tokens(counts: tuple[int | None, ...]) -> Tokens:
    return Tokens(**dict(zip(_TOKENS, counts, strict=True)))


def _stated(pico: int, by: str | None, status: str, price_id: str | None) -> ReportedCost:
    """Return the cost that a source stated. Who did, rows of an older Outlay don't say, but how they were priced does:
    a list price is only taken before the word of a tool.
    """
    by_tool = status == "estimated" or (status in {"priced", "free"} and not (price_id or "").startswith("rule:"))
    return ReportedCost(pico, "tool" if (by or ("tool" if by_tool else "provider")) == "tool" else "provider")
