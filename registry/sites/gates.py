"""Changing what a compound is made of: its gates with their lanes, and the areas in which people and vehicles are counted."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import Direction, Passback
from registry.audit.chain import record
from registry.clock import Instant
from registry.devices.queries import find_device
from registry.devices.service import NewDevice, add_device
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import AreaId, DeviceAddress, GateId, LaneId, SiteId
from registry.messages.topics import DeviceClass
from registry.problems import Conflict, NotFound, Unprocessable
from registry.revisions.service import keep, require_unchanged
from registry.sites import queries
from registry.sites.models import Area, Gate, Lane
from registry.sites.service import NewLane, add_area, add_gate, require_name


class NoSuchArea(NotFound):
    slug = "no-such-area"
    title = "There is no such area here"


class NoSuchLane(NotFound):
    slug = "no-such-lane"
    title = "The gate has no such lane"


class GateExists(Conflict):
    slug = "gate-exists"
    title = "There is a gate or a lane of this name already"


class AreaExists(Conflict):
    slug = "area-exists"
    title = "There is an area of this name already"


class InterlockBlind(Unprocessable):
    slug = "interlock-needs-sensor"
    title = "A lane with an interlock needs a passage sensor: without it nothing says that a crossing is over"


class LeadsNowhere(Unprocessable):
    slug = "lane-leads-nowhere"
    title = "A lane leads from one area to another"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFields:
    """Where a lane leads; `direction` None: it is used both ways."""

    direction: Direction | None
    from_area: AreaId
    to_area: AreaId
    manned: bool
    interlock: bool = False
    """One crossing is over, and its barriers are closed, before the next begins."""
    passage_seconds: int | None = None
    """Within this time the lane's sensor must have seen who was let in; None: it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFields:
    """What an area is called, and what it asks of who comes in; `registry.sites.models.Area` says what None means."""

    name_zh: str
    name_en: str
    passback_people: Passback
    passback_vehicles: Passback
    passback_minutes: int | None = None
    capacity_people: int | None = None
    capacity_vehicles: int | None = None
    first_person: bool = False
    two_person: bool = False


def build_gate(
    session: Session,
    device_key: bytes,
    *,
    site: SiteId,
    gate_id: GateId,
    name_zh: str,
    name_en: str,
    lane: LaneFields,
    by: str,
    now: Instant,
) -> Gate:
    """Add a gate with one lane, and the device that it is; nobody is told the device's secret, it is renewed when it is used.

    Raises:
        NameNotAllowed, GateExists, NoSuchArea, LeadsNowhere: nothing is added.

    """
    require_name(gate_id)
    first = LaneId(f"{gate_id}-1")
    if session.get(Gate, gate_id) is not None or session.get(Lane, first) is not None:
        raise GateExists(f"There is a gate or a lane {gate_id} already.")
    _require_leads(session, site, lane)
    new = NewLane(
        id=first,
        direction=lane.direction,
        from_area=lane.from_area,
        to_area=lane.to_area,
        manned=lane.manned,
        interlock=lane.interlock,
        passage_seconds=lane.passage_seconds,
    )
    gate = add_gate(session, gate_id=gate_id, site=site, name_zh=name_zh, name_en=name_en, lanes=[new])
    session.flush()
    address = DeviceAddress(site, DeviceClass.GATE, gate_id)
    if find_device(session, address) is None:
        add_device(session, device_key, NewDevice(address=address, name_zh=name_zh, name_en=name_en), by=by, now=now)
    _keep(session, gate, "gate-added", {}, by=by, now=now)
    return gate


