"""What Postgres alone can do to Outlay: end, come back, make it wait, and tell too much. And how it is reached."""

import gc
import ssl
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import event, func, insert, make_url, select
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from outlay.control import engine
from outlay.control.database import Control, open_control
from outlay.control.organisations import create_organisation, every_organisation, organisation_of
from outlay.control.postgres_address import parse_address
from outlay.control.tables import organisations, teams_led
from outlay.control.trail import SYSTEM
from outlay.errors import OutlayError, Unavailable
from outlay.testing import FrozenClock
from tests.live import free_port
from tests.postgres import USER, Cluster, find_postgres, started_cluster

pytestmark = pytest.mark.postgres_only

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _row(identity: str) -> dict[str, object]:
    return {"id": identity, "name": identity, "zone": "UTC", "created_at": NOW}


def _certificate(folder: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1 that vouches for itself; return the certificate's path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "outlay tests")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(private)
    (folder / "server.key").chmod(0o600)
    (folder / "server.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "server.crt"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def cluster(certificate: Path) -> Iterator[Cluster]:
    """A server of its own, which tests may end, with a password and TLS."""
    programs = find_postgres()
    assert programs
    found = Cluster(programs, free_port())
    found.serve_tls(certificate)
    found.create("outlay")
    yield found
    found.remove()


@pytest.fixture
def theirs(cluster: Cluster) -> Iterator[Control]:
    """The control database on the server that may be ended, over TCP and with its password."""
    control = open_control(cluster.url_over_tcp("outlay"))
    yield control
    control.close()


def test_a_server_that_is_gone_is_told_and_one_that_is_back_is_used(cluster: Cluster, theirs: Control) -> None:
    before = len(every_organisation(theirs))
    with theirs.read() as connection:  # two connections are pooled
        assert len(every_organisation(theirs)) == before
        assert connection.execute(select(func.count()).select_from(organisations)).scalar_one() == before
    cluster.stop()
    try:
        for _ in range(3):
            with pytest.raises(Unavailable):
                every_organisation(theirs)
        with pytest.raises(OutlayError, match="can't open the control database"):
            open_control(cluster.url_over_tcp("outlay"))
    finally:
        cluster.start()
    for _ in range(3):
        assert len(every_organisation(theirs)) == before


@pytest.mark.parametrize("over", ["a socket", "TCP"])
def test_an_attempt_that_fails_leaves_nothing_open(cluster: Cluster, over: str) -> None:
    url = cluster.url("none") if over == "a socket" else cluster.url_over_tcp("none")
    cluster.stop()
    try:
        assert _left_open_by_an_attempt(url) == []
    finally:
        cluster.start()
    assert _left_open_by_an_attempt(url) == [], "nor does one that is refused, since there is no such database"


def _left_open_by_an_attempt(url: str) -> list[str]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(OutlayError):
            open_control(url)
        gc.collect()
    return [str(each.message) for each in told if "socket" in str(each.message)]


def test_a_restart_between_two_requests_is_not_noticed(cluster: Cluster, theirs: Control) -> None:
    every_organisation(theirs)
    cluster.stop()
    cluster.start()
    create_organisation(theirs, "after-restart", "After", "UTC", SYSTEM, NOW)
    assert organisation_of(theirs, "after-restart").name == "After"


def test_a_transaction_that_the_server_ends_is_told_and_undone(cluster: Cluster, theirs: Control) -> None:
    with pytest.raises(Unavailable), theirs.begin() as connection:  # noqa: PT012 - the first must go through
        connection.execute(insert(organisations), [_row("undone")])
        cluster.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'outlay'")
        connection.execute(select(organisations)).all()
    assert "undone" not in {each.id for each in every_organisation(theirs)}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param("?sslmode=verify-full&sslrootcert={certificate}", None, id="its certificate is known"),
        pytest.param("?sslmode=verify-ca&sslrootcert={certificate}", None, id="whatever its name"),
        pytest.param("?sslmode=require", None, id="encrypted to anybody"),
        pytest.param("?sslmode=prefer", None, id="where it can be"),
        pytest.param("?sslmode=disable", None, id="not encrypted"),
        pytest.param("?sslmode=verify-full", "certificate verify failed", id="its certificate is unknown"),
        pytest.param("?sslmode=sometimes", "sslmode is one of", id="no such way"),
        pytest.param("?sslrotcert=x", "'sslrotcert' is not understood", id="a slip of the pen"),
    ],
)
def test_connections_are_encrypted_as_the_url_says(
    cluster: Cluster, certificate: Path, options: str, reason: str | None
) -> None:
    url = cluster.url_over_tcp("outlay") + options.format(certificate=certificate)
    if reason is not None:
        with pytest.raises(OutlayError, match=reason):
            open_control(url)
        return
    control = open_control(url)
    with control.read() as connection:
        encrypted = connection.exec_driver_sql("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").scalar_one()
    assert encrypted is (not options.endswith("disable"))
    control.close()


