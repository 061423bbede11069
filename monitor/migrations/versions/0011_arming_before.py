"""A group keeps what was set of it before its last change, so that one can go back."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    with op.batch_alter_table("arming_group") as group:
        group.add_column(sa.Column("before", sa.JSON(), nullable=True))