def rename_gate(
    session: Session, site: SiteId, gate_id: GateId, *, name_zh: str, name_en: str, read: int, by: str, now: Instant
) -> Gate:
    """Change what people call a gate, and the device that it is; its address stays. `read`: the revision that was shown.

    Raises:
        ChangedMeanwhile: somebody else changed it since.

    """
    gate = gate_of(session, site, gate_id)
    require_unchanged(session, f"gate:{gate_id}", read)
    before = gate_fields(session, gate)
    gate.name_zh, gate.name_en = name_zh, name_en
    device = find_device(session, DeviceAddress(site, DeviceClass.GATE, gate_id))
    if device is not None:
        device.name_zh, device.name_en = name_zh, name_en
        record_change(session, [site], ChangeKind.DEVICE, str(device.address))
    _keep(session, gate, "gate-renamed", before, by=by, now=now)
    return gate


def add_lane(
    session: Session, site: SiteId, gate_id: GateId, lane: LaneFields, *, read: int, by: str, now: Instant
) -> Lane:
    """Add a lane behind the others; it is called after its gate and its place."""
    gate = gate_of(session, site, gate_id)
    require_unchanged(session, f"gate:{gate_id}", read)
    _require_leads(session, site, lane)
    before = gate_fields(session, gate)
    position = max((each.position for each in lanes_of(session, gate_id)), default=-1) + 1
    name = LaneId(f"{gate_id}-{position + 1}")
    require_name(name)
    if session.get(Lane, name) is not None:
        raise GateExists(f"There is a lane {name} already.")
    row = Lane(id=name, site=site, gate=gate_id, position=position)
    _lead(row, lane)
    session.add(row)
    session.flush()
    _keep(session, gate, "lane-added", before, by=by, now=now)
    return row


def change_lane(
    session: Session, site: SiteId, lane_id: LaneId, lane: LaneFields, *, read: int, by: str, now: Instant
) -> Lane:
    """Say where a lane leads, which way, whether somebody sits at it, and how one crosses it."""
    row = lane_of(session, site, lane_id)
    gate = gate_of(session, site, GateId(row.gate))
    require_unchanged(session, f"gate:{gate.id}", read)
    _require_leads(session, site, lane)
    before = gate_fields(session, gate)
    _lead(row, lane)
    session.flush()
    _keep(session, gate, "lane-changed", before, by=by, now=now)
    return row


def build_area(session: Session, site: SiteId, area_id: AreaId, fields: AreaFields, *, by: str, now: Instant) -> Area:
    """Add an area."""
    require_name(area_id)
    if session.get(Area, area_id) is not None:
        raise AreaExists(f"There is an area {area_id} already.")
    area = add_area(session, area_id=area_id, site=site, name_zh=fields.name_zh, name_en=fields.name_en)
    _rule(area, fields)
    session.flush()
    _keep_area(session, area, "area-added", {}, by=by, now=now)
    return area


def change_area(
    session: Session, site: SiteId, area_id: AreaId, fields: AreaFields, *, read: int, by: str, now: Instant
) -> Area:
    """Say what an area is called, and what happens to who comes in and is in already."""
    area = area_of(session, site, area_id)
    require_unchanged(session, f"area:{area_id}", read)
    before = area_fields(area)
    area.name_zh, area.name_en = fields.name_zh, fields.name_en
    _rule(area, fields)
    session.flush()
    record_change(session, [site], ChangeKind.GATE, area_id)
    _keep_area(session, area, "area-changed", before, by=by, now=now)
    return area


def gate_of(session: Session, site: SiteId, gate_id: GateId) -> Gate:
    """A gate of this compound; its lanes are asked for with `lanes_of`."""
    row = session.scalars(select(Gate).where(Gate.id == gate_id, Gate.site == site)).one_or_none()
    if row is None:
        raise queries.NoSuchGate(f"There is no gate {gate_id[:40]} at {site}.")
    return row


def lanes_of(session: Session, gate_id: GateId) -> list[Lane]:
    return list(session.scalars(select(Lane).where(Lane.gate == gate_id).order_by(Lane.position)))


def lane_of(session: Session, site: SiteId, lane_id: LaneId) -> Lane:
    """The lane.

    Raises:
        NoSuchLane: the compound has none of this name.

    """
    row = session.scalars(select(Lane).where(Lane.id == lane_id, Lane.site == site)).one_or_none()
    if row is None:
        raise NoSuchLane
    return row


