"""The sign-on providers that organisations configured, each its own; a client secret is kept sealed.

Whoever may change where a provider lies could learn its secret by sending it elsewhere: another issuer asks for the
secret again. Domains lead people to a provider; they prove nothing, and several organisations may name the same.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, true, update

from outlay.control.conflict import insert_unless_there
from outlay.control.database import Control
from outlay.control.directory_tables import sign_on_domains, sign_on_identities, sign_on_providers
from outlay.control.organisations import OPERATORS
from outlay.control.sealed import SealedColumn, Seals
from outlay.control.sign_on_checks import ProviderSettings, check_secret, checked, domain_of
from outlay.control.tables import organisation_settings, organisations
from outlay.control.trail import Actor, Change, differing, masked, write_down
from outlay.errors import Conflict, InputError, NotFound, SignOnInvalid
from outlay.kit.clock import Clock
from outlay.kit.ids import new_id
from outlay.kit.sealing import Sealed

ONLY_SETTING: Final = "only_single_sign_on"  # the organisation's setting that no other way of signing in counts
MOST_PROVIDERS: Final = 20  # in one organisation
_ID: Final = re.compile(r"idp_[a-z0-9]{16}", re.ASCII)
_HINT_CHARS: Final = 4
_SHORTEST_HINTED: Final = 16


class SignOnProvider(Struct, frozen=True, kw_only=True):
    """One provider as it is kept. `secret_hint` is the end of its secret, empty where that would tell much."""

    id: str
    organisation: str
    settings: ProviderSettings
    secret: Sealed | None
    secret_hint: str
    created_at: datetime
    created_by: str | None
    changed_at: datetime

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def context(self) -> str:
        """What its secret is sealed for."""
        return _context(self.organisation, self.id)


class Offered(Struct, frozen=True):
    """A provider as the sign-in page offers it."""

    provider: str
    name: str
    organisation: str  # its name


class ProviderBook:
    """Reads and changes them; safe to use from several threads."""

    def __init__(self, control: Control, seals: Seals, clock: Clock) -> None:
        self._control = control
        self._seals = seals
        self._clock = clock

    def all_of(self, organisation: str) -> list[SignOnProvider]:
        """Return an organisation's providers by name, also those that are switched off."""
        with self._control.read() as connection:
            found = _find(connection, sign_on_providers.c.organisation == organisation)
        return sorted(found, key=lambda each: each.name.casefold())

    def one_of(self, organisation: str, provider: str) -> SignOnProvider:
        """Return it; NotFound when the organisation has none of this id."""
        with self._control.read() as connection:
            return _one(connection, _this(organisation, provider))

    def enabled(self, provider: str) -> SignOnProvider:
        """Return the provider of this id, whoever's it is; NotFound when there is none that is switched on."""
        on = and_(sign_on_providers.c.id == provider, sign_on_providers.c.enabled.is_(True))
        with self._control.read() as connection:
            return _one(connection, on)

    def offered_for(self, email: str) -> list[Offered]:
        """Return the providers to sign in with an address of this domain; of all organisations, by their names."""
        return self._offered(sign_on_domains.c.domain == domain_of(email)[:253])

    def covers(self, organisation: str, email: str) -> bool:
        """Say whether a provider of this organisation that is switched on has the domain of an address."""
        domain = domain_of(email)
        found = (each.settings for each in self.all_of(organisation))
        return any(each.enabled and domain in each.domains for each in found)

    def offered_to_all(self) -> tuple[list[Offered], bool]:
        """Return what a sign-in page offers before it knows who comes, and whether it is worth asking for an address.

        Where there is one organisation alone, that is all its providers; else nobody's, but who has an address finds
        theirs.
        """
        with self._control.read() as connection:
            others = and_(organisations.c.id != OPERATORS, organisations.c.deleted_at.is_(None))
            alone = len(connection.execute(select(organisations.c.id).where(others).limit(2)).all()) == 1
            on = select(sign_on_providers.c.id).where(sign_on_providers.c.enabled.is_(True)).limit(1)
            some = connection.execute(on).first() is not None
        if not some:
            return [], False
        return (self._offered(true()), False) if alone else ([], True)

    def secret_of(self, provider: SignOnProvider) -> str | None:
        """Return the client secret, None where none is kept; SecretUnreadable without its secret key."""
        return None if provider.secret is None else self._seals.unseal(provider.secret, provider.context)

    def add(
        self, organisation: str, settings: ProviderSettings, secret: str | None, by: Actor, provider: str = ""
    ) -> SignOnProvider:
        """Keep a new one; Conflict when the organisation has one of this name, InputError when it can't be.

        `provider` is an id that `new_provider_id` gave before, since the address that a provider answers to holds it.
        """
        settings, now, provider = checked(settings), self._clock.now(), _checked_id(provider or new_provider_id())
        row = _columns(settings) | {
            "id": provider,
            "organisation": organisation,
            "created_at": now,
            "created_by": by.id if by.kind == "member" else None,
            "changed_at": now,
        }
        with self._control.begin() as connection:
            _check_room(connection, organisation)
            row |= self._sealed(secret, _context(organisation, provider))
            if connection.execute(insert_unless_there(sign_on_providers).values(row)).rowcount != 1:
                raise Conflict(f"there is a provider {settings.name!r} already; change it, or take another name")
            _set_domains(connection, organisation, provider, settings.domains)
            made = _one(connection, _this(organisation, provider))
            self._note(connection, "sign_on.add", by, None, made)
            return made

    def change(
        self, organisation: str, provider: str, settings: ProviderSettings, secret: str | None, by: Actor
    ) -> SignOnProvider:
        """Make it as said; a secret of None keeps the one there is, an empty one forgets it.

        Raises InputError for what can't be, also for a secret that would be kept and sent to another host; Conflict.
        """
        settings = checked(settings)
        with self._control.begin() as connection:
            known = _one(connection, _this(organisation, provider))
            _check_name(connection, known, settings.name)
            values = _columns(settings) | {"changed_at": self._clock.now()}
            if secret is not None:
                values |= self._sealed(secret, known.context)
            elif known.secret is not None and _host(settings.issuer) != _host(known.settings.issuer):
                raise SignOnInvalid("secret", "enter the client secret again: the issuer is another one now")
            connection.execute(update(sign_on_providers).where(_this(organisation, provider)).values(values))
            if settings.issuer != known.settings.issuer:  # another issuer's subjects are other people
                connection.execute(delete(sign_on_identities).where(sign_on_identities.c.provider == provider))
            if not settings.enabled:
                _keep_a_way_in(connection, known)
            _set_domains(connection, organisation, provider, settings.domains)
            changed = _one(connection, _this(organisation, provider))
            self._note(connection, "sign_on.change", by, known, changed)
            return changed

    def remove(self, organisation: str, provider: str, by: Actor) -> None:
        """Forget it with its secret and whom it knew as whom; NotFound when there is none."""
        with self._control.begin() as connection:
            known = _one(connection, _this(organisation, provider))
            _keep_a_way_in(connection, known)
            for table in (sign_on_identities, sign_on_domains):
                mine = and_(table.c.organisation == organisation, table.c.provider == provider)
                connection.execute(delete(table).where(mine))
            connection.execute(delete(sign_on_providers).where(_this(organisation, provider)))
            self._note(connection, "sign_on.remove", by, known, None)

    def _offered(self, condition: ColumnElement[bool]) -> list[Offered]:
        asked = (
            select(sign_on_providers.c.id, sign_on_providers.c.name, organisations.c.name)
            .join(organisations, organisations.c.id == sign_on_providers.c.organisation)
            .join(sign_on_domains, sign_on_domains.c.provider == sign_on_providers.c.id)
            .where(and_(sign_on_providers.c.enabled.is_(True), condition))
            .distinct()
        )
        with self._control.read() as connection:
            found = [Offered(*row) for row in connection.execute(asked)]
        return sorted(found, key=lambda each: (each.organisation.casefold(), each.name.casefold(), each.provider))

    def _sealed(self, secret: str | None, context: str) -> dict[str, Any]:
        if not secret:
            return {"client_secret": None, "client_secret_key": None, "client_secret_hint": ""}
        check_secret(secret)
        sealed = self._seals.seal(secret, context)
        hint = secret[-_HINT_CHARS:] if len(secret) >= _SHORTEST_HINTED else ""
        return {"client_secret": sealed.content, "client_secret_key": sealed.key, "client_secret_hint": hint}

    def _note(
        self,
        connection: Connection,
        action: str,
        by: Actor,
        before: SignOnProvider | None,
        after: SignOnProvider | None,
    ) -> None:
        subject = after or before
        if subject is None:
            return
        left, right = differing(_told(before), _told(after))
        if before is not None and after is not None and before.secret != after.secret:  # both may end alike
            left["secret"], right["secret"] = _shown(before), _shown(after)
        change = Change(action, "sign-on provider", subject.id, subject.name, left or None, right or None)
        write_down(connection, subject.organisation, by, change, self._clock.now())


