"""On PostgreSQL each day's signals are a table of their own; what was stored until now stays together in one."""

from alembic import op

revision = "0010"
down_revision = "0009"

_NAMES = ("signals_pkey", "ix_signals_site", "ix_signals_device")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return  # one table, from which what is over is taken row by row
    op.execute("ALTER TABLE signals RENAME TO signals_before")
    for name in _NAMES:
        op.execute(f"ALTER INDEX {name} RENAME TO {name.replace('signals', 'signals_before')}")
    op.execute("CREATE TABLE signals (LIKE signals_before INCLUDING DEFAULTS) PARTITION BY RANGE (position)")
    op.execute("ALTER TABLE signals ADD CONSTRAINT signals_pkey PRIMARY KEY (position)")
    op.execute("CREATE INDEX ix_signals_site ON signals (site, position)")
    op.execute("CREATE INDEX ix_signals_device ON signals (device, occurred_at)")
    op.execute("ALTER SEQUENCE signals_position_seq OWNED BY signals.position")
    op.execute("ALTER TABLE signals ATTACH PARTITION signals_before FOR VALUES FROM (MINVALUE) TO (10000000000)")