def test_a_wrong_password_is_told_without_it(cluster: Cluster) -> None:
    wrong = f"postgresql://{USER}:not-the-password@127.0.0.1:{cluster.port}/outlay"
    with pytest.raises(OutlayError, match="password authentication failed") as raised:
        open_control(wrong)
    shown = raised.value
    while shown is not None:
        assert "not-the-password" not in str(shown)
        shown = shown.__cause__ or shown.__context__  # type: ignore[assignment] # any exception


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("postgresql://u:p%2F@db.example.com/o", ("db.example.com", 5432, None, "verify-full"), id="away"),
        pytest.param("postgresql://u@localhost:6000/o", ("localhost", 6000, None, "disable"), id="on this machine"),
        pytest.param("postgres://u@[::1]/o", ("::1", 5432, None, "disable"), id="IPv6"),
        pytest.param(
            "postgresql://u@/o?host=/run/pg", ("/run/pg", 5432, "/run/pg/.s.PGSQL.5432", "disable"), id="file"
        ),
        pytest.param("postgresql://u@/o?host=db&port=7", ("db", 7, None, "verify-full"), id="as options"),
    ],
)
def test_an_address_is_read_as_people_write_it(url: str, expected: tuple[object, ...]) -> None:
    found = parse_address(make_url(url))
    assert (found.host, found.port, found.socket, found.sslmode) == expected
    assert (found.user, found.database) == ("u", "o")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://db.example.com/outlay", "no user"),
        ("postgresql://u@db.example.com", "no database"),
        ("postgresql://u@/o?host=db&port=seven", "a port is"),
        ("postgresql://u@db/o?application_name=x", "'application_name' is not understood"),
        ("postgresql://u@db/o?sslmode=require&sslmode=disable", "there twice"),
        ("postgresql://u:secret@db:port/o", "can't be read"),
    ],
)
def test_an_address_that_can_not_be_is_refused_without_its_password(url: str, reason: str) -> None:
    with pytest.raises(OutlayError, match=reason) as raised:
        open_control(url)
    assert "secret" not in str(raised.value)


def test_a_certificate_authority_that_is_missing_is_told(tmp_path: Path) -> None:
    url = f"postgresql://u@db.invalid/o?sslrootcert={tmp_path / 'none.pem'}"
    with pytest.raises(OutlayError, match="can't open the control database"):
        open_control(url)


def test_without_a_word_a_server_elsewhere_must_prove_who_it_is() -> None:
    context = parse_address(make_url("postgresql://u@db.example.com/o")).tls()
    assert isinstance(context, ssl.SSLContext)
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)


