"""What a provider says of a person, and what its ID token must hold. Plain values: nothing of a library."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from outlay.control.emails import is_email

MOST_GROUPS: Final = 2000
_LONGEST: Final = 256
_SUBJECT: Final = re.compile(r"[ -~]{1,255}", re.ASCII)


class TokenRefused(Exception):
    """An ID token does not answer what was asked; the text says why, without repeating anything of it."""


class KeyUnknown(TokenRefused):
    """It is signed with a key that is not known (yet)."""


class Expected(Struct, frozen=True):
    """What an ID token must say. `access_token` is that which came with it: its hash may be in the token."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str


class Claims(Struct, frozen=True, kw_only=True):
    """A person as their provider knows them. `groups` is None where it said nothing of them: that is not 'in none'.

    `shown_at` is when they last showed the provider who they are, where it says so: it may have let them pass since.
    """

    subject: str
    email: str
    email_verified: bool
    name: str
    groups: tuple[str, ...] | None
    shown_at: datetime | None = None


def as_claims(found: Mapping[str, Any], groups_claim: str) -> Claims:
    """Return what counts of a token's claims; TokenRefused without a subject that can be one."""
    subject, email, name = found.get("sub"), found.get("email"), found.get("name")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise TokenRefused("it names nobody")
    usable = isinstance(email, str) and is_email(email.strip())
    return Claims(
        subject=subject,
        email=email.strip() if isinstance(email, str) and usable else "",
        # Some providers send the text "true".
        email_verified=found.get("email_verified") in (True, "true"),
        name=name.strip()[:100] if isinstance(name, str) and name.isprintable() else "",
        groups=_groups(found.get(groups_claim)) if groups_claim else None,
        shown_at=_instant(found.get("auth_time")),
    )


def _instant(found: object) -> datetime | None:
    if not isinstance(found, int | float):
        return None
    try:
        return datetime.fromtimestamp(found, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _groups(found: object) -> tuple[str, ...] | None:
    """Return names of groups, as a list or alone; None where there are none that can be read."""
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list):
        return None
    # Beyond the limit it is not known who is in which: a part must not take rights away, nor give all of them.
    if len(found) > MOST_GROUPS:
        return None
    names = {each for each in found if isinstance(each, str) and each.isprintable() and 0 < len(each) <= _LONGEST}
    return tuple(sorted(names))
