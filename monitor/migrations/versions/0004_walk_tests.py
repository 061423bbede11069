"""Walk tests of beams and what each found."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "walk_test",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=True),
        sa.Column("started_at", InstantColumn(), nullable=False),
        sa.Column("started_by", sa.String(length=120), nullable=False),
        sa.Column("until", InstantColumn(), nullable=False),
        sa.Column("ended_at", InstantColumn(), nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_whole"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_walk_test_site", "walk_test", ["site", "started_at"])
    op.create_table(
        "walk_test_result",
        sa.Column("test", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("heard_at", InstantColumn(), nullable=True),
        sa.ForeignKeyConstraint(["test"], ["walk_test.id"]),
        sa.PrimaryKeyConstraint("test", "device"),
    )
    op.create_index("ix_walk_test_result_device", "walk_test_result", ["device", "heard_at"])
