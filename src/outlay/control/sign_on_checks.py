"""What a sign-on provider may look like before it is kept. Its address is checked again at each connection."""

import re
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from outlay.errors import SignOnInvalid
from outlay.kit.addresses import is_address, reach_of

MOST_DOMAINS: Final = 50
MOST_SECRET_CHARS: Final = 2048
USUAL_SCOPES: Final = "openid email profile"
_LONGEST_URL: Final = 500
_NAME_CHARS: Final = 60
_ISSUER: Final = re.compile(
    r"https?://[a-z0-9.\-\[\]:]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?", re.ASCII
)
_CLIENT: Final = re.compile(r"[!-~]{1,255}", re.ASCII)
_SECRET: Final = re.compile(r"[!-~]+", re.ASCII)
_SCOPES: Final = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*", re.ASCII)
_CLAIM: Final = re.compile(r"[!-~]{0,200}", re.ASCII)
_DOMAIN: Final = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.ASCII)


class ProviderSettings(Struct, frozen=True, kw_only=True):
    """What people say of an OpenID Connect provider.

    Whoever it signs in has an e-mail address in `domains`, which it must call verified unless `trusts_emails`: then the
    organisation answers for that. `creates_members`: who is no member yet becomes one, with `default_role`, unless a
    group rule gives another. `groups_claim` is empty where groups come from elsewhere, such as SCIM.
    """

    name: str
    issuer: str
    client_id: str
    domains: tuple[str, ...]
    scopes: str = USUAL_SCOPES
    groups_claim: str = ""
    trusts_emails: bool = False
    creates_members: bool = False
    default_role: str = "member"
    enabled: bool = True
    allow_private: bool = False


def checked(settings: ProviderSettings) -> ProviderSettings:
    """Return the settings as they are kept; SignOnInvalid for what can't be."""
    name = settings.name.strip()
    if not name or not name.isprintable() or len(name) > _NAME_CHARS:
        raise SignOnInvalid("name", f"a name has 1 to {_NAME_CHARS} printable characters; it stands on the button")
    if not _CLIENT.fullmatch(settings.client_id):
        raise SignOnInvalid("client_id", "a client id has 1 to 255 characters: letters, digits and signs, no blanks")
    if not _SCOPES.fullmatch(settings.scopes) or "openid" not in settings.scopes.split(" "):
        raise SignOnInvalid("scopes", "scopes are words with blanks between, among them openid")
    if not _CLAIM.fullmatch(settings.groups_claim):
        raise SignOnInvalid("groups_claim", "a claim's name has no blanks, such as groups")
    issuer = _checked_issuer(settings.issuer.strip(), allow_private=settings.allow_private)
    return replace(settings, name=name, issuer=issuer, domains=_checked_domains(settings.domains))


def check_secret(secret: str) -> None:
    """Raise SignOnInvalid unless the text can be a client secret; the message never repeats it."""
    if len(secret) > MOST_SECRET_CHARS or not _SECRET.fullmatch(secret):
        raise SignOnInvalid(
            "secret", f"a client secret has 1 to {MOST_SECRET_CHARS:,} characters: letters, digits and signs, no blanks"
        )


def domain_of(email: str) -> str:
    """Return what stands behind the last @, as domains are compared."""
    return email.strip().rpartition("@")[2].lower()


def _checked_issuer(issuer: str, *, allow_private: bool) -> str:
    """Check that it can be called; it is kept to the letter, since tokens repeat it so."""
    if len(issuer) > _LONGEST_URL or not _ISSUER.fullmatch(issuer) or "/../" in f"{issuer}/":
        raise SignOnInvalid("issuer", "an issuer begins with https:// and a host, such as https://login.example.com")
    try:
        parts = urlsplit(issuer)
        host, _ = parts.hostname or "", parts.port  # a port raises where it is none
    except ValueError:
        raise SignOnInvalid("issuer", "this is no address") from None
    if parts.scheme == "http" and not allow_private:
        raise SignOnInvalid("issuer", "only the private network is called over http; take https")
    if is_address(host):
        reach = reach_of(host)
        if reach == "never" or (reach == "private" and not allow_private):
            raise SignOnInvalid("issuer", f"{host} may not be called: it is no address of the public internet")
    return issuer


def _checked_domains(domains: tuple[str, ...]) -> tuple[str, ...]:
    found = sorted({each.strip().lower().removeprefix("@") for each in domains if each.strip()})
    if not found:
        raise SignOnInvalid("domains", "name at least one domain: only addresses in it may sign in by this provider")
    if len(found) > MOST_DOMAINS:
        raise SignOnInvalid("domains", f"at most {MOST_DOMAINS} domains")
    for each in found:
        if not _DOMAIN.fullmatch(each):
            raise SignOnInvalid("domains", f"{each[:80]!r} is no domain; write one such as example.com")
    return tuple(found)
