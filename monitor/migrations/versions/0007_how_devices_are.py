"""What foreign devices say of their state, how each device is heard, and the numbers of its events."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("dead_letters", sa.Column("retained", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "device_state",
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("property", sa.String(length=200), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("said_at", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("device", "property"),
    )
    op.create_table(
        "device_health",
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("event_at", InstantColumn(), nullable=False),
        sa.Column("skew_seconds", sa.Float(), nullable=True),
        sa.Column("clock_faults", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.BigInteger(), nullable=False),
        sa.Column("archived", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device"),
    )
    op.create_table(
        "device_sequence",
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("bootid", sa.String(length=80), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("forgotten", sa.BigInteger(), nullable=False),
        sa.Column("replays", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("device", "bootid"),
    )
