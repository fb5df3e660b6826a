"""Annotations: what people write down beside a day or minute of the time axis, for themselves or for everybody.

Day and time are local to the organisation's zone and stay as they were written; when that is in time is for who draws.
"""

from datetime import date, datetime, time
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from outlay.control.database import Control
from outlay.control.saved_tables import annotations
from outlay.control.sharing import Reader, in_hands, in_sight, parse_line
from outlay.control.trail import Actor, Change, differing, write_down
from outlay.errors import InputError, NotFound
from outlay.kit.ids import new_id

MOST_TEXT_CHARS: Final = 200
MOST_OF_MEMBER: Final = 1_000
FIRST_YEAR: Final = 1971
LAST_YEAR: Final = 2200


class Written(Struct, frozen=True, kw_only=True):
    """What is written down; without `clock` it is about the whole day."""

    text: str
    day: date
    clock: time | None = None
    shared: bool = True


class Annotation(Struct, frozen=True, kw_only=True):
    id: str
    member: str
    text: str
    day: date
    clock: time | None
    shared: bool
    created_at: datetime
    changed_at: datetime


def annotate(control: Control, reader: Reader, wanted: Written, now: datetime) -> Annotation:
    """Write one down; InputError when it can't be kept as it is, or the member has too many."""
    row = _row(wanted, now) | {
        "id": new_id("note"),
        "organisation": reader.organisation,
        "member": reader.member,
        "created_at": now,
    }
    mine = and_(annotations.c.organisation == reader.organisation, annotations.c.member == reader.member)
    with control.begin() as connection:
        count = connection.execute(select(func.count()).select_from(annotations).where(mine)).scalar_one()
        if count >= MOST_OF_MEMBER:
            raise InputError(f"you have {MOST_OF_MEMBER:,} notes already; delete some first")
        connection.execute(insert(annotations).values(row))
        return _one(connection, and_(mine, annotations.c.id == row["id"]))


def annotations_between(control: Control, reader: Reader, first: date, last: date, most: int) -> list[Annotation]:
    """Return what the reader may see of these local days, both included: the newest `most`, in the order of time."""
    within = and_(in_sight(annotations, reader), annotations.c.day >= first, annotations.c.day <= last)
    newest = select(annotations).where(within).order_by(annotations.c.day.desc(), annotations.c.id).limit(most)
    with control.read() as connection:
        found = [_as_annotation(row) for row in connection.execute(newest)]
    return sorted(found, key=lambda each: (each.day, each.clock or time.min, each.created_at))


def annotations_for(control: Control, reader: Reader, first: int, most: int) -> tuple[list[Annotation], int]:
    """Return `most` of what the reader may see, latest day first, from number `first` on; and how many there are."""
    seen = in_sight(annotations, reader)
    latest = (annotations.c.day.desc(), annotations.c.created_at.desc(), annotations.c.id)
    with control.read() as connection:
        count = connection.execute(select(func.count()).select_from(annotations).where(seen)).scalar_one()
        rows = connection.execute(select(annotations).where(seen).order_by(*latest).offset(first).limit(most))
        return [_as_annotation(row) for row in rows], count


def annotation_in_hands(control: Control, reader: Reader, annotation: str) -> Annotation:
    """Return one that the reader may change; NotFound when there is none."""
    with control.read() as connection:
        return _one(connection, _this(reader, annotation))


def change_annotation(
    control: Control, reader: Reader, annotation: str, wanted: Written, by: Actor, now: datetime
) -> Annotation:
    """Write one anew. Only its author can take it back for themselves: an admin would lose sight of it.

    The trail has it where it was another's.
    """
    this = _this(reader, annotation)
    with control.begin() as connection:
        known = _one(connection, this)
        if known.member != reader.member and not wanted.shared:
            raise InputError("only who wrote a note can make it private")
        connection.execute(update(annotations).where(this).values(_row(wanted, now)))
        made = _one(connection, this)
        if known.member != reader.member:
            sides = differing(_told(known), _told(made))
            change = Change("note.change", "note", made.id, made.text, *sides)
            write_down(connection, reader.organisation, by, change, now)
        return made


def delete_annotation(control: Control, reader: Reader, annotation: str, by: Actor, now: datetime) -> None:
    """Delete one that is in the reader's hands; NotFound when there is none. The trail has it if it was another's."""
    this = _this(reader, annotation)
    with control.begin() as connection:
        known = _one(connection, this)
        connection.execute(delete(annotations).where(this))
        if known.member != reader.member:
            change = Change("note.delete", "note", known.id, known.text, before=_told(known) | {"of": known.member})
            write_down(connection, reader.organisation, by, change, now)


def _told(note: Annotation) -> dict[str, Any]:
    return {"text": note.text, "day": note.day, "clock": note.clock, "shared": note.shared}


def _row(wanted: Written, now: datetime) -> dict[str, Any]:
    if not FIRST_YEAR <= wanted.day.year <= LAST_YEAR:
        raise InputError(f"a note's day lies between the years {FIRST_YEAR} and {LAST_YEAR}")
    return {
        "text": parse_line(wanted.text, MOST_TEXT_CHARS, "a note"),
        "day": wanted.day,
        "clock": wanted.clock,
        "shared": wanted.shared,
        "changed_at": now,
    }


def _this(reader: Reader, annotation: str) -> ColumnElement[bool]:
    return and_(in_hands(annotations, reader), annotations.c.id == annotation)


def _one(connection: Connection, condition: ColumnElement[bool]) -> Annotation:
    row = connection.execute(select(annotations).where(condition)).one_or_none()
    if row is None:
        raise NotFound("there is no such note")
    return _as_annotation(row)


def _as_annotation(row: Row[Any]) -> Annotation:
    return Annotation(
        id=row.id,
        member=row.member,
        text=row.text,
        day=row.day,
        clock=row.clock,
        shared=row.shared,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
