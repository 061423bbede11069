"""What the last purge took away."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "purge",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ended_at", InstantColumn(), nullable=False),
        sa.Column("signals", sa.BigInteger(), nullable=False),
        sa.Column("dead_letters", sa.BigInteger(), nullable=False),
        sa.Column("absences", sa.BigInteger(), nullable=False),
        sa.Column("longest_ms", sa.Double(), nullable=False),
        sa.CheckConstraint('"only" = 1', name="ck_purge_one_row"),
        sa.PrimaryKeyConstraint("only"),
    )
