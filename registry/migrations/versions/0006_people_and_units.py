"""People have roles over time, documents, ties and what they are found by; units have contracts; records have revisions."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn
from registry.store.altering import altered, one_of

revision = "0006"
down_revision = "0005"
_PERSON_KINDS = (
    "staff",
    "resident",
    "tenant",
    "contractor",
    "temporary",
    "visitor",
    "household",
)
_BY_CODE_POINT = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "revision",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", InstantColumn(timezone=True), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_revision_number")),
        sa.PrimaryKeyConstraint("subject", "number", name=op.f("pk_revision")),
    )
    op.create_table(
        "unit_responsible",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_unit_responsible_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_responsible_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_unit_responsible")),
    )
    op.create_index(op.f("ix_unit_responsible_person_id"), "unit_responsible", ["person_id"], unique=False)
    op.create_table(
        "unit_contract",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("signed_by", sa.String(length=80), nullable=True),
        sa.Column("targets", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_contract_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "year", name=op.f("pk_unit_contract")),
    )
    op.create_table(
        "person_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "staff",
                "resident",
                "tenant",
                "contractor",
                "temporary",
                "visitor",
                "household",
                name="personkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("end_day", sa.Date(), nullable=True),
        sa.Column("words", sa.String(length=120), nullable=True),
        sa.CheckConstraint("first_day < end_day", name=op.f("ck_person_role_period")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_role_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_person_role_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_role")),
    )
    op.create_index(op.f("ix_person_role_person_id"), "person_role", ["person_id"], unique=False)
    op.create_index(op.f("ix_person_role_unit_id"), "person_role", ["unit_id"], unique=False)
    op.create_table(
        "person_tie",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("host", "household", name="tiekind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=True),
        sa.CheckConstraint("person_id <> other_id", name=op.f("ck_person_tie_two_people")),
        sa.ForeignKeyConstraint(["other_id"], ["person.id"], name=op.f("fk_person_tie_other_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_tie_person_id")),
        sa.PrimaryKeyConstraint("person_id", "kind", name=op.f("pk_person_tie")),
    )
    op.create_index(op.f("ix_person_tie_other_id"), "person_tie", ["other_id"], unique=False)
    op.create_table(
        "person_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "residence_permit",
                "foreign_residence",
                "home_return",
                "taiwan_compatriot",
                "passport",
                name="documentkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("number_sealed", sa.LargeBinary(length=64), nullable=False),
        sa.Column("number_index", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_document_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_document")),
        sa.UniqueConstraint("kind", "number_index", name=op.f("uq_person_document_kind_number_index")),
    )
    op.create_index(op.f("ix_person_document_person_id"), "person_document", ["person_id"], unique=False)
    op.create_table(
        "person_token",
        sa.Column("token", _BY_CODE_POINT, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_token_person_id")),
        sa.PrimaryKeyConstraint("token", "person_id", name=op.f("pk_person_token")),
    )
    op.create_index(op.f("ix_person_token_person_id_token"), "person_token", ["person_id", "token"], unique=False)
    op.create_table(
        "person_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("gone_id", sa.Uuid(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", InstantColumn(timezone=True), nullable=False),
        sa.Column("undone_by", sa.String(length=120), nullable=True),
        sa.Column("undone_at", InstantColumn(timezone=True), nullable=True),
        sa.CheckConstraint("kept_id <> gone_id", name=op.f("ck_person_merge_two_files")),
        sa.ForeignKeyConstraint(["gone_id"], ["person.id"], name=op.f("fk_person_merge_gone_id")),
        sa.ForeignKeyConstraint(["kept_id"], ["person.id"], name=op.f("fk_person_merge_kept_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_merge")),
    )
    op.create_index(op.f("ix_person_merge_gone_id"), "person_merge", ["gone_id"], unique=False)
    op.create_index(op.f("ix_person_merge_kept_id"), "person_merge", ["kept_id"], unique=False)
    with altered("person", {"personkind": one_of("kind", *_PERSON_KINDS)}, replaced=["personkind"]) as person:
        person.add_column(sa.Column("note", sa.String(length=300), nullable=True))
        person.add_column(sa.Column("merged_at", InstantColumn(timezone=True), nullable=True))
    with altered("unit", {"quota": "permit_quota >= 0"}) as unit:
        unit.add_column(sa.Column("permit_quota", sa.Integer(), nullable=True))
