"""When groups were kept disarmed against their plans, and which signals wait for the end of an entry delay."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "unarmed",
        sa.Column("group", sa.Uuid(), nullable=False),
        sa.Column("since", InstantColumn(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("until", InstantColumn(), nullable=True),
        sa.CheckConstraint("until IS NULL OR until >= since", name="until_after_since"),
        sa.ForeignKeyConstraint(["group"], ["arming_group.id"]),
        sa.PrimaryKeyConstraint("group", "since"),
    )
    op.execute(
        'INSERT INTO unarmed ("group", since, site) '
        "SELECT id, unarmed_since, site FROM arming_group WHERE unarmed_since IS NOT NULL"
    )
    with op.batch_alter_table("arming_group") as group:
        group.drop_column("is_told")
    op.create_table(
        "entry_wait",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("ix_entry_wait_until", "entry_wait", ["until"])
