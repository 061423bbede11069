"""What becomes of a crossing that was granted, what the barriers' sensors tell, and openings by hand."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from gateway.checks import rules
from gateway.checks.question import Inside
from gateway.circumstances import queries
from gateway.circumstances.queries import NewPassage
from gateway.entries.announcing import attempt_key_of, decided_event
from gateway.entries.models import Entry, PassageState
from gateway.passages.models import BarrierPosition, BarrierState, Opening, OpeningKind, Passage
from gateway.presence import queries as presence
from gateway.presence.queries import Subject
from registry import audit
from registry.access.facts import Direction
from registry.clock import Instant
from registry.ids import CredentialId, EntryId, GateId, LaneId, SiteId, new_id
from registry.messages.reasons import Reason, Verdict
from registry.problems import Conflict, NotFound, Unprocessable
from registry.store import outbox

OVERRIDDEN_WITHIN = timedelta(minutes=10)
"""So long after a denial the guard may let them in against it: who stood there has gone by then."""
MOST_AT_ONCE = 200
"""Crossings that are taken back in one transaction."""
LONGEST_PASSAGE = timedelta(minutes=10)
"""No lane waits longer for its sensor: what ends later began on a clock that was ahead and has been put right."""


class OpenedBecause(StrEnum):
    """Why a guard opens by hand."""

    READER_FAULT = "reader_fault"
    KNOWN_PERSON = "known_person"
    DELIVERY = "delivery"
    EMERGENCY_SERVICE = "emergency_service"
    RESCUE = "rescue"
    """Fire, injury, evacuation."""
    TEST = "test"
    OTHER = "other"


class NothingToOverride(Unprocessable):
    slug = "nothing-to-override"
    title = "Only what the gate denied is let in against it"


class ListedForGood(Unprocessable):
    slug = "not-against-the-list"
    title = "Whom the deny list stops nobody lets in at the gate"


class TooLongAgo(Unprocessable):
    slug = "denied-too-long-ago"
    title = "This was denied too long ago"


class OpenedAlready(Conflict):
    slug = "opened-already"
    title = "Somebody has let this in already"


class NoSuchOpening(NotFound):
    slug = "no-such-opening"
    title = "There is no such opening here"


class ExplainedAlready(Conflict):
    slug = "explained-already"
    title = "It stands written already why this was opened"


def confirm(session: Session, site: SiteId, lane: LaneId, now: Instant, *, entry_id: EntryId | None = None) -> bool:
    """The lane's sensor saw somebody pass: the crossing that waits longest is over, or that of `entry_id`.

    False: nobody had been let in there; whoever passed was not checked.
    """
    wanted = select(Passage).where(Passage.site == site, Passage.lane == lane).order_by(Passage.entry_id).limit(1)
    if entry_id is not None:
        wanted = wanted.where(Passage.entry_id == entry_id)
    waiting = session.scalars(wanted).one_or_none()
    if waiting is None:
        return False
    _end(session, waiting, PassageState.PASSED, now)
    return True


def are_due(session: Session, now: Instant) -> bool:
    """Whether the time of a crossing is over."""
    return session.scalars(select(Passage.entry_id).where(_is_over(now)).limit(1)).first() is not None


def take_back(session: Session, now: Instant) -> int:
    """Put back where they were those whom no sensor saw in time; gives how many.

    Who was checked again meanwhile is where that entry put them. A use is given back.
    """
    wanted = select(Passage).where(_is_over(now)).order_by(Passage.entry_id).limit(MOST_AT_ONCE)
    over = session.scalars(wanted).all()
    connection = session.connection()
    used = [CredentialId(each.credential_id) for each in over if each.credential_id is not None]
    queries.lock(connection, map(queries.use_of, used))
    for credential in used:
        queries.count_uses(connection, {credential: max(0, queries.uses(connection, credential) - 1)})
    for each in over:
        _put_back(session, each, now)
        _end(session, each, PassageState.TIMED_OUT, now)
    return len(over)


def _put_back(session: Session, passage: Passage, now: Instant) -> None:
    """Count its subject where they were. A crossing of theirs that was begun meanwhile begins there."""
    subject, connection = (passage.site, passage.subject), session.connection()
    entry = session.get_one(Entry, passage.entry_id)
    came_in = entry.direction is Direction.IN or _out_is_inside(orjson.loads(entry.question)["lane"])
    there = presence.seen(connection, [subject]).get(subject)
    if there is not None and there.entry == passage.entry_id:
        _return(session, passage, {subject: there}, now)
        return
    if not came_in and _moved_since(session, passage):
        return
    further = select(Passage).where(
        Passage.site == passage.site,
        Passage.subject == passage.subject,
        Passage.entry_id > passage.entry_id,
        Passage.was_entry_id == passage.entry_id if came_in else Passage.was_entry_id.is_(None),
    )
    following = session.scalars(further.order_by(Passage.entry_id).limit(1)).first()
    if following is not None:
        following.was_area, following.was_since = passage.was_area, passage.was_since
        following.was_entry_id, following.was_forgiven = passage.was_entry_id, passage.was_forgiven
        session.flush()
    elif not came_in and there is None:
        _return(session, passage, {}, now)


def _return(session: Session, passage: Passage, there: Mapping[Subject, Inside], now: Instant) -> None:
    """Count its subject where they were; if they had been forgiven, they are from now on."""
    subject = (passage.site, passage.subject)
    presence.move(session.connection(), there, {subject: _was(passage)})
    if passage.was_forgiven:
        presence.forgive_again(session, subject, now)


def _moved_since(session: Session, passage: Passage) -> bool:
    """Whether they passed again, for good: a sensor saw it, or there is none."""
    later = select(Entry.id).where(
        Entry.site == passage.site,
        Entry.id > passage.entry_id,
        Entry.subject == passage.subject,
        or_(Entry.verdict == Verdict.GRANTED, Entry.settled_verdict == Verdict.GRANTED),
        or_(Entry.passage.is_(None), Entry.passage == PassageState.PASSED),
    )
    return session.scalars(later.limit(1)).first() is not None


def _is_over(now: Instant) -> ColumnElement[bool]:
    return or_(Passage.until <= now, Passage.until > now + LONGEST_PASSAGE)


def barrier_said(
    session: Session, site: SiteId, lane: LaneId, *, barrier: int, position: BarrierPosition, now: Instant
) -> None:
    """Keep what the sensor of a lane's barrier 1 or 2 says; since when, where it is not what it said before."""
    known = session.get(BarrierState, (site, lane, barrier))
    if known is None:
        session.add(BarrierState(site=site, lane=lane, barrier=barrier, state=position, since=now))
    elif known.state is not position:
        known.state, known.since = position, now
    session.flush()


