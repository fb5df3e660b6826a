"""Postgres as the control database: SQLAlchemy's dialect for pg8000, made to fail and to sort as Outlay needs it.

Loaded by its name once a URL asks for it, so that a start on SQLite pays for none of this. Errors show no values
(Postgres puts them into its details), a lost connection is told from a refused statement, and text is ordered by code
points as SQLite does it, whatever the server's locale is.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Final

import pg8000  # type: ignore[import-untyped] # has no annotations
from sqlalchemy import URL, Column, String
from sqlalchemy.dialects.postgresql.base import PGDDLCompiler
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

from outlay.control.postgres_address import Address, parse_address

_CONNECT_SECONDS: Final = 10
_ANSWER_SECONDS: Final = 90  # longer than any statement may take (database.py): by then, the server is out of reach
_SESSION: Final = {"DateStyle": "ISO", "TimeZone": "UTC"}  # as the driver reads times; poolers know both
_IDENTITY: Final = "outlay"

# What the server says of itself rather than of a statement, by the class of its code: it may be well in a moment.
_TRY_AGAIN: Final = ("08", "25006", "40", "53", "55", "57", "58")
_CONNECTION_ENDS: Final = ("08", "25006", "57P")  # of 57, 57014 is one statement that took too long
_CONSTRAINT: Final = "23"
_REFUSED: Final = "P0001"  # by a trigger
_VALUE: Final = "22"


class ConnectionLost(pg8000.OperationalError):  # type: ignore[misc] # as its driver
    """The connection can't be used any more; another one may."""


class _Tables(PGDDLCompiler):
    def get_column_specification(self, column: Column[Any], **options: Any) -> str:  # noqa: ANN401 - handed on
        written: str = super().get_column_specification(column, **options)  # type: ignore[no-untyped-call]
        if not isinstance(column.type, String):
            return written
        kind = self.dialect.type_compiler_instance.process(column.type)
        return written.replace(f" {kind}", f' {kind} COLLATE "C"', 1)


class OutlayDialect(PGDialect_pg8000):
    """`postgresql+outlay://…`."""

    driver = "outlay"
    supports_statement_cache = True
    use_insertmanyvalues_wo_returning = True  # the driver sends a list of rows one by one
    ddl_compiler = _Tables

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        return [parse_address(url)], {}

    def connect(self, *arguments: Any, **_options: Any) -> DBAPIConnection:  # noqa: ANN401 - as declared
        (address,) = arguments
        with _sorted_errors(), ExitStack() as undo:
            connection: DBAPIConnection = pg8000.Connection(
                address.user,
                host=address.host,
                database=address.database,
                password=address.password or "",
                sock=_socket(address, undo),
                ssl_context=address.tls(),
                application_name=_IDENTITY,
                startup_params=_SESSION,
            )
            undo.pop_all()
        connection.autocommit = True  # Outlay begins its transactions itself, each in one exchange
        return connection

    def is_disconnect(self, e: Exception, connection: object, cursor: object) -> bool:
        del connection, cursor
        return isinstance(e, ConnectionLost)

    def do_ping(self, dbapi_connection: DBAPIConnection) -> bool:
        with _sorted_errors():
            return bool(super().do_ping(dbapi_connection))

    def do_commit(self, dbapi_connection: Any) -> None:  # noqa: ANN401 - the driver's connection, not annotated
        with _sorted_errors():
            dbapi_connection.execute_simple("COMMIT")  # the driver's own takes three exchanges

    def do_rollback(self, dbapi_connection: DBAPIConnection) -> None:
        with _sorted_errors():
            super().do_rollback(dbapi_connection)  # type: ignore[no-untyped-call]

    def do_close(self, dbapi_connection: DBAPIConnection) -> None:
        with suppress(pg8000.Error, OSError):  # the other end may be gone before
            dbapi_connection.close()

    def do_execute(self, cursor: DBAPICursor, statement: str, parameters: Any, context: Any = None) -> None:  # noqa: ANN401 - as declared
        _check_texts(parameters)
        with _sorted_errors():
            super().do_execute(cursor, statement, parameters, context)  # type: ignore[no-untyped-call]

    def do_executemany(self, cursor: DBAPICursor, statement: str, parameters: Any, context: Any = None) -> None:  # noqa: ANN401 - as declared
        for each in parameters:
            self.do_execute(cursor, statement, each, context)

    def do_execute_no_params(self, cursor: DBAPICursor, statement: str, context: Any = None) -> None:  # noqa: ANN401 - as declared
        with _sorted_errors():
            super().do_execute_no_params(cursor, statement, context)  # type: ignore[no-untyped-call]


def _socket(address: Address, undo: ExitStack) -> socket.socket:
    if address.socket is None:
        connected = undo.enter_context(socket.create_connection((address.host, address.port), _CONNECT_SECONDS))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    else:
        connected = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        connected.settimeout(_CONNECT_SECONDS)
        connected.connect(address.socket)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connected.settimeout(_ANSWER_SECONDS)
    return connected


def _check_texts(parameters: Any) -> None:  # noqa: ANN401 - whatever the statement takes
    """Refuse what Postgres can't store before any of it is sent: the driver would lose count of the answers."""
    for each in parameters:
        if isinstance(each, str):
            each.encode()
            if "\0" in each:
                raise pg8000.DataError("a text holds the character NUL, which Postgres can't store")


@contextmanager
def _sorted_errors() -> Iterator[None]:
    """Raise the driver's errors as what they mean, without the details in which Postgres repeats the values."""
    try:
        yield
    except ConnectionLost:
        raise
    except OSError as error:  # also what TLS has against a certificate
        raise ConnectionLost(str(error)) from error
    except pg8000.Error as error:
        raise _meant(error) from None


def _meant(error: pg8000.Error) -> pg8000.Error:
    said = error.args[0] if error.args else ""
    if not isinstance(said, dict):  # the driver itself: the connection broke, or the server speaks otherwise
        return ConnectionLost(str(said))
    code, message = said.get("C", ""), f"{said.get('M', '')} ({said.get('C', '')})"
    if code.startswith(_CONNECTION_ENDS):
        return ConnectionLost(message)
    if code.startswith(_TRY_AGAIN):
        return pg8000.OperationalError(message)
    if code == _REFUSED:
        return pg8000.IntegrityError(message)
    if code.startswith(_CONSTRAINT):
        return pg8000.IntegrityError(f"a constraint of {said.get('t', 'a table')} ({code}): {said.get('n', '')}")
    return pg8000.DataError(code) if code.startswith(_VALUE) else pg8000.ProgrammingError(message)
