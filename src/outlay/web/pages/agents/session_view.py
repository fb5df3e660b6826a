"""One session or run as its page shows it: headline, who and what was in it, and its calls one by one."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from outlay.query.ask import Filter, Query
from outlay.query.rows import EventRow
from outlay.web import format as text
from outlay.web.pages.agents.cells import card_of
from outlay.web.pages.agents.paging import page_in, pager_of
from outlay.web.pages.agents.place import SessionPlace, agent_ground, session_ground
from outlay.web.pages.agents.session_calls import RunPart, Step, run_parts, steps_of, waited_text
from outlay.web.pages.agents.session_figures import SessionFigures
from outlay.web.pages.agents.session_lane import Lanes, lanes_of
from outlay.web.pages.agents.told import ERRORS, UNPRICED
from outlay.web.pages.calls.moved import Movers
from outlay.web.pages.calls.view import Call, calls_of
from outlay.web.parts import Card, Pager
from outlay.web.render import Renderer
from outlay.web.view.groups import summed
from outlay.web.view.names import Names
from outlay.web.view.panels import Proof, as_count, as_money, proof_of
from outlay.web.view.place import CALLS, Ground, Links, Place

NAMES: Final = {"session": "Session", "run": "Run"}
_MOST_NAMED: Final = 12


class SessionTold(Struct, frozen=True):
    """What the parts are told; `links` lead on from this page, `calls` from the list of these calls."""

    place: SessionPlace
    figures: SessionFigures
    links: Links
    calls: Links
    names: Names
    zone: ZoneInfo


class Fact(Struct, frozen=True):
    """Who or what was in it: a label, and each with where it leads and a remark."""

    label: str
    values: tuple[tuple[str, str, str], ...]


class ShownRun(Struct, frozen=True):
    """The line above the calls of a run."""

    name: str
    title: str
    href: str
    text: str


class ShownCall(Struct, frozen=True):
    """One row: `call` has what any list of calls has; the rest is its place in the session."""

    call: Call
    time: str  # without the day, where it is that of the call before
    run: ShownRun | None
    waited: str
    tokens: str
    spent: str
    spent_exact: str
    parent: str


class ShownSession(Struct, frozen=True, kw_only=True):
    title: str
    subtitle: str
    zone: str
    lanes: Lanes | None
    calls: tuple[ShownCall, ...]
    pager: Pager | None
    proof: Proof
    calls_href: str


def session_told(
    place: SessionPlace, figures: SessionFigures, renderer: Renderer, names: Names, zone: ZoneInfo
) -> SessionTold:
    query = Query(place.place.viewer, range=figures.asked.range, filters=figures.asked.filters)
    calls = Place(Ground(CALLS, Query(place.place.viewer)), query)
    return SessionTold(place, figures, Links(renderer, place.place), Links(renderer, calls), names, zone)


def cards_of(told: SessionTold) -> tuple[Card, ...]:
    head, moments, calls = told.figures.head, told.figures.moments, told.calls
    errors, unpriced = as_count(head.total("errors")), as_count(head.total("unpriced_requests"))
    begun, last = (moments.total_moment(each) for each in ("first_time", "last_time"))
    lasted = Card(
        label="Duration",
        value=text.DASH if begun is None or last is None else text.lasting(last - begun),
        note="first to last call",
    )
    return (
        card_of(head, "requests", "Requests", calls.narrowed()),
        card_of(head, "tokens", "Tokens", calls.narrowed()),
        card_of(
            head,
            "cost",
            "Cost",
            calls.narrowed(),
            (f"{unpriced:,} unpriced", calls.narrowed(UNPRICED)) if unpriced else ("", ""),
        ),
        lasted,
        card_of(head, "latency_p95", "Latency p95", calls.narrowed()),
        card_of(
            head, "error_rate", "Error rate", calls.narrowed(ERRORS), (f"{errors:,} failed", "") if errors else ("", "")
        ),
    )


def facts_of(told: SessionTold) -> tuple[Fact, ...]:
    """Say which agents were in it and who started them, whose it is, and which models answered."""
    rows = told.figures.calls
    agents = list(dict.fromkeys((row.agent, row.parent_agent) for row in rows))
    labels = told.names.of("agent", [each for pair in agents for each in pair])
    span = told.place.place.query.range
    ground = agent_ground(told.place.place.viewer)
    found = [
        (
            labels[agent].name,
            told.links.to(Place(ground, replace(ground.default, range=span), own={**ground.own, "agent": agent or ""})),
            "" if parent is None else f"started by {labels[parent].name}",
        )
        for agent, parent in agents
    ]
    facts = [Fact("Agent" if len(found) == 1 else "Agents", tuple(found[:_MOST_NAMED]))]
    for dimension in ("user", "model", "pod", "task"):
        values = [each for each in dict.fromkeys(getattr(row, dimension) for row in rows) if each is not None]
        named = told.names.of(dimension, values)
        if values:
            label = dimension.capitalize() + ("" if len(values) == 1 else "s")
            listed = values[:_MOST_NAMED]
            facts.append(
                Fact(
                    label,
                    tuple(
                        (named[each].name, told.calls.narrowed(Filter(dimension, "is", (each,))), "") for each in listed
                    ),
                )
            )
    return tuple(facts)


def shown_session(told: SessionTold, movers: Movers) -> ShownSession:
    """Return the calls of one page, and all of them on a line of time."""
    rows, head = told.figures.calls, told.figures.head
    steps = steps_of(rows)
    shown = page_in([str(row.seq) for row in rows], told.place.page)
    first = (shown.page - 1) * len(shown.keys) if shown.page < shown.pages else len(rows) - len(shown.keys)
    part = steps[first : first + len(shown.keys)]
    runs = dict(run_parts(rows)) if told.place.by == "session" else {}
    count = as_count(head.total("requests")) or 0
    cost = text.usd(as_money(head.total("cost")))
    several = len({row.run_id for row in rows}) > 1
    calls = calls_of([step.row for step in part], told.zone, told.names, told.calls, movers)
    return ShownSession(
        title="Calls in order",
        subtitle=f"{count:,} request{'' if count == 1 else 's'}, {cost}{_bounded(told)}",
        zone=told.zone.key,
        lanes=_lanes(told),
        calls=_shown_calls(told, tuple(zip(part, calls, strict=True)), first, runs if several else {}),
        pager=pager_of(told.links, shown),
        proof=_proof(told),
        calls_href=told.calls.narrowed(),
    )


def _shown_calls(
    told: SessionTold, shown: Sequence[tuple[Step, Call]], first: int, runs: dict[int, RunPart]
) -> tuple[ShownCall, ...]:
    steps = [step for step, _ in shown]
    places = text.usd_places(each.row.cost for each in steps)
    parents = told.names.of("agent", [step.row.parent_agent for step in steps])
    # A page that begins inside a run says of which one.
    begins = {at: part for at, part in runs.items() if at <= first}
    opening = begins[max(begins)] if begins else None
    found = []
    for at, (step, call) in enumerate(shown, start=first):
        run = runs.get(at)
        if at == first and run is None and opening is not None:
            run = replace(opening, continued=True)
        parent = step.row.parent_agent
        found.append(
            ShownCall(
                call=call,
                time=_time(step, None if at == first else steps[at - first - 1], told.zone, call),
                run=None if run is None else _shown_run(told, run),
                waited=waited_text(step, first=at == 0),
                tokens=text.tokens(step.row.tokens),
                spent=text.usd_row(step.spent, places),
                spent_exact=text.usd_exact(step.spent),
                parent="" if parent is None else parents[parent].name,
            )
        )
    return tuple(found)


def _time(step: Step, before: Step | None, zone: ZoneInfo, call: Call) -> str:
    local = step.row.time.astimezone(zone)
    same = before is not None and before.row.time.astimezone(zone).date() == local.date()
    return f"{local:%H:%M:%S}" if same else call.time


def _shown_run(told: SessionTold, run: RunPart) -> ShownRun:
    calls = f"{run.calls:,} call{'' if run.calls == 1 else 's'}, {text.usd(run.cost)}"
    if run.id is None:
        return ShownRun("Without a run", "", "", calls)
    ground = session_ground(told.place.place.viewer)
    there = Place(ground, told.place.place.query, own={**ground.own, "run": run.id})
    name = run.id if len(run.id) <= 40 else f"{run.id[:39]}…"
    return ShownRun(name, run.id, told.links.to(there), f"continued; {calls} in all" if run.continued else calls)


def _lanes(told: SessionTold) -> Lanes | None:
    rows = told.figures.calls
    if told.figures.more or not rows:
        return None
    labels = told.names.of("agent", [row.agent for row in rows])
    begin, end = (text.local_seconds(row.time, told.zone) for row in (rows[0], rows[-1]))
    name = f"{len(rows):,} calls from {begin} to {end}, each as long as it took; the table below has them one by one"
    return lanes_of(rows, labels, [_title(row, told.zone) for row in rows], (name, begin, end))


def _title(row: EventRow, zone: ZoneInfo) -> str:
    parts = (f"{row.time.astimezone(zone):%H:%M:%S}", row.model or row.service, text.milliseconds(row.latency_ms))
    return " · ".join((*parts, text.usd_row(row.cost), *(() if row.status == "ok" else (row.status,))))


def _bounded(told: SessionTold) -> str:
    return f"; these are the first {len(told.figures.calls):,}" if told.figures.more else ""


def _proof(told: SessionTold) -> Proof:
    """Return the proof that the listed calls make the total, which was figured apart."""
    rows, total = told.figures.calls, told.figures.head.total("cost")
    if told.figures.more:
        listed = summed(row.cost for row in rows)
        rest = None if total is None or listed is None else Decimal(total) - Decimal(listed)
        lines = [(f"The first {len(rows):,} calls", listed), ("All that follow", rest)]
        return proof_of("These calls and those that follow make the total", lines, total, holds=True, money=True)
    lines = [("All calls", summed(row.cost for row in rows))]
    tokens = summed(row.tokens for row in rows)
    return proof_of(
        f"The calls add up to {text.usd(as_money(total))}",
        lines,
        total,
        holds=sum(row.requests for row in rows) == told.figures.head.total("requests")
        and tokens == told.figures.head.total("tokens"),
        money=True,
    )
