"""A silence of a device is noticed at a stored moment and belongs to an incident; what devices say of themselves lasts."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    with op.batch_alter_table("device_absences") as absence:
        absence.add_column(sa.Column("missed_at", InstantColumn(), nullable=True))
        absence.add_column(sa.Column("noticed_at", InstantColumn(), nullable=True))
        absence.add_column(sa.Column("incident", sa.String(200), nullable=True))
        absence.create_index("ix_device_absences_incident", ["incident"])
        absence.create_index("ix_device_absences_until", ["until"])
    op.create_table(
        "device_conditions",
        sa.Column("device", sa.String(120), primary_key=True),
        sa.Column("condition", sa.String(20), primary_key=True),
        sa.Column("since", InstantColumn(), primary_key=True),
        sa.Column("until", InstantColumn(), nullable=True),
        sa.Column("noticed_at", InstantColumn(), nullable=False),
        sa.Column("signal_id", sa.String(200), nullable=False),
    )