def test_a_writer_that_waits_too_long_is_told(
    control: Control, elsewhere: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_BUSY_SECONDS", 0.2)
    with control.begin(), pytest.raises(Unavailable), elsewhere.begin():
        pytest.fail("two write at a time")
    with elsewhere.begin() as connection:
        connection.execute(insert(organisations), [_row("later")])
    assert organisation_of(control, "later").name == "later"


def test_a_statement_that_takes_too_long_is_told(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_STATEMENT_SECONDS", 0.2)
    with pytest.raises(Unavailable), control.read() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(5)")
    assert organisation_of(control, "acme").name == "Acme"


def test_who_stands_still_in_a_transaction_loses_it(
    control: Control, elsewhere: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_IDLE_SECONDS", 0.2)
    with pytest.raises(Unavailable), control.begin() as connection:  # noqa: PT012 - the first must go through
        connection.execute(insert(organisations), [_row("stalled")])
        with elsewhere.begin() as other:  # it would wait for ever
            other.execute(insert(organisations), [_row("goes on")])
        connection.execute(select(organisations)).all()
    assert {each.id for each in every_organisation(control)} == {"acme", "goes on", "other"}


def test_more_threads_than_connections_wait_or_are_told(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_BUSY_SECONDS", 0.2)
    monkeypatch.setattr(engine, "_POOLED", 1)
    monkeypatch.setattr(engine, "_MOST_CONNECTIONS", 2)
    narrow = Control(engine.connect(control.engine.url))
    with narrow.read(), narrow.read(), pytest.raises(Unavailable), narrow.read():
        pytest.fail("a third connection of two")
    with ThreadPoolExecutor(8) as pool:
        assert {len(found) for found in pool.map(lambda _: every_organisation(narrow), range(40))} == {2}
    narrow.close()


def test_reading_changes_nothing(control: Control) -> None:
    with pytest.raises(Unavailable), control.read() as connection:
        connection.execute(insert(organisations), [_row("by-reading")])


def test_a_change_waits_for_the_disk_as_the_server_says_and_a_note_never(control: Control) -> None:
    started_cluster().run(f'ALTER DATABASE "{control.engine.url.database}" SET synchronous_commit = remote_apply')
    try:
        control.engine.dispose()
        with control.begin() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "remote_apply"
        with control.note() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "off"
    finally:
        started_cluster().run(f'ALTER DATABASE "{control.engine.url.database}" RESET synchronous_commit')


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"organisation": "acme", "member": "secret-value", "team": "t"}, id="points at nothing"),
        pytest.param({"organisation": "acme", "member": "secret-value", "team": None}, id="lacks a value"),
    ],
)
def test_a_broken_rule_is_told_without_values(control: Control, row: dict[str, str | None]) -> None:
    with pytest.raises(IntegrityError) as raised, control.begin() as connection:
        connection.execute(insert(teams_led), [row])
    assert "secret-value" not in str(raised.value)
    assert "teams_led" in str(raised.value)
    assert raised.value.__cause__ is not None
    assert "secret-value" not in str(raised.value.__cause__)


@pytest.mark.parametrize("text", ["half \ud800 a pair", "a\0b"], ids=["surrogate", "NUL"])
def test_a_text_that_can_not_be_stored_leaves_the_connection_in_step(control: Control, text: str) -> None:
    for _ in range(2):
        with pytest.raises((UnicodeEncodeError, DataError)), control.begin() as connection:
            connection.execute(insert(organisations), [_row("x") | {"name": text}])
        with control.read() as connection:
            assert connection.execute(select(organisations.c.id).where(organisations.c.id == "acme")).all() == [
                ("acme",)
            ]


def test_an_error_of_our_own_leaves_the_connection_in_step(control: Control) -> None:
    with pytest.raises(ProgrammingError), control.read() as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")
    assert organisation_of(control, "other").id == "other"


def test_text_is_in_the_order_of_its_code_points(control: Control) -> None:
    names = ["Zoe", "a-b", "ab", "aa", "Ä", "A", "_", "z"]
    with control.begin() as connection:
        connection.execute(insert(organisations), [_row(each) for each in names])
    with control.read() as connection:
        found = list(connection.execute(select(organisations.c.id).order_by(organisations.c.id)).scalars())
    assert found == sorted([*names, "acme", "other"])


def test_times_come_back_whatever_the_server_has_for_a_zone(control: Control, clock: FrozenClock) -> None:
    database = control.engine.url.database
    started_cluster().run(f"ALTER DATABASE \"{database}\" SET TimeZone = 'Asia/Kathmandu'")
    started_cluster().run(f"ALTER DATABASE \"{database}\" SET DateStyle = 'SQL, DMY'")
    try:
        control.engine.dispose()
        with control.read() as connection:
            created = connection.execute(select(organisations.c.created_at).where(organisations.c.id == "acme"))
            assert created.scalar_one() == clock.now()
    finally:
        started_cluster().run(f'ALTER DATABASE "{database}" RESET ALL')


def test_thousands_of_rows_go_in_few_statements(control: Control) -> None:
    sent = []
    event.listen(control.engine, "before_cursor_execute", lambda *told: sent.append(told[2]))
    with control.begin() as connection:
        connection.execute(insert(organisations), [_row(f"o{number:05}") for number in range(5_000)])
    assert len(every_organisation(control)) == 5_002
    assert len([each for each in sent if each.startswith("INSERT")]) <= 10
