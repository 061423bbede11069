"""Groups of zones with their plans, what was changed in them, the time line of each zone, and bypasses."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn, PositionColumn

revision = "0006"
down_revision = "0005"
_MODES = ("disarmed", "home", "away", "night", "holiday")


def _mode() -> "sa.Column[str]":
    kind = sa.Enum(*_MODES, name="mode", native_enum=False, create_constraint=True, length=24)
    return sa.Column("mode", kind, nullable=False)


def upgrade() -> None:
    op.create_table(
        "arming_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=True),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("exit_seconds", sa.Integer(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        _mode(),
        sa.Column("planned", sa.String(length=24), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("hand_until", InstantColumn(), nullable=True),
        sa.Column("back_to", sa.String(length=24), nullable=True),
        sa.Column("unarmed_since", InstantColumn(), nullable=True),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("settled_until", InstantColumn(), nullable=False),
        sa.Column("look_at", InstantColumn(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("exit_seconds >= 0 AND exit_seconds <= 300", name="exit_seconds"),
        sa.CheckConstraint("kind IS NULL OR kind <> '24h'", name="never_always"),
        sa.CheckConstraint("hand_until IS NULL OR by_hand", name="by_hand_until"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_arming_group_site", "arming_group", ["site"])
    op.create_index("ix_arming_group_look_at", "arming_group", ["look_at"])
    op.create_table(
        "arming_zone",
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("group", sa.Uuid(), nullable=False),
        sa.Column("entry_seconds", sa.Integer(), nullable=False),
        sa.Column("modes", sa.JSON(), nullable=False),
        sa.CheckConstraint("entry_seconds >= 0 AND entry_seconds <= 300", name="entry_seconds"),
        sa.ForeignKeyConstraint(["group"], ["arming_group.id"]),
        sa.PrimaryKeyConstraint("zone"),
    )
    op.create_index("ix_arming_zone_group", "arming_zone", ["group"])
    op.create_table(
        "arming_change",
        sa.Column("position", PositionColumn, autoincrement=True, nullable=False),
        sa.Column("group", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        _mode(),
        sa.Column("by", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("until", InstantColumn(), nullable=True),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.CheckConstraint("number > 0", name="number"),
        sa.CheckConstraint("until IS NULL OR until > at", name="until_after"),
        sa.ForeignKeyConstraint(["group"], ["arming_group.id"]),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("group", "number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_arming_change_site", "arming_change", ["site"])
    op.create_table(
        "zone_arming",
        sa.Column("position", PositionColumn, autoincrement=True, nullable=False),
        sa.Column("change", PositionColumn, nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.Column("armed", sa.Boolean(), nullable=False),
        sa.Column("armed_from", InstantColumn(), nullable=False),
        sa.Column("entry_seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint("armed_from >= at", name="armed_from"),
        sa.ForeignKeyConstraint(["change"], ["arming_change.position"]),
        sa.PrimaryKeyConstraint("position"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_zone_arming_change", "zone_arming", ["change"])
    op.create_index("ix_zone_arming_zone_at", "zone_arming", ["zone", "at"])
    op.create_table(
        "bypass",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=True),
        sa.Column("since", InstantColumn(), nullable=False),
        sa.Column("until", InstantColumn(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("ended_at", InstantColumn(), nullable=True),
        sa.Column("ended_by", sa.String(length=120), nullable=True),
        sa.CheckConstraint("until > since", name="until_after_since"),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_whom"),
        sa.CheckConstraint("ended_at IS NULL OR (ended_at >= since AND ended_at <= until)", name="ended_in_time"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bypass_site", "bypass", ["site"])
    op.create_index("ix_bypass_zone_until", "bypass", ["zone", "until"])
