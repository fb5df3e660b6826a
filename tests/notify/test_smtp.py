"""Letters as a real mail server gets them, and what is said when it does not take one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from outlay.errors import InputError
from outlay.kit.mail_server import MailServer, Tls
from outlay.notify.letter import Letter, Link, as_message
from outlay.notify.smtp import NotSent, send
from tests.mail_server import HOST, PASSWORD, USER, MailTaker, mail_taker, own_certificate

SENDER = "Outlay <outlay@example.com>"
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
LETTER = Letter(
    to="ada@example.com",
    subject="Zürich & <b>",
    before=("Hello Ada <b>,", "come in."),
    link=Link("Sign in", "https://outlay.example.com/sign-in/link?token=a&b=1"),
    after=("It works once.",),
)


def to(taker: MailTaker, tls: Tls = "none", user: str = "", password: str = "") -> MailServer:
    return MailServer(HOST, taker.port, tls, user, password)


def parts_of(message: Any) -> tuple[str, str]:
    return message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content()


def test_a_letter_arrives_as_text_and_html_of_the_same_words(taker: MailTaker) -> None:
    send(to(taker), SENDER, LETTER, NOW)
    (message,) = taker.taken
    assert taker.recipients == ["ada@example.com"]
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, "ada@example.com", "Zürich & <b>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW
    text, html = parts_of(message)
    assert "https://outlay.example.com/sign-in/link?token=a&b=1" in text
    assert 'href="https://outlay.example.com/sign-in/link?token=a&amp;b=1"' in html
    assert "Hello Ada &lt;b&gt;," in html
    assert "<b>" not in html
    for words in ("come in.", "It works once."):
        assert words in text
        assert words in html


@pytest.mark.parametrize(
    "letter",
    [
        pytest.param({"to": "ada@example.com\r\nBcc: eve@example.com"}, id="recipient"),
        pytest.param({"subject": "Hello\r\nBcc: eve@example.com"}, id="subject"),
        pytest.param({"subject": "Hello\nBcc: eve@example.com"}, id="line end alone"),
        pytest.param({"to": "ada@example.com\0"}, id="zero character"),
    ],
)
def test_nothing_gets_into_the_headers(taker: MailTaker, letter: dict[str, str]) -> None:
    wanted = Letter(**{"to": "ada@example.com", "subject": "Hello", "before": ("Hello",)} | letter)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        send(to(taker), SENDER, wanted, NOW)
    assert taker.taken == []
    assert "Bcc" not in as_message(LETTER, "Outlay\nBcc: eve@example.com <outlay@example.com>", NOW)


@pytest.mark.parametrize("from_start", [True, False])
def test_with_tls_the_certificate_must_be_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, from_start: bool
) -> None:
    shown, trusted = own_certificate(tmp_path)
    tls: Tls = "from_start" if from_start else "starttls"
    with mail_taker(shown, from_start=from_start) as taker:
        with pytest.raises(NotSent, match="no TLS with the mail server") as refused:
            send(to(taker, tls, USER, PASSWORD), SENDER, LETTER, NOW)
        assert not refused.value.permanent
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        send(to(taker, tls, USER, PASSWORD), SENDER, LETTER, NOW)
        assert len(taker.taken) == 1


def test_without_starttls_nothing_is_said(taker: MailTaker) -> None:
    with pytest.raises(NotSent, match="no STARTTLS"):
        send(to(taker, "starttls", USER, PASSWORD), SENDER, LETTER, NOW)
    assert taker.recipients == []


@pytest.mark.parametrize(
    ("command", "answer", "permanent", "reason"),
    [
        pytest.param("RCPT", "550 no such user", True, r"refused the recipient \(550\)", id="no such recipient"),
        pytest.param("RCPT", "451 later", False, r"refused the recipient \(451\)", id="greylisted"),
        pytest.param("MAIL", "552 too much", True, "answered 552", id="refused for good"),
        pytest.param("DATA", "421 going down", False, "answered 421", id="for now"),
    ],
)
def test_what_a_server_does_not_take(
    taker: MailTaker,
    command: str,
    answer: str,
    reason: str,
    *,
    permanent: bool,
) -> None:
    taker.answers[command] = answer
    with pytest.raises(NotSent, match=reason) as refused:
        send(to(taker), SENDER, LETTER, NOW)
    assert refused.value.permanent is permanent
    assert "ada@" not in refused.value.reason


def test_a_wrong_password_waits_for_the_operator(taker: MailTaker) -> None:
    with pytest.raises(NotSent, match="answered 535") as refused:
        send(to(taker, "none", USER, "wrong"), SENDER, LETTER, NOW)
    assert not refused.value.permanent


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with mail_taker() as gone:
        port = gone.port
    with pytest.raises(NotSent, match="can't reach") as refused:
        send(MailServer(HOST, port, "none"), SENDER, LETTER, NOW)
    assert not refused.value.permanent
