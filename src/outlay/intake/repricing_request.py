"""What `outlay reprice` and `outlay members move` ask of whoever holds the ledger, and what they are told."""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from outlay.control.repricings import Move, NewRepricing, Repricing, Scope, State
from outlay.control.trail import SYSTEM, Actor
from outlay.errors import BodyUnreadable
from outlay.intake.reprice_effect import Effect
from outlay.intake.repricing_jobs import RepricingJobs
from outlay.intake.repricing_work import as_effect

REPRICE: Final = "reprice"


class Request(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`open` begins a preview and gives its id; the others are about the repricing with that `id`.

    `by` is who types, by the word of a process of the same machine that could read this server's secret.
    """

    do: Literal["open", "look", "write", "drop"]
    id: str = ""
    scope: Scope = Scope()
    move: Move | None = None
    undoes: str | None = None
    by: Actor = SYSTEM


class Told(Struct, frozen=True, kw_only=True):
    """A repricing as it stands; `done` of `total` events were looked at while it runs."""

    id: str
    state: State
    done: int = 0
    total: int = 0
    effect: Effect | None = None
    error: str | None = None


def read_request(body: bytes) -> Request:
    try:
        return msgspec.json.decode(body, type=Request)
    except msgspec.DecodeError as error:
        raise BodyUnreadable(f"this is no request about a repricing: {error}") from None


def answer(jobs: RepricingJobs, organisation: str, asked: Request) -> Told:
    """Do what is asked and tell how it stands. Raises PriceInvalid, Conflict or NotFound."""
    if asked.do == "open":
        wanted = NewRepricing(scope=asked.scope, move=asked.move, undoes=asked.undoes)
        return told(jobs.open(organisation, wanted), (0, 0))
    repricing = jobs.of(organisation, asked.id)
    if asked.do == "write":
        repricing = jobs.decide(repricing, asked.by, adjust=True)
    elif asked.do == "drop":
        jobs.drop(repricing, asked.by)
    return told(jobs.of(organisation, asked.id), jobs.progress_of(asked.id))


def told(repricing: Repricing, progress: tuple[int, int] | None) -> Told:
    done, total = progress or (0, 0)
    effect = as_effect(repricing.written or repricing.preview)
    return Told(id=repricing.id, state=repricing.state, done=done, total=total, effect=effect, error=repricing.error)