def areas_of(session: Session, site: SiteId) -> list[Area]:
    return list(session.scalars(select(Area).where(Area.site == site).order_by(Area.id)))


def area_of(session: Session, site: SiteId, area_id: AreaId) -> Area:
    row = session.scalars(select(Area).where(Area.id == area_id, Area.site == site)).one_or_none()
    if row is None:
        raise NoSuchArea
    return row


def gate_fields(session: Session, gate: Gate) -> dict[str, object]:
    """A gate as its history shows it: a lane is its name, where it leads, its direction or both, whether it is manned, how one crosses it."""
    told = [_told(lane) for lane in lanes_of(session, gate.id)]
    return {"name_zh": gate.name_zh, "name_en": gate.name_en, "lanes": told}


def area_fields(area: Area) -> dict[str, object]:
    """An area as its history shows it. What it does not ask is None, as in a revision that is older than the question."""
    return {
        "name_zh": area.name_zh,
        "name_en": area.name_en,
        "passback_people": str(area.passback_people),
        "passback_vehicles": str(area.passback_vehicles),
        "passback_minutes": area.passback_minutes,
        "capacity_people": area.capacity_people,
        "capacity_vehicles": area.capacity_vehicles,
        "first_person": area.first_person or None,
        "two_person": area.two_person or None,
    }


def _told(lane: Lane) -> str:
    how = [str(lane.direction or "in/out")]
    how += [word for word, is_so in (("manned", lane.manned), ("interlock", lane.interlock)) if is_so]
    if lane.passage_seconds is not None:
        how.append(f"passage {lane.passage_seconds} s")
    return f"{lane.id}: {lane.from_area} → {lane.to_area} ({', '.join(how)})"


def _require_leads(session: Session, site: SiteId, lane: LaneFields) -> None:
    for area in (lane.from_area, lane.to_area):
        area_of(session, site, area)
    if lane.from_area == lane.to_area:
        raise LeadsNowhere("A lane leads from one area to another: choose two.")
    if lane.interlock and lane.passage_seconds is None:
        raise InterlockBlind("Say within how many seconds its sensor sees a crossing, or leave the interlock out.")


def _lead(row: Lane, lane: LaneFields) -> None:
    row.direction, row.manned = lane.direction, lane.manned
    row.from_area, row.to_area = lane.from_area, lane.to_area
    row.interlock, row.passage_seconds = lane.interlock, lane.passage_seconds


def _rule(row: Area, fields: AreaFields) -> None:
    row.passback_people, row.passback_vehicles = fields.passback_people, fields.passback_vehicles
    row.passback_minutes = fields.passback_minutes
    row.capacity_people, row.capacity_vehicles = fields.capacity_people, fields.capacity_vehicles
    row.first_person, row.two_person = fields.first_person, fields.two_person


def _keep(session: Session, gate: Gate, action: str, before: dict[str, object], *, by: str, now: Instant) -> None:
    subject, after = f"gate:{gate.id}", gate_fields(session, gate)
    record(session, actor=by, action=action, site=gate.site, subject=subject, facts=_changed(before, after), now=now)
    keep(session, subject, action, before, after, by=by, now=now)
    record_change(session, [gate.site], ChangeKind.GATE, gate.id)


def _keep_area(session: Session, area: Area, action: str, before: dict[str, object], *, by: str, now: Instant) -> None:
    subject, after = f"area:{area.id}", area_fields(area)
    record(session, actor=by, action=action, site=area.site, subject=subject, facts=_changed(before, after), now=now)
    keep(session, subject, action, before, after, by=by, now=now)


def _changed(before: dict[str, object], after: dict[str, object]) -> dict[str, object]:
    """What became different, with what it was."""
    told: dict[str, object] = {}
    for name, value in after.items():
        if before.get(name) != value:
            if before:
                told[f"{name}_before"] = before.get(name)
            told[name] = value
    return told
