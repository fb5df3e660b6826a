"""The upstreams that people configured, each organisation's its own; a credential is kept sealed.

Whoever may change where calls go could otherwise learn a credential by sending it elsewhere: an address that leads to
another host asks for the credential again.
"""

from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, select, update

from outlay.control.conflict import insert_unless_there
from outlay.control.database import Control
from outlay.control.gateway_tables import upstreams
from outlay.control.organisation_settings import put_setting_in, setting_of
from outlay.control.sealed import SealedColumn, Seals
from outlay.control.trail import Actor, Change, differing, masked, write_down
from outlay.control.upstream import Auth
from outlay.control.upstream_checks import UpstreamSettings, check_credential, checked, origin_of
from outlay.errors import Conflict, InputError, NotFound, UpstreamInvalid
from outlay.kit.clock import Clock
from outlay.kit.ids import new_id
from outlay.kit.sealing import Sealed

MOST_UPSTREAMS: Final = 200  # in one organisation
_OWN_KEYS: Final = "gateway_own_keys"
_HINT_CHARS: Final = 4
_SHORTEST_HINTED: Final = 16


class ConfiguredUpstream(Struct, frozen=True, kw_only=True):
    """One upstream as it is kept. `credential_hint` is the end of the credential, empty where that would tell much."""

    id: str
    organisation: str
    settings: UpstreamSettings
    credential: Sealed | None
    credential_hint: str
    created_at: datetime
    created_by: str | None
    changed_at: datetime

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def context(self) -> str:
        """What its credential is sealed for."""
        return _context(self.organisation, self.id)


class UpstreamBook:
    """Reads and changes them; safe to use from several threads."""

    def __init__(self, control: Control, seals: Seals, clock: Clock) -> None:
        self._control = control
        self._seals = seals
        self._clock = clock

    def all_of(self, organisation: str) -> list[ConfiguredUpstream]:
        """Return an organisation's upstreams by name, also those that are switched off."""
        mine = select(upstreams).where(upstreams.c.organisation == organisation).order_by(upstreams.c.name)
        with self._control.read() as connection:
            return [_as_upstream(row) for row in connection.execute(mine)]

    def named(self, organisation: str, name: str) -> ConfiguredUpstream:
        """Return the upstream of this name; NotFound when there is none."""
        with self._control.read() as connection:
            return _one(connection, and_(upstreams.c.organisation == organisation, upstreams.c.name == name))

    def credential_of(self, upstream: ConfiguredUpstream) -> str | None:
        """Return the credential in plain text, None where none is kept; SecretUnreadable without its secret key."""
        return None if upstream.credential is None else self._seals.unseal(upstream.credential, upstream.context)

    def add(
        self,
        organisation: str,
        settings: UpstreamSettings,
        credential: str | None = None,
        *,
        by: Actor,
    ) -> ConfiguredUpstream:
        """Keep a new one; Conflict when the organisation has one of this name, InputError when it can't be."""
        settings, now, upstream = checked(settings), self._clock.now(), new_id("up")
        row = _columns(settings) | {
            "id": upstream,
            "organisation": organisation,
            "created_at": now,
            "created_by": by.member,
            "changed_at": now,
        }
        with self._control.begin() as connection:
            _check_room(connection, organisation)
            row |= self._sealed(settings.auth, credential, _context(organisation, upstream))
            if connection.execute(insert_unless_there(upstreams).values(row)).rowcount != 1:
                raise Conflict(f"there is an upstream {settings.name!r} already; change it, or take another name")
            made = _one(connection, _this(organisation, upstream))
            change = Change("upstream.add", "upstream", made.id, made.name, after=_told(made))
            write_down(connection, organisation, by, change, now)
        return made

    def change(
        self,
        organisation: str,
        upstream: str,
        settings: UpstreamSettings,
        credential: str | None = None,
        *,
        by: Actor,
    ) -> ConfiguredUpstream:
        """Make it as said, its name excepted; a credential of None keeps the one there is, an empty one forgets it.

        Raises InputError for what can't be, also for a credential that would be kept and sent to another host.
        """
        settings, now = checked(settings), self._clock.now()
        with self._control.begin() as connection:
            known = _one(connection, _this(organisation, upstream))
            values = _columns(settings) | {"name": known.name, "changed_at": now}
            if credential is not None or settings.auth == "none":
                values |= self._sealed(settings.auth, credential, known.context)
            elif known.credential is not None:
                self._check_kept(known, settings)
            connection.execute(update(upstreams).where(_this(organisation, upstream)).values(values))
            made = _one(connection, _this(organisation, upstream))
            sides = differing(_told(known), _told(made))
            # What is told of these may be the same before and after: the end of a credential, the names of headers.
            hidden = {"credential"} if made.credential != known.credential else set()
            hidden |= {"headers"} if made.settings.headers != known.settings.headers else set()
            for side, then in zip(sides, (known, made), strict=True):
                side.update({name: told for name, told in _told(then).items() if name in hidden})
            if any(sides):
                change = Change("upstream.change", "upstream", made.id, made.name, *sides)
                write_down(connection, organisation, by, change, now)
        return made

    def remove(self, organisation: str, upstream: str, *, by: Actor) -> None:
        """Forget it with its credential; NotFound when there is none."""
        with self._control.begin() as connection:
            known = _one(connection, _this(organisation, upstream))
            connection.execute(delete(upstreams).where(_this(organisation, upstream)))
            change = Change("upstream.remove", "upstream", known.id, known.name, before=_told(known))
            write_down(connection, organisation, by, change, self._clock.now())

    def allows_pass_through(self, organisation: str) -> bool:
        """Whether callers may bring their own provider key; not unless somebody said so."""
        return setting_of(self._control, organisation, _OWN_KEYS) is True

    def allow_pass_through(self, organisation: str, *, allowed: bool, by: Actor) -> None:
        now = self._clock.now()
        before = {"allowed": self.allows_pass_through(organisation)}
        change = Change("gateway.change", "setting", _OWN_KEYS, "callers' own keys", before, {"allowed": allowed})
        with self._control.begin() as connection:
            put_setting_in(connection, organisation, _OWN_KEYS, allowed, now)
            if change.before != change.after:
                write_down(connection, organisation, by, change, now)

    def _check_kept(self, known: ConfiguredUpstream, settings: UpstreamSettings) -> None:
        if origin_of(known.settings.base_url) != origin_of(settings.base_url):
            raise UpstreamInvalid("credential", "the address leads to another host now: enter the credential again")
        if "aws-sigv4" in {known.settings.auth, settings.auth} and known.settings.auth != settings.auth:
            raise UpstreamInvalid("credential", "this way to authorise takes another credential: enter it")

    def _sealed(self, auth: Auth, credential: str | None, context: str) -> dict[str, Any]:
        if not credential:
            return {"credential": None, "credential_key": None, "credential_hint": ""}
        check_credential(auth, credential)
        sealed = self._seals.seal(credential, context)
        hint = _hint(auth, credential)
        return {"credential": sealed.content, "credential_key": sealed.key, "credential_hint": hint}


