"""How a device is heard: its adapter, what its gateway calls it, what it hangs on, how often it speaks, and its beams."""

import sqlalchemy as sa

from registry.store.altering import altered

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    checks = {
        "heartbeat_seconds": "heartbeat_seconds BETWEEN 1 AND 86400",
        "beams": "beams IN (1, 2, 4)",
        "min_interruption_ms": "min_interruption_ms BETWEEN 20 AND 700",
        "only_beams_are_interrupted": "kind = 'beam' OR (beams IS NULL AND min_interruption_ms IS NULL)",
        "a_gateway_hangs_on_none": "kind <> 'gw' OR gateway IS NULL",
    }
    with altered("device", checks) as device:
        device.add_column(sa.Column("adapter", sa.String(length=40), nullable=True))
        device.add_column(sa.Column("foreign_id", sa.String(length=200), nullable=True))
        device.add_column(sa.Column("gateway", sa.String(length=40), nullable=True))
        device.add_column(sa.Column("is_wireless", sa.Boolean(), nullable=False, server_default=sa.false()))
        device.add_column(sa.Column("heartbeat_seconds", sa.Integer(), nullable=True))
        device.add_column(sa.Column("beams", sa.Integer(), nullable=True))
        device.add_column(sa.Column("min_interruption_ms", sa.Integer(), nullable=True))
