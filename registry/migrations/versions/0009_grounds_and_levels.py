"""Credentials rest on a tenancy or a project, have levels, and take the place of lost ones; there are PINs."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn
from registry.store.altering import altered, one_of

revision = "0009"
down_revision = "0008"
_PARTIAL = {"card": ["uq_card_number"], "vehicle_permit": ["uq_vehicle_permit_plate_year"]}
"""Indexes that are made anew: what is replaced or has ended is in nobody's way."""
_IN_USE = sa.text("status NOT IN ('revoked', 'replaced', 'ended')")
_FORMATS = ("uid", "wiegand_26", "wiegand_34")
_STATUSES = ("active", "suspended", "revoked", "reported_lost", "replaced", "ended")


def upgrade() -> None:
    op.create_table(
        "pin",
        sa.Column("number_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("duress_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("valid_from", InstantColumn(timezone=True), nullable=False),
        sa.Column("valid_until", InstantColumn(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "suspended",
                "revoked",
                "reported_lost",
                "replaced",
                "ended",
                name="credentialstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("status_reason", sa.String(length=200), nullable=True),
        sa.Column("status_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("issued_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("tenancy_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "valid_from >= '2000-01-01 00:00:00+00' AND valid_from < '2200-01-01 00:00:00+00' AND valid_until >= '2000-01-01 00:00:00+00' AND valid_until < '2200-01-01 00:00:00+00'",
            name=op.f("ck_pin_years"),
        ),
        sa.CheckConstraint("tenancy_id IS NULL OR project_id IS NULL", name=op.f("ck_pin_one_ground")),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("ck_pin_period")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_pin_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_pin_project_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["pin.id"], name=op.f("fk_pin_replaces_id")),
        sa.ForeignKeyConstraint(["tenancy_id"], ["tenancy.id"], name=op.f("fk_pin_tenancy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_pin_replaces_id")),
    )
    op.create_index(op.f("ix_pin_person_id"), "pin", ["person_id"], unique=False)
    op.create_index(op.f("ix_pin_project_id"), "pin", ["project_id"], unique=False)
    op.create_index(op.f("ix_pin_status"), "pin", ["status"], unique=False)
    op.create_index(op.f("ix_pin_tenancy_id"), "pin", ["tenancy_id"], unique=False)
    op.create_index(op.f("ix_pin_valid_until"), "pin", ["valid_until"], unique=False)
    op.create_index(
        "uq_pin_duress_index", "pin", ["duress_index"], unique=True, sqlite_where=_IN_USE, postgresql_where=_IN_USE
    )
    op.create_index(
        "uq_pin_number_index", "pin", ["number_index"], unique=True, sqlite_where=_IN_USE, postgresql_where=_IN_USE
    )
    op.create_table(
        "pin_site",
        sa.Column("pin_id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["pin_id"], ["pin.id"], name=op.f("fk_pin_site_pin_id")),
        sa.ForeignKeyConstraint(["site"], ["site.id"], name=op.f("fk_pin_site_site")),
        sa.PrimaryKeyConstraint("pin_id", "site", name=op.f("pk_pin_site")),
    )
    op.create_index(op.f("ix_pin_site_site"), "pin_site", ["site"], unique=False)
    op.create_table(
        "pin_level",
        sa.Column("pin_id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["level_id"], ["access_level.id"], name=op.f("fk_pin_level_level_id")),
        sa.ForeignKeyConstraint(["pin_id"], ["pin.id"], name=op.f("fk_pin_level_pin_id")),
        sa.PrimaryKeyConstraint("pin_id", "level_id", name=op.f("pk_pin_level")),
    )
    op.create_index(op.f("ix_pin_level_level_id"), "pin_level", ["level_id"], unique=False)
    op.create_table(
        "card_level",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_level_card_id")),
        sa.ForeignKeyConstraint(["level_id"], ["access_level.id"], name=op.f("fk_card_level_level_id")),
        sa.PrimaryKeyConstraint("card_id", "level_id", name=op.f("pk_card_level")),
    )
    op.create_index(op.f("ix_card_level_level_id"), "card_level", ["level_id"], unique=False)
    op.create_table(
        "qr_pass_level",
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("level_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["level_id"], ["access_level.id"], name=op.f("fk_qr_pass_level_level_id")),
        sa.ForeignKeyConstraint(["pass_id"], ["qr_pass.id"], name=op.f("fk_qr_pass_level_pass_id")),
        sa.PrimaryKeyConstraint("pass_id", "level_id", name=op.f("pk_qr_pass_level")),
    )
    op.create_index(op.f("ix_qr_pass_level_level_id"), "qr_pass_level", ["level_id"], unique=False)
    # The numbers that were written down before are those of chips.
    card_format = sa.Column("format", sa.String(length=24), nullable=False, server_default="uid")
    _stand_on_grounds("card", {"cardformat": one_of("format", *_FORMATS)}, card_format)
    entries = sa.Column("entries_allowed", sa.Integer(), nullable=True)
    _stand_on_grounds("qr_pass", {"entries": "entries_allowed > 0"}, entries)
    _stand_on_grounds("vehicle_permit", {})
    _unique_in_use("card", "uq_card_number", "number")
    _unique_in_use("vehicle_permit", "uq_vehicle_permit_plate_year", "plate", "year")


def _stand_on_grounds(table: str, checks: dict[str, str], *columns: sa.Column[Any]) -> None:
    """Give a table of credentials its grounds, and columns of its own with their CHECKs."""
    for index in _PARTIAL.get(table, ()):
        op.drop_index(index, table_name=table)
    checks = {
        **checks,
        "credentialstatus": one_of("status", *_STATUSES),
        "one_ground": "tenancy_id IS NULL OR project_id IS NULL",
    }
    with altered(table, checks, replaced=["credentialstatus"]) as batch:
        for column in columns:
            batch.add_column(column)
        for name in ("tenancy_id", "project_id", "replaces_id"):
            batch.add_column(sa.Column(name, sa.Uuid(), nullable=True))
        batch.create_foreign_key(batch.f(f"fk_{table}_tenancy_id"), "tenancy", ["tenancy_id"], ["id"])
        batch.create_foreign_key(batch.f(f"fk_{table}_project_id"), "project", ["project_id"], ["id"])
        batch.create_foreign_key(batch.f(f"fk_{table}_replaces_id"), table, ["replaces_id"], ["id"])
        batch.create_unique_constraint(batch.f(f"uq_{table}_replaces_id"), ["replaces_id"])
    op.create_index(op.f(f"ix_{table}_tenancy_id"), table, ["tenancy_id"])
    op.create_index(op.f(f"ix_{table}_project_id"), table, ["project_id"])


def _unique_in_use(table: str, name: str, *columns: str) -> None:
    op.create_index(name, table, list(columns), unique=True, sqlite_where=_IN_USE, postgresql_where=_IN_USE)