def open_by_hand(
    session: Session,
    kind: OpeningKind,
    *,
    site: SiteId,
    gate: GateId,
    lane: LaneId,
    direction: Direction,
    because: OpenedBecause | None,
    words: str,
    by: str,
    now: Instant,
    entry_id: EntryId | None = None,
) -> Opening:
    """Write down that somebody opens a lane. `because` None: an emergency, which is explained afterwards."""
    opening = Opening(
        id=new_id(),
        site=site,
        gate=gate,
        lane=lane,
        direction=direction,
        kind=kind,
        entry_id=entry_id,
        because=because,
        words=words or None,
        by=by,
        at=now,
        explained_at=None if because is None else now,
    )
    session.add(opening)
    session.flush()
    facts = {
        "gate": gate,
        "lane": lane,
        "because": because,
        "words": audit.Personal(words),
        "entry": None if entry_id is None else str(entry_id),
    }
    audit.record(session, actor=by, action=f"opened-{kind}", site=site, subject=f"lane:{lane}", facts=facts, now=now)
    return opening


def opened_for_rescue(session: Session, site: SiteId, since: Instant) -> Sequence[Opening]:
    """The lanes of a compound that were opened for people to get out since then, the last opening of each lane last."""
    wanted = select(Opening).where(
        Opening.site == site,
        Opening.at >= since,
        Opening.kind == OpeningKind.EMERGENCY,
        Opening.because == OpenedBecause.RESCUE,
        Opening.direction == Direction.OUT,
    )
    return session.scalars(wanted.order_by(Opening.id)).all()


