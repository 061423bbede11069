"""Second factors, sign-ins under way, temporary passwords, and accounts at a provider."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", InstantColumn(timezone=True), nullable=False),
        sa.Column("confirmed_at", InstantColumn(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_second_factors_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("used_at", InstantColumn(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["second_factors.user_id"], name=op.f("fk_recovery_codes_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "digest", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "pending_sign_ins",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "way",
            sa.Enum("password", "provider", name="way", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("is_code_given", sa.Boolean(), nullable=False),
        sa.Column("ends_at", InstantColumn(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_pending_sign_ins_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pending_sign_ins")),
    )
    op.create_index(op.f("ix_pending_sign_ins_user_id"), "pending_sign_ins", ["user_id"], unique=False)
    op.create_index(op.f("ix_pending_sign_ins_ends_at"), "pending_sign_ins", ["ends_at"], unique=False)
    op.create_table(
        "temporary_passwords",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("set_at", InstantColumn(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_temporary_passwords_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_temporary_passwords")),
    )
    op.create_table(
        "outside_identities",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("linked_at", InstantColumn(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_outside_identities_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_outside_identities")),
        sa.UniqueConstraint("user_id", "issuer", name=op.f("uq_outside_identities_user_id_issuer")),
    )
