"""How many are inside each area, counted once from who is."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "presence_count",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("vehicles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site", "area"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO presence_count (site, area, people, vehicles) "
        "SELECT site, area, sum(CASE WHEN subject LIKE 'plate:%' THEN 0 ELSE 1 END), "
        "sum(CASE WHEN subject LIKE 'plate:%' THEN 1 ELSE 0 END) FROM presence GROUP BY site, area"
    )
