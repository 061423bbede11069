"""Musters with everybody on them, for how long one is surely inside, passages that nobody had checked."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0005"
down_revision = "0004"
_DOUBTED = sa.text("reason = 'passback' OR passage = 'timed_out'")
_OPEN = sa.text("closed_at IS NULL")
_KINDS = "kind IN ('resident', 'staff', 'worker', 'visitor', 'vehicle')"


def upgrade() -> None:
    op.create_index("entry_doubted", "entry", ["site", "decided_at"], sqlite_where=_DOUBTED, postgresql_where=_DOUBTED)
    op.create_table(
        "presence_limit",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=120), nullable=False),
        sa.Column("set_at", InstantColumn(), nullable=False),
        sa.CheckConstraint(_KINDS, name="kind"),
        sa.CheckConstraint("hours BETWEEN 1 AND 720", name="hours"),
        sa.PrimaryKeyConstraint("site", "kind"),
    )
    op.create_table(
        "unchecked_passage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("lane", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=24), nullable=False),
        sa.Column("at", InstantColumn(), nullable=False),
        sa.CheckConstraint("direction IN ('in', 'out')", name="direction"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("unchecked_passage_site", "unchecked_passage", ["site", "at"])
    op.create_table(
        "muster",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("because", sa.String(length=24), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=True),
        sa.Column("opened_by", sa.String(length=120), nullable=False),
        sa.Column("opened_at", InstantColumn(), nullable=False),
        sa.Column("closed_by", sa.String(length=120), nullable=True),
        sa.Column("closed_at", InstantColumn(), nullable=True),
        sa.Column("closing_words", sa.String(length=1000), nullable=True),
        sa.CheckConstraint("because IN ('fire_alarm', 'evacuation', 'command', 'drill')", name="because"),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_whole"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("muster_open", "muster", ["site"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("muster_newest", "muster", ["site", "opened_at"])
    op.create_table(
        "muster_line",
        sa.Column("muster_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=640), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("shown", sa.String(length=640), nullable=False),
        sa.Column("unit_zh", sa.String(length=200), nullable=True),
        sa.Column("unit_en", sa.String(length=200), nullable=True),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("gate", sa.String(length=40), nullable=False),
        sa.Column("since", InstantColumn(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("doubts", sa.JSON(), nullable=False),
        sa.Column("mark", sa.String(length=24), nullable=True),
        sa.Column("marked_by", sa.String(length=120), nullable=True),
        sa.Column("marked_at", InstantColumn(), nullable=True),
        sa.CheckConstraint(_KINDS, name="kind"),
        sa.CheckConstraint("mark IN ('safe', 'missing', 'not_inside')", name="mark"),
        sa.CheckConstraint(
            "(mark IS NULL) = (marked_at IS NULL) AND (mark IS NULL) = (marked_by IS NULL)", name="marked"
        ),
        sa.ForeignKeyConstraint(["muster_id"], ["muster.id"]),
        sa.PrimaryKeyConstraint("muster_id", "number"),
    )
