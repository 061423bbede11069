"""The monitor's store: its outbox, its audit chain and its migrations."""

from pathlib import Path

import monitor.alarms.models
import monitor.anomalies.models
import monitor.arming.models
import monitor.beams.models
import monitor.lease.models
import monitor.patrols.models
import monitor.pulse.models
import monitor.retention.models
import monitor.signals.models
import monitor.supervision.models  # noqa: F401 - every table of this store must be known
from monitor.tables import Base
from registry.audit.columns import AuditColumns
from registry.store import OutboxColumns, Room


class Outbox(OutboxColumns, Base):
    __tablename__ = "outbox"


class Audit(AuditColumns, Base):
    __tablename__ = "audit"


ROOM = Room(name="monitor", base=Base, outbox=Outbox, audit=Audit, migrations=Path(__file__).parent / "migrations")
