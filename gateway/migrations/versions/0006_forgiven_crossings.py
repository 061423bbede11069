"""A crossing knows whether anti-passback had been forgiven, so that it is again when nobody passed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("passage") as passage:
        passage.add_column(sa.Column("was_forgiven", sa.Boolean(), nullable=False, server_default=sa.false()))
