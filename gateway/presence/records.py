"""Reading what the store says of a compound: who is counted inside, and all that makes that doubtful."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import func, or_, select, union_all
from sqlalchemy.orm import Session

from gateway.entries.models import DOUBTED, Entry, PassageState
from gateway.passages.models import Opening, Passage
from gateway.presence.models import Presence, PresenceLimit, UncheckedPassage
from gateway.presence.rules import Kind
from registry.access.facts import CredentialKind, Direction
from registry.clock import Instant, parse_instant
from registry.ids import AreaId, CredentialId, GateId, LaneId, PersonId, SiteId
from registry.messages.reasons import Reason, Verdict
from registry.store.prepared import in_parts

LOOK_BACK = timedelta(hours=48)
"""Doubts that are older say nothing of who is inside now."""
CROSSINGS_LEARNED_FROM = 3000


class Ground(NamedTuple):
    """One that is counted inside, and the entry by which it came in."""

    subject: str
    area: AreaId
    since: Instant
    entry_id: UUID
    gate: GateId
    lane: LaneId
    decided_at: Instant
    reason: Reason
    passage: PassageState | None
    credential_kind: CredentialKind
    credential_key: str
    credential_id: CredentialId | None
    holder_id: PersonId | None
    name: str | None
    unit_zh: str | None
    unit_en: str | None
    forgiven_at: Instant | None


class Doubtful(NamedTuple):
    """An entry that makes doubtful where its subject is: refused as one inside, or let through and not seen to pass."""

    ground: Ground
    direction: Direction

    @property
    def was_refused(self) -> bool:
        return self.ground.passage is not PassageState.TIMED_OUT


class Stray(NamedTuple):
    """Somebody or something that passed, or may have, without a check."""

    id: UUID
    gate: GateId
    lane: LaneId
    direction: Direction
    at: Instant


class Crossing(NamedTuple):
    """A crossing of the last days: whence one learns how long people stay, and how many exits are missed."""

    credential_id: UUID | None
    credential_kind: CredentialKind
    stay: timedelta | None
    """How long it had been inside when it left; None: it came in while it was counted inside already."""


_ENTRY_COLUMNS = (
    Entry.credential_kind,
    Entry.credential_key,
    Entry.credential_id,
    Entry.holder_id,
    Entry.holder_name,
    Entry.unit_zh,
    Entry.unit_en,
)
_OF_ENTRY = (Entry.gate, Entry.lane, Entry.decided_at, Entry.reason, Entry.passage, *_ENTRY_COLUMNS)


def inside(session: Session, site: SiteId) -> list[Ground]:
    """All that is counted inside, in no order."""
    rows = session.execute(
        select(
            Presence.subject,
            Presence.area,
            Presence.since,
            Presence.entry_id,
            *_OF_ENTRY,
            Presence.forgiven_at,
        )
        .join(Entry, Entry.id == Presence.entry_id)
        .where(Presence.site == site)
    )
    return [Ground._make(row) for row in rows]


def leaving(session: Session, site: SiteId) -> list[Ground]:
    """Whom a gate let out and the lane's sensor has not seen yet: where they were before."""
    rows = session.execute(
        select(Passage.subject, Passage.was_area, Passage.was_since, Passage.was_entry_id, *_OF_ENTRY, Presence.since)
        .join(Entry, Entry.id == Passage.entry_id)
        .outerjoin(Presence, (Presence.site == Passage.site) & (Presence.subject == Passage.subject))
        .where(Passage.site == site, Passage.was_area.is_not(None), Entry.direction == Direction.OUT)
        .where(Presence.subject.is_(None))
    )
    return [Ground._make(row) for row in rows]


def doubtful(session: Session, site: SiteId, since: Instant) -> list[Doubtful]:
    """Entries since then that make doubtful where somebody is, the oldest first."""
    rows = session.execute(
        select(Entry.direction, Entry.subject, Entry.area, Entry.decided_at, Entry.id, *_OF_ENTRY)
        .where(DOUBTED, Entry.site == site, Entry.decided_at >= since)
        .order_by(Entry.decided_at)
    )
    return [Doubtful(Ground._make((*row[1:], None)), row[0]) for row in rows]


def last_let_through(
    session: Session, site: SiteId, subjects: Collection[str], since: Instant
) -> Mapping[str, Instant]:
    """When these were let through last, since then, in whichever direction and seen to pass."""
    found: dict[str, Instant] = {}
    for part in in_parts(sorted(subjects)):
        rows = session.execute(
            select(Entry.subject, func.max(Entry.decided_at))
            .where(Entry.site == site, Entry.decided_at >= since, Entry.subject.in_(part))
            .where(or_(Entry.verdict == Verdict.GRANTED, Entry.settled_verdict == Verdict.GRANTED))
            .where(or_(Entry.passage.is_(None), Entry.passage != PassageState.TIMED_OUT))
            .group_by(Entry.subject)
        )
        found |= {str(subject): last for subject, last in rows}
    return found


def strays(session: Session, site: SiteId, since: Instant) -> list[Stray]:
    """Openings by hand of what nobody had shown anything for, and passages without a check, since then."""
    openings = select(Opening.id, Opening.gate, Opening.lane, Opening.direction, Opening.at).where(
        Opening.site == site, Opening.at >= since, Opening.entry_id.is_(None)
    )
    seen = select(
        UncheckedPassage.id,
        UncheckedPassage.gate,
        UncheckedPassage.lane,
        UncheckedPassage.direction,
        UncheckedPassage.at,
    ).where(UncheckedPassage.site == site, UncheckedPassage.at >= since)
    rows = session.execute(union_all(openings, seen).order_by("at"))
    return [Stray._make(row) for row in rows]


def crossings(session: Session, site: SiteId) -> Iterable[Crossing]:
    """The last crossings that say how long somebody stayed, or that an exit was missed."""
    rows = session.execute(
        select(
            Entry.credential_id, Entry.credential_kind, Entry.direction, Entry.area, Entry.decided_at, Entry.question
        )
        .where(Entry.site == site)
        .where(
            or_(
                Entry.verdict == Verdict.GRANTED,
                Entry.settled_verdict == Verdict.GRANTED,
                Entry.reason == Reason.PASSBACK,
            )
        )
        .order_by(Entry.id.desc())
        .limit(CROSSINGS_LEARNED_FROM)
    )
    for credential, kind, direction, area, decided_at, question in rows:
        was = orjson.loads(question).get("inside")
        if was is None:
            continue
        if direction is Direction.OUT:
            yield Crossing(credential, kind, decided_at - parse_instant(was["since"]))
        elif was["area"] == area:
            yield Crossing(credential, kind, None)


def limits_said(session: Session, site: SiteId) -> Mapping[Kind, PresenceLimit]:
    """For how long each kind is surely inside, where the compound's officer has said so."""
    found: Sequence[PresenceLimit] = session.scalars(select(PresenceLimit).where(PresenceLimit.site == site)).all()
    return {limit.kind: limit for limit in found}
