"""A Postgres server for tests: a cluster in a temporary directory, as a user who may run one, gone at the end.

Nothing of it survives a test run, even one that is killed, so it never waits for the disk. Its text is in the order of
a language, not of code points: what relies on the latter fails here.
"""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import quote

import pg8000  # type: ignore[import-untyped] # has no annotations

from tests.watchdog import folder_prefix

USER: Final = "outlay"
PASSWORD: Final = "correct horse/battery"
_VERSIONS: Final = Path(os.environ.get("OUTLAY_TEST_POSTGRES", "/usr/lib/postgresql"))
_START_SECONDS: Final = 60
_PORT: Final = 5432  # also names the socket, of which each cluster has its own
_CONFIGURATION: Final = """
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
shared_buffers = 32MB
max_connections = 200
log_min_messages = warning
"""
_WHO_MAY: Final = """
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""


def find_postgres() -> Path | None:
    """Return the directory of Postgres's programs, the newest where there are several."""
    named = shutil.which("initdb")
    found = [Path(named).parent] if named else sorted(_VERSIONS.glob("*/bin"), key=lambda each: float(each.parent.name))
    return next((each for each in reversed(found) if (each / "initdb").exists() and (each / "postgres").exists()), None)


class Cluster:
    """A running server. `restart` and `stop` end its connections as a real one's would."""

    def __init__(self, programs: Path, tcp_port: int | None = None) -> None:
        """With `tcp_port` it also listens on 127.0.0.1, where it asks for the password."""
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix=folder_prefix()))
        self.port = tcp_port or _PORT
        self._listens = "127.0.0.1" if tcp_port else ""
        self._kept: dict[str, Any] = {}
        self._as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # Postgres refuses root
            owner = next(each for each in pwd.getpwall() if each.pw_name in {"postgres", "nobody"})
            shutil.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._as_user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._initialise()
        self._process = self._started()

    def url(self, database: str) -> str:
        """Return the URL over the Unix socket, which asks for no password."""
        return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}"

    def url_over_tcp(self, database: str) -> str:
        return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template0") -> None:
        self.run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def run(self, statement: str, database: str = "postgres") -> list[list[Any]]:
        """Run one statement outside of any transaction."""
        # Kept for the next: a new connection has to read the catalogue of its database anew.
        connection = self._kept.get(database) or self._kept.setdefault(database, self._connected(database))
        cursor = connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []

    def serve_tls(self, certificate: Path) -> None:
        """Encrypt from now on, with this certificate and the key beside it."""
        for path in (certificate, certificate.with_suffix(".key")):
            copy = shutil.copy(path, self.folder / "data" / path.name)
            if self._as_user:
                shutil.chown(copy, self._as_user["user"], self._as_user["group"])
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.write(f"ssl = on\nssl_cert_file = '{certificate.name}'\nssl_key_file = '{certificate.stem}.key'\n")
        self.stop()
        self.start()

    def stop(self) -> None:
        """End it, and every connection to it."""
        for connection in self._kept.values():
            connection.close()
        self._kept.clear()
        self._process.send_signal(signal.SIGINT)
        self._process.wait()

    def start(self) -> None:
        self._process = self._started()

    def remove(self) -> None:
        if self._process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connected(self, database: str) -> Any:
        connection = pg8000.connect(USER, database=database, unix_sock=f"{self.folder}/.s.PGSQL.{self.port}")
        connection.autocommit = True
        return connection

    def _initialise(self) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)  # initdb reads it as another user, whatever umask this process has
        data = self.folder / "data"
        command = [
            str(self._programs / "initdb"),
            "--pgdata",
            str(data),
            "--username",
            USER,
            "--encoding",
            "UTF8",
            "--no-sync",
        ]
        command += ["--locale-provider", "icu", "--icu-locale", "en", "--locale", "C.UTF-8", "--pwfile", str(password)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder, **self._as_user)
        if done.returncode:
            raise RuntimeError(f"initdb: {done.stderr.strip()}")
        with (data / "postgresql.conf").open("a") as file:
            file.write(f"{_CONFIGURATION}port = {self.port}\nunix_socket_directories = '{self.folder}'\n")
            file.write(f"listen_addresses = '{self._listens}'\n")
        (data / "pg_hba.conf").write_text(_WHO_MAY)

    def _started(self) -> subprocess.Popen[bytes]:
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "data")]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._as_user)
        until = monotonic() + _START_SECONDS
        while True:
            try:
                self._connected("postgres").close()
            except pg8000.Error:
                if process.poll() is not None or monotonic() > until:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
                sleep(0.02)
            else:
                return process


@cache
def started_cluster() -> Cluster:
    """Return the one cluster of this process, started when first asked for and removed at the end.

    Processes that run tests beside each other have one each.
    """
    programs = find_postgres()
    if programs is None:
        raise RuntimeError("no Postgres on this machine; tests/install-postgres installs one")
    cluster = Cluster(programs)
    atexit.register(cluster.remove)
    return cluster
