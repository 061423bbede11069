"""Handing the register to the monitor, the broker's configuration and the camera workers."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.calendar.queries import calendars
from registry.devices.facts import (
    BuildingFacts,
    DeviceFacts,
    DrawingFacts,
    Place,
    RegionFacts,
    Register,
    SiteFacts,
    ZoneFacts,
    ZoneMember,
)
from registry.devices.models import Device
from registry.feed.service import register_version
from registry.ids import DeviceAddress, ZoneId
from registry.sites.models import Site, SitePlan
from registry.zones.models import Zone, ZoneMemberRow, ZoneNeighbour

__all__ = ["load_register", "register_version"]


def load_register(session: Session) -> Register:
    """Read all sites, devices and zones. The version is read first: rows may be newer than it, never older."""
    version = register_version(session)
    drawings = {
        site: DrawingFacts(aspect=width / height, set_at=set_at)
        for site, width, height, set_at in session.execute(
            select(SitePlan.site, SitePlan.width, SitePlan.height, SitePlan.set_at)
        )
    }
    sites = {site.id: _site(site, drawings.get(site.id)) for site in session.scalars(select(Site).order_by(Site.id))}
    devices = {
        device.address: device_facts(device)
        for device in session.scalars(select(Device).order_by(Device.site, Device.kind, Device.name))
    }
    members: dict[ZoneId, list[ZoneMember]] = defaultdict(list)
    for row in session.scalars(select(ZoneMemberRow).order_by(ZoneMemberRow.kind, ZoneMemberRow.name)):
        address = DeviceAddress(row.site, str(row.kind), row.name)
        members[row.zone].append(ZoneMember(device=address, region=row.region or None))
    neighbours: dict[ZoneId, list[ZoneId]] = defaultdict(list)
    for pair in session.scalars(select(ZoneNeighbour).order_by(ZoneNeighbour.zone, ZoneNeighbour.neighbour)):
        neighbours[pair.zone].append(pair.neighbour)
        neighbours[pair.neighbour].append(pair.zone)
    zones = {
        zone.id: ZoneFacts(
            id=zone.id,
            site=zone.site,
            name_zh=zone.name_zh,
            name_en=zone.name_en,
            kind=zone.kind,
            armed=zone.armed,
            members=tuple(members[zone.id]),
            adjacent=tuple(neighbours[zone.id]),
            outline=_polygon(zone.outline),
        )
        for zone in session.scalars(select(Zone).order_by(Zone.id))
    }
    return Register(version=version, sites=sites, devices=devices, zones=zones, calendars=calendars(session, sites))


def device_facts(device: Device) -> DeviceFacts:
    """A row of the register as facts."""
    return DeviceFacts(
        address=device.address,
        name_zh=device.name_zh,
        name_en=device.name_en,
        enabled=device.enabled,
        secret_hash=device.secret_hash,
        secret_generation=device.secret_generation,
        foreign_prefixes=tuple(device.foreign_prefixes),
        place=None if device.x is None or device.y is None else Place(x=device.x, y=device.y),
        source=device.source,
        regions=tuple(
            RegionFacts(id=region["id"], polygon=_polygon(region["polygon"]), rules=tuple(region["rules"]))
            for region in device.regions
        ),
        adapter=device.adapter,
        foreign_id=device.foreign_id,
        gateway=device.gateway,
        is_wireless=device.is_wireless,
        heartbeat_seconds=device.heartbeat_seconds,
        beams=device.beams,
        min_interruption_ms=device.min_interruption_ms,
    )


def _site(site: Site, drawing: DrawingFacts | None) -> SiteFacts:
    return SiteFacts(
        id=site.id,
        name_zh=site.name_zh,
        name_en=site.name_en,
        timezone=site.timezone,
        outline=_polygon(site.outline),
        buildings=tuple(
            BuildingFacts(
                name_zh=building["name_zh"], name_en=building["name_en"], outline=_polygon(building["outline"])
            )
            for building in site.buildings
        ),
        drawing=drawing,
    )


def _polygon(points: list[list[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y in points)
