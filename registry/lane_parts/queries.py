"""Reading the parts of lanes."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.parts import SETTINGS, LanePart, PartRole
from registry.ids import GateId, LaneId, SiteId
from registry.lane_parts.models import LanePartRow
from registry.sites.models import Lane


def parts_of(session: Session, gates: Collection[GateId] | None = None) -> Sequence[LanePart]:
    """The parts of all gates or of these, in the order of their names."""
    asked = select(LanePartRow, Lane.site, Lane.gate).join(Lane, Lane.id == LanePartRow.lane)
    if gates is not None:
        asked = asked.where(Lane.gate.in_(gates))
    rows = session.execute(asked.order_by(LanePartRow.lane, LanePartRow.role, LanePartRow.position))
    return [
        LanePart(
            site=SiteId(site),
            gate=GateId(gate),
            lane=row.lane,
            role=row.role,
            position=row.position,
            settings=SETTINGS.validate_python(row.settings),
        )
        for row, site, gate in rows
    ]


def row_of(session: Session, lane: LaneId, role: PartRole, position: int) -> LanePartRow | None:
    return session.get(LanePartRow, (lane, role, position))
