"""Mail that waits: sealed, sent once, tried again, given up; by whichever process is first."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from outlay.access.rotation import rotate
from outlay.access.secrets import KEY_FILE, SecretKeys
from outlay.control.database import Control
from outlay.control.outgoing_mail import LEASE, REMEMBERED, RETRIES, Outbox
from outlay.control.sign_in_tables import outgoing_mail
from outlay.control.trail import SYSTEM
from outlay.kit.mail_server import MailServer
from outlay.notify.letter import Letter
from outlay.notify.mail import Mail
from outlay.testing import FrozenClock
from tests.mail_server import HOST, MailTaker

LETTER = Letter(to="ada@example.com", subject="Hello", before=("https://secret.example/token",))


def mail_to(taker: MailTaker, outbox: Outbox, clock: FrozenClock) -> tuple[Mail, MailServer]:
    server = MailServer(HOST, taker.port, "none")
    return Mail(outbox, server, "outlay@example.com", clock), server


def stored(control: Control) -> list[Any]:
    with control.read() as connection:
        return list(connection.execute(select(outgoing_mail)).all())


def test_what_is_put_is_sent_once_and_its_letter_forgotten(
    outbox: Outbox, control: Control, taker: MailTaker, clock: FrozenClock
) -> None:
    mail, server = mail_to(taker, outbox, clock)
    mail.send("acme", "invitation", LETTER)
    assert b"secret.example" not in bytes(stored(control)[0].letter)
    assert [mail.send_next(server), mail.send_next(server)] == [True, False]
    assert [message["To"] for message in taker.taken] == ["ada@example.com"]
    (row,) = stored(control)
    assert (row.letter, row.letter_key, row.sent_at, row.failure) == (None, None, clock.now(), None)
    clock.move(REMEMBERED)
    assert not mail.send_next(server)
    assert stored(control) == []


def test_without_a_server_nothing_is_kept(outbox: Outbox, control: Control, clock: FrozenClock) -> None:
    mail = Mail(outbox, None, "", clock)
    mail.send("acme", "invitation", LETTER)
    assert not mail.configured
    assert stored(control) == []


def test_of_many_processes_one_sends(outbox: Outbox, taker: MailTaker, clock: FrozenClock) -> None:
    mail, server = mail_to(taker, outbox, clock)
    for _ in range(5):
        mail.send("acme", "invitation", LETTER)
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda _: mail.send_next(server), range(16)))
    assert len(taker.taken) == sum(sent) == 5


def test_a_server_that_is_busy_is_tried_again_ever_later(
    outbox: Outbox, control: Control, taker: MailTaker, clock: FrozenClock
) -> None:
    mail, server = mail_to(taker, outbox, clock)
    mail.send("acme", "invitation", LETTER)
    taker.answers["MAIL"] = "421 later"
    for wait in RETRIES[:2]:
        assert mail.send_next(server)
        assert not mail.send_next(server)
        clock.move(wait - timedelta(seconds=1))
        assert not mail.send_next(server)
        clock.move(timedelta(seconds=1))
    assert stored(control)[0].failure == "the mail server answered 421"
    taker.answers.clear()
    assert mail.send_next(server)
    assert len(taker.taken) == 1
    assert stored(control)[0].failure is None


def test_a_letter_that_nobody_takes_is_given_up_and_forgotten(
    outbox: Outbox, control: Control, taker: MailTaker, clock: FrozenClock
) -> None:
    mail, server = mail_to(taker, outbox, clock)
    mail.send("acme", "invitation", LETTER)
    taker.answers["RCPT"] = "550 no such user"
    assert mail.send_next(server)
    (row,) = stored(control)
    assert (row.letter, row.failure) == (None, "the mail server refused the recipient (550)")
    taker.answers.clear()
    clock.move(timedelta(hours=1))
    assert not mail.send_next(server)


def test_what_comes_too_late_is_not_sent(
    outbox: Outbox, control: Control, taker: MailTaker, clock: FrozenClock
) -> None:
    mail, server = mail_to(taker, outbox, clock)
    mail.send("acme", "mailed", LETTER, timedelta(hours=1))
    clock.move(timedelta(hours=1))
    assert not mail.send_next(server)
    assert stored(control)[0].failure == "it was not sent in time"
    assert taker.taken == []


def test_who_dies_while_sending_leaves_it_to_others(outbox: Outbox, taker: MailTaker, clock: FrozenClock) -> None:
    mail, server = mail_to(taker, outbox, clock)
    mail.send("acme", "invitation", LETTER)
    assert outbox.take(clock.now()) is not None
    assert not mail.send_next(server)
    clock.move(LEASE)
    assert mail.send_next(server)
    assert len(taker.taken) == 1


def test_a_new_secret_key_opens_what_waits(
    outbox: Outbox, control: Control, taker: MailTaker, clock: FrozenClock, tmp_path: Path
) -> None:
    mail, server = mail_to(taker, outbox, clock)
    mail.send("acme", "invitation", LETTER)
    assert rotate(control, SecretKeys(tmp_path), SYSTEM, clock.now()).secrets == 1
    assert mail.send_next(server)
    assert len(taker.taken) == 1


def test_a_letter_without_its_key_stops_no_other(
    outbox: Outbox, control: Control, taker: MailTaker, clock: FrozenClock, tmp_path: Path
) -> None:
    mail, _ = mail_to(taker, outbox, clock)
    mail.send("acme", "invitation", LETTER)
    (tmp_path / KEY_FILE).unlink()
    fresh, server = mail_to(taker, Outbox(control, SecretKeys(tmp_path)), clock)
    clock.move(timedelta(seconds=1))
    fresh.send("acme", "invitation", LETTER)
    assert fresh.send_next(server)
    assert len(taker.taken) == 1
    assert "is missing" in (stored(control)[0].failure or stored(control)[1].failure)
