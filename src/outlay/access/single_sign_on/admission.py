"""Who a provider's claims are here: the member its subject was linked to, else the one with that verified e-mail.

Nobody is linked by an e-mail that the provider does not call verified (or that the organisation said to trust), nor by
one outside the provider's domains: otherwise whoever may choose their own e-mail at some provider could be anybody.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from outlay.access.group_standing import put_in_standing
from outlay.access.single_sign_on.claims import Claims
from outlay.control.database import Control
from outlay.control.emails import email_key
from outlay.control.members import Member, NewMember, add_provided_member, find_members, member_in
from outlay.control.sign_on_checks import domain_of
from outlay.control.sign_on_identities import link, member_of_subject, note_use, unlink
from outlay.control.sign_on_providers import SignOnProvider
from outlay.control.tables import members
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import Conflict, SignOnFailed

_ENDED: Final = "your access has ended; ask an admin of your organisation"


def admitted(control: Control, provider: SignOnProvider, claims: Claims, address: str, now: datetime) -> Member:
    """Return the member that the claims are, linked, made and put in standing where that is called for.

    Raises SignOnFailed, saying why, for whoever is none and may not become one.
    """
    by = Actor("sso", provider.id, provider.name, address or None)
    with control.begin() as connection:
        known = member_of_subject(connection, provider.organisation, provider.id, claims.subject)
        if known is None:
            known = _first_time(connection, provider, claims, by, now)
        if member_in(connection, provider.organisation, known).disabled_at is not None:
            raise SignOnFailed(_ENDED)
        note_use(connection, provider.organisation, (provider.id, claims.subject), claims.groups, now)
        put_in_standing(connection, provider.organisation, known, by, now)
        return member_in(connection, provider.organisation, known)


def _first_time(connection: Connection, provider: SignOnProvider, claims: Claims, by: Actor, now: datetime) -> str:
    _check_email(provider, claims)
    there = find_members(connection, provider.organisation, members.c.email_key == email_key(claims.email))
    if there and there[0].disabled_at is not None:
        raise SignOnFailed(_ENDED)
    if not there and not provider.settings.creates_members:
        raise SignOnFailed(f"there is no member {claims.email}; ask an admin of your organisation to invite you")
    member = there[0] if there else _made(connection, provider, claims, by, now)
    try:
        link(connection, provider.organisation, (provider.id, claims.subject), member.id, now)
    except Conflict as error:
        raise SignOnFailed(error.message) from None
    after = {"provider": provider.name, "account": claims.subject}
    change = Change("sign_on.link", "member", member.id, member.called, after=after)
    write_down(connection, provider.organisation, by, change, now)
    return member.id


def _made(connection: Connection, provider: SignOnProvider, claims: Claims, by: Actor, now: datetime) -> Member:
    new = NewMember(email=claims.email, role=provider.settings.default_role, name=claims.name)
    return add_provided_member(connection, provider.organisation, new, by, now)


def _check_email(provider: SignOnProvider, claims: Claims) -> None:
    if not claims.email:
        raise SignOnFailed(f"{provider.name} told no e-mail address; its client needs the scope email")
    if not (claims.email_verified or provider.settings.trusts_emails):
        raise SignOnFailed(f"{provider.name} does not say that {claims.email} is verified")
    if domain_of(claims.email) not in provider.settings.domains:
        raise SignOnFailed(f"{claims.email} is in no domain that signs in by {provider.name}")


def unlink_member(control: Control, member: Member, by: Actor, now: datetime) -> int:
    """Forget a member's accounts at providers, so that another one can be linked; return how many there were."""
    with control.begin() as connection:
        count = unlink(connection, member.organisation, member.id)
        if count:
            change = Change("sign_on.unlink", "member", member.id, member.called)
            write_down(connection, member.organisation, by, change, now)
    return count
