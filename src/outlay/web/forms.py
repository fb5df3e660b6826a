"""Reads the forms that browsers post: the one place where origin, size, content type and CSRF token are checked.

Every POST of a page goes through `posted` (nobody needs to be signed in) or `posted_by_member`. Nothing of a form is
ever logged or repeated in an error: it may hold a password.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from outlay.access.csrf import check_csrf, check_origin
from outlay.errors import BodyTooLarge, BodyUnreadable, MediaTypeUnsupported
from outlay.web.api.body import read_body
from outlay.web.format import capital
from outlay.web.gate import Gate, SignedIn
from outlay.web.own_address import OwnAddress

FORM_TYPE: Final = "application/x-www-form-urlencoded"
MOST_BYTES: Final = 64 * 1024
MOST_FIELDS: Final = 100
CSRF_FIELD: Final = "csrf"


class Form(Struct, frozen=True):
    """What was filled in, by field name."""

    values: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a field's value, empty when the field is missing."""
        return self.values.get(name, "")

    def __repr__(self) -> str:
        return f"Form({', '.join(self.values)})"


class Forms:
    """Reads and checks forms; one for the whole process."""

    def __init__(self, gate: Gate, address: OwnAddress) -> None:
        self._gate = gate
        self._address = address

    def own_origin(self, request: Request) -> str:
        """Return scheme and host as people reach Outlay, for what is shown to whoever asks."""
        return self._address.shown_to(request)

    def link_address(self, request: Request) -> str:
        """Return where the links begin that let somebody in."""
        return f"{self._address.for_links(request)}{self._address.root_path}"

    async def posted(self, request: Request) -> Form:
        """Return the form of anybody.

        Raises CsrfFailed when it came from another site, MediaTypeUnsupported, BodyTooLarge, BodyUnreadable.
        """
        self.check_origin(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
            raise MediaTypeUnsupported(f"send the form as {FORM_TYPE}")
        try:
            body = await read_body(request, MOST_BYTES)
        except BodyTooLarge:
            raise BodyTooLarge(f"the form is larger than {MOST_BYTES // 1024} KiB; shorten what is filled in") from None
        return parse_form(body)

    async def posted_by_member(self, request: Request) -> tuple[SignedIn, Form]:
        """Return the form of a signed-in member, and who it is; NotSignedIn, and CsrfFailed without their token."""
        form = await self.posted(request)
        who = await run_in_threadpool(self._gate.member_of, request)
        check_csrf(who.session, form.text(CSRF_FIELD))
        return who, form

    def check_origin(self, request: Request) -> None:
        """Raise CsrfFailed where a form came from another site."""
        origin = request.headers.get("origin")
        own = self._address.public_url
        if origin is not None and not own:
            # A proxy that ends TLS hides the scheme from us; the host alone is known then.
            own = f"{_scheme_of(origin)}://{request.headers.get('host', '')}"
        check_origin(own, origin, request.headers.get("sec-fetch-site"))


def parse_form(body: bytes) -> Form:
    """Read an urlencoded body; BodyUnreadable when it is none. Of a field sent twice the last value counts."""
    try:
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:  # also what it is when bytes are no UTF-8
        raise BodyUnreadable(f"the form can't be read: up to {MOST_FIELDS} fields of UTF-8 text are") from None
    if any("\0" in name or "\0" in value for name, value in fields):
        raise BodyUnreadable("the form can't be read: it holds a zero character") from None
    return Form(dict(fields))


def as_sentence(message: str) -> str:
    """Return an error's message as it stands in a page: with a capital and a full stop."""
    return f"{capital(message)}{'' if message.endswith('.') else '.'}"


def _scheme_of(origin: str) -> str:
    try:
        return urlsplit(origin).scheme
    except ValueError:
        return ""
