"""The gateway's store: its outbox, its audit chain and its migrations."""

from pathlib import Path

from gateway.entries import models as _entries  # noqa: F401 - its tables belong to the metadata
from gateway.presence import models as _presence  # noqa: F401 - likewise
from gateway.tables import Base
from registry.audit.columns import AuditColumns
from registry.store import OutboxColumns, Room


class Outbox(OutboxColumns, Base):
    __tablename__ = "outbox"


class Audit(AuditColumns, Base):
    __tablename__ = "audit"


ROOM = Room(name="gateway", base=Base, outbox=Outbox, audit=Audit, migrations=Path(__file__).parent / "migrations")
