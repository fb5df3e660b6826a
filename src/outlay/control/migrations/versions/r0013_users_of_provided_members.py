"""Let members whom single sign-on or SCIM knows be the user of their e-mail address, as those they add are by now.

Without it they saw nothing of their own usage. Who has a user id keeps it, and nobody gets one that is another's.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_MEMBERS = sa.table(
    "members", *(sa.column(name, sa.String) for name in ("organisation", "id", "name", "email", "user", "search_text"))
)
_KNOWN_BY = ("sign_on_identities", "scim_users")


def upgrade() -> None:
    connection, its = op.get_bind(), _MEMBERS.c
    users = connection.execute(sa.select(its.organisation, its.user).where(its.user.is_not(None)))
    taken = {(each.organisation, each.user) for each in users}
    for member in connection.execute(sa.select(_MEMBERS).where(its.user.is_(None), _is_provided())).all():
        if (member.organisation, member.email) in taken:
            continue
        text = "\n".join(each for each in (member.name, member.email, member.email) if each).casefold()
        this = sa.and_(its.organisation == member.organisation, its.id == member.id)
        connection.execute(sa.update(_MEMBERS).where(this).values(user=member.email, search_text=text))


def _is_provided() -> sa.ColumnElement[bool]:
    """Return the condition that a provider or a directory knows a member."""
    tables = [sa.table(name, sa.column("organisation"), sa.column("member")) for name in _KNOWN_BY]
    here = [sa.and_(each.c.organisation == _MEMBERS.c.organisation, each.c.member == _MEMBERS.c.id) for each in tables]
    return sa.or_(*(sa.exists().where(condition) for condition in here))
