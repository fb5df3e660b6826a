"""Repricings on record: who had which change of prices looked at or written, when, and what it did to the ledger. And
moves of a person's past calls to another team, which are looked at, written and taken back alike.

A repricing is previewed, then written or dropped. Its state moves by conditional updates, so two who press the same
button do the work once. `writing` outlives a killed process: whoever finds it goes on with it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, desc, insert, not_, select, update

from outlay.control.database import Control
from outlay.control.price_rules import RuleChange
from outlay.control.price_tables import repricings
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import NotFound
from outlay.kit.ids import new_id

State = Literal["previewing", "ready", "writing", "done", "failed", "dropped"]

MOST_LISTED: Final = 200
MOST_MOVERS: Final = 5_000
_IS_MOVE: Final = repricings.c.id.startswith("move_", autoescape=True)
_TOTALS: Final = ("events", "requests", "tokens", "old", "new", "unpriced_before", "unpriced_after")


class Scope(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which events are looked at: those of a time (from, up to but without), of one provider, model or
    service, and of one user.
    """

    start: datetime | None = None
    end: datetime | None = None
    provider: str | None = None
    model: str | None = None
    service: str | None = None
    user: str | None = None


class Move(Struct, frozen=True, kw_only=True):
    """That calls of a member which are the team's `old` (None: of no team) become those of `new`. The trail calls the
    member by `name`, and the teams as they were called when it was asked for.
    """

    member: str
    name: str
    old: str | None
    new: str
    old_name: str | None = None
    new_name: str | None = None


class Repricing(Struct, frozen=True, kw_only=True):
    """`change` is of the rules (None: none), `move` what is moved instead of priced (or was, by the one that this
    `undoes`), `undoes` the repricing that this one takes back, `prices` the price book's version. `preview` and
    `written` are figures as JSON. `created_by` and `decided_by` are members' ids.
    """

    id: str
    organisation: str
    state: State
    change: RuleChange | None
    scope: Scope
    move: Move | None
    undoes: str | None
    prices: str
    preview: Mapping[str, Any] | None
    written: Mapping[str, Any] | None
    error: str | None
    created_at: datetime
    created_by: str | None
    decided_at: datetime | None
    decided_by: str | None
    done_at: datetime | None


class NewRepricing(Struct, frozen=True, kw_only=True):
    change: RuleChange | None = None
    scope: Scope = Scope()
    move: Move | None = None
    undoes: str | None = None
    prices: str = ""
    by: str | None = None


def begin_repricing(control: Control, organisation: str, wanted: NewRepricing, now: datetime) -> Repricing:
    """Record a repricing that is about to be previewed."""
    row = {
        "id": new_id("reprice" if wanted.move is None else "move"),
        "organisation": organisation,
        "state": "previewing",
        "change": None if wanted.change is None else msgspec.to_builtins(wanted.change),
        "scope": msgspec.to_builtins(wanted.scope),
        "move": None if wanted.move is None else msgspec.to_builtins(wanted.move),
        "undoes": wanted.undoes,
        "prices": wanted.prices,
        "created_at": now,
        "created_by": wanted.by,
    }
    with control.begin() as connection:
        connection.execute(insert(repricings).values(row))
    return repricing_of(control, organisation, str(row["id"]))


def repricing_of(control: Control, organisation: str, repricing: str) -> Repricing:
    with control.read() as connection:
        row = connection.execute(select(repricings).where(_this(organisation, repricing))).one_or_none()
    if row is None:
        raise NotFound("there is no such repricing")
    return _as_repricing(row)


def repricings_of(control: Control, organisation: str) -> list[Repricing]:
    """Return the newest MOST_LISTED repricings, the newest first; moves are no repricings here."""
    return _newest(control, organisation, not_(_IS_MOVE))


def moves_of(control: Control, organisation: str) -> list[Repricing]:
    """Return the newest MOST_LISTED moves, the newest first."""
    return _newest(control, organisation, _IS_MOVE)


def undone_by(control: Control, organisation: str, repricing: str) -> str | None:
    """Return what took this one back, the last that did; None where nothing did."""
    here = and_(repricings.c.organisation == organisation, repricings.c.undoes == repricing)
    done = select(repricings.c.id).where(here, repricings.c.state == "done").order_by(desc(repricings.c.done_at))
    with control.read() as connection:
        found: str | None = connection.execute(done.limit(1)).scalar()
    return found


