"""What follows of what was heard: one transaction each, and the answer to whoever gave an order goes out after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from gateway.checks.snapshot import Snapshot
from gateway.circumstances import service as circumstances
from gateway.circumstances.models import AreaState
from gateway.circumstances.service import ClosedBecause
from gateway.ear.messages import ROOM, BarrierSeen, PassageSeen, PlateSeen, Told
from gateway.musters import queries as musters
from gateway.musters.models import Because
from gateway.musters.service import open_muster
from gateway.passages import service as passages
from gateway.passages.models import OpeningKind
from gateway.passages.service import OpenedBecause
from gateway.presence.service import note_unchecked_passage
from registry.access.facts import Direction, GateFacts
from registry.clock import Instant
from registry.ids import AreaId, EntryId, LaneId, SiteId, derived_id
from registry.messages.commands import Acknowledgement, Lockdown, Muster, OpenEscapeLanes, ThreatLevel
from registry.messages.topics import room_acknowledgement_topic
from registry.store import outbox

ORDERED_TOGETHER = timedelta(minutes=5)
"""A fire alarm orders lanes and muster in one; whichever waited in the broker is good for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneToOpen:
    """A lane that is opened once the transaction stands. `opening_id`: as which it is written down."""

    gate: GateFacts
    lane: LaneId
    opening_id: UUID
    by: str


class CannotObey(Exception):
    """An order that is not carried out; its words go back to whoever gave it."""


def see_barrier(session: Session, seen: BarrierSeen, now: Instant) -> None:
    """Keep how a barrier stands."""
    part = seen.part
    passages.barrier_said(session, part.site, part.lane, barrier=part.position, position=seen.position, now=now)


def see_plate(session: Session, seen: PlateSeen, now: Instant) -> None:
    """Keep what the camera of a lane reads, as the plate that stands there now."""
    circumstances.plate_read(session, seen.part.site, seen.part.lane, seen.plate, now)


def see_passage(session: Session, seen: PassageSeen, direction: Direction, now: Instant) -> None:
    """End the crossing of whoever was let in; who passed with nobody let in was not checked.

    An entry that the device names and that waits no longer has been seen: a second message of one crossing is no second one.
    """
    part = seen.part
    entry_id = None if seen.entry_id is None else EntryId(seen.entry_id)
    if not passages.confirm(session, part.site, part.lane, now, entry_id=entry_id) and entry_id is None:
        note_unchecked_passage(
            session,
            derived_id("passage", *seen.key),
            site=part.site,
            gate=part.gate,
            lane=part.lane,
            direction=direction,
            at=now,
        )


def obey(session: Session, told: Told, snapshot: Snapshot, now: Instant) -> Sequence[LaneToOpen]:
    """Do what another room orders; gives the lanes to open.

    Raises:
        CannotObey: it came too late, or is of an area that is not there.

    """
    command = told.command
    if now >= command.expires_at:
        raise CannotObey("expired")
    match command:
        case Lockdown():
            for area in _areas(snapshot, told.site, command.area):
                known = session.get(AreaState, (told.site, area))
                level = 0 if known is None else known.threat_level
                _set(session, told, area, lockdown=command.on, level=level, words=command.words, now=now)
        case ThreatLevel():
            for area in _areas(snapshot, told.site, command.area):
                known = session.get(AreaState, (told.site, area))
                is_closed = known is not None and known.lockdown
                _set(session, told, area, lockdown=is_closed, level=command.level, words=command.words, now=now)
        case Muster():
            because = Because(command.because)
            open_muster(session, snapshot, told.site, by=command.by, because=because, now=now)
        case OpenEscapeLanes():
            return list(_escape(session, told, snapshot, now))
    return ()


def answer(session: Session, site: SiteId, acknowledgement: Acknowledgement) -> None:
    """Tell whoever gave an order what became of it."""
    outbox.announce(session, room_acknowledgement_topic(site, ROOM), acknowledgement)


def _escape(session: Session, told: Told, snapshot: Snapshot, now: Instant) -> Iterator[LaneToOpen]:
    for gate in snapshot.facts.gates.values():
        for lane in gate.lanes if gate.site == told.site else ():
            if lane.id in gate.escape_lanes:
                opening = passages.open_by_hand(
                    session,
                    OpeningKind.EMERGENCY,
                    site=gate.site,
                    gate=gate.id,
                    lane=lane.id,
                    direction=Direction.OUT,
                    because=OpenedBecause.RESCUE,
                    words="",
                    by=told.command.by,
                    now=now,
                )
                yield LaneToOpen(gate=gate, lane=lane.id, opening_id=opening.id, by=told.command.by)


def lanes_to_keep_open(session: Session, snapshot: Snapshot) -> Sequence[LaneToOpen]:
    """The escape lanes of every compound where those whom a fire alarm sent out are still called over, if it opened them."""
    found: dict[LaneId, LaneToOpen] = {}
    for muster in musters.open_for(session, Because.FIRE_ALARM):
        for opening in passages.opened_for_rescue(session, muster.site, muster.opened_at - ORDERED_TOGETHER):
            gate = snapshot.gate(opening.gate)
            if gate is not None and opening.lane in gate.escape_lanes:
                found[opening.lane] = LaneToOpen(gate=gate, lane=opening.lane, opening_id=opening.id, by=opening.by)
    return list(found.values())


def _areas(snapshot: Snapshot, site: SiteId, area: str | None) -> list[AreaId]:
    """The area that is meant; where none is named, all into which the site's gates let somebody in."""
    if area is None:
        return sorted(snapshot.areas_entered(site))
    known = snapshot.facts.areas.get(AreaId(area))
    if known is None or known.site != site:
        raise CannotObey(f"there is no area {area}")
    return [known.id]


def _set(session: Session, told: Told, area: AreaId, *, lockdown: bool, level: int, words: str, now: Instant) -> None:
    circumstances.set_area_state(
        session,
        told.site,
        area,
        lockdown=lockdown,
        threat_level=level,
        because=ClosedBecause.OTHER,
        words=words,
        by=told.command.by,
        now=now,
    )
