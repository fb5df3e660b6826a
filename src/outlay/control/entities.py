"""The registry of everything the ledger knows by id: users, teams, agents … with names, e-mails, teams and colours.

Ids are registered when an event first names them. The warm path (all ids known) touches no database: known ids are
kept in memory, and since entities are never deleted, what is known stays true whatever other processes do.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Any, Final, Literal, get_args
from zlib import crc32

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from outlay.control.conflict import insert_or_replace, insert_unless_there
from outlay.control.database import Control
from outlay.control.emails import is_email
from outlay.control.storable import storable
from outlay.control.tables import entities
from outlay.errors import NotFound
from outlay.kit.clock import Clock

EntityKind = Literal["user", "team", "agent", "pod", "task", "api_key", "model", "tag", "service", "provider"]

ENTITY_KINDS: Final[tuple[EntityKind, ...]] = get_args(EntityKind)
COLOUR_SLOTS: Final = 7

_IDS_PER_STATEMENT: Final = 5_000  # SQLite takes 32,766 parameters, Postgres 65,535


class EntityName(Struct, frozen=True):
    """What people call an entity. None: not known, the id stands for the name."""

    id: str
    name: str | None = None
    email: str | None = None
    team: str | None = None


class EntityLabel(Struct, frozen=True):
    """How an entity is shown. `colour_slot` (0 to 6) never changes, so a series keeps its colour everywhere."""

    id: str
    name: str
    email: str | None
    team: str | None
    colour_slot: int


class Registry:
    """The entities of all organisations. Safe to use from several threads, and beside other processes."""

    def __init__(self, control: Control, clock: Clock, limit: int) -> None:
        """`limit` is the most entities of one kind that one organisation may have (`Settings.max_new_entities`)."""
        self._control = control
        self._clock = clock
        self._limit = limit
        self._known: dict[tuple[str, EntityKind], set[str]] = {}
        self._full: set[tuple[str, EntityKind]] = set()
        self._loading = Lock()

    def register(self, organisation: str, found: Mapping[EntityKind, Collection[str]]) -> None:
        """Insert the ids that are not there yet, in one transaction; with none of those it is a set difference."""
        unknown = {kind: self._unknown(organisation, kind, ids) for kind, ids in found.items()}
        unknown = {kind: ids for kind, ids in unknown.items() if ids}
        if not unknown:
            return
        now = self._clock.now()
        with self._control.note() as connection:
            for kind, ids in unknown.items():
                insert_entities(connection, organisation, kind, [EntityName(each) for each in ids], now)
        for kind, ids in unknown.items():
            self._known_of(organisation, kind).update(ids)

    def admit(self, organisation: str, kind: EntityKind, ids: Collection[str]) -> set[str]:
        """Return those of `ids` that must be refused: each would be one more than the limit, in the order given.

        Ids that two callers admit at the same moment may pass the limit by what both had in hand.
        """
        unknown = self._unknown(organisation, kind, ids)
        if not unknown or (organisation, kind) in self._full:
            return set(unknown)
        with self._control.read() as connection:  # another process may have registered some since
            missing = _missing(connection, organisation, kind, unknown)
            room = self._limit - _next_number(connection, organisation, kind)
        self._known_of(organisation, kind).update(each for each in unknown if each not in missing)
        if room <= 0:
            # Nothing can follow any more. With all of them known, a flood of invented ids costs no query.
            self._load(organisation, kind)
            self._full.add((organisation, kind))
        return set([each for each in unknown if each in missing][max(0, room) :])

    def labels(self, organisation: str, kind: EntityKind, ids: Collection[str]) -> dict[str, EntityLabel]:
        """Return a label for every id; one that is not registered is shown by its id."""
        columns = (entities.c.id, entities.c.name, entities.c.email, entities.c.team, entities.c.colour_slot)
        found: dict[str, EntityLabel] = {}
        with self._control.read() as connection:
            for part in _parts(list(ids)):
                statement = select(*columns).where(_of(organisation, kind), entities.c.id.in_(part))
                for entity, name, email, team, slot in connection.execute(statement):
                    found[entity] = EntityLabel(entity, name or entity, email, team, slot)
        return {each: found.get(each) or _unregistered(each) for each in ids}

    def names(self, organisation: str, kind: EntityKind) -> dict[str, str]:
        """Return the name of every entity of a kind, by id: what sorting by name needs of thousands."""
        statement = select(entities.c.id, entities.c.name).where(_of(organisation, kind))
        with self._control.read() as connection:
            return {entity: name or entity for entity, name in connection.execute(statement)}

    def known_before(self, organisation: str, kind: EntityKind, moment: datetime) -> set[str]:
        """Return the ids of a kind that were named before a moment, whatever became of the events that did."""
        statement = select(entities.c.id).where(_of(organisation, kind), entities.c.first_seen < moment)
        with self._control.read() as connection:
            return set(connection.execute(statement).scalars())

    def search(self, organisation: str, kind: EntityKind, text: str, most: int | None = None) -> list[str]:
        """Return the ids whose id, name or e-mail contains `text`, in any case, sorted; all of them without `most`."""
        matches = entities.c.search_text.contains(storable(text).strip().casefold(), autoescape=True)
        statement = select(entities.c.id).where(_of(organisation, kind), matches).order_by(entities.c.id).limit(most)
        with self._control.read() as connection:
            return list(connection.execute(statement).scalars())

    def rename(self, organisation: str, kind: EntityKind, entity: str, name: str | None) -> None:
        """Give an entity another name (None: its id again); NotFound when it is not registered."""
        this = and_(_of(organisation, kind), entities.c.id == entity)
        with self._control.begin() as connection:
            row = connection.execute(select(entities.c.email, entities.c.team).where(this)).one_or_none()
            if row is None:
                raise NotFound(f"there is no {kind} {entity!r}")
            named = EntityName(entity, name, row.email, row.team)
            connection.execute(update(entities).where(this).values(_shown(kind, named)))

    def put_labels(self, organisation: str, kind: EntityKind, names: Iterable[EntityName]) -> None:
        """Register what is not there yet and set name, e-mail and team of all; made for thousands at once."""
        named = list({each.id: each for each in names}.values())
        with self._control.begin() as connection:
            name_entities(connection, organisation, kind, named, self._clock.now())
        self._known_of(organisation, kind).update(each.id for each in named)

    def _unknown(self, organisation: str, kind: EntityKind, ids: Collection[str]) -> list[str]:
        known = self._known_of(organisation, kind)
        if known.issuperset(ids):
            return []
        # A set has another order in every process; colours should not.
        ordered = ids if isinstance(ids, Sequence) else sorted(ids)
        return [each for each in dict.fromkeys(ordered) if each not in known]

    def _known_of(self, organisation: str, kind: EntityKind) -> set[str]:
        known = self._known.get((organisation, kind))
        return self._load(organisation, kind) if known is None else known

    def _load(self, organisation: str, kind: EntityKind) -> set[str]:
        with self._loading, self._control.read() as connection:
            known = self._known.setdefault((organisation, kind), set())
            known.update(connection.execute(select(entities.c.id).where(_of(organisation, kind))).scalars())
            return known


def name_entities(
    connection: Connection, organisation: str, kind: EntityKind, named: Sequence[EntityName], now: datetime
) -> None:
    """Register and name entities inside the caller's transaction: what a key or member and its label share."""
    insert_entities(connection, organisation, kind, named, now)
    rows = [{"organisation": organisation, "kind": kind, **_shown(kind, each)} for each in named]
    placeholders = {"colour_slot": 0, "first_seen": now, "number": 0}  # never used: every row is there by now
    statement = insert_or_replace(entities, "name", "email", "team", "search_text")
    if rows:
        connection.execute(statement, [row | placeholders for row in rows])


