"""The registry's store: its outbox, its audit chain and its migrations."""

from pathlib import Path

from registry.audit.columns import AuditColumns
from registry.store import OutboxColumns, Room
from registry.tables import Base


class Outbox(OutboxColumns, Base):
    __tablename__ = "outbox"


class Audit(AuditColumns, Base):
    __tablename__ = "audit"


ROOM = Room(name="registry", base=Base, outbox=Outbox, audit=Audit, migrations=Path(__file__).parent / "migrations")
