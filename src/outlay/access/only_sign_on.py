"""Whether an organisation's people sign in by single sign-on alone: passwords and mailed links count no more.

The way that stays is for admins: a link made by `outlay members link` on the machine that Outlay runs on. So whoever
has the provider alone, or an old password alone, is out, and nobody can lock everybody out.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, delete, select

from outlay.control.conflict import insert_or_replace
from outlay.control.database import Control
from outlay.control.sign_in_tables import session_others, sessions
from outlay.control.sign_on_identities import an_admin_is_linked
from outlay.control.sign_on_providers import ONLY_SETTING
from outlay.control.tables import organisation_settings
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import Conflict

REFUSED: Final = "your organisation signs in by single sign-on only"


def is_only(control: Control, organisation: str) -> bool:
    with control.read() as connection:
        return is_only_in(connection, organisation)


def is_only_in(connection: Connection, organisation: str) -> bool:
    this = and_(organisation_settings.c.organisation == organisation, organisation_settings.c.name == ONLY_SETTING)
    return connection.execute(select(organisation_settings.c.value).where(this)).scalar_one_or_none() is True


def put_only(
    control: Control, organisation: str, by: Actor, now: datetime, *, only: bool, keeping: str | None = None
) -> None:
    """Say whether single sign-on is the only way in; Conflict unless an admin has come in by it already.

    Sessions that were opened in another way end then, but the session `keeping`, in which it is said.
    """
    row = {"organisation": organisation, "name": ONLY_SETTING, "value": only, "changed_at": now}
    with control.begin() as connection:
        if only and not an_admin_is_linked(connection, organisation):
            raise Conflict("sign in by single sign-on as an admin once before; then it can be the only way")
        before = is_only_in(connection, organisation)
        if before == only:
            return
        connection.execute(insert_or_replace(organisation_settings, "value", "changed_at").values(row))
        after = {"value": only} | ({"sessions_ended": _end_others(connection, organisation, keeping)} if only else {})
        change = Change("setting.change", "setting", ONLY_SETTING, ONLY_SETTING, {"value": before}, after)
        write_down(connection, organisation, by, change, now)


def _end_others(connection: Connection, organisation: str, keeping: str | None) -> int:
    """End the organisation's sessions that single sign-on did not open, and what leads into it from other ones."""
    connection.execute(delete(session_others).where(session_others.c.organisation == organisation))
    ended = and_(sessions.c.organisation == organisation, sessions.c.way != "sso", sessions.c.id != (keeping or ""))
    return connection.execute(delete(sessions).where(ended)).rowcount