def show_team(connection: Connection, organisation: str, user: EntityName, now: datetime) -> None:
    """Have a user's label carry this team; name and e-mail are taken only where the user was not known."""
    insert_entities(connection, organisation, "user", [user], now)
    this = and_(_of(organisation, "user"), entities.c.id == user.id)
    connection.execute(update(entities).where(this).values(team=user.team))


def colour_team(connection: Connection, organisation: str, team: str, slot: int) -> None:
    """Give a team another colour, in every chart and for good."""
    this = and_(_of(organisation, "team"), entities.c.id == team)
    connection.execute(update(entities).where(this).values(colour_slot=slot))


def insert_entities(
    connection: Connection, organisation: str, kind: EntityKind, named: Sequence[EntityName], now: datetime
) -> None:
    """Insert what is missing in the caller's transaction; each takes the next colour slot of its kind."""
    missing = _missing(connection, organisation, kind, [each.id for each in named])
    first = _next_number(connection, organisation, kind) if missing else 0
    rows = [
        {
            "organisation": organisation,
            "kind": kind,
            "colour_slot": number % COLOUR_SLOTS,
            "first_seen": now,
            "number": number,
            **_shown(kind, each),
        }
        for number, each in enumerate((each for each in named if each.id in missing), first)
    ]
    if rows:
        connection.execute(insert_unless_there(entities), rows)


def _missing(connection: Connection, organisation: str, kind: EntityKind, ids: Sequence[str]) -> set[str]:
    missing = set(ids)
    for part in _parts(ids):
        statement = select(entities.c.id).where(_of(organisation, kind), entities.c.id.in_(part))
        missing.difference_update(connection.execute(statement).scalars())
    return missing


def _next_number(connection: Connection, organisation: str, kind: EntityKind) -> int:
    last = connection.execute(select(func.max(entities.c.number)).where(_of(organisation, kind))).scalar_one()
    return 0 if last is None else int(last) + 1


def _shown(kind: EntityKind, named: EntityName) -> dict[str, Any]:
    email = named.email or (named.id if kind == "user" and is_email(named.id) else None)
    searched = "\n".join(text for text in (named.id, named.name, email) if text)
    return {
        "id": named.id,
        "name": named.name,
        "email": email,
        "team": named.team,
        "search_text": searched.casefold(),
    }


def _of(organisation: str, kind: EntityKind) -> ColumnElement[bool]:
    return and_(entities.c.organisation == organisation, entities.c.kind == kind)


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        yield ids[start : start + _IDS_PER_STATEMENT]


def _unregistered(entity: str) -> EntityLabel:
    return EntityLabel(entity, entity, None, None, crc32(entity.encode()) % COLOUR_SLOTS)
