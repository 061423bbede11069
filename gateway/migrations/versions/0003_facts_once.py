"""An entry keeps the facts of its decision once, and presence is one tree on SQLite: less to write while somebody waits."""

import sqlalchemy as sa
from alembic import op

from registry.store import InstantColumn

revision = "0003"
down_revision = "0002"
_WAITING = sa.text("verdict = 'refer' AND settled_verdict IS NULL")


def upgrade() -> None:
    op.drop_index("entry_waiting", table_name="entry")
    with op.batch_alter_table("entry") as batch:
        batch.drop_column("trace")
        batch.drop_constraint("reason", type_="check")
    op.create_index("entry_waiting", "entry", ["decided_at"], sqlite_where=_WAITING, postgresql_where=_WAITING)

    op.drop_index("presence_newest", table_name="presence")
    if op.get_bind().dialect.name != "sqlite":
        return
    op.rename_table("presence", "presence_before")
    presence = op.create_table(
        "presence",
        sa.Column("site", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=640), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("since", InstantColumn(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"]),
        sa.PrimaryKeyConstraint("site", "subject"),
        sqlite_with_rowid=False,
    )
    columns = [column.name for column in presence.columns]
    before = sa.table("presence_before", *map(sa.column, columns))
    op.execute(presence.insert().from_select(columns, sa.select(before)))
    op.drop_table("presence_before")
