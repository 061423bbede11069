"""Reading zones."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from registry.ids import DeviceAddress, SiteId, ZoneId
from registry.problems import NotFound
from registry.zones.models import Zone, ZoneMemberRow


class NoSuchZone(NotFound):
    slug = "no-such-zone"
    title = "There is no such zone here"


def zone(session: Session, zone_id: ZoneId, sites: Collection[SiteId]) -> Zone:
    """One zone of these sites, with its members."""
    found = session.scalars(
        select(Zone).where(Zone.id == zone_id, Zone.site.in_(sites)).options(selectinload(Zone.members))
    ).one_or_none()
    if found is None:
        raise NoSuchZone(f"There is no zone {zone_id} at your sites.")
    return found


def zones(session: Session, sites: Collection[SiteId]) -> Sequence[Zone]:
    """The zones of these sites, with their members."""
    rows = select(Zone).where(Zone.site.in_(sites)).options(selectinload(Zone.members)).order_by(Zone.site, Zone.id)
    return session.scalars(rows).all()


def zones_with(session: Session, device: DeviceAddress) -> Sequence[Zone]:
    """The zones to which a device, or a region of it, belongs."""
    member = (
        (ZoneMemberRow.site == device.site) & (ZoneMemberRow.kind == device.kind) & (ZoneMemberRow.name == device.name)
    )
    rows = select(Zone).where(Zone.members.any(member)).options(selectinload(Zone.members)).order_by(Zone.id)
    return session.scalars(rows).all()
