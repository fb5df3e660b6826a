"""Hands a letter to the mail server, one connection for each. It blocks; run it in a thread."""

import smtplib
import ssl
from datetime import datetime
from email.utils import parseaddr
from typing import Final

from outlay.kit.mail_server import MailServer
from outlay.notify.letter import Letter, as_message

_SECONDS: Final = 20
_REFUSED: Final = 500  # and what follows: sending again changes nothing


class NotSent(Exception):
    """The server did not take the letter; `permanent` when it never will."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


def send(server: MailServer, sender: str, letter: Letter, now: datetime) -> None:
    """Send it; NotSent says why not, without a word of the letter."""
    message = as_message(letter, sender, now)
    try:
        with _connected(server) as connection:
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message, parseaddr(sender)[1], [letter.to])
    except smtplib.SMTPRecipientsRefused as error:
        code = max((code for code, _ in error.recipients.values()), default=0)
        raise NotSent(f"the mail server refused the recipient ({code})", permanent=code >= _REFUSED) from None
    except smtplib.SMTPResponseException as error:
        # Wrong credentials are put right by the operator; the letter waits for that.
        permanent = error.smtp_code >= _REFUSED and not isinstance(error, smtplib.SMTPAuthenticationError)
        raise NotSent(f"the mail server answered {error.smtp_code}", permanent=permanent) from None
    except smtplib.SMTPNotSupportedError:
        raise NotSent("the mail server offers no STARTTLS, no sign-in, or no UTF-8", permanent=False) from None
    except ssl.SSLError as error:
        raise NotSent(f"no TLS with the mail server: {error.reason or error}", permanent=False) from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"can't reach the mail server: {error}", permanent=False) from None


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.tls == "from_start":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    if server.tls == "starttls":
        try:
            connection.starttls(context=ssl.create_default_context())
        except (OSError, smtplib.SMTPException):
            connection.close()
            raise
    return connection
