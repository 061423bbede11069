"""Reading checkpoints, tours and scans."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import time, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from monitor.patrols.models import Checkpoint, PhoneScan, Tour, TourStop
from monitor.patrols.rules import SCAN, CheckpointFacts, CheckpointId, Scan, Stop, TourFacts, TourId
from monitor.signals import queries as heard
from registry.clock import Instant
from registry.devices.facts import Place
from registry.ids import DeviceAddress, SiteId
from registry.messages.events import PatrolScan


def checkpoints(session: Session, site: SiteId) -> Sequence[CheckpointFacts]:
    """The checkpoints of a site, in their order."""
    rows = session.scalars(select(Checkpoint).where(Checkpoint.site == site).order_by(Checkpoint.position))
    return [checkpoint_facts(row) for row in rows]


def checkpoint_by_tag(session: Session, site: SiteId, tag: str) -> CheckpointFacts | None:
    """The checkpoint whose QR code says `tag`, or whose short code it is."""
    row = session.scalar(
        select(Checkpoint).where(Checkpoint.site == site, or_(Checkpoint.tag == tag, Checkpoint.short_code == tag))
    )
    return checkpoint_facts(row) if row is not None else None


def tours(session: Session, sites: Collection[SiteId]) -> Sequence[TourFacts]:
    """The tours of these sites with their stops, in the order of their names."""
    found = session.scalars(select(Tour).where(Tour.site.in_(sites)).order_by(Tour.name_zh, Tour.id)).all()
    rows = session.execute(
        select(TourStop, Checkpoint)
        .join(Checkpoint, Checkpoint.id == TourStop.checkpoint)
        .where(TourStop.tour.in_([tour.id for tour in found]))
        .order_by(TourStop.tour, TourStop.position)
    )
    stops: dict[UUID, list[Stop]] = defaultdict(list)
    for stop, checkpoint in rows:
        stops[stop.tour].append(
            Stop(
                checkpoint=checkpoint_facts(checkpoint),
                opens_after=timedelta(minutes=stop.opens_after_minutes),
                window=timedelta(minutes=stop.window_minutes),
            )
        )
    return [_tour_facts(tour, tuple(stops[tour.id])) for tour in found]


def scans(session: Session, devices: Collection[DeviceAddress], since: Instant, until: Instant) -> Sequence[Scan]:
    """The scans that these devices made in `since <= occurred_at < until`, as far as they have arrived."""
    return [_scan(found) for found in heard.signals_between(session, devices, since, until, types=[SCAN])]


def _scan(found: heard.Signal) -> Scan:
    said = PatrolScan.model_validate(found.data)
    return Scan(
        signal_id=found.id,
        device=found.device,
        tag=said.tag,
        occurred_at=found.occurred_at,
        received_at=found.received_at,
        guard=said.guard,
        offline=said.offline,
    )


def phone_scans(
    session: Session, site: SiteId, device: DeviceAddress, since: Instant, until: Instant
) -> Sequence[Scan]:
    """The scans made on our page in `since <= scanned_at < until`, as its device will say them on the bus."""
    rows = session.execute(
        select(PhoneScan, Checkpoint.tag)
        .join(Checkpoint, Checkpoint.id == PhoneScan.checkpoint)
        .where(PhoneScan.site == site, PhoneScan.scanned_at >= since, PhoneScan.scanned_at < until)
    )
    return [
        Scan(
            signal_id=str(scan.id),
            device=device,
            tag=tag,
            occurred_at=scan.scanned_at,
            received_at=scan.received_at,
            guard=None,
            offline=scan.offline,
        )
        for scan, tag in rows
    ]


def phone_scan(session: Session, scan_id: UUID) -> PhoneScan | None:
    return session.get(PhoneScan, scan_id)


def checkpoint_facts(row: Checkpoint) -> CheckpointFacts:
    return CheckpointFacts(
        id=CheckpointId(row.id),
        site=row.site,
        tag=row.tag,
        short_code=row.short_code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        place=Place(x=row.x, y=row.y) if row.x is not None and row.y is not None else None,
    )


def _tour_facts(row: Tour, stops: tuple[Stop, ...]) -> TourFacts:
    return TourFacts(
        id=TourId(row.id),
        site=row.site,
        name_zh=row.name_zh,
        name_en=row.name_en,
        start_times=tuple(time.fromisoformat(start) for start in row.start_times),
        stops=stops,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )
