"""A real SMTP server for tests: over a socket, with TLS and passwords where wanted; it keeps what it was given."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST: Final = "127.0.0.1"
USER: Final = "outlay"
PASSWORD: Final = "mail password"


class MailTaker(socketserver.ThreadingTCPServer):
    """`answers` are said instead of the usual ones, by command; `tls` is offered, and asked for where there is one."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, tls: ssl.SSLContext | None = None, *, from_start: bool = False) -> None:
        self.tls = tls
        self.from_start = from_start
        self.answers: dict[str, str] = {}
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        super().__init__((HOST, 0), _Talk)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        if self.from_start and self.tls is not None:
            connection.settimeout(10)
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: that a client hangs up on a certificate it does not trust is what some tests want."""


class _Talk(socketserver.StreamRequestHandler):
    server: MailTaker

    def handle(self) -> None:
        self.secure = self.server.from_start
        self._say(220, "ready")
        while line := self.rfile.readline():
            command, _, rest = line.decode().strip().partition(" ")
            said = self.server.answers.get(command.upper())
            if said is not None:
                self.wfile.write(f"{said}\r\n".encode())
            elif not getattr(self, f"_{command.lower()}", self._unknown)(rest):
                return

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _say(self, code: int, *texts: str) -> bool:
        *more, last = texts
        lines = [*(f"{code}-{text}" for text in more), f"{code} {last}"]
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        return True

    def _ehlo(self, rest: str) -> bool:
        del rest
        offered = ["AUTH PLAIN"] if self.secure or self.server.tls is None else []
        offered += ["STARTTLS"] if self.server.tls is not None and not self.secure else []
        return self._say(250, "test", *offered, "SMTPUTF8", "8BITMIME")

    def _starttls(self, rest: str) -> bool:
        del rest
        assert self.server.tls is not None
        self._say(220, "go ahead")
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.secure = True
        return True

    def _auth(self, rest: str) -> bool:
        given = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
        return self._say(235, "come in") if given[1:] == [USER, PASSWORD] else self._say(535, "who are you")

    def _mail(self, rest: str) -> bool:
        del rest
        return self._say(250, "ok")

    def _rcpt(self, rest: str) -> bool:
        self.server.recipients.append(rest.partition("<")[2].partition(">")[0])
        return self._say(250, "ok")

    def _data(self, rest: str) -> bool:
        del rest
        self._say(354, "go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.server.taken.append(message_from_bytes(b"".join(lines), policy=policy.default))
        return self._say(250, "taken")

    def _rset(self, rest: str) -> bool:
        del rest
        return self._say(250, "ok")

    def _quit(self, rest: str) -> bool:
        del rest
        self._say(221, "bye")
        return False

    def _unknown(self, rest: str) -> bool:
        del rest
        return self._say(500, "what")


@contextmanager
def mail_taker(tls: ssl.SSLContext | None = None, *, from_start: bool = False) -> Iterator[MailTaker]:
    with MailTaker(tls, from_start=from_start) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def own_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return what a server on HOST shows, and the file that makes clients trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail test")])
    now = datetime.now(UTC)
    day = timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - day).not_valid_after(now + day)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + certificate)
    (folder / "trusted.pem").write_bytes(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context, folder / "trusted.pem"
