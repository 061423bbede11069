"""Compounds have access levels, days of their own in the calendar, and drawings."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn
from registry.store.altering import altered, one_of

revision = "0007"
down_revision = "0006"
_KINDS = (
    "site",
    "gate",
    "device",
    "zone",
    "person",
    "permit",
    "card",
    "qr",
    "deny",
    "pin",
    "level",
    "calendar",
    "many",
)


def upgrade() -> None:
    op.create_table(
        "access_level",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column(
            "holidays",
            sa.Enum(
                "as_usual", "closed", "only", name="holidayrule", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_access_level_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_level")),
        sa.UniqueConstraint("site", "name_zh", name=op.f("uq_access_level_site_name_zh")),
    )
    op.create_table(
        "level_gate",
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["gate"], ["gate.id"], name=op.f("fk_level_gate_gate")),
        sa.ForeignKeyConstraint(["level_id"], ["access_level.id"], name=op.f("fk_level_gate_level_id")),
        sa.PrimaryKeyConstraint("level_id", "gate", name=op.f("pk_level_gate")),
    )
    op.create_index(op.f("ix_level_gate_gate"), "level_gate", ["gate"], unique=False)
    op.create_table(
        "level_window",
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("begins_minute", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint("begins_minute BETWEEN 0 AND 1439", name=op.f("ck_level_window_begins")),
        sa.CheckConstraint("ends_minute BETWEEN 1 AND 1440", name=op.f("ck_level_window_ends")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_level_window_weekday")),
        sa.ForeignKeyConstraint(["level_id"], ["access_level.id"], name=op.f("fk_level_window_level_id")),
        sa.PrimaryKeyConstraint("level_id", "weekday", "begins_minute", name=op.f("pk_level_window")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("holiday", "workday", name="daykind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("name_zh", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=40), nullable=False),
        sa.Column("set_by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_calendar_day_site")),
        sa.PrimaryKeyConstraint("site", "day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "site_plan",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("svg", sa.Text(), nullable=False),
        sa.Column("width", sa.Double(), nullable=False),
        sa.Column("height", sa.Double(), nullable=False),
        sa.Column("set_by", sa.String(length=120), nullable=False),
        sa.Column("set_at", InstantColumn(timezone=True), nullable=False),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_site_plan_size")),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_site_plan_site")),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_site_plan")),
    )
    with altered("feed_change", {"changekind": one_of("kind", *_KINDS)}, replaced=["changekind"]):
        pass