def _context(organisation: str, provider: str) -> str:
    return f"sign-on:{organisation}:{provider}"


CLIENT_SECRETS: Final = SealedColumn(
    sign_on_providers, "client_secret", "client_secret_key", lambda row: _context(row.organisation, row.id)
)


def new_provider_id() -> str:
    return new_id("idp")


def _checked_id(provider: str) -> str:
    if not _ID.fullmatch(provider):
        raise InputError("this form is damaged; open it again")
    return provider


def _told(provider: SignOnProvider | None) -> dict[str, Any] | None:
    if provider is None:
        return None
    return {**msgspec.to_builtins(provider.settings), "secret": _shown(provider)}


def _shown(provider: SignOnProvider) -> str | None:
    return None if provider.secret is None else masked(provider.secret_hint)


def _host(issuer: str) -> str:
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _columns(settings: ProviderSettings) -> dict[str, Any]:
    return {name: value for name, value in asdict(settings).items() if name != "domains"}


def _check_room(connection: Connection, organisation: str) -> None:
    mine = select(func.count()).select_from(sign_on_providers).where(sign_on_providers.c.organisation == organisation)
    if connection.execute(mine).scalar_one() >= MOST_PROVIDERS:
        raise InputError(f"there are {MOST_PROVIDERS} providers already; remove one first")


