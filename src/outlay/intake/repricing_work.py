"""Carries out what is decided about prices: previews a repricing, makes its change of rules, writes its adjustments.
Moves of past calls to another team are carried out alike; they change no rule and depend on no price.

The record of a repricing (control) says how far it is; every step can be done again. The rules change first, then what
is on its way into the ledger is awaited, then the ledger is read: so no event is priced the old way and missed.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from outlay.control.database import Control
from outlay.control.repricings import (
    NewRepricing,
    Repricing,
    State,
    begin_repricing,
    decide_to_write,
    move_on,
    repricing_of,
)
from outlay.control.trail import Actor
from outlay.errors import Conflict, OutlayError
from outlay.intake.price_books import PriceBooks
from outlay.intake.reprice import Changes, Commit, Heard, Moved, Repriced, TakenBack, Writing, preview, write
from outlay.intake.reprice_aim import ByBook, ByChange
from outlay.intake.reprice_effect import Effect
from outlay.intake.reprice_rows import written_by
from outlay.kit.clock import Clock
from outlay.ledger.store import LedgerReader

_log = logging.getLogger(__name__)
_BROKE_OFF: Final = "it broke off; the log of Outlay says why"
_OTHER_PRICES: Final = "prices were changed before all of it was written; what is written stays until it is taken back"


class Stopped(Exception):
    """The process ends while a repricing runs."""


class Means(Struct, frozen=True):
    """What a repricing is carried out with. `settle` returns once all that came in before is in the ledger, `commit`
    once what it got is.
    """

    control: Control
    books: PriceBooks
    ledger: LedgerReader
    clock: Clock
    commit: Commit
    settle: Callable[[], None]


def open_repricing(means: Means, organisation: str, wanted: NewRepricing) -> Repricing:
    """Record what is to be previewed. Raises PriceInvalid or Conflict where the change can't be made."""
    if wanted.change is not None:
        means.books.book_with(organisation, wanted.change)
    if wanted.undoes is not None:
        undone = repricing_of(means.control, organisation, wanted.undoes)
        if not may_undo(undone):
            raise Conflict("only what was written can be taken back")
        wanted = replace(wanted, scope=undone.scope if undone.move else wanted.scope, move=undone.move)
    version = means.books.book_of(organisation).version
    wanted = replace(wanted, prices=version)
    return begin_repricing(means.control, organisation, wanted, means.clock.now())


def run_preview(means: Means, repricing: Repricing, heard: Heard) -> Repricing:
    """Find out what it would change; it is `ready` then, or `failed`."""

    def found() -> dict[str, Any]:
        effect = preview(means.ledger, changes_of(means, repricing), heard)
        return {"preview": msgspec.to_builtins(effect)}

    return _moved(means, repricing, "previewing", "ready", found)


def decide(means: Means, repricing: Repricing, by: Actor, *, adjust: bool) -> Repricing:
    """Make the change of rules. With `adjust` the repricing is to be written now, else it is done: for new events only.

    Raises Conflict where it is not ready, was decided already, or the prices are others than it was previewed with.
    """
    now = means.clock.now()
    if not is_current(means, repricing):
        raise Conflict("prices were changed since this was looked at; look again at what it changes")
    if repricing.change is not None:
        means.books.book_with(repricing.organisation, repricing.change)
    if adjust:
        moved = decide_to_write(means.control, repricing, by, now)
    else:
        if repricing.state == "ready":
            # First of all: should it break off here, it can be decided again.
            _make_change(means, repricing, by)
        fields: dict[str, Any] = {"decided_at": now, "decided_by": by.member, "done_at": now}
        moved = move_on(means.control, repricing, ("ready",), "done", **fields)
    if not moved:
        raise Conflict("this was decided already, or its preview is not finished")
    decided = repricing_of(means.control, repricing.organisation, repricing.id)
    if adjust:
        # At once, though it is written later: whoever decides on another one meanwhile must find these prices.
        _make_change(means, decided, by)
    return decided


