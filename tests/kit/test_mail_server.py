"""Which server mail is handed to: what an address says, and what none is."""

import pytest

from outlay.kit.mail_server import MailServer, parse_mail_server


@pytest.mark.parametrize(
    ("text", "server"),
    [
        pytest.param("", None, id="none"),
        pytest.param("smtps://mail.example.com", MailServer("mail.example.com", 465, "from_start"), id="TLS"),
        pytest.param("smtp://mail.example.com", MailServer("mail.example.com", 587, "starttls"), id="STARTTLS"),
        pytest.param("smtp://relay:25?tls=none", MailServer("relay", 25, "none"), id="a relay near by"),
        pytest.param(
            "smtps://outlay%40example.com:p%3Aw%2F@mail.example.com:2465",
            MailServer("mail.example.com", 2465, "from_start", "outlay@example.com", "p:w/"),
            id="with a password",
        ),
        pytest.param("smtp://u:p@[::1]:25?tls=none", MailServer("::1", 25, "none", "u", "p"), id="to this machine"),
    ],
)
def test_an_address_is_read(text: str, server: MailServer | None) -> None:
    assert parse_mail_server(text) == server


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://mail.example.com:port",
        "smtp://mail.example.com/path",
        "smtp://mail.example.com?tls=maybe",
        "smtps://mail.example.com?tls=none",
        "smtp://user:hidden@mail.example.com?tls=none",
        "smtp://mail.example.com\r\nRCPT",
        "smtp://user:hidden%0d%0a@mail.example.com",
    ],
)
def test_what_is_none_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="smtp") as refused:
        parse_mail_server(text)
    assert "hidden" not in str(refused.value)


def test_a_password_is_in_no_representation() -> None:
    assert "hidden" not in repr(parse_mail_server("smtps://user:hidden@mail.example.com"))