def _check_name(connection: Connection, known: SignOnProvider, name: str) -> None:
    others = and_(
        sign_on_providers.c.organisation == known.organisation,
        sign_on_providers.c.name == name,
        sign_on_providers.c.id != known.id,
    )
    if connection.execute(select(sign_on_providers.c.id).where(others)).first() is not None:
        raise Conflict(f"there is a provider {name!r} already; take another name")


def _keep_a_way_in(connection: Connection, leaving: SignOnProvider) -> None:
    """Raise Conflict where nobody could sign in any more without this provider."""
    setting = and_(
        organisation_settings.c.organisation == leaving.organisation, organisation_settings.c.name == ONLY_SETTING
    )
    if connection.execute(select(organisation_settings.c.value).where(setting)).scalar_one_or_none() is not True:
        return
    others = and_(
        sign_on_providers.c.organisation == leaving.organisation,
        sign_on_providers.c.enabled.is_(True),
        sign_on_providers.c.id != leaving.id,
    )
    if connection.execute(select(sign_on_providers.c.id).where(others)).first() is None:
        raise Conflict("single sign-on is the only way in, and this its last provider; allow other ways first")


def _set_domains(connection: Connection, organisation: str, provider: str, domains: Iterable[str]) -> None:
    mine = and_(sign_on_domains.c.organisation == organisation, sign_on_domains.c.provider == provider)
    connection.execute(delete(sign_on_domains).where(mine))
    rows = [{"organisation": organisation, "provider": provider, "domain": each} for each in domains]
    connection.execute(insert(sign_on_domains), rows)


def _this(organisation: str, provider: str) -> ColumnElement[bool]:
    return and_(sign_on_providers.c.organisation == organisation, sign_on_providers.c.id == provider)


def _one(connection: Connection, condition: ColumnElement[bool]) -> SignOnProvider:
    found = _find(connection, condition)
    if not found:
        raise NotFound("there is no such sign-on provider")
    return found[0]


def _find(connection: Connection, condition: ColumnElement[bool]) -> list[SignOnProvider]:
    rows = connection.execute(select(sign_on_providers).where(condition)).all()
    named = sign_on_domains.c.provider.in_([row.id for row in rows])
    domains: dict[str, list[str]] = {row.id: [] for row in rows}
    for provider, domain in connection.execute(
        select(sign_on_domains.c.provider, sign_on_domains.c.domain).where(named).order_by(sign_on_domains.c.domain)
    ):
        domains[provider].append(domain)
    return [_as_provider(row, tuple(domains[row.id])) for row in rows]


def _as_provider(row: Row[Any], domains: tuple[str, ...]) -> SignOnProvider:
    values = dict(row._mapping) | {"domains": domains}  # noqa: SLF001 - public by documentation
    settings = {name: values[name] for name in ProviderSettings.__struct_fields__}
    return SignOnProvider(
        id=row.id,
        organisation=row.organisation,
        settings=msgspec.convert(settings, ProviderSettings),
        secret=None if row.client_secret is None else Sealed(row.client_secret_key, row.client_secret),
        secret_hint=row.client_secret_hint,
        created_at=row.created_at,
        created_by=row.created_by,
        changed_at=row.changed_at,
    )
