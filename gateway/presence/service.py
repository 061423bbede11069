"""Forgiving anti-passback, saying how long one is surely inside, and writing down who passed without a check."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gateway.presence.models import Presence, PresenceLimit, UncheckedPassage
from gateway.presence.rules import Kind
from registry import audit
from registry.access.facts import Direction
from registry.clock import Instant
from registry.ids import AreaId, GateId, LaneId, SiteId
from registry.problems import NotFound


class NotInside(NotFound):
    slug = "not-inside"
    title = "Nobody of that name is counted inside here"


class ForgivenBecause(StrEnum):
    """Why somebody may come in who is counted inside."""

    EXIT_MISSED = "exit_missed"
    """He left and was not seen."""
    GATE_FAULT = "gate_fault"
    EVACUATED = "evacuated"
    """All left at once, past open gates."""
    MISREAD = "misread"
    """The gate took him for somebody else."""
    OTHER = "other"


def forgive(
    session: Session,
    site: SiteId,
    *,
    subject: str | None,
    area: AreaId | None,
    because: ForgivenBecause,
    words: str,
    by: str,
    now: Instant,
) -> int:
    """Let who is counted inside come in once more; gives how many. They stay on the muster list.

    `subject`: that one only, `area`: those in it; neither: all of the compound.

    Raises:
        NotInside: the subject is not counted inside there.

    """
    those = [Presence.site == site]
    if subject is not None:
        those.append(Presence.subject == subject)
    if area is not None:
        those.append(Presence.area == area)
    forgiven = session.execute(
        update(Presence)
        .where(*those)
        .values(forgiven_at=now)
        .returning(Presence.entry_id)
        .execution_options(synchronize_session=False)
    ).all()
    if subject is not None and not forgiven:
        raise NotInside("They are not counted inside, so nothing keeps them from coming in.")
    facts: dict[str, object] = {
        "because": because.value,
        "words": audit.Personal(words),
        "area": area,
        "count": len(forgiven),
        "all": subject is None,
    }
    if subject is not None:
        facts["subject"] = audit.Personal(subject)
    about = str(forgiven[0].entry_id) if subject is not None else f"area:{area}" if area is not None else f"site:{site}"
    audit.record(session, actor=by, action="passback-forgiven", site=site, subject=about, facts=facts, now=now)
    return len(forgiven)


def set_limit(session: Session, site: SiteId, kind: Kind, hours: int | None, *, by: str, now: Instant) -> None:
    """Say for how many hours somebody of a kind is surely inside; None: it is learned from how long they stay."""
    before = session.scalar(select(PresenceLimit.hours).where(PresenceLimit.site == site, PresenceLimit.kind == kind))
    if before == hours:
        return
    session.execute(delete(PresenceLimit).where(PresenceLimit.site == site, PresenceLimit.kind == kind))
    if hours is not None:
        session.add(PresenceLimit(site=site, kind=kind, hours=hours, set_by=by, set_at=now))
    facts = {"kind": kind.value, "hours": hours, "hours_before": before}
    audit.record(
        session, actor=by, action="presence-limit-set", site=site, subject=f"site:{site}", facts=facts, now=now
    )


def note_unchecked_passage(
    session: Session, event_id: UUID, *, site: SiteId, gate: GateId, lane: LaneId, direction: Direction, at: Instant
) -> None:
    """Write down that a lane's sensor saw somebody pass whom no check had let through; the event heard again is the same."""
    if session.get(UncheckedPassage, event_id) is None:
        session.add(UncheckedPassage(id=event_id, site=site, gate=gate, lane=lane, direction=direction, at=at))
        session.flush()


LOOKS_ARE_ONE = timedelta(minutes=10)
"""Who looks again within this time has looked once: a page asks every few seconds."""
_LAST_ACTS = 500


def has_looked(session: Session, site: SiteId, by: str, now: Instant) -> bool:
    """Whether it stands in the audit already that this person looked at who is inside."""
    acts = session.info["room"].audit
    last = select(acts.at, acts.actor, acts.action).where(acts.site == site).order_by(acts.position.desc())
    return any(
        act.actor == by and act.action == LOOKED and now - act.at < LOOKS_ARE_ONE
        for act in session.execute(last.limit(_LAST_ACTS))
    )


LOOKED = "presence-read"


def record_look(session: Session, site: SiteId, by: str, now: Instant) -> None:
    """Write down that somebody looked at who is inside: where people are is personal."""
    audit.record(session, actor=by, action=LOOKED, site=site, subject=f"site:{site}", now=now)
