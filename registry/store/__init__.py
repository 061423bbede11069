"""A store for each room: one database, one outbox, one audit chain, one set of migrations."""

from registry.store.columns import InstantColumn, PositionColumn
from registry.store.opening import Room, Store, Work
from registry.store.outbox import OutboxColumns

__all__ = ["InstantColumn", "OutboxColumns", "PositionColumn", "Room", "Store", "Work"]
