"""Contractors have projects, let rooms are checked, and who lives there for a while has a file."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn
from registry.store.altering import altered, one_of

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("contractor", sa.String(length=80), nullable=False),
        sa.Column("foreman", sa.String(length=80), nullable=False),
        sa.Column("foreman_phone", sa.String(length=20), nullable=True),
        sa.Column("level_id", sa.Uuid(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=False),
        sa.Column("ended_at", InstantColumn(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.CheckConstraint("first_day < end_day", name=op.f("ck_project_period")),
        sa.ForeignKeyConstraint(["level_id"], ["access_level.id"], name=op.f("fk_project_level_id")),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_project_site")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_project_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
    )
    op.create_index(op.f("ix_project_level_id"), "project", ["level_id"], unique=False)
    op.create_index(op.f("ix_project_site"), "project", ["site"], unique=False)
    op.create_index(op.f("ix_project_unit_id"), "project", ["unit_id"], unique=False)
    op.create_table(
        "project_worker",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("trade", sa.String(length=40), nullable=True),
        sa.Column("training_end_day", sa.Date(), nullable=True),
        sa.Column("joined_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("left_at", InstantColumn(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_project_worker_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_project_worker_project_id")),
        sa.PrimaryKeyConstraint("project_id", "person_id", name=op.f("pk_project_worker")),
    )
    op.create_index(op.f("ix_project_worker_person_id"), "project_worker", ["person_id"], unique=False)
    op.create_table(
        "room_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("room_check", "home_visit", name="checkkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("at", InstantColumn(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "in_order",
                "put_right",
                "wrong",
                "nobody_there",
                name="checkoutcome",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.String(length=500), nullable=True),
        sa.Column("photo", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_room_check_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_check")),
    )
    op.create_index("ix_room_check_room_at", "room_check", ["room_id", "at"], unique=False)
    op.create_table(
        "residence_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("tenancy_id", sa.Uuid(), nullable=False),
        sa.Column("home", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=120), nullable=True),
        sa.Column("registered_by", sa.String(length=120), nullable=False),
        sa.Column("registered_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("cancelled_by", sa.String(length=120), nullable=True),
        sa.Column("cancelled_at", InstantColumn(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_residence_file_person_id")),
        sa.ForeignKeyConstraint(["tenancy_id"], ["tenancy.id"], name=op.f("fk_residence_file_tenancy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residence_file")),
    )
    op.create_index(op.f("ix_residence_file_person_id"), "residence_file", ["person_id"], unique=False)
    op.create_index(op.f("ix_residence_file_tenancy_id"), "residence_file", ["tenancy_id"], unique=False)
    op.create_index(
        "uq_residence_file_open",
        "residence_file",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("cancelled_at IS NULL"),
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    colours = one_of("risk", "red", "orange", "yellow", "blue", "green")
    with altered("room", {"riskclass": colours}) as room:
        room.add_column(sa.Column("risk", sa.String(length=24), nullable=True))
    with op.batch_alter_table("tenancy") as tenancy:
        # Nobody has looked into the leases that were written down before.
        tenancy.add_column(sa.Column("has_clause", sa.Boolean(), nullable=False, server_default=sa.false()))
        tenancy.add_column(sa.Column("ended_at", InstantColumn(timezone=True), nullable=True))
        tenancy.add_column(sa.Column("ended_by", sa.String(length=120), nullable=True))
        tenancy.add_column(sa.Column("end_reason", sa.String(length=200), nullable=True))
