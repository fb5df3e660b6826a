"""Reads where Postgres is from the URL that people write, `postgresql://user:password@host/database?sslmode=…`.

Written as for psql; what is not understood is refused instead of passed over. A connection to another machine is
encrypted and its certificate checked, unless the URL says otherwise: the password and every tenant's data go over it.
"""

import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from msgspec import Struct
from sqlalchemy import URL

from outlay.errors import OutlayError

_PORT: Final = 5432
_LAST_PORT: Final = 65_535
_OPTIONS: Final = ("host", "port", "sslmode", "sslrootcert")
_SSL_MODES: Final = ("disable", "prefer", "require", "verify-ca", "verify-full")


class Address(Struct, frozen=True, kw_only=True):
    """Where to connect and as whom. `socket` is the path of a Unix socket, used instead of host and port."""

    host: str
    port: int
    socket: str | None
    user: str
    password: str | None
    database: str
    sslmode: str
    sslrootcert: str | None

    def tls(self) -> ssl.SSLContext | bool | None:
        """Return how to encrypt: a context, False for not at all, None for where the server can."""
        if self.sslmode in {"disable", "prefer"}:
            return False if self.sslmode == "disable" else None
        context = ssl.create_default_context(cafile=self.sslrootcert)
        context.check_hostname = self.sslmode == "verify-full"
        if self.sslmode == "require" and self.sslrootcert is None:  # encrypted, to whoever answers
            context.verify_mode = ssl.CERT_NONE
        return context


def parse_address(url: URL) -> Address:
    """Return what the URL says; OutlayError names what is missing or unknown, never the password."""
    options = _options(url.query)
    host = options.get("host") or url.host or "localhost"
    port = url.port or _port(options)
    if not url.username or not url.database:
        raise OutlayError("control_url names no user or no database: postgresql://user:password@host/database")
    in_file = host.startswith("/")
    mode = options.get("sslmode") or ("disable" if in_file or _is_this_machine(host) else "verify-full")
    if mode not in _SSL_MODES:
        raise OutlayError(f"control_url: sslmode is one of {', '.join(_SSL_MODES)}")
    return Address(
        host=host,
        port=port,
        socket=f"{host}/.s.PGSQL.{port}" if in_file else None,
        user=url.username,
        password=url.password,
        database=url.database,
        sslmode="disable" if in_file else mode,
        sslrootcert=options.get("sslrootcert"),
    )


def _options(query: Mapping[str, str | tuple[str, ...]]) -> dict[str, str]:
    for name, value in query.items():
        if name not in _OPTIONS or not isinstance(value, str):
            raise OutlayError(f"control_url: {name!r} is not understood, or there twice; known: {', '.join(_OPTIONS)}")
    return {name: str(value) for name, value in query.items()}


def _port(options: Mapping[str, str]) -> int:
    text = options.get("port", str(_PORT))
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _LAST_PORT):
        raise OutlayError("control_url: a port is a number from 1 to 65535")
    return int(text)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