def movers_of(control: Control, organisation: str, moves: Collection[str]) -> dict[str, str | None]:
    """Return which member (None: the command line) decided on each of these moves."""
    wanted = sorted(set(moves))[:MOST_MOVERS]
    asked = select(repricings.c.id, repricings.c.decided_by).where(
        repricings.c.organisation == organisation, repricings.c.id.in_(wanted)
    )
    if not wanted:
        return {}
    with control.read() as connection:
        return {row.id: row.decided_by for row in connection.execute(asked)}


def _newest(control: Control, organisation: str, which: ColumnElement[bool]) -> list[Repricing]:
    newest = (desc(repricings.c.created_at), desc(repricings.c.id))
    here = and_(repricings.c.organisation == organisation, which)
    wanted = select(repricings).where(here).order_by(*newest).limit(MOST_LISTED)
    with control.read() as connection:
        return [_as_repricing(row) for row in connection.execute(wanted)]


def repricings_in(control: Control, states: Collection[State]) -> list[Repricing]:
    """Return the repricings of all organisations that are in one of these states, the oldest first."""
    wanted = select(repricings).where(repricings.c.state.in_(states)).order_by(repricings.c.created_at)
    with control.read() as connection:
        return [_as_repricing(row) for row in connection.execute(wanted)]


def move_on(
    control: Control,
    repricing: Repricing,
    start: tuple[State, ...],
    to: State,
    **values: Any,  # noqa: ANN401 - columns
) -> bool:
    """Bring a repricing from one of the states to another, with further columns; False where it is in none of them."""
    with control.begin() as connection:
        return _moved(connection, repricing, start, {"state": to, **values})


def decide_to_write(control: Control, repricing: Repricing, by: Actor, now: datetime) -> bool:
    """Bring one that is ready to be written; False where it is not ready any more. The trail has who decided."""
    change = _told_change(repricing)
    values = {"state": "writing", "decided_at": now, "decided_by": by.member}
    with control.begin() as connection:
        decided = _moved(connection, repricing, ("ready",), values)
        if decided:
            write_down(connection, repricing.organisation, by, change, now)
    return decided


def _moved(connection: Connection, repricing: Repricing, start: tuple[State, ...], values: dict[str, Any]) -> bool:
    here = and_(_this(repricing.organisation, repricing.id), repricings.c.state.in_(start))
    return connection.execute(update(repricings).where(here).values(values)).rowcount == 1


def _told_change(repricing: Repricing) -> Change:
    """Return how the trail tells that a repricing or a move is written."""
    undoes, move = repricing.undoes, repricing.move
    told = {"scope": msgspec.to_builtins(repricing.scope), "foreseen": _foreseen(repricing.preview or {})}
    if move is None:
        name = _about(repricing) if undoes is None else undoes
        return Change(
            "repricing.write" if undoes is None else "repricing.undo", "repricing", repricing.id, name, after=told
        )
    told |= {"move": repricing.id} if undoes is None else {"move": repricing.id, "takes_back": undoes}
    teams = [(move.old, move.old_name), (move.new, move.new_name)]
    sides = [{"team": name or team, "team_id": team} for team, name in (teams if undoes is None else reversed(teams))]
    action = "usage.move" if undoes is None else "usage.move_back"
    return Change(action, "member", move.member, move.name, sides[0], {**sides[1], **told})


def _about(repricing: Repricing) -> str:
    """Return which events it is about, in a few words."""
    if repricing.change is not None:
        return "the calls that a change of prices is about"
    scope = repricing.scope
    of = "/".join(part for part in (scope.provider, scope.model, scope.service) if part) or "all calls"
    days = [f"{word} {moment:%Y-%m-%d}" for word, moment in (("from", scope.start), ("to", scope.end)) if moment]
    return " ".join([of, *days])


def _foreseen(preview: Mapping[str, Any]) -> dict[str, Any]:
    """Return the totals of a preview; its lines would fill the trail."""
    return {name: preview[name] for name in _TOTALS if name in preview}


def _this(organisation: str, repricing: str) -> ColumnElement[bool]:
    return and_(repricings.c.organisation == organisation, repricings.c.id == repricing)


def _as_repricing(row: Row[Any]) -> Repricing:
    return Repricing(
        id=row.id,
        organisation=row.organisation,
        state=row.state,
        change=None if row.change is None else msgspec.convert(row.change, RuleChange),
        scope=msgspec.convert(row.scope, Scope),
        move=None if row.move is None else msgspec.convert(row.move, Move),
        undoes=row.undoes,
        prices=row.prices,
        preview=row.preview,
        written=row.written,
        error=row.error,
        created_at=row.created_at,
        created_by=row.created_by,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        done_at=row.done_at,
    )
