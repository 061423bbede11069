"""The plate that the camera of a lane has read last."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "lane_plate",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("lane", sa.String(length=40), nullable=False),
        sa.Column("plate", sa.String(length=40), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("site", "lane"),
    )
