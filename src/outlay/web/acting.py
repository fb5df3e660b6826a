"""Who is acting, as the audit trail names them: a signed-in member, or an API key, and where the request came from."""

from starlette.requests import Request

from outlay.access.keys import ApiKey
from outlay.control.trail import Actor
from outlay.web.gate import SignedIn


def actor_of(request: Request, who: SignedIn) -> Actor:
    return Actor("member", who.member.id, who.member.name or who.member.email, address_of(request))


def actor_of_key(request: Request, key: ApiKey) -> Actor:
    """A key acts under its own name: who holds it is not known."""
    return Actor("key", key.id, f"{key.name} ({key.prefix})", address_of(request))


def address_of(request: Request) -> str | None:
    """Return the address a request came from; a proxy's word counts where the server was told to trust it."""
    return request.client.host if request.client else None
