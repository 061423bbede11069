"""What reads, opens and sees at a lane, and which lanes a fire alarm opens."""

import sqlalchemy as sa
from alembic import op

from registry.store.altering import one_of

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    with op.batch_alter_table("lane") as lane:
        lane.add_column(sa.Column("opens_on_fire", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "lane_part",
        sa.Column("lane", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("driver", sa.String(length=24), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.CheckConstraint(one_of("role", "reader", "barrier", "sensor", "camera"), name=op.f("ck_lane_part_partrole")),
        sa.CheckConstraint("position IN (1, 2)", name=op.f("ck_lane_part_position")),
        sa.CheckConstraint(one_of("driver", "mqtt", "osdp", "uhppote"), name=op.f("ck_lane_part_driverkind")),
        sa.ForeignKeyConstraint(["lane"], ["lane.id"], name=op.f("fk_lane_part_lane")),
        sa.PrimaryKeyConstraint("lane", "role", "position", name=op.f("pk_lane_part")),
    )
