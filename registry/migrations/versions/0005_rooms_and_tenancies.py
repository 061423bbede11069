"""Compounds have buildings, rooms, and who lives in them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "building",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("short", sa.String(length=20), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_building_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("site", "short", name=op.f("uq_building_site_short")),
    )
    op.create_table(
        "room",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column(
            "use",
            sa.Enum("dwelling", "office", name="roomuse", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("use = 'office' OR unit_id IS NULL", name=op.f("ck_room_units_have_offices")),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_room_building_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_room_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("building_id", "number", name=op.f("uq_room_building_id_number")),
    )
    op.create_index(op.f("ix_room_unit_id"), "room", ["unit_id"], unique=False)
    op.create_table(
        "tenancy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("landlord_id", sa.Uuid(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=True),
        sa.CheckConstraint("first_day < end_day", name=op.f("ck_tenancy_period")),
        sa.CheckConstraint("landlord_id <> tenant_id", name=op.f("ck_tenancy_two_parties")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_tenancy_room_id")),
        sa.ForeignKeyConstraint(["landlord_id"], ["person.id"], name=op.f("fk_tenancy_landlord_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["person.id"], name=op.f("fk_tenancy_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenancy")),
        sa.UniqueConstraint("room_id", "first_day", name=op.f("uq_tenancy_room_id_first_day")),
    )
    op.create_index(op.f("ix_tenancy_landlord_id"), "tenancy", ["landlord_id"], unique=False)
    op.create_index(op.f("ix_tenancy_tenant_id"), "tenancy", ["tenant_id"], unique=False)
    is_open = sa.text("end_day IS NULL")
    op.create_index(
        "uq_tenancy_open", "tenancy", ["room_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_table(
        "tenancy_occupant",
        sa.Column("tenancy_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["tenancy_id"], ["tenancy.id"], name=op.f("fk_tenancy_occupant_tenancy_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_tenancy_occupant_person_id")),
        sa.PrimaryKeyConstraint("tenancy_id", "person_id", name=op.f("pk_tenancy_occupant")),
    )
    op.create_index(op.f("ix_tenancy_occupant_person_id"), "tenancy_occupant", ["person_id"], unique=False)
