"""The form of a note: what was filled in, as text, and the note it asks for.

A refused form comes back as it was, with what is wrong beside the field.
"""

from datetime import date, time

from msgspec import Struct

from outlay.control.annotations import Annotation, Written
from outlay.web.forms import Form


class Draft(Struct, frozen=True, kw_only=True):
    """The fields as they were filled in: `day` as YYYY-MM-DD, `clock` as HH:MM or empty, `seen` by `all` or `me`."""

    text: str = ""
    day: str = ""
    clock: str = ""
    seen: str = "all"
    next: str = ""


class Refused(Struct, frozen=True):
    """What is wrong, by field."""

    errors: dict[str, str]


def draft_of(form: Form) -> Draft:
    return Draft(**{name: form.text(name).strip() for name in Draft.__struct_fields__})


def draft_from(note: Annotation) -> Draft:
    return Draft(
        text=note.text,
        day=note.day.isoformat(),
        clock="" if note.clock is None else f"{note.clock:%H:%M}",
        seen="all" if note.shared else "me",
    )


def note_asked_for(draft: Draft) -> Written | Refused:
    """Return the note; what its text and day may be is checked where it is kept."""
    errors = {}
    day, clock = _day(draft.day), _clock(draft.clock)
    if day is None:
        errors["day"] = "Write a day as YYYY-MM-DD."
    if clock is None and draft.clock:
        errors["clock"] = "Write a time as HH:MM, or none for the whole day."
    if draft.seen not in {"all", "me"}:
        errors["seen"] = "Choose one of these."
    if day is None or errors:
        return Refused(errors)
    return Written(text=draft.text, day=day, clock=clock, shared=draft.seen == "all")


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _clock(written: str) -> time | None:
    """Return the time of day, to the minute: nearer than that no chart shows it."""
    try:
        found = time.fromisoformat(written) if written else None
    except ValueError:
        return None
    return None if found is None or found.tzinfo is not None else found.replace(second=0, microsecond=0)
