"""Sessions that can be told apart, second factors, sign-ins in several steps, and mail that waits to be sent."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _extend_sessions()
    _extend_links()
    _create_session_others()
    _create_second_factors()
    _create_sign_in_steps()
    _create_outgoing_mail()


def _extend_sessions() -> None:
    added = {"id": sa.String(), "way": sa.String(), "browser": sa.String(), "address": sa.String()}
    with op.batch_alter_table("sessions") as sessions:
        for name, kind in added.items():
            sessions.add_column(sa.Column(name, kind, nullable=True))
        sessions.add_column(sa.Column("proved_at", _INSTANT, nullable=True))
    _fill_sessions()
    with op.batch_alter_table("sessions") as sessions:
        for name, kind in added.items():
            sessions.alter_column(name, existing_type=kind, nullable=False)
        sessions.alter_column("proved_at", existing_type=_INSTANT, nullable=False)
        sessions.create_unique_constraint("uq_sessions_id", ["id"])


def _fill_sessions() -> None:
    table = sa.table(
        "sessions",
        sa.column("token_hash", sa.LargeBinary()),
        *(sa.column(name, sa.String()) for name in ("id", "way", "browser", "address")),
        sa.column("proved_at", _INSTANT),
        sa.column("created_at", _INSTANT),
    )
    connection = op.get_bind()
    for token_hash in connection.execute(sa.select(table.c.token_hash)).scalars().all():
        values = {"id": f"ses_{secrets.token_hex(8)}", "way": "password", "browser": "", "address": ""}
        this = sa.update(table).where(table.c.token_hash == token_hash)
        connection.execute(this.values(**values, proved_at=table.c.created_at))


def _extend_links() -> None:
    with op.batch_alter_table("sign_in_links") as links:
        links.add_column(sa.Column("purpose", sa.String(), nullable=True))
    op.execute("UPDATE sign_in_links SET purpose = 'sign_in'")
    with op.batch_alter_table("sign_in_links") as links:
        links.alter_column("purpose", existing_type=sa.String(), nullable=False)


def _create_session_others() -> None:
    op.create_table(
        "session_others",
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["sessions.id"], name="fk_session_others_session", ondelete="CASCADE"),
        *_of_member("session_others"),
        sa.PrimaryKeyConstraint("session", "organisation", "member", name="pk_session_others"),
    )


def _create_second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_key", sa.String(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("confirmed_at", _INSTANT, nullable=True),
        *_of_member("second_factors"),
        sa.PrimaryKeyConstraint("organisation", "member", name="pk_second_factors"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        *_of_member("recovery_codes"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_organisation_member", "recovery_codes", ["organisation", "member"])


def _create_sign_in_steps() -> None:
    op.create_table(
        "sign_in_steps",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("chosen", sa.String(), nullable=True),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("wanted", sa.String(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sign_in_steps"),
    )
    op.create_index("ix_sign_in_steps_expires_at", "sign_in_steps", ["expires_at"])


def _create_outgoing_mail() -> None:
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=True),
        sa.Column("letter_key", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("sent_at", _INSTANT, nullable=True),
        sa.Column("failure", sa.String(), nullable=True),
        _of_organisation("outgoing_mail"),
        sa.PrimaryKeyConstraint("id", name="pk_outgoing_mail"),
    )
    op.create_index("ix_outgoing_mail_due_at", "outgoing_mail", ["due_at"])


def _of_organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["organisation"], ["organisations.id"], name=f"fk_{table}_organisation")


def _of_member(table: str) -> tuple[sa.ForeignKeyConstraint, sa.ForeignKeyConstraint]:
    theirs = sa.ForeignKeyConstraint(
        ["organisation", "member"], ["members.organisation", "members.id"], name=f"fk_{table}_organisation_member"
    )
    return _of_organisation(table), theirs
