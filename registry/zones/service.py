"""Building zones."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.devices.facts import ZoneFacts, ZoneKind, ZoneMember
from registry.devices.queries import device as read_device
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import SiteId, ZoneId
from registry.messages.topics import DeviceClass
from registry.problems import Conflict, Unprocessable
from registry.sites.queries import require_sites
from registry.sites.service import require_name
from registry.zones import queries
from registry.zones.models import Zone, ZoneMemberRow, ZoneNeighbour


class ZoneExists(Conflict):
    slug = "zone-exists"
    title = "There is a zone of this name already"


class NotOfThisSite(Unprocessable):
    slug = "not-of-this-site"
    title = "A zone's devices and neighbours belong to its site"


def add_zone(session: Session, zone: ZoneFacts, *, by: str, now: Instant) -> Zone:
    """Add a zone with its members; its neighbours must exist already. `armed` is how it begins (`monitor.arming`)."""
    require_name(zone.id)
    require_sites(session, [zone.site])
    if session.get(Zone, zone.id) is not None:
        raise ZoneExists(f"There is a zone {zone.id} already.")
    _require_same_site(session, zone.site, zone.members, zone.adjacent)
    row = Zone(
        id=zone.id,
        site=zone.site,
        name_zh=zone.name_zh,
        name_en=zone.name_en,
        kind=zone.kind,
        armed=zone.armed or zone.kind is ZoneKind.ALWAYS,
        outline=[list(point) for point in zone.outline],
        members=[
            ZoneMemberRow(
                site=member.device.site,
                kind=DeviceClass(member.device.kind),
                name=member.device.name,
                region=member.region or "",
            )
            for member in zone.members
        ],
    )
    session.add(row)
    session.flush()
    for other in zone.adjacent:
        first, second = sorted((zone.id, other))
        session.add(ZoneNeighbour(zone=first, neighbour=second))
    record(session, actor=by, action="zone-added", site=row.site, subject=f"zone:{row.id}", facts={}, now=now)
    record_change(session, [row.site], ChangeKind.ZONE, row.id)
    return row


def _require_same_site(
    session: Session, site: SiteId, members: Sequence[ZoneMember], adjacent: Sequence[ZoneId]
) -> None:
    for member in members:
        if member.device.site != site:
            raise NotOfThisSite(f"{member.device} is no device of {site}.")
        read_device(session, member.device)
    for other in adjacent:
        queries.zone(session, other, [site])
