"""The groups that SCIM has a member in, by each name they may have in a rule: what is shown, and the provider's id."""

from sqlalchemy import Connection, and_, select

from outlay.control.directory_tables import scim_group_members, scim_groups, scim_users


def group_names_of(connection: Connection, organisation: str, member: str) -> frozenset[str] | None:
    """Return the names; None where SCIM knows nothing of the member: that is not 'in no group'."""
    asked = (
        select(scim_groups.c.display_name, scim_groups.c.external_id)
        .join(scim_group_members, scim_group_members.c.group == scim_groups.c.id)
        .where(and_(scim_group_members.c.organisation == organisation, scim_group_members.c.member == member))
    )
    names = frozenset(name for row in connection.execute(asked) for name in row if name)
    if names:
        return names
    this = and_(scim_users.c.organisation == organisation, scim_users.c.member == member)
    return frozenset() if connection.execute(select(scim_users.c.member).where(this)).first() is not None else None
