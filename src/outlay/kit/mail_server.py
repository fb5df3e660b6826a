"""Which server mail is handed to, read from one address: `smtps://user:password@mail.example.com:465`.

TLS is a must unless the address says otherwise, and without it no password is sent but to this machine itself.
"""

from typing import Final, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from msgspec import Struct

Tls = Literal["from_start", "starttls", "none"]

_PORTS: Final = {"smtps": 465, "smtp": 587}
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FORM: Final = "write smtps://user:password@host:465 or smtp://user:password@host:587"


class MailServer(Struct, frozen=True):
    """`starttls` is asked for before anything else is said, and must succeed."""

    host: str
    port: int
    tls: Tls
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"MailServer(host={self.host!r}, port={self.port}, tls={self.tls!r})"


def parse_mail_server(text: str) -> MailServer | None:
    """Return the server; None for an empty text. ValueError, which does not repeat the text, when it can't be read.

    `smtps` is TLS from the start, `smtp` STARTTLS; `smtp://…?tls=none` is neither.
    """
    if not text:
        return None
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise ValueError(_FORM) from None
    if url.scheme not in _PORTS or not url.hostname or url.path not in {"", "/"} or url.fragment or not _clean(text):
        raise ValueError(_FORM)
    server = MailServer(
        url.hostname,
        port or _PORTS[url.scheme],
        _tls(url),
        unquote(url.username or ""),
        unquote(url.password or ""),
    )
    if server.tls == "none" and server.password and server.host not in _LOCAL:
        raise ValueError("without TLS a password is sent to this machine alone; take smtps:// or leave out ?tls=none")
    return server


def _tls(url: SplitResult) -> Tls:
    if url.scheme == "smtps" and not url.query:
        return "from_start"
    if not url.query:
        return "starttls"
    if url.scheme == "smtp" and parse_qsl(url.query) == [("tls", "none")]:
        return "none"
    raise ValueError(f"the only thing that may follow a ? is tls=none, after smtp://; {_FORM}")


def _clean(text: str) -> bool:
    return unquote(text).isprintable() and not any(each.isspace() for each in text)
