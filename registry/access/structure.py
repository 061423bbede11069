"""Reading the gates, their lanes and the areas behind them."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import AreaFacts, Direction, GateFacts, LaneFacts
from registry.access.parts import LanePart
from registry.ids import AreaId, GateId, LaneId, SiteId
from registry.lane_parts.queries import parts_of
from registry.sites.models import Area, Gate, Lane, Site


def timezones(session: Session) -> dict[SiteId, str]:
    return dict(session.execute(select(Site.id, Site.timezone)).all())


def gates(session: Session) -> dict[GateId, GateFacts]:
    lanes: dict[GateId, list[LaneFacts]] = defaultdict(list)
    escape: dict[GateId, set[LaneId]] = defaultdict(set)
    rows = session.scalars(select(Lane).order_by(Lane.position)).all()
    inner = {lane.from_area if lane.direction is Direction.OUT else lane.to_area for lane in rows}
    for lane in rows:
        if lane.opens_on_fire:
            escape[lane.gate].add(lane.id)
        lanes[lane.gate].append(
            LaneFacts(
                id=LaneId(lane.id),
                direction=lane.direction,
                from_area=lane.from_area,
                to_area=lane.to_area,
                manned=lane.manned,
                interlock=lane.interlock,
                passage_seconds=lane.passage_seconds,
                out_is_inside=(lane.to_area if lane.direction is Direction.OUT else lane.from_area) in inner,
            )
        )
    parts: dict[GateId, list[LanePart]] = defaultdict(list)
    for part in parts_of(session):
        parts[part.gate].append(part)
    gates = session.execute(select(Gate.id, Gate.site, Gate.name_zh, Gate.name_en))
    return {
        gate.id: GateFacts(
            id=gate.id,
            site=gate.site,
            name_zh=gate.name_zh,
            name_en=gate.name_en,
            lanes=tuple(lanes[gate.id]),
            parts=tuple(parts[gate.id]),
            escape_lanes=frozenset(escape[gate.id]),
        )
        for gate in gates
        if lanes[gate.id]
    }


def areas(session: Session) -> dict[AreaId, AreaFacts]:
    return {
        area.id: AreaFacts(
            id=area.id,
            site=area.site,
            passback_people=area.passback_people,
            passback_vehicles=area.passback_vehicles,
            passback_minutes=area.passback_minutes,
            capacity_people=area.capacity_people,
            capacity_vehicles=area.capacity_vehicles,
            first_person=area.first_person,
            two_person=area.two_person,
        )
        for area in session.scalars(select(Area))
    }
