"""Signals, alarms, patrols, the engine's progress, the outbox and the audit chain."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn, PositionColumn

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "alarm",
        sa.Column("row", PositionColumn, autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=True),
        sa.Column("rule", sa.String(length=8), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "acknowledged",
                "verifying",
                "dispatched",
                "contained",
                "closed",
                name="alarmstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("latched", sa.Boolean(), nullable=False),
        sa.Column("occurred_at", InstantColumn(), nullable=False),
        sa.Column("raised_at", InstantColumn(), nullable=False),
        sa.Column("closed_at", InstantColumn(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("explanation_zh", sa.Text(), nullable=False),
        sa.Column("explanation_en", sa.Text(), nullable=False),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("plan_id", sa.String(length=40), nullable=True),
        sa.Column("assigned_to", sa.String(length=120), nullable=True),
        sa.Column(
            "verdict",
            sa.Enum(
                "real",
                "nuisance",
                "fault",
                "test",
                "authorised",
                name="alarmverdict",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_moment"),
        sa.CheckConstraint("(state = 'closed') = (verdict IS NOT NULL)", name="closed_has_a_verdict"),
        sa.CheckConstraint("count >= 1", name="count"),
        sa.CheckConstraint("priority BETWEEN 1 AND 4", name="priority"),
        sa.CheckConstraint("version >= 1", name="version"),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id"),
    )
    with op.batch_alter_table("alarm", schema=None) as batch_op:
        batch_op.create_index("alarm_of_key", ["site", "rule", "key", "occurred_at"], unique=False)
        batch_op.create_index(
            "alarm_open",
            ["site", "state", "priority"],
            unique=False,
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )
        batch_op.create_index(
            "alarm_open_code",
            ["code"],
            unique=True,
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )

    op.create_table(
        "audit",
        sa.Column("position", PositionColumn, autoincrement=True, nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("personal", sa.Text(), nullable=True),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("digest"),
        sa.UniqueConstraint("previous"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_site"), ["site"], unique=False)

    op.create_table(
        "checkpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("tag", sa.String(length=200), nullable=False),
        sa.Column("short_code", sa.String(length=6), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.CheckConstraint("(x IS NULL) = (y IS NULL)", name="place_whole"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "site"),
        sa.UniqueConstraint("site", "short_code"),
        sa.UniqueConstraint("tag"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", PositionColumn, autoincrement=True, nullable=False),
        sa.Column("received_at", InstantColumn(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=True),
        sa.Column("device", sa.String(length=120), nullable=True),
        sa.Column("topic", sa.String(length=300), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("dead_letters", schema=None) as batch_op:
        batch_op.create_index("ix_dead_letters_site", ["site", "id"], unique=False)

    op.create_table(
        "device_presence",
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("heartbeat_at", InstantColumn(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=True),
        sa.Column("online_at", InstantColumn(), nullable=True),
        sa.PrimaryKeyConstraint("device"),
    )
    with op.batch_alter_table("device_presence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_presence_site"), ["site"], unique=False)

    op.create_table(
        "engine_progress",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("clock", InstantColumn(), nullable=False),
        sa.CheckConstraint('"only" = 1', name="one_row"),
        sa.PrimaryKeyConstraint("only"),
    )
    op.create_table(
        "engine_tick",
        sa.Column("number", PositionColumn, autoincrement=True, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "inbox_totals",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("duplicate", sa.BigInteger(), nullable=False),
        sa.Column("dead_letter", sa.BigInteger(), nullable=False),
        sa.Column("heartbeat", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.BigInteger(), nullable=False),
        sa.Column("online", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"only" = 1', name="ck_inbox_totals_one_row"),
        sa.CheckConstraint("received = stored + duplicate + dead_letter", name="ck_inbox_totals_nothing_lost"),
        sa.PrimaryKeyConstraint("only"),
    )
    op.create_table(
        "outbox",
        sa.Column("position", PositionColumn, autoincrement=True, nullable=False),
        sa.Column("topic", sa.String(length=300), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("retain", sa.Boolean(), nullable=False),
        sa.Column("refused", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "pulse",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("hears_devices", sa.Boolean(), nullable=False),
        sa.Column("unheard", sa.Integer(), nullable=False),
        sa.Column("unsent_seconds", sa.Double(), nullable=False),
        sa.CheckConstraint('"only" = 1', name="ck_pulse_one_row"),
        sa.PrimaryKeyConstraint("only"),
    )
    op.create_table(
        "seen",
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("source", "id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "signals",
        sa.Column("position", PositionColumn, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("occurred_at", InstantColumn(), nullable=False),
        sa.Column("received_at", InstantColumn(), nullable=False),
        sa.Column("time_quality", sa.String(length=10), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("bootid", sa.String(length=80), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("set_aside", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("position"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("signals", schema=None) as batch_op:
        batch_op.create_index("ix_signals_device", ["device", "occurred_at"], unique=False)
        batch_op.create_index("ix_signals_site", ["site", "position"], unique=False)

    op.create_table(
        "tour",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("start_times", sa.JSON(), nullable=False),
        sa.Column("valid_from", InstantColumn(), nullable=False),
        sa.Column("valid_until", InstantColumn(), nullable=True),
        sa.CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="validity"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "site"),
    )
    with op.batch_alter_table("tour", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tour_site"), ["site"], unique=False)

    op.create_table(
        "alarm_alias",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alarm_row", PositionColumn, nullable=False),
        sa.ForeignKeyConstraint(["alarm_row"], ["alarm.row"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("alarm_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alarm_alias_alarm_row"), ["alarm_row"], unique=False)

    op.create_table(
        "alarm_contribution",
        sa.Column("alarm_row", PositionColumn, nullable=False),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("signal_id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("occurred_at", InstantColumn(), nullable=False),
        sa.ForeignKeyConstraint(["alarm_row"], ["alarm.row"]),
        sa.PrimaryKeyConstraint("alarm_row", "device", "signal_id"),
    )
    op.create_table(
        "alarm_history",
        sa.Column("position", PositionColumn, autoincrement=True, nullable=False),
        sa.Column("alarm_row", PositionColumn, nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=True),
        sa.Column(
            "act",
            sa.Enum(
                "raised",
                "evidence_late",
                "merged",
                "returned",
                "acknowledged",
                "verifying",
                "dispatched",
                "contained",
                "assigned",
                "closed",
                name="act",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "from_state",
            sa.Enum(
                "new",
                "acknowledged",
                "verifying",
                "dispatched",
                "contained",
                "closed",
                name="from_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column(
            "to_state",
            sa.Enum(
                "new",
                "acknowledged",
                "verifying",
                "dispatched",
                "contained",
                "closed",
                name="to_state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["alarm_row"], ["alarm.row"]),
        sa.PrimaryKeyConstraint("position"),
    )
    with op.batch_alter_table("alarm_history", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alarm_history_alarm_row"), ["alarm_row"], unique=False)

    op.create_table(
        "phone_scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("checkpoint", sa.Uuid(), nullable=False),
        sa.Column("guard", sa.Uuid(), nullable=False),
        sa.Column("scanned_at", InstantColumn(), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("received_at", InstantColumn(), nullable=False),
        sa.ForeignKeyConstraint(["checkpoint"], ["checkpoint.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("phone_scan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phone_scan_checkpoint"), ["checkpoint"], unique=False)

    op.create_table(
        "tour_stop",
        sa.Column("tour", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("checkpoint", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("opens_after_minutes", sa.Integer(), nullable=False),
        sa.Column("window_minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint("opens_after_minutes >= 0", name="opens_after"),
        sa.CheckConstraint("window_minutes > 0", name="window"),
        sa.ForeignKeyConstraint(["checkpoint", "site"], ["checkpoint.id", "checkpoint.site"]),
        sa.ForeignKeyConstraint(["tour", "site"], ["tour.id", "tour.site"]),
        sa.PrimaryKeyConstraint("tour", "position"),
        sa.UniqueConstraint("tour", "checkpoint"),
    )
    with op.batch_alter_table("tour_stop", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tour_stop_checkpoint"), ["checkpoint"], unique=False)