def override(
    session: Session,
    entry: Entry,
    *,
    because: OpenedBecause,
    words: str,
    by: str,
    attempt_key: bytes,
    now: Instant,
) -> Opening:
    """Let in somebody whom the gate denied: the entry stays denied, and who was let in against it is counted.

    Raises:
        NothingToOverride: the gate did not deny it.
        ListedForGood: it did for a line of the deny list.
        TooLongAgo: who stood there has gone.
        OpenedAlready: somebody has done so.

    """
    if entry.verdict is not Verdict.DENIED:
        raise NothingToOverride("The gate did not deny this. Decide it, or open by hand.")
    if entry.reason is Reason.DENIED_LIST:
        raise ListedForGood("They are on the deny list. Nobody lets them in here: call the security section.")
    if now - entry.decided_at > OVERRIDDEN_WITHIN:
        raise TooLongAgo("That was too long ago. Let them show it again.")
    if session.scalars(select(Opening.id).where(Opening.entry_id == entry.id)).first() is not None:
        raise OpenedAlready("Somebody has let this in already.")
    entry_id = EntryId(entry.id)
    opening = open_by_hand(
        session,
        OpeningKind.OVERRIDE,
        site=entry.site,
        gate=entry.gate,
        lane=entry.lane,
        direction=entry.direction,
        because=because,
        words=words,
        by=by,
        now=now,
        entry_id=entry_id,
    )
    let_in(session, entry, now)
    topic, payload = decided_event(
        event_id=f"{entry.id}/override",
        entry_id=entry_id,
        site=entry.site,
        gate=entry.gate,
        lane=entry.lane,
        direction=entry.direction,
        verdict=Verdict.GRANTED,
        reason=Reason.OK_GUARD,
        kind=entry.credential_kind,
        key=entry.credential_key,
        holder_id=entry.holder_id,
        attempt_key=attempt_key_of(attempt_key, entry.credential_kind, entry.credential_key),
        now=now,
    )
    outbox.announce(session, topic, payload)
    return opening


def let_in(session: Session, entry: Entry, now: Instant) -> None:
    """Count who is let in by a person: where they are, the use of what they showed, and the crossing that a sensor sees."""
    asked = orjson.loads(entry.question)
    connection, subject = session.connection(), (entry.site, entry.subject)
    used = None
    if entry.direction is Direction.IN and (asked["credential"] or {}).get("entries_allowed") is not None:
        used = CredentialId(UUID(asked["credential"]["id"]))
        queries.lock(connection, [queries.use_of(used)])
        queries.count_uses(connection, {used: queries.uses(connection, used) + 1})
    before = presence.seen(connection, [subject])
    after = rules.inside_after(
        entry.direction, entry.area, now, EntryId(entry.id), out_is_inside=_out_is_inside(asked["lane"])
    )
    presence.move(connection, before, {subject: after})
    seconds, was = asked["lane"].get("passage_seconds"), before.get(subject)
    if seconds is not None:
        crossing = NewPassage(
            entry_id=EntryId(entry.id),
            site=entry.site,
            gate=entry.gate,
            lane=entry.lane,
            subject=entry.subject,
            credential_id=used,
            until=now + timedelta(seconds=seconds),
            was_area=None if was is None else was.area,
            was_since=None if was is None else was.since,
            was_entry_id=None if was is None else was.entry,
            was_forgiven=was is not None and was.forgiven,
        )
        queries.begin_passages(connection, [crossing])
        session.execute(update(Entry).where(Entry.id == entry.id).values(passage=PassageState.PENDING))


def _out_is_inside(lane: Mapping[str, Any]) -> bool:
    """What an entry keeps of its lane; an early one does not say it."""
    return bool(lane.get("out_is_inside", False))


def explain(
    session: Session, opening_id: UUID, because: OpenedBecause, words: str, *, by: str, now: Instant
) -> Opening:
    """Say afterwards why it was opened in an emergency.

    Raises:
        NoSuchOpening, ExplainedAlready: there is nothing to say.

    """
    opening = session.get(Opening, opening_id)
    if opening is None:
        raise NoSuchOpening("There is no such opening here.")
    if opening.explained_at is not None:
        raise ExplainedAlready("It stands written already why this was opened.")
    opening.because, opening.words, opening.explained_at = because, words or None, now
    facts = {"because": because, "words": audit.Personal(words), "opening": str(opening_id)}
    subject = f"lane:{opening.lane}"
    audit.record(
        session, actor=by, action="opening-explained", site=opening.site, subject=subject, facts=facts, now=now
    )
    session.flush()
    return opening


def _end(session: Session, passage: Passage, state: PassageState, now: Instant) -> None:
    session.execute(update(Entry).where(Entry.id == passage.entry_id).values(passage=state, passage_at=now))
    session.delete(passage)
    session.flush()


def _was(passage: Passage) -> Inside | None:
    if passage.was_area is None or passage.was_since is None or passage.was_entry_id is None:
        return None
    return Inside(area=passage.was_area, since=passage.was_since, entry=EntryId(passage.was_entry_id))
