"""What the patrol page reads beside the rounds."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.patrols.models import Checkpoint, PhoneScan
from monitor.patrols.rules import Scan
from monitor.patrols.service import phones
from registry.clock import Instant
from registry.ids import SiteId


def phone_scans(session: Session, site: SiteId, since: Instant) -> list[Scan]:
    """The scans made on our page from then on: they count at once, before they come back over the bus."""
    rows = session.execute(
        select(PhoneScan, Checkpoint.tag)
        .join(Checkpoint, Checkpoint.id == PhoneScan.checkpoint)
        .where(PhoneScan.site == site, PhoneScan.scanned_at >= since)
    )
    return [
        Scan(
            signal_id=str(scan.id),
            device=phones(site),
            tag=tag,
            occurred_at=scan.scanned_at,
            received_at=scan.received_at,
            guard=None,
            offline=scan.offline,
        )
        for scan, tag in rows
    ]
