"""Closing an area, raising its threat level, and opening it again."""

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.circumstances.models import AreaState, LanePlate
from registry import audit
from registry.clock import Instant
from registry.ids import AreaId, LaneId, SiteId


class ClosedBecause(StrEnum):
    """Why an area is closed or under a threat level, or why no longer."""

    INTRUDER = "intruder"
    CROWD = "crowd"
    """Petitioners or others at the gate."""
    VIOLENCE = "violence"
    EPIDEMIC = "epidemic"
    EXERCISE = "exercise"
    OVER = "over"
    """What it was for has passed."""
    OTHER = "other"


def states(session: Session, site: SiteId) -> list[AreaState]:
    """The areas of a compound that were ever closed or raised, by their names."""
    return list(session.scalars(select(AreaState).where(AreaState.site == site).order_by(AreaState.area)))


def set_area_state(
    session: Session,
    site: SiteId,
    area: AreaId,
    *,
    lockdown: bool,
    threat_level: int,
    because: str,
    words: str,
    by: str,
    now: Instant,
) -> AreaState:
    """Say how an area is; it is in force with the next check that any gate decides. Who is inside may leave."""
    known = session.get(AreaState, (site, area))
    before = (False, 0) if known is None else (known.lockdown, known.threat_level)
    if known is None:
        known = AreaState(site=site, area=area)
        session.add(known)
    known.lockdown, known.threat_level = lockdown, threat_level
    known.because, known.words, known.set_by, known.set_at = because, words or None, by, now
    session.flush()
    if before != (lockdown, threat_level):
        facts = {
            "lockdown": lockdown,
            "threat_level": threat_level,
            "lockdown_before": before[0],
            "threat_level_before": before[1],
            "because": because,
            "words": audit.Personal(words),
        }
        audit.record(
            session, actor=by, action="area-state-set", site=site, subject=f"area:{area}", facts=facts, now=now
        )
    return known


def plate_read(session: Session, site: SiteId, lane: LaneId, plate: str, now: Instant) -> None:
    """Keep which plate stands at a lane."""
    known = session.get(LanePlate, (site, lane))
    if known is None:
        session.add(LanePlate(site=site, lane=lane, plate=plate, at=now))
    else:
        known.plate, known.at = plate, now
    session.flush()
