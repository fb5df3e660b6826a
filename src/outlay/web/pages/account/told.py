"""What the account page shows, ready to be shown."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from outlay.access.account_keys import OwnKey
from outlay.access.open_sessions import OpenSession
from outlay.access.second_factor import SecondFactor
from outlay.access.sign_in_ways import Way
from outlay.control.members import Member
from outlay.web.format import ago, day, local_time
from outlay.web.pages.account.browser_name import browser_name

_WAYS: Final[dict[Way, str]] = {"password": "by password", "link": "by link", "sso": "by single sign-on"}


class ShownSession(Struct, frozen=True):
    """A browser, where it was when it signed in, and since when; `here` is the one that asks."""

    id: str
    name: str
    address: str
    seen: str
    since: str
    way: str
    here: bool


class ShownKey(Struct, frozen=True):
    name: str
    prefix: str
    used: str
    ends: str


class ShownFactor(Struct, frozen=True):
    since: str
    codes_left: int


class ShownAccount(Struct, frozen=True, kw_only=True):
    """`others` are the organisations to change over to, as pairs of id and name."""

    member: Member
    factor: ShownFactor | None
    sessions: tuple[ShownSession, ...]
    keys: tuple[ShownKey, ...]
    others: tuple[tuple[str, str], ...]


def shown_session(each: OpenSession, here: str, now: datetime, zone: ZoneInfo) -> ShownSession:
    return ShownSession(
        id=each.id,
        name=browser_name(each.browser),
        address=each.address,
        seen=ago(each.last_seen_at, now),
        since=local_time(each.created_at, zone),
        way=_WAYS.get(each.way, ""),
        here=each.id == here,
    )


def shown_key(key: OwnKey, now: datetime, zone: ZoneInfo) -> ShownKey:
    used = "never" if key.last_used_at is None else ago(key.last_used_at, now)
    ends = "" if key.expires_at is None else day(key.expires_at.astimezone(zone).date())
    return ShownKey(key.name, key.prefix, used, ends)


def shown_factor(factor: SecondFactor, zone: ZoneInfo) -> ShownFactor:
    return ShownFactor(day(factor.since.astimezone(zone).date()), factor.codes_left)
