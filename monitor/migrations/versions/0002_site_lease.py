"""One engine at a time acts for a site: leases with a fencing token."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "site_lease",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("machine", sa.String(length=120), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("renewals", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", InstantColumn(), nullable=False),
        sa.Column("expires_at", InstantColumn(), nullable=True),
        sa.CheckConstraint("token >= 0", name="token"),
        sa.CheckConstraint("expires_at IS NULL OR token > 0", name="held_under_a_token"),
        sa.PrimaryKeyConstraint("site"),
    )
