"""The gateway's store: its outbox, its audit chain and its migrations."""

from pathlib import Path

import gateway.circumstances.models
import gateway.entries.models
import gateway.musters.models
import gateway.passages.models
import gateway.presence.models  # noqa: F401 - every table of this store must be known
from gateway.tables import Base
from registry.audit.columns import AuditColumns
from registry.store import OutboxColumns, Room


class Outbox(OutboxColumns, Base):
    __tablename__ = "outbox"


class Audit(AuditColumns, Base):
    __tablename__ = "audit"


ROOM = Room(name="gateway", base=Base, outbox=Outbox, audit=Audit, migrations=Path(__file__).parent / "migrations")
