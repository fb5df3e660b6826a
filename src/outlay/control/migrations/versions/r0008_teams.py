"""Teams with parents and memberships with dates, members that are searched, and moves of past calls between teams."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_INSTANT = sa.DateTime(timezone=True)


_SIGNED_IN = """
UPDATE members SET signed_in_at = (
    SELECT max(created_at) FROM sessions
    WHERE sessions.organisation = members.organisation AND sessions.member = members.id
)
"""


def upgrade() -> None:
    _make_members_searchable()
    op.add_column("repricings", sa.Column("move", sa.JSON(), nullable=True))
    op.create_table(
        "teams",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=True),
        sa.Column("cost_centre", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("archived_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation", "parent"], ["teams.organisation", "teams.id"], name="fk_teams_organisation_parent"
        ),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_teams_organisation"),
        sa.PrimaryKeyConstraint("organisation", "id", name="pk_teams"),
    )
    op.create_index("ix_teams_organisation_parent", "teams", ["organisation", "parent"])
    op.create_table(
        "memberships",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("primary", sa.Boolean(), nullable=False),
        sa.Column("starts_at", _INSTANT, nullable=True),
        sa.Column("ends_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation", "member"],
            ["members.organisation", "members.id"],
            name="fk_memberships_organisation_member",
        ),
        sa.ForeignKeyConstraint(
            ["organisation", "team"], ["teams.organisation", "teams.id"], name="fk_memberships_organisation_team"
        ),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_memberships_organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_memberships"),
    )
    op.create_index("ix_memberships_organisation_member", "memberships", ["organisation", "member"])
    op.create_index("ix_memberships_organisation_team", "memberships", ["organisation", "team"])
    op.create_table(
        "attribution_marks",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name="fk_attribution_marks_organisation"),
        sa.PrimaryKeyConstraint("organisation", name="pk_attribution_marks"),
    )


def _make_members_searchable() -> None:
    # SQLite can't make a column obligatory afterwards but by a new table, which others refer to.
    op.add_column("members", sa.Column("search_text", sa.String(), server_default="", nullable=False))
    op.add_column("members", sa.Column("signed_in_at", _INSTANT, nullable=True))
    op.execute(_SIGNED_IN)
    there = sa.table("members", *map(sa.column, ("id", "name", "email", "user", "search_text")))
    connection = op.get_bind()
    for row in connection.execute(sa.select(there.c.id, there.c.name, there.c.email, there.c.user)).all():
        text = "\n".join(each for each in (row.name, row.email, row.user) if each).casefold()
        connection.execute(sa.update(there).where(there.c.id == row.id).values(search_text=text))
