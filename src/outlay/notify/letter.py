"""A letter: what a person is told by mail, as plain text and as simple HTML of the very same words.

It is a few paragraphs and at most one link. Nothing in it may end a header line: that is refused, not repaired.
"""

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from html import escape
from typing import Final

from msgspec import Struct

from outlay.errors import InputError
from outlay.kit.ids import new_id

_LONGEST_SUBJECT: Final = 200
_PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"></head>'
    '<body style="margin:0;padding:24px;background:#f7f8fa;color:#16181d;font:15px/1.5 system-ui,sans-serif">'
    '<div style="max-width:520px;margin:0 auto;padding:24px 28px;background:#fff;border:1px solid #e4e7ec;'
    'border-radius:12px">{}</div></body></html>'
)
_PARAGRAPH: Final = '<p style="margin:0 0 16px">{}</p>'
_BUTTON: Final = (
    '<p style="margin:0 0 16px"><a href="{0}" style="display:inline-block;padding:9px 16px;border-radius:6px;'
    'background:#2450d6;color:#fff;text-decoration:none">{1}</a></p>'
    '<p style="margin:0 0 16px;color:#59616e;font-size:13px;word-break:break-all">{0}</p>'
)


class Link(Struct, frozen=True):
    label: str
    url: str


class Letter(Struct, frozen=True, kw_only=True):
    """One person gets it. `before` stands above the link, `after` below it."""

    to: str
    subject: str
    before: tuple[str, ...]
    link: Link | None = None
    after: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Letter()"  # the link in it opens an account


def as_message(letter: Letter, sender: str, now: datetime) -> EmailMessage:
    """Return the letter as it is sent; InputError where an address or the subject would break the headers."""
    name, address = parseaddr(sender)
    for text in (letter.to, letter.subject, name, address):
        if not text.isprintable():
            raise InputError("an address or a subject holds a control character; no mail is made of it")
    message = EmailMessage()
    message["From"] = formataddr((name, address))
    message["To"] = letter.to
    message["Subject"] = letter.subject[:_LONGEST_SUBJECT]
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{new_id('mail', 26)}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_text(letter))
    message.add_alternative(_html(letter), subtype="html")
    return message


def _text(letter: Letter) -> str:
    link = () if letter.link is None else (f"{letter.link.label}:\n{letter.link.url}",)
    return "\n\n".join([*letter.before, *link, *letter.after]) + "\n"


def _html(letter: Letter) -> str:
    link = "" if letter.link is None else _BUTTON.format(escape(letter.link.url), escape(letter.link.label))
    return _PAGE.format(_paragraphs(letter.before) + link + _paragraphs(letter.after))


def _paragraphs(texts: Sequence[str]) -> str:
    return "".join(_PARAGRAPH.format(escape(text)) for text in texts)
