"""A signal says whether it was a dead letter before, and when a device was off the line is remembered."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("signals", sa.Column("retried_at", InstantColumn(), nullable=True))
    op.create_table(
        "device_absences",
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("since", InstantColumn(), nullable=False),
        sa.Column("until", InstantColumn(), nullable=True),
        sa.PrimaryKeyConstraint("device", "since"),
    )
