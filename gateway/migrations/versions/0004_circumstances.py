"""What is so at the gates themselves: closed areas, uses, wrong tries, crossings under way, barriers, openings by hand."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0004"
down_revision = "0003"
_WAITING = sa.text("verdict = 'refer' AND settled_verdict IS NULL")


def upgrade() -> None:
    op.drop_index("entry_waiting", table_name="entry")
    with op.batch_alter_table("entry") as entry:
        entry.add_column(sa.Column("passage", sa.String(length=24), nullable=True))
        entry.add_column(sa.Column("passage_at", InstantColumn(), nullable=True))
        entry.drop_constraint("settled_by_the_guard", type_="check")
        entry.create_check_constraint(
            "settled_by_the_guard", "settled_reason IN ('ok', 'ok_guard', 'guard_refused', 'undecided')"
        )
        entry.create_check_constraint("passage", "passage IN ('pending', 'passed', 'timed_out')")
    op.create_index("entry_waiting", "entry", ["decided_at"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.add_column("presence", sa.Column("forgiven_at", InstantColumn(), nullable=True))
    op.create_table(
        "area_state",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("lockdown", sa.Boolean(), nullable=False),
        sa.Column("threat_level", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=120), nullable=False),
        sa.Column("because", sa.String(length=80), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=True),
        sa.Column("set_at", InstantColumn(), nullable=False),
        sa.CheckConstraint("threat_level BETWEEN 0 AND 5", name="threat_level"),
        sa.PrimaryKeyConstraint("site", "area"),
    )
    op.create_table(
        "credential_use",
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("credential_id"),
    )
    op.create_table(
        "wrong_tries",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", InstantColumn(), nullable=False),
        sa.Column("blocked_until", InstantColumn(), nullable=True),
        sa.PrimaryKeyConstraint("site", "place"),
    )
    op.create_table(
        "passage",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("lane", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=640), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=True),
        sa.Column("until", InstantColumn(), nullable=False),
        sa.Column("was_area", sa.String(length=40), nullable=True),
        sa.Column("was_since", InstantColumn(), nullable=True),
        sa.Column("was_entry_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(was_area IS NULL) = (was_since IS NULL) AND (was_area IS NULL) = (was_entry_id IS NULL)", name="was_whole"
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"]),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    op.create_index("passage_lane", "passage", ["site", "lane"])
    op.create_table(
        "barrier_state",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("lane", sa.String(length=40), nullable=False),
        sa.Column("barrier", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("since", InstantColumn(), nullable=False),
        sa.CheckConstraint("barrier IN (1, 2)", name="barrier"),
        sa.CheckConstraint("state IN ('open', 'closed', 'fault')", name="state"),
        sa.PrimaryKeyConstraint("site", "lane", "barrier"),
    )
    op.create_table(
        "duress",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"]),
        sa.PrimaryKeyConstraint("entry_id"),
    )
    op.create_table(
        "opening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("lane", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("because", sa.String(length=80), nullable=True),
        sa.Column("words", sa.String(length=1000), nullable=True),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.Column("explained_at", InstantColumn(), nullable=True),
        sa.CheckConstraint("kind IN ('manual', 'emergency', 'override')", name="kind"),
        sa.CheckConstraint("direction IN ('in', 'out')", name="direction"),
        sa.CheckConstraint("kind = 'emergency' OR because IS NOT NULL", name="said_why"),
        sa.CheckConstraint("(kind = 'override') = (entry_id IS NOT NULL)", name="of_an_entry"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("opening_gate_newest", "opening", ["gate", "id"])
