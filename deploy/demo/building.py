"""Building the compounds in the registry: gates, devices, zones; by the same services that anybody else would use."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from deploy.demo.plans import OUTLINE, Compound, Segment, Spot, Use
from registry.access.facts import Passback
from registry.access.parts import MqttSettings, PartRole
from registry.clock import DEFAULT_TIMEZONE, Instant
from registry.devices.facts import Place, ZoneFacts, ZoneKind, ZoneMember
from registry.devices.service import NewDevice, add_device
from registry.ids import AreaId, DeviceAddress, GateId, LaneId, ZoneId
from registry.lane_parts.service import open_on_fire, set_part, subject_of
from registry.messages.topics import DeviceClass
from registry.revisions.service import revision_of
from registry.sites.gates import lane_of
from registry.sites.service import NewLane, add_area, add_gate, add_site
from registry.zones.service import add_zone

BY = "demo"
TIMEZONE = DEFAULT_TIMEZONE


def build(session: Session, compound: Compound, key: bytes, now: Instant) -> None:
    """Build one compound; `key` is the data folder's for device secrets."""
    add_site(
        session,
        site_id=compound.id,
        name_zh=compound.zh,
        name_en=compound.en,
        timezone=TIMEZONE,
        outline=OUTLINE,
        buildings=compound.buildings,
    )
    _add_gates(session, compound)
    for kind, spot in _devices(compound):
        device = NewDevice(
            address=DeviceAddress(compound.id, kind, spot.name),
            name_zh=spot.zh,
            name_en=spot.en,
            place=Place(x=spot.x, y=spot.y),
        )
        add_device(session, key, device, by=BY, now=now)
    for segment in compound.segments:
        add_zone(session, _zone(compound, segment), by=BY, now=now)
    for gate in compound.gates if compound.has_barriers else ():
        _equip(session, compound, gate, now)


def _equip(session: Session, compound: Compound, gate: Spot, now: Instant) -> None:
    """Give a gate's lane a barrier and a passage sensor, which are the gate's own device; a fire alarm opens it."""
    lane = lane_of(session, compound.id, LaneId(f"{gate.name}-1"))
    settings = MqttSettings(device=str(DeviceAddress(compound.id, DeviceClass.GATE, gate.name)))
    for role in (PartRole.BARRIER, PartRole.SENSOR):
        read = revision_of(session, subject_of(lane.id))
        set_part(session, lane, role, 1, settings, read=read, by=BY, now=now)
    open_on_fire(session, lane, opens=True, read=revision_of(session, subject_of(lane.id)), by=BY, now=now)


def _add_gates(session: Session, compound: Compound) -> None:
    site, is_strict = compound.id, compound.use is Use.OFFICES
    inside, outside = AreaId(f"{site}-inside"), AreaId(f"{site}-outside")
    add_area(session, area_id=outside, site=site, name_zh="院外", name_en="Outside")
    add_area(
        session,
        area_id=inside,
        site=site,
        name_zh="院内",
        name_en="Inside",
        # Where people live, they hold the gate for one another.
        passback_people=Passback.HARD if is_strict else Passback.OFF,
        passback_vehicles=Passback.SOFT,
        capacity_vehicles=compound.vehicles,
    )
    for gate in compound.gates:
        lane = NewLane(id=LaneId(f"{gate.name}-1"), from_area=outside, to_area=inside)
        place = Place(x=gate.x, y=gate.y)
        add_gate(
            session, gate_id=GateId(gate.name), site=site, name_zh=gate.zh, name_en=gate.en, lanes=[lane], place=place
        )
    for room in compound.rooms:
        area, gate = AreaId(room.area), room.gate
        add_area(session, area_id=area, site=site, name_zh=room.zh, name_en=room.en, two_person=True)
        lane = NewLane(id=LaneId(f"{gate.name}-1"), from_area=inside, to_area=area)
        place = Place(x=gate.x, y=gate.y)
        add_gate(
            session, gate_id=GateId(gate.name), site=site, name_zh=gate.zh, name_en=gate.en, lanes=[lane], place=place
        )


def _devices(compound: Compound) -> Iterator[tuple[DeviceClass, Spot]]:
    for gate in (*compound.gates, *(room.gate for room in compound.rooms)):
        yield DeviceClass.GATE, gate
    for segment in compound.segments:
        zh, en, x, y = f"{segment.zh}红外对射", f"{segment.en}, beam", segment.x, segment.y
        yield DeviceClass.BEAM, Spot(segment.side, zh, en, x, y)
        if segment.has_camera:
            # On the plan, beside the beam along the wall.
            shift = 0.025 if segment.side.startswith(("north", "south")) else 0.0
            zh, en = f"{segment.zh}摄像机", f"{segment.en}, camera"
            yield DeviceClass.CAMERA, Spot(segment.side, zh, en, x + shift, y + 0.03 - shift)
    for thing in compound.things:
        yield thing.kind, thing.spot


def _zone(compound: Compound, segment: Segment) -> ZoneFacts:
    kinds = (DeviceClass.BEAM, DeviceClass.CAMERA) if segment.has_camera else (DeviceClass.BEAM,)
    return ZoneFacts(
        id=ZoneId(segment.zone),
        site=compound.id,
        name_zh=segment.zh,
        name_en=segment.en,
        kind=ZoneKind.PERIMETER,
        armed=True,
        members=tuple(ZoneMember(device=DeviceAddress(compound.id, kind, segment.side), region=None) for kind in kinds),
        outline=segment.outline,
    )
