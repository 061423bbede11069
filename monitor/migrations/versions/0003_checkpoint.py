"""A checkpoint says which rules made it; those of another version judge anew what they can still change."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("engine_progress") as progress:
        progress.add_column(sa.Column("form", sa.String(length=200), nullable=False, server_default=""))
        progress.add_column(sa.Column("anew_until", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("engine_progress") as progress:
        progress.alter_column("form", server_default=None)
        progress.alter_column("anew_until", server_default=None)
