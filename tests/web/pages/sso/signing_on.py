"""An office whose people sign in by a real OpenID provider, and browsers that go there and come back."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from outlay.access.secrets import SecretKeys
from outlay.control.members import Member, member_of_email
from outlay.control.sign_on_checks import ProviderSettings
from outlay.control.sign_on_providers import ProviderBook, SignOnProvider
from outlay.control.trail import SYSTEM
from tests.openid_provider import CLIENT, SECRET, OpenIdProvider, openid_provider
from tests.web.pages.people import People, Visitor, people_at

HERE: Final = "http://testserver"


class Office(Struct, frozen=True):
    people: People
    book: ProviderBook
    provider: OpenIdProvider
    kept: SignOnProvider

    @property
    def start(self) -> str:
        return f"/sign-in/sso/{self.kept.id}"

    def change(self, **settings: Any) -> None:
        """Change what Acme keeps of the provider."""
        now = self.book.one_of("default", self.kept.id)
        self.book.change("default", self.kept.id, replace(now.settings, **settings), None, SYSTEM)

    def leaves(self, visitor: Visitor, query: str = "") -> str:
        """Follow the button; return the address at the provider."""
        answer = visitor.get(self.start + query)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def returns(self, address: str) -> str:
        """Sign in at the provider; return the address that it sends the browser back to, below ours."""
        found = location_of(address)
        assert found.startswith(f"{HERE}/sign-in/sso/"), found
        return found.removeprefix(HERE)

    def signs_in(self, visitor: Visitor, query: str = "") -> Any:
        return visitor.get(self.returns(self.leaves(visitor, query)))

    def member(self, email: str) -> Member:
        return member_of_email(self.people.site.outlay.control, "default", email)


@contextmanager
def office_at(data: Path, **more: Any) -> Iterator[Office]:
    with people_at(data, private_upstreams=True, **more) as people, openid_provider() as provider:
        outlay, clock = people.site.outlay, people.site.clock
        clock.move(datetime.now(UTC) - clock.now())  # a real provider has the real time
        book = ProviderBook(outlay.control, SecretKeys(outlay.settings.data_dir), clock)
        settings = ProviderSettings(
            name="Corp",
            issuer=provider.issuer,
            client_id=CLIENT,
            domains=("acme.example",),
            groups_claim="groups",
            creates_members=True,
            allow_private=True,
        )
        kept = book.add("default", settings, SECRET, SYSTEM)
        provider.register(f"{HERE}/sign-in/sso/{kept.id}/callback")
        yield Office(people, book, provider, kept)


def location_of(address: str) -> str:
    """Return where an address leads, without going there."""
    try:
        urllib.request.build_opener(_Stay).open(address, timeout=10).close()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.headers["location"] or f"{answer.code}: {answer.read().decode()}"
    return "nowhere"


def with_query(address: str, **changes: str | None) -> str:
    """Return the address with some of its parameters changed, or taken out."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return f"{parts.path}?{urlencode({name: value for name, value in query.items() if value is not None})}"


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow nothing: the answer itself is wanted."""
        del req, fp, code, msg, headers, newurl
