"""One page of calls as a template shows it: rows in one precision, and behind each row all that is known of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from outlay.query.ask import Filter
from outlay.query.result import Result
from outlay.query.rows import EventRow
from outlay.usage import LLM
from outlay.web import format as text
from outlay.web.pages.agents.place import agent_ground, session_ground
from outlay.web.pages.calls.moved import Moved, Movers, MoveText, history_of, moved_mark, moves_told
from outlay.web.view.names import Label, Names
from outlay.web.view.place import Links, Place

NAMED: Final = ("user", "agent", "agent_type", "team", "pod", "task", "api_key", "service", "model", "parent_agent")
_REGISTERED_AS: Final = {"parent_agent": "agent"}
_WHO: Final = (
    ("user", "User"),
    ("team", "Team"),
    ("api_key", "API key"),
    ("agent", "Agent"),
    ("agent_type", "Agent type"),
    ("parent_agent", "Parent agent"),
    ("run_id", "Run"),
    ("session_id", "Session"),
    ("pod", "Pod"),
    ("task", "Task"),
)
_WHAT: Final = (
    ("service", "Service"),
    ("operation", "Operation"),
    ("provider", "Provider"),
    ("model", "Model"),
    ("model_raw", "Model as sent"),
    ("variant", "Price variant"),
    ("status", "Status"),
    ("response_id", "Response id"),
)
_TOKENS: Final = (
    ("input_uncached", "Uncached input"),
    ("cache_read", "Cache reads"),
    ("cache_write_5m", "Cache writes, 5 min"),
    ("cache_write_1h", "Cache writes, 1 h"),
    ("cache_write_other", "Cache writes, other"),
    ("output", "Output"),
    ("reasoning", "of it reasoning"),
    ("audio_input", "Audio in input"),
    ("audio_output", "Audio in output"),
    ("audio_cache_read", "Audio in cache reads"),
    ("image_input", "Images in input"),
    ("image_output", "Images in output"),
)
_COSTS: Final = (
    ("cost_input", "Uncached input"),
    ("cost_cache_read", "Cache reads"),
    ("cost_cache_write", "Cache writes"),
    ("cost_output", "Output"),
    ("cost_other", "Other"),
)
_FROM: Final = (
    ("source", "Source"),
    ("id", "Event id"),
    ("adjusts", "Corrects event"),
    ("repricing", "Repricing"),
    ("metadata", "Metadata"),
)
_LINKED: Final = ("user", "team", "pod", "task", "api_key")


class Field(Struct, frozen=True):
    """A known field of a call; `href` leads to all calls that have the same."""

    label: str
    text: str
    href: str = ""
    is_sum: bool = False


class Section(Struct, frozen=True):
    title: str
    fields: tuple[Field, ...]


class Call(Struct, frozen=True):
    """One row, and behind it all that is known."""

    id: str
    time: str
    moment: str
    user: str
    agent: str
    model: str  # or the service, where there is none
    status: str
    latency: str
    input: str
    cached: str
    output: str
    cost: str
    exact: str
    chip: str
    marks: tuple[str, ...]  # what it is besides one call
    moved: Moved | None
    sections: tuple[Section, ...]


class Totals(Struct, frozen=True):
    """The figures of all calls that pass, not of this page alone."""

    requests: str
    tokens: tuple[tuple[str, str], ...]  # input, cached, output: as shown, and exact
    cost: str
    exact: str
    unpriced: str


def calls_of(rows: Sequence[EventRow], zone: ZoneInfo, names: Names, links: Links, movers: Movers) -> tuple[Call, ...]:
    """Return the rows ready to show; money in one precision."""
    labels = {each: names.of(_REGISTERED_AS.get(each, each), [getattr(row, each) for row in rows]) for each in NAMED}
    told = _Told(zone, labels, moves_told(rows, zone, names, movers))
    costs = text.usd_column(row.cost for row in rows)
    return tuple(_call(row, cost, told, _Reader(row, labels, links)) for row, cost in zip(rows, costs, strict=True))


class _Told(Struct, frozen=True):
    """What rows are told with: the zone, names by field and id, and moves by the number of the row."""

    zone: ZoneInfo
    labels: dict[str, dict[str | None, Label]]
    moves: Mapping[int, tuple[MoveText, ...]]


def totals_of(result: Result) -> Totals:
    cost = result.total("cost")
    money = None if cost is None else Decimal(cost)
    unpriced = result.total("unpriced_requests")
    return Totals(
        requests=text.counted(int(result.total("requests") or 0)),
        tokens=tuple(_tokens_total(result, each) for each in ("input_tokens", "cache_read_tokens", "output_tokens")),
        cost=text.usd(money),
        exact=text.usd_exact(money),
        unpriced=text.counted(int(unpriced)) if unpriced else "",
    )


def _tokens_total(result: Result, measure: str) -> tuple[str, str]:
    value = result.total(measure)
    count = None if value is None else int(value)
    return text.tokens(count), text.counted(count)


class _Reader:
    """Reads the fields of one row as text."""

    def __init__(self, row: EventRow, labels: dict[str, dict[str | None, Label]], links: Links) -> None:
        self._row = row
        self._labels = labels
        self._links = links

    def name(self, field: str) -> str:
        value: str | None = getattr(self._row, field)
        if value is None:
            return ""
        known = self._labels.get(field)
        return known[value].name if known else value

    def fields(self, wanted: Iterable[tuple[str, str]]) -> list[Field]:
        found = []
        for field, label in wanted:
            value: str | None = getattr(self._row, field)
            if value is not None:
                found.append(Field(label, self.name(field), self._lead(field, value)))
        return found

    def _lead(self, field: str, value: str) -> str:
        """Return where a field leads: what has a page of its own there, others to all calls that have the same."""
        viewer = self._links.place.viewer
        if field in {"agent", "parent_agent"}:
            return self._links.elsewhere(agent_ground(viewer), agent=value)
        if field in {"session_id", "run_id"}:
            query = replace(session_ground(viewer).default, range=self._links.place.query.range)
            own = {**session_ground(viewer).own, field.removesuffix("_id"): value}
            return self._links.to(Place(session_ground(viewer), query, own=own))
        return self._links.narrowed(Filter(field, "is", (value,))) if field in _LINKED else ""

    def counts(self) -> list[Field]:
        known = [(label, getattr(self._row, field)) for field, label in _TOKENS]
        found = [Field(label, text.counted(count)) for label, count in known if count is not None]
        if self._row.tokens is not None:
            found.append(Field("Total tokens", text.counted(self._row.tokens), is_sum=True))
        if self._row.quantity is not None:
            found.append(Field("Quantity", text.quantity(self._row.quantity, self._row.unit or "")))
        return found

    def costs(self) -> list[Field]:
        row = self._row
        known = [(label, getattr(row, field)) for field, label in _COSTS]
        found = [Field(label, text.usd_exact(amount)) for label, amount in known if amount]
        cost = "unknown, no price" if row.cost is None else text.usd_exact(row.cost)
        found.append(Field("Cost", cost, is_sum=True))
        if row.reported_cost is not None:
            found.append(Field("Reported by the source", text.usd_exact(row.reported_cost)))
        found.append(Field("Cost status", row.cost_status))
        return found + ([Field("Price", row.price_id)] if row.price_id else [])


def _call(row: EventRow, cost: str, told: _Told, reader: _Reader) -> Call:
    zone, moves = told.zone, told.moves.get(row.seq, ())
    local = row.time.astimezone(zone)
    return Call(
        id=f"call-{row.seq}",
        time=f"{text.day_short(local.date())}, {local:%H:%M:%S}",
        moment=text.local_seconds(row.time, zone),
        user=reader.name("user"),
        agent=reader.name("agent"),
        model=reader.name("model") or ("LLM" if row.service == LLM else reader.name("service")),
        status=row.status,
        latency=text.milliseconds(row.latency_ms),
        input=text.counted(row.input_tokens),
        cached=text.counted(row.cache_read),
        output=text.counted(row.output),
        cost=cost,
        exact=text.usd_exact(row.cost),
        chip={"unpriced": "unpriced", "estimated": "est."}.get(row.cost_status, ""),
        marks=_marks(row),
        moved=moved_mark(moves),
        sections=_sections(row, told, reader),
    )


def _marks(row: EventRow) -> tuple[str, ...]:
    if row.adjusts is not None:
        return ("adjustment" if row.repricing is None or row.moves else "repriced",)
    if row.requests == 1:
        return ()
    return (f"{text.counted(row.requests)} requests" if row.requests else "charge",)


def _sections(row: EventRow, told: _Told, reader: _Reader) -> tuple[Section, ...]:
    zone = told.zone
    who = reader.fields(_WHO)
    if row.tags:
        who.append(Field("Tags", ", ".join(row.tags)))
    what = reader.fields(_WHAT)
    if row.adjusts is None and row.requests != 1:
        what.insert(0, Field("Stands for", f"{text.counted(row.requests)} requests" if row.requests else "a charge"))
    for label, milliseconds in (("Latency", row.latency_ms), ("First token", row.first_token_ms)):
        if milliseconds is not None:
            what.append(Field(label, text.milliseconds(milliseconds)))
    origin = reader.fields(_FROM)
    if row.also_from:
        origin.insert(1, Field("Also reported by", ", ".join(row.also_from)))
    origin.append(Field("Received", _with_micros(row.received_at, zone)))
    sections = (
        ("Cost", reader.costs()),
        ("Tokens and quantity", reader.counts()),
        ("Who", who),
        ("Team", [Field(*each) for each in history_of(told.moves.get(row.seq, ()))]),
        ("What", what),
        ("Where from", origin),
    )
    return tuple(Section(title, tuple(fields)) for title, fields in sections if fields)


def _with_micros(moment: datetime, zone: ZoneInfo) -> str:
    return f"{text.local_seconds(moment, zone)}.{moment:%f}"
