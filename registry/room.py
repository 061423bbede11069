"""The registry's store: its outbox, its audit chain and its migrations."""

from pathlib import Path

import registry.auth.entry.models
import registry.auth.factor.models
import registry.auth.models
import registry.auth.outside.models
import registry.calendar.models
import registry.denylist.models
import registry.devices.models
import registry.feed.models
import registry.housing.models
import registry.lane_parts.models
import registry.levels.models
import registry.marks.models
import registry.media.models
import registry.passes.models
import registry.people.models
import registry.permits.models
import registry.projects.models
import registry.revisions.models
import registry.sites.models
import registry.units.models
import registry.zones.models  # noqa: F401 - every table of this store must be known
from registry.audit.columns import AuditColumns
from registry.store import OutboxColumns, Room
from registry.tables import Base


class Outbox(OutboxColumns, Base):
    __tablename__ = "outbox"


class Audit(AuditColumns, Base):
    __tablename__ = "audit"


ROOM = Room(name="registry", base=Base, outbox=Outbox, audit=Audit, migrations=Path(__file__).parent / "migrations")
