"""Letting rooms, who lives there, and ending that: with the passes and the files that rest on it, in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.credentials.ending import (
    Before,
    Resting,
    end_resting,
    is_held,
    resting_on,
    revoke_resting,
    shorten_resting,
)
from registry.credentials.grounds import GroundOver, begin_of, over_from
from registry.credentials.period import PeriodEmpty, require_moment
from registry.credentials.service import ReasonMissing
from registry.housing import queries
from registry.housing.models import Building, ResidenceFile, RoomRow, Tenancy, TenancyOccupant
from registry.housing.rules import Days
from registry.ids import PersonId, RoomId, SiteId, TenancyId, new_id
from registry.people.models import Person
from registry.people.queries import whole_file
from registry.problems import Conflict, NotFound, Unprocessable
from registry.revisions.service import Fields, keep, require_unchanged
from registry.sites.queries import local_day, zone_of


class RoomLet(Conflict):
    """`first_day` and `last_day`: the days of the tenancy in the way; `last_day` empty: until it is ended."""

    slug = "room-let"
    title = "The room is let on some of these days"


class EndsAlready(Conflict):
    """`last_day`: its last day."""

    slug = "ends-already"
    title = "The tenancy ends by then already"


class OwnLandlord(Unprocessable):
    slug = "own-landlord"
    title = "Nobody lets a room to themselves"


class LivesThereAlready(Conflict):
    slug = "lives-there-already"
    title = "They are entered as living there already"


class LivesNotThere(NotFound):
    slug = "lives-not-there"
    title = "They are not entered as living there"


class InUse(Conflict):
    slug = "tenancy-in-use"
    title = "Passes or files rest on it already"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTenancy:
    """A tenancy as a clerk writes it: the last day is included; none: until it is ended."""

    id: TenancyId = field(default_factory=lambda: TenancyId(new_id()))
    room_id: RoomId
    landlord_id: PersonId | None = None
    tenant_id: PersonId
    occupants: Sequence[PersonId] = ()
    first_day: date
    last_day: date | None = None
    has_clause: bool = False
    """Whether the lease forbids unlawful use of the room."""

    @property
    def days(self) -> Days:
        return Days.through(self.first_day, self.last_day)


@dataclass(frozen=True, slots=True)
class Held:
    """A tenancy whose room nobody else lets or ends until the transaction does."""

    tenancy: Tenancy
    room: RoomRow
    building: Building

    @property
    def name(self) -> str:
        return f"{self.building.short}-{self.room.number}"

    @property
    def subject(self) -> str:
        return subject_of(self.tenancy.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What ending a tenancy takes away: the passes that hold, and the files of those who leave."""

    passes: Sequence[Resting]
    files: Sequence[ResidenceFile]


def subject_of(tenancy_id: TenancyId) -> str:
    """What the audit and the revisions call a tenancy."""
    return f"tenancy:{tenancy_id}"


def begin_tenancy(
    session: Session, tenancy: NewTenancy, *, within: Collection[SiteId], by: str, now: Instant
) -> Tenancy:
    """Let a room; its landlord, tenant and occupants have their files at one's sites.

    Raises:
        NoSuchRoom, NoSuchPerson: there is none at the sites of `within`.
        RoomLet: somebody has it on one of these days.

    """
    room, building = queries.lock_room(session, tenancy.room_id, within)
    days = required_days(tenancy.first_day, tenancy.last_day)
    people = {tenancy.tenant_id, *tenancy.occupants} | ({tenancy.landlord_id} if tenancy.landlord_id else set())
    for person_id in people:
        whole_file(session, person_id, within)
    if tenancy.landlord_id == tenancy.tenant_id:
        raise OwnLandlord("Landlord and tenant are one person: leave the landlord away, or choose another.")
    for other in queries.days_let(session, room.id):
        if days.meets(other):
            raise RoomLet(
                "The room is let on some of these days: end that tenancy first, or choose other days.",
                first_day=other.first.isoformat(),
                last_day="" if other.last is None else other.last.isoformat(),
            )
    row = Tenancy(**tenancy_row(tenancy))
    session.add(row)
    session.flush()
    session.add_all(TenancyOccupant(**living) for living in occupant_rows(tenancy))
    session.flush()
    facts = {
        "room": f"{building.short}-{room.number}",
        "tenant": str(row.tenant_id),
        "occupants": len(set(tenancy.occupants)),
        **told(days),
    }
    _record(session, "tenancy-begun", Held(row, room, building), facts, by=by, now=now)
    return row


