"""What an area, a lane and a person ask of a gate beside dates and levels."""

import sqlalchemy as sa
from alembic import op

from registry.store.altering import altered

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    of_area = {
        "passback_minutes": "passback_minutes > 0",
        "capacity": "capacity_people >= 0 AND capacity_vehicles >= 0",
    }
    with altered("area", of_area) as area:
        area.add_column(sa.Column("passback_minutes", sa.Integer(), nullable=True))
        area.add_column(sa.Column("capacity_people", sa.Integer(), nullable=True))
        area.add_column(sa.Column("capacity_vehicles", sa.Integer(), nullable=True))
        area.add_column(sa.Column("first_person", sa.Boolean(), nullable=False, server_default=sa.false()))
        area.add_column(sa.Column("two_person", sa.Boolean(), nullable=False, server_default=sa.false()))
    with altered("lane", {"passage_seconds": "passage_seconds BETWEEN 1 AND 600"}) as lane:
        lane.add_column(sa.Column("interlock", sa.Boolean(), nullable=False, server_default=sa.false()))
        lane.add_column(sa.Column("passage_seconds", sa.Integer(), nullable=True))
    op.create_table(
        "gate_rights",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("clearance", sa.Integer(), nullable=False),
        sa.Column("first_person", sa.Boolean(), nullable=False),
        sa.Column("may_escort", sa.Boolean(), nullable=False),
        sa.Column("needs_escort", sa.Boolean(), nullable=False),
        sa.CheckConstraint("clearance BETWEEN 0 AND 5", name=op.f("ck_gate_rights_clearance")),
        sa.CheckConstraint("NOT (may_escort AND needs_escort)", name=op.f("ck_gate_rights_escort")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_gate_rights_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_gate_rights")),
    )
