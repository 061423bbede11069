"""Users, sessions and tokens are followed by a feed; tokens end and are bound; sessions have names; grants know units."""

import sqlalchemy as sa
from alembic import op

from registry.ids import new_id
from registry.store import InstantColumn

revision = "0002"
down_revision = "0001"

_GRANTS = ("user_id", "role", "site", "unit")
_TOKEN_GRANTS = ("token_id", "role", "site", "unit", "gate")


def upgrade() -> None:
    with op.batch_alter_table("grants") as grants:
        grants.add_column(sa.Column("unit", sa.String(length=36), nullable=False, server_default="*"))
        grants.drop_constraint("pk_grants", type_="primary")
        grants.create_primary_key("pk_grants", list(_GRANTS))
    with op.batch_alter_table("token_grants") as grants:
        grants.add_column(sa.Column("unit", sa.String(length=36), nullable=False, server_default="*"))
        grants.add_column(sa.Column("gate", sa.String(length=40), nullable=False, server_default="*"))
        grants.drop_constraint("pk_token_grants", type_="primary")
        grants.create_primary_key("pk_token_grants", list(_TOKEN_GRANTS))
    op.add_column("tokens", sa.Column("ends_at", InstantColumn(timezone=True), nullable=True))
    op.add_column("tokens", sa.Column("used_at", InstantColumn(timezone=True), nullable=True))
    op.add_column("tokens", sa.Column("hint", sa.String(length=12), nullable=True))
    op.add_column("tokens", sa.Column("permissions", sa.JSON(none_as_null=True), nullable=True))
    _name_sessions()
    counter = op.create_table(
        "auth_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_auth_counter_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_counter")),
    )
    op.bulk_insert(counter, [{"id": 1, "version": 0}])
    op.create_table(
        "auth_change",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "user", "session", "token", name="authchangekind", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_auth_change")),
    )


def _name_sessions() -> None:
    """Give every session an id, by which it can be listed and ended."""
    op.add_column("sessions", sa.Column("id", sa.Uuid(), nullable=True))
    op.add_column("sessions", sa.Column("address", sa.String(length=100), nullable=True))
    op.add_column("sessions", sa.Column("agent", sa.String(length=60), nullable=True))
    sessions = sa.table("sessions", sa.column("digest", sa.LargeBinary(32)), sa.column("id", sa.Uuid()))
    there = op.get_bind()
    for digest in there.scalars(sa.select(sessions.c.digest)).all():
        there.execute(sa.update(sessions).where(sessions.c.digest == digest).values(id=new_id()))
    with op.batch_alter_table("sessions") as table:
        table.alter_column("id", existing_type=sa.Uuid(), nullable=False)
        table.create_unique_constraint(op.f("uq_sessions_id"), ["id"])
