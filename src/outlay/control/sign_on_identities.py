"""Whom each sign-on provider's subject is here, and the groups it last named. A provider knows a member once.

A link is made by a verified e-mail once; from then on the subject counts, which never changes and is never given to
somebody else, as an e-mail address is.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, and_, delete, insert, select, update

from outlay.control.directory_tables import sign_on_identities, sign_on_providers
from outlay.control.tables import members
from outlay.errors import Conflict

_OTHER: Final = "another account of this provider is linked to the member; an admin can unlink it"


class Identity(Struct, frozen=True):
    """A member's account at a provider."""

    provider: str
    provider_name: str
    subject: str
    linked_at: datetime
    last_used_at: datetime


def member_of_subject(connection: Connection, organisation: str, provider: str, subject: str) -> str | None:
    """Return the id of the member that the provider's subject is; None when it was never linked."""
    this = and_(
        sign_on_identities.c.organisation == organisation,
        sign_on_identities.c.provider == provider,
        sign_on_identities.c.subject == subject,
    )
    return connection.execute(select(sign_on_identities.c.member).where(this)).scalar_one_or_none()


def link(connection: Connection, organisation: str, identity: tuple[str, str], member: str, now: datetime) -> None:
    """Link (provider, subject) to a member; Conflict when the provider knows the member as another subject."""
    provider, subject = identity
    theirs = and_(sign_on_identities.c.provider == provider, sign_on_identities.c.member == member)
    if connection.execute(select(sign_on_identities.c.subject).where(theirs)).first() is not None:
        raise Conflict(_OTHER)
    connection.execute(
        insert(sign_on_identities).values(
            organisation=organisation,
            provider=provider,
            subject=subject,
            member=member,
            groups=None,
            linked_at=now,
            last_used_at=now,
        )
    )


def note_use(
    connection: Connection,
    organisation: str,
    identity: tuple[str, str],
    groups: Collection[str] | None,
    now: datetime,
) -> None:
    """Write down that it signed in, and with which groups; those known stay where None were named."""
    provider, subject = identity
    this = and_(
        sign_on_identities.c.organisation == organisation,
        sign_on_identities.c.provider == provider,
        sign_on_identities.c.subject == subject,
    )
    named = {} if groups is None else {"groups": sorted(groups)}
    connection.execute(update(sign_on_identities).where(this).values(last_used_at=now, **named))


def identities_of(connection: Connection, organisation: str, member: str) -> list[Identity]:
    """Return a member's accounts at providers by the providers' names."""
    theirs = and_(sign_on_identities.c.organisation == organisation, sign_on_identities.c.member == member)
    asked = (
        select(
            sign_on_identities.c.provider,
            sign_on_providers.c.name,
            sign_on_identities.c.subject,
            sign_on_identities.c.linked_at,
            sign_on_identities.c.last_used_at,
        )
        .join(sign_on_providers, sign_on_providers.c.id == sign_on_identities.c.provider)
        .where(theirs)
        .order_by(sign_on_providers.c.name)
    )
    return [Identity(*row) for row in connection.execute(asked)]


def unlink(connection: Connection, organisation: str, member: str) -> int:
    """Forget all accounts of a member at providers; return how many there were."""
    theirs = and_(sign_on_identities.c.organisation == organisation, sign_on_identities.c.member == member)
    return connection.execute(delete(sign_on_identities).where(theirs)).rowcount


def groups_named(connection: Connection, organisation: str, member: str) -> frozenset[str] | None:
    """Return the groups that the member's providers last named; None when none ever said anything of groups."""
    theirs = and_(sign_on_identities.c.organisation == organisation, sign_on_identities.c.member == member)
    rows = connection.execute(select(sign_on_identities.c.groups).where(theirs)).scalars()
    told = [each for each in rows if each is not None]
    return frozenset(name for each in told for name in each) if told else None


def an_admin_is_linked(connection: Connection, organisation: str) -> bool:
    """Whether some admin in force has signed in by a provider that is switched on."""
    asked = (
        select(members.c.id)
        .join(sign_on_identities, sign_on_identities.c.member == members.c.id)
        .join(sign_on_providers, sign_on_providers.c.id == sign_on_identities.c.provider)
        .where(
            and_(
                members.c.organisation == organisation,
                sign_on_identities.c.organisation == organisation,
                members.c.role == "admin",
                members.c.disabled_at.is_(None),
                sign_on_providers.c.enabled.is_(True),
            )
        )
    )
    return connection.execute(asked.limit(1)).first() is not None


def default_roles_of(connection: Connection, organisation: str, member: str) -> list[str]:
    """Return the default roles of the providers that know the member."""
    theirs = and_(sign_on_identities.c.organisation == organisation, sign_on_identities.c.member == member)
    asked = select(sign_on_providers.c.default_role).join(
        sign_on_identities, sign_on_identities.c.provider == sign_on_providers.c.id
    )
    return list(connection.execute(asked.where(theirs)).scalars())