def withdraw_tenancy(
    session: Session, tenancy_id: TenancyId, *, within: Collection[SiteId], by: str, now: Instant
) -> RoomId:
    """Take back a tenancy that was entered by mistake, as long as nothing was built on it; gives its room.

    Raises:
        InUse: a pass or a file rests on it, or it was ended: it is ended instead.

    """
    held = hold_tenancy(session, tenancy_id, within)
    if is_built_on(session, held.tenancy):
        raise InUse("Passes or files rest on it already, or it was ended: end it instead.")
    for living in session.scalars(select(TenancyOccupant).where(TenancyOccupant.tenancy_id == tenancy_id)):
        session.delete(living)
    session.flush()
    session.delete(held.tenancy)
    session.flush()
    _record(session, "tenancy-withdrawn", held, {"room": held.name}, by=by, now=now)
    return held.room.id


def is_built_on(session: Session, tenancy: Tenancy) -> bool:
    """Whether anything rests on it, so that it can only be ended."""
    files = select(ResidenceFile.id).where(ResidenceFile.tenancy_id == tenancy.id).limit(1)
    return (
        tenancy.ended_at is not None
        or session.scalar(files) is not None
        or bool(resting_on(session, tenancy_id=tenancy.id))
    )


def add_occupant(
    session: Session,
    tenancy_id: TenancyId,
    person_id: PersonId,
    *,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> None:
    """Enter somebody as living in a room that is let."""
    held = hold_tenancy(session, tenancy_id, within)
    require_not_over(session, held, now)
    whole_file(session, person_id, within)
    if session.get(TenancyOccupant, (tenancy_id, person_id)) is not None:
        raise LivesThereAlready("They are entered as living there already.")
    before = fields_of(session, held.tenancy)
    session.add(TenancyOccupant(tenancy_id=tenancy_id, person_id=person_id))
    session.flush()
    facts = {"room": held.name, "person": str(person_id)}
    _record(session, "occupant-added", held, facts, by=by, now=now)
    keep(session, held.subject, "occupant-added", before, fields_of(session, held.tenancy), by=by, now=now)


def remove_occupant(
    session: Session,
    tenancy_id: TenancyId,
    person_id: PersonId,
    *,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> None:
    """Let somebody leave a room that stays let: their file is cancelled, and their passes that rest on it are revoked."""
    held = hold_tenancy(session, tenancy_id, within)
    living = session.get(TenancyOccupant, (tenancy_id, person_id))
    if living is None:
        raise LivesNotThere("They are not entered as living there.")
    before = fields_of(session, held.tenancy)
    session.delete(living)
    session.flush()
    cancelled = _cancel_files(session, held, {person_id}, by=by, now=now)
    resting = resting_on(session, tenancy_id=tenancy_id, person_id=person_id)
    revoked = revoke_resting(session, resting, f"搬离 {held.name}", by=by, now=now)
    facts = {"room": held.name, "person": str(person_id), "files": len(cancelled), "passes": revoked}
    _record(session, "occupant-left", held, facts, by=by, now=now)
    keep(session, held.subject, "occupant-left", before, fields_of(session, held.tenancy), by=by, now=now)


def what_ending_takes(session: Session, tenancy_id: TenancyId, *, within: Collection[SiteId]) -> Ending:
    """What ending this tenancy now would take away."""
    queries.room_of(session, tenancy_id, within)
    passes = [one for one in resting_on(session, tenancy_id=tenancy_id) if is_held(one)]
    return Ending(passes=passes, files=queries.open_files(session, tenancy_id))


def end_tenancy(
    session: Session,
    tenancy_id: TenancyId,
    last_day: date,
    *,
    reason: str,
    read: int | None = None,
    within: Collection[SiteId],
    by: str,
    now: Instant,
) -> Tenancy:
    """End a tenancy, or agree on an earlier last day.

    With a last day of today or before it is over now: its passes end and the files of those who live there are
    cancelled. With a later one it goes on until then, and its passes no longer. `read`: the revision that the clerk saw.

    Raises:
        NoSuchTenancy: there is none at the sites of `within`.
        EndsAlready: it would end no earlier; to let the room for longer, another tenancy is begun.
        ChangedMeanwhile: somebody else changed it since the clerk's revision.

    """
    held = hold_tenancy(session, tenancy_id, within)
    row, words = held.tenancy, " ".join(reason.split())[:200]
    if read is not None:
        require_unchanged(session, held.subject, read)
    before, days = Days(row.first_day, row.end_day), required_days(row.first_day, last_day)
    is_now = last_day <= local_day(session, [held.building.site], now)
    no_earlier = before.last is not None and (last_day > before.last or (last_day == before.last and not is_now))
    if row.ended_at is not None or no_earlier:
        raise EndsAlready(
            f"It ends on {before.last} already. To let the room for longer, begin another tenancy.",
            last_day="" if before.last is None else before.last.isoformat(),
        )
    if not words:
        raise ReasonMissing("Say why, in a few words: the next clerk will read it.")
    fields = fields_of(session, row)
    row.end_day = days.end
    resting = resting_on(session, tenancy_id=tenancy_id)
    if is_now:
        row.ended_at, row.ended_by, row.end_reason = now, by, words
        changed = end_resting(session, resting, words, by=by, now=now)
        files = len(_cancel_files(session, held, None, by=by, now=now))
    else:
        until = begin_of(last_day + timedelta(days=1), zone_of(session, [held.building.site]))
        changed, files = shorten_resting(session, resting, until, words, by=by, now=now), 0
    action = "tenancy-ended" if is_now else "tenancy-shortened"
    facts = {"room": held.name, "passes": len(changed), "files": files, **told(days)}
    _record(session, action, held, facts, by=by, now=now)
    after = {**fields_of(session, row), "passes": [one.text() for one in changed]}
    keep(session, held.subject, action, fields, after, by=by, now=now)
    return row


def passes_before(fields: Fields) -> Sequence[Before]:
    """What the passes were before the ending that a revision tells of."""
    kept = fields.get("passes")
    return [Before.parse(str(text)) for text in kept] if isinstance(kept, list) else []


def hold_tenancy(session: Session, tenancy_id: TenancyId, within: Collection[SiteId]) -> Held:
    """A tenancy at one of these sites, which nobody else changes until the transaction ends."""
    room, building = queries.lock_room(session, queries.room_of(session, tenancy_id, within), within)
    return Held(session.get_one(Tenancy, tenancy_id, populate_existing=True, with_for_update=True), room, building)


def require_not_over(session: Session, held: Held, now: Instant) -> None:
    """Refuse to build on a tenancy that is over."""
    row = held.tenancy
    over = over_from(row.end_day, row.ended_at, zone_of(session, [held.building.site]))
    if over is not None and over <= now:
        raise GroundOver("The tenancy is over: begin another one.", ground="tenancy")


def fields_of(session: Session, row: Tenancy) -> dict[str, object]:
    """A tenancy as its history shows it."""
    names = dict(
        session.execute(select(Person.id, Person.name).where(Person.id.in_([row.tenant_id, row.landlord_id]))).all()
    )
    living = session.scalars(
        select(Person.name)
        .join(TenancyOccupant, TenancyOccupant.person_id == Person.id)
        .where(TenancyOccupant.tenancy_id == row.id)
        .order_by(Person.id)
    )
    return {
        "landlord": names.get(row.landlord_id) if row.landlord_id is not None else None,
        "tenant": names[row.tenant_id],
        "occupants": list(living),
        **told(Days(row.first_day, row.end_day)),
        "clause": row.has_clause,
        "ended_by": row.ended_by,
        "end_reason": row.end_reason,
    }


def required_days(first: date, last: date | None) -> Days:
    """The days as they are kept, if they are of years that we know and in order."""
    for day in (first, last):
        if day is not None:
            require_moment(datetime.combine(day, time(), UTC))
    if last is not None and last < first:
        raise PeriodEmpty("The last day is before the first.")
    return Days.through(first, last)


def told(days: Days) -> dict[str, object]:
    """Days as the audit and the revisions keep them."""
    return {"first_day": days.first.isoformat(), "last_day": None if days.last is None else days.last.isoformat()}


def tenancy_row(tenancy: NewTenancy) -> dict[str, object]:
    """The columns of a tenancy that begins."""
    return {
        "id": tenancy.id,
        "room_id": tenancy.room_id,
        "landlord_id": tenancy.landlord_id,
        "tenant_id": tenancy.tenant_id,
        "first_day": tenancy.days.first,
        "end_day": tenancy.days.end,
        "has_clause": tenancy.has_clause,
    }


def occupant_rows(tenancy: NewTenancy) -> list[dict[str, object]]:
    """The columns of those who live there from the beginning, each once."""
    return [{"tenancy_id": tenancy.id, "person_id": one} for one in dict.fromkeys(tenancy.occupants)]


def _cancel_files(
    session: Session, held: Held, people: Collection[PersonId] | None, *, by: str, now: Instant
) -> Sequence[ResidenceFile]:
    """Cancel the open files of these people, or of all who live there."""
    cancelled = []
    for file in queries.open_files(session, held.tenancy.id):
        if people is None or file.person_id in people:
            file.cancelled_at, file.cancelled_by = now, by
            facts = {"room": held.name}
            subject = f"residence-file:{file.id}"
            site = held.building.site
            record(
                session, actor=by, action="residence-file-cancelled", site=site, subject=subject, facts=facts, now=now
            )
            cancelled.append(file)
    session.flush()
    return cancelled


def _record(session: Session, action: str, held: Held, facts: Mapping[str, object], *, by: str, now: Instant) -> None:
    record(session, actor=by, action=action, site=held.building.site, subject=held.subject, facts=facts, now=now)