def _told(upstream: ConfiguredUpstream) -> dict[str, Any]:
    """Return an upstream as the trail tells of it. Headers may hold a secret: their names alone."""
    told = _columns(upstream.settings)
    del told["name"]
    told["headers"] = [name for name, _ in upstream.settings.headers]
    return told | {"credential": _shown(upstream)}


def _shown(upstream: ConfiguredUpstream) -> str | None:
    return None if upstream.credential is None else masked(upstream.credential_hint)


def _hint(auth: Auth, credential: str) -> str:
    """Return the end of a credential: of a pair, of its public half."""
    shown = credential.partition(":")[0] if auth == "aws-sigv4" else credential
    return shown[-_HINT_CHARS:] if len(shown) >= _SHORTEST_HINTED else ""


def _context(organisation: str, upstream: str) -> str:
    return f"upstream:{organisation}:{upstream}"


CREDENTIALS: Final = SealedColumn(
    upstreams, "credential", "credential_key", lambda row: _context(row.organisation, row.id)
)


def _columns(settings: UpstreamSettings) -> dict[str, Any]:
    return asdict(settings) | {"headers": list(settings.headers), "timeouts": msgspec.to_builtins(settings.timeouts)}


def _check_room(connection: Connection, organisation: str) -> None:
    mine = select(func.count()).select_from(upstreams).where(upstreams.c.organisation == organisation)
    if connection.execute(mine).scalar_one() >= MOST_UPSTREAMS:
        raise InputError(f"there are {MOST_UPSTREAMS} upstreams already; remove one first")


def _this(organisation: str, upstream: str) -> ColumnElement[bool]:
    return and_(upstreams.c.organisation == organisation, upstreams.c.id == upstream)


def _one(connection: Connection, condition: ColumnElement[bool]) -> ConfiguredUpstream:
    row = connection.execute(select(upstreams).where(condition)).one_or_none()
    if row is None:
        raise NotFound("there is no such upstream")
    return _as_upstream(row)


def _as_upstream(row: Row[Any]) -> ConfiguredUpstream:
    values = dict(row._mapping)  # noqa: SLF001 - public by documentation, named so as not to clash with columns
    settings = {name: values[name] for name in UpstreamSettings.__struct_fields__}
    return ConfiguredUpstream(
        id=row.id,
        organisation=row.organisation,
        settings=msgspec.convert(settings, UpstreamSettings),
        credential=None if row.credential is None else Sealed(row.credential_key, row.credential),
        credential_hint=row.credential_hint,
        created_at=row.created_at,
        created_by=row.created_by,
        changed_at=row.changed_at,
    )
