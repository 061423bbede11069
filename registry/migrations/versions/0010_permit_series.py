"""Permits are applied for, come in yearly series, and may have more than one plate."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "permit_series",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "prepared",
                "active",
                "rolled_back",
                name="seriesstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("effective_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("overlap_until", InstantColumn(timezone=True), nullable=False),
        sa.Column("prepared_by", sa.String(length=120), nullable=False),
        sa.Column("prepared_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=False),
        sa.Column("changed_at", InstantColumn(timezone=True), nullable=False),
        sa.CheckConstraint("effective_at <= overlap_until", name=op.f("ck_permit_series_overlap")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2199", name=op.f("ck_permit_series_year")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_permit_series")),
    )
    op.create_table(
        "permit_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("officer", sa.String(length=80), nullable=False),
        sa.Column("closing_day", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.String(length=120), nullable=False),
        sa.Column("opened_at", InstantColumn(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_permit_batch_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit_batch")),
        sa.UniqueConstraint("unit_id", "year", name=op.f("uq_permit_batch_unit_id_year")),
    )
    op.create_table(
        "permit_application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("plate", sa.String(length=12), nullable=False),
        sa.Column(
            "plate_kind",
            sa.Enum(
                "nev_small",
                "nev_large",
                "emergency",
                "police",
                "trailer",
                "coach",
                "consulate",
                "hong_kong_macao",
                "embassy",
                "airport",
                "armed_police",
                "army",
                "farm",
                "civil",
                name="platekind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "permit_class",
            sa.Enum(
                "official",
                "private",
                "business",
                "temporary",
                name="permitclass",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "applied",
                "reviewed",
                "approved",
                "issued",
                "returned",
                "rejected",
                "withdrawn",
                name="applicationstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("renews_id", sa.Uuid(), nullable=True),
        sa.Column("permit_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.String(length=200), nullable=True),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("changed_at", InstantColumn(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'issued') = (permit_id IS NOT NULL)", name=op.f("ck_permit_application_issued")),
        sa.ForeignKeyConstraint(["batch_id"], ["permit_batch.id"], name=op.f("fk_permit_application_batch_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["person.id"], name=op.f("fk_permit_application_holder_id")),
        sa.ForeignKeyConstraint(["permit_id"], ["vehicle_permit.id"], name=op.f("fk_permit_application_permit_id")),
        sa.ForeignKeyConstraint(["renews_id"], ["vehicle_permit.id"], name=op.f("fk_permit_application_renews_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_permit_application_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit_application")),
        sa.UniqueConstraint("permit_id", name=op.f("uq_permit_application_permit_id")),
    )
    op.create_index(op.f("ix_permit_application_batch_id"), "permit_application", ["batch_id"], unique=False)
    op.create_index(op.f("ix_permit_application_holder_id"), "permit_application", ["holder_id"], unique=False)
    op.create_index(op.f("ix_permit_application_plate"), "permit_application", ["plate"], unique=False)
    op.create_index(op.f("ix_permit_application_renews_id"), "permit_application", ["renews_id"], unique=False)
    op.create_index(op.f("ix_permit_application_state"), "permit_application", ["state"], unique=False)
    op.create_index(op.f("ix_permit_application_unit_id"), "permit_application", ["unit_id"], unique=False)
    op.create_index(op.f("ix_permit_application_year"), "permit_application", ["year"], unique=False)
    op.create_table(
        "application_site",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["permit_application.id"], name=op.f("fk_application_site_application_id")
        ),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_application_site_site")),
        sa.PrimaryKeyConstraint("application_id", "site", name=op.f("pk_application_site")),
    )
    op.create_index(op.f("ix_application_site_site"), "application_site", ["site"], unique=False)
    op.create_table(
        "application_plate",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("plate", sa.String(length=12), nullable=False),
        sa.Column(
            "plate_kind",
            sa.Enum(
                "nev_small",
                "nev_large",
                "emergency",
                "police",
                "trailer",
                "coach",
                "consulate",
                "hong_kong_macao",
                "embassy",
                "airport",
                "armed_police",
                "army",
                "farm",
                "civil",
                name="platekind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["permit_application.id"], name=op.f("fk_application_plate_application_id")
        ),
        sa.PrimaryKeyConstraint("application_id", "plate", name=op.f("pk_application_plate")),
    )
    op.create_table(
        "application_step",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("at", InstantColumn(timezone=True), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["permit_application.id"], name=op.f("fk_application_step_application_id")
        ),
        sa.PrimaryKeyConstraint("application_id", "number", name=op.f("pk_application_step")),
    )
    op.create_table(
        "permit_plate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("permit_id", sa.Uuid(), nullable=False),
        sa.Column("plate", sa.String(length=12), nullable=False),
        sa.Column(
            "plate_kind",
            sa.Enum(
                "nev_small",
                "nev_large",
                "emergency",
                "police",
                "trailer",
                "coach",
                "consulate",
                "hong_kong_macao",
                "embassy",
                "airport",
                "armed_police",
                "army",
                "farm",
                "civil",
                name="platekind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "use",
            sa.Enum("shared", "substitute", name="plateuse", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("end_day", sa.Date(), nullable=True),
        sa.CheckConstraint("first_day < end_day", name=op.f("ck_permit_plate_period")),
        sa.ForeignKeyConstraint(["permit_id"], ["vehicle_permit.id"], name=op.f("fk_permit_plate_permit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permit_plate")),
    )
    op.create_index(op.f("ix_permit_plate_permit_id"), "permit_plate", ["permit_id"], unique=False)
    op.create_index(op.f("ix_permit_plate_plate"), "permit_plate", ["plate"], unique=False)
    op.create_table(
        "permit_reminder",
        sa.Column("permit_id", sa.Uuid(), nullable=False),
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("made_at", InstantColumn(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["permit_id"], ["vehicle_permit.id"], name=op.f("fk_permit_reminder_permit_id")),
        sa.PrimaryKeyConstraint("permit_id", "days", name=op.f("pk_permit_reminder")),
    )
    op.create_index(op.f("ix_permit_reminder_made_at"), "permit_reminder", ["made_at"], unique=False)