def may_undo(repricing: Repricing) -> bool:
    """Say whether it may have written anything that can be taken back."""
    return repricing.state == "done" or was_left(repricing)


def was_left(repricing: Repricing) -> bool:
    """Say whether it broke off for good after it was decided, with some of it written perhaps."""
    return repricing.state == "failed" and repricing.decided_at is not None


def is_current(means: Means, repricing: Repricing) -> bool:
    """Say whether it would write what it showed. Neither a move nor what takes another one back depends on
    prices.
    """
    if repricing.undoes is not None or repricing.move is not None:
        return True
    return means.books.book_of(repricing.organisation).version == repricing.prices


def run_writing(means: Means, repricing: Repricing, heard: Heard) -> Repricing:
    """Write the adjustments of a repricing that is `writing`, from the start or from where it broke off.

    It is left where prices became others after it was decided, unless it is what changed them.
    """
    if repricing.change is None and not is_current(means, repricing):
        move_on(means.control, repricing, ("writing",), "failed", error=_OTHER_PRICES)
        return repricing_of(means.control, repricing.organisation, repricing.id)

    def written() -> dict[str, Any]:
        _make_change(means, repricing, _decider(repricing))
        means.settle()
        with means.ledger.snapshot() as snapshot:
            begun = written_by(snapshot, repricing.organisation, repricing.id) is not None
        now = means.clock.now()
        writing = Writing(repricing.organisation, repricing.id, now, means.commit)
        effect = write(means.ledger, changes_of(means, repricing), writing, heard)
        # What was written before it broke off is no change any more, so the figures would be those of the rest.
        told = repricing.preview if begun else msgspec.to_builtins(effect)
        return {"written": told, "done_at": means.clock.now(), "error": None}

    return _moved(means, repricing, "writing", "done", written)


def drop(means: Means, repricing: Repricing, by: Actor) -> None:
    """Decide against it; nothing was changed."""
    fields = {"decided_at": means.clock.now(), "decided_by": by.member}
    move_on(means.control, repricing, ("previewing", "ready"), "dropped", **fields)


def changes_of(means: Means, repricing: Repricing) -> Changes:
    organisation = repricing.organisation
    if repricing.undoes is not None:
        return TakenBack(organisation, repricing.undoes)
    if repricing.move is not None:
        return Moved(organisation, repricing.scope, repricing.move)
    if repricing.change is None:
        return Repriced(organisation, repricing.scope, ByBook(means.books.book_of(organisation)))
    books, change = means.books, repricing.change
    aim = ByChange(
        books.book_with(organisation, change),
        books.book_without(organisation, change),
        books.book_of_changed(organisation, change),
    )
    return Repriced(organisation, repricing.scope, aim)


def as_effect(figures: Any) -> Effect | None:  # noqa: ANN401 - JSON
    """Return the figures of a record."""
    return None if figures is None else msgspec.convert(figures, Effect)


def _make_change(means: Means, repricing: Repricing, by: Actor) -> None:
    if repricing.change is not None:
        means.books.change(repricing.organisation, repricing.change, means.clock.now(), by)


def _decider(repricing: Repricing) -> Actor:
    """Return who decided, as the record tells: the process that heard it was ended before the prices were changed."""
    if repricing.decided_by is None:
        return Actor("terminal", None, "the command line")
    return Actor("member", repricing.decided_by, repricing.decided_by)


def _moved(
    means: Means,
    repricing: Repricing,
    start: State,
    to: State,
    work: Callable[[], dict[str, Any]],
) -> Repricing:
    """Do the work and move on; a failure is kept with the record, and told."""
    try:
        move_on(means.control, repricing, (start,), to, **work())
    except Stopped:
        raise
    except OutlayError as error:
        _log.exception("a repricing broke off", extra={"fields": {"repricing": repricing.id}})
        failed: State = "failed" if start == "previewing" else start
        move_on(means.control, repricing, (start,), failed, error=error.message or _BROKE_OFF)
    return repricing_of(means.control, repricing.organisation, repricing.id)
