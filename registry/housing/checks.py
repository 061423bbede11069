"""Checking let rooms and visiting those who live there: how closely, when it was done, and where it is overdue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select
from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.credentials.grounds import begin_of
from registry.credentials.period import require_moment
from registry.housing import queries
from registry.housing.models import Building, CheckKind, CheckOutcome, RiskClass, RoomCheck, RoomRow, Tenancy
from registry.housing.rules import check_due, unchecked_since
from registry.ids import MediaId, RoomId, SiteId, new_id
from registry.people.models import Person
from registry.problems import Unprocessable


class CheckInFuture(Unprocessable):
    slug = "check-in-future"
    title = "That has not happened yet"


class WordsMissing(Unprocessable):
    slug = "check-words-missing"
    title = "Say what is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCheck:
    """A check or a visit as it was done. `photo`: a picture of the same site."""

    id: UUID = field(default_factory=new_id)
    room_id: RoomId
    kind: CheckKind
    at: Instant
    outcome: CheckOutcome
    words: str | None = None
    photo: MediaId | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A let room whose check is due."""

    room: RoomRow
    building: Building
    tenancy: Tenancy
    tenant: Person
    last_at: Instant | None
    """None: it was never checked."""
    due: date
    """The last day on which it is in time."""

    @property
    def name(self) -> str:
        return f"{self.building.short}-{self.room.number}"


def record_check(session: Session, check: NewCheck, *, within: Collection[SiteId], by: str, now: Instant) -> RoomCheck:
    """Write down a check or visit.

    Raises:
        CheckInFuture, WordsMissing: it cannot have been so, or says not what was wrong.

    """
    room, building = queries.lock_room(session, check.room_id, within)
    require_moment(check.at)
    if check.at > now:
        raise CheckInFuture("Write when it was done; that is still to come.")
    words = " ".join((check.words or "").split())[:500] or None
    if words is None and check.outcome in (CheckOutcome.WRONG, CheckOutcome.PUT_RIGHT):
        raise WordsMissing("Say what was wrong, in a few words.")
    row = RoomCheck(
        id=check.id,
        room_id=room.id,
        kind=check.kind,
        at=check.at,
        by=by,
        outcome=check.outcome,
        words=words,
        photo=check.photo,
    )
    session.add(row)
    session.flush()
    facts = {"room": f"{building.short}-{room.number}", "outcome": check.outcome}
    action = "room-checked" if check.kind is CheckKind.ROOM_CHECK else "home-visited"
    record(session, actor=by, action=action, site=building.site, subject=f"room:{room.id}", facts=facts, now=now)
    return row


def add_checks(session: Session, checks: Sequence[NewCheck], *, by: str) -> None:
    """Write down many checks at once. Makes no entry in the audit: its caller does."""
    rows = [
        {
            "id": check.id,
            "room_id": check.room_id,
            "kind": check.kind,
            "at": check.at,
            "by": by,
            "outcome": check.outcome,
            "words": check.words,
            "photo": check.photo,
        }
        for check in checks
    ]
    if rows:
        session.execute(insert(RoomCheck), rows)


def set_risk(
    session: Session,
    room_id: RoomId,
    risk: RiskClass | None,
    *,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> RoomRow:
    """Say how closely a room is watched; None: it is not checked at intervals."""
    room, building = queries.lock_room(session, room_id, within)
    before, room.risk = room.risk, risk
    facts = {"room": f"{building.short}-{room.number}", "before": before, "after": risk}
    record(
        session, actor=by, action="room-risk-set", site=building.site, subject=f"room:{room.id}", facts=facts, now=now
    )
    return room


def checks_of(session: Session, room_id: RoomId, *, limit: int = 50) -> Sequence[RoomCheck]:
    """The checks and visits of a room, the newest first."""
    rows = select(RoomCheck).where(RoomCheck.room_id == room_id).order_by(RoomCheck.at.desc(), RoomCheck.id.desc())
    return session.scalars(rows.limit(limit)).all()


def overdue(
    session: Session,
    sites: Collection[SiteId],
    *,
    today: date,
    zone: ZoneInfo,
    words: str = "",
    risk: RiskClass | None = None,
) -> Sequence[Due]:
    """The let rooms whose check is overdue today, the longest first."""
    rows = _overdue(today, zone).where(Building.site.in_(sites))
    if words:
        said = (Building.short + "-" + RoomRow.number, Person.name)
        rows = rows.where(or_(*(column.icontains(words, autoescape=True) for column in said)))
    if risk is not None:
        rows = rows.where(RoomRow.risk == risk)
    found = [
        Due(room, building, tenancy, tenant, last_at, check_due(room.risk, tenancy.first_day, _day(last_at, zone)))
        for room, building, tenancy, tenant, last_at in session.execute(rows)
        if room.risk is not None
    ]
    return sorted(found, key=lambda one: (one.due, one.building.site, one.name))


def count_overdue(session: Session, sites: Collection[SiteId], *, today: date, zone: ZoneInfo) -> int:
    """How many let rooms are overdue."""
    rows = _overdue(today, zone).where(Building.site.in_(sites)).with_only_columns(RoomRow.id)
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def _day(moment: Instant | None, zone: ZoneInfo) -> date | None:
    return None if moment is None else moment.astimezone(zone).date()


def _overdue(today: date, zone: ZoneInfo) -> Select[RoomRow, Building, Tenancy, Person, datetime | None]:
    """Where both the tenancy's first day and the last check that found somebody lie too far back."""
    last = (
        select(func.max(RoomCheck.at))
        .where(
            RoomCheck.room_id == RoomRow.id,
            RoomCheck.kind == CheckKind.ROOM_CHECK,
            RoomCheck.outcome != CheckOutcome.NOBODY_THERE,
        )
        .correlate(RoomRow)
        .scalar_subquery()
    )
    too_long: list[ColumnElement[bool]] = []
    for risk in RiskClass:
        since = unchecked_since(risk, today)
        late = (RoomRow.risk == risk, Tenancy.first_day < since, or_(last.is_(None), last < begin_of(since, zone)))
        too_long.append(and_(*late))
    is_let = (Tenancy.first_day <= today) & or_(Tenancy.end_day.is_(None), Tenancy.end_day > today)
    return (
        select(RoomRow, Building, Tenancy, Person, last)
        .join(Building, Building.id == RoomRow.building_id)
        .join(Tenancy, (Tenancy.room_id == RoomRow.id) & is_let & Tenancy.ended_at.is_(None))
        .join(Person, Person.id == Tenancy.tenant_id)
        .where(or_(*too_long))
    )
