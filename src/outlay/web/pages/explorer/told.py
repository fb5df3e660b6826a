"""What every part of an answer needs to be told, and how groups are named and coloured in all of them alike."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.query.ask import Filter
from outlay.query.catalogue import TAG_KEY, dimension_label, is_tag
from outlay.web.pages.explorer.figures import Groups
from outlay.web.pages.explorer.place import ExplorerPlace
from outlay.web.view.names import Label, Names
from outlay.web.view.place import Links

_PLURALS: Final = {"agent": "agents", "user": "users", "model": "models", "team": "teams", "pod": "pods"}
_HEADS: Final = {"agent": "Agent", "user": "User", "model": "Model"}


class Told(Struct, frozen=True):
    """The state, links and names of one answer, and the instant of its figures."""

    place: ExplorerPlace
    links: Links
    names: Names
    zone: ZoneInfo
    now: datetime


def head_of(dimension: str) -> str:
    return _HEADS.get(dimension) or dimension_label(dimension)


def plural_of(dimension: str) -> str:
    if is_tag(dimension):
        return f"values of {dimension.removeprefix(TAG_KEY)}" if dimension.startswith(TAG_KEY) else "tags"
    return _PLURALS[dimension]


def labels_of(told: Told, dimension: str, keys: Collection[str | None]) -> dict[str | None, Label]:
    """Return how groups are shown: by name and stored colour, what has no value in words of its own."""
    if dimension.startswith(TAG_KEY):
        return _tag_labels(told, dimension.removeprefix(TAG_KEY), keys)
    found = told.names.of(dimension, keys)
    if told.place.view == "allocation" and dimension == told.place.by:
        return found | {None: Label("Unallocated", email=f"no {dimension_label(dimension).lower()}")}
    if dimension == "user":
        return found | {None: Label("Service accounts", email="calls without a user")}
    return found | {None: Label("No agent")} if dimension == "agent" else found


def _tag_labels(told: Told, key: str, values: Collection[str | None]) -> dict[str | None, Label]:
    """A tag's colour is that of the whole tag; its value is what tells it from the others."""
    tags = told.names.of("tag", [f"{key}:{each}" for each in values if each is not None])
    found: dict[str | None, Label] = {
        each: Label(each or "(empty)", tags[f"{key}:{each}"].slot) for each in values if each is not None
    }
    return found | {None: Label("Unallocated", email=f"no tag {key}")}


def rest_name(told: Told, groups: Groups, shown: int) -> str:
    """Name what is not drawn one by one: everything but the first `shown` groups that have a value."""
    others = len(groups.valued) > shown or groups.rest is not None
    if groups.missing is None or others:
        return "Other"
    return labels_of(told, told.place.by, (None,))[None].name


def without(dimension: str, keys: Collection[str | None]) -> tuple[Filter, ...]:
    """Return the filter that lets through all but these groups. By tag that can't be said: an event has several."""
    values = tuple(each for each in keys if each is not None)
    return (Filter(dimension, "not", values),) if values and not is_tag(dimension) else ()
