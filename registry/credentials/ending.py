"""Ending what rests on a tenancy or a project, in the transaction that ends it, and putting it back.

What is lost or revoked already stays so. Whoever ends the ground answers for its site; a credential on it may open more
sites, and is stopped at all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, selectinload

from registry.access.facts import CredentialStatus
from registry.audit.chain import Personal, record
from registry.clock import Instant
from registry.credentials.columns import IN_USE, CredentialColumns
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import PersonId, ProjectId, SiteId, TenancyId
from registry.passes.models import Card, Pin, QrPass
from registry.permits.models import VehiclePermit
from registry.permits.queries import permit_in_the_way, shared_plates

MOST_CHANGES = 50
"""More credentials than this are one change of the feed, so that a project of hundreds ends in a moment."""
HOLDS = (CredentialStatus.ACTIVE, CredentialStatus.SUSPENDED)
"""States that ending the ground takes away."""
_TABLES: Mapping[ChangeKind, Any] = {
    ChangeKind.CARD: Card,
    ChangeKind.QR: QrPass,
    ChangeKind.PIN: Pin,
    ChangeKind.PERMIT: VehiclePermit,
}


@dataclass(frozen=True, slots=True)
class Resting:
    """A credential that rests on something, and its kind."""

    kind: ChangeKind
    row: Card | QrPass | Pin | VehiclePermit

    @property
    def sites(self) -> list[SiteId]:
        return sorted(each.site for each in self.row.sites)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a credential was before its ground ended."""

    kind: ChangeKind
    id: UUID
    status: CredentialStatus
    valid_until: Instant | None
    reason: str | None
    """Why it was so: of one that was suspended, the next clerk reads it."""

    def text(self) -> str:
        """As a revision keeps it."""
        until = "-" if self.valid_until is None else self.valid_until.isoformat()
        return f"{self.kind} {self.id} {self.status} {until} {self.reason or ''}".rstrip()

    @classmethod
    def parse(cls, text: str) -> "Before":
        kind, id_, status, *rest = text.split(" ", 4)
        until, reason = (*rest, "", "")[:2]
        return cls(
            kind=ChangeKind(kind),
            id=UUID(id_),
            status=CredentialStatus(status),
            valid_until=datetime.fromisoformat(until) if until not in {"", "-"} else None,
            reason=reason or None,
        )


def resting_on(
    session: Session,
    *,
    tenancy_id: TenancyId | None = None,
    project_id: ProjectId | None = None,
    person_id: PersonId | None = None,
) -> Sequence[Resting]:
    """Every credential that rests on a tenancy or a project, the newest first of each kind; of one person, or of all."""
    found = []
    for kind, table in _TABLES.items():
        which: ColumnElement[bool] = (
            table.tenancy_id == tenancy_id if tenancy_id is not None else table.project_id == project_id
        )
        rows = select(table).where(which).options(selectinload(table.sites)).order_by(table.id.desc())
        if person_id is not None:
            rows = rows.where(table.person_id == person_id)
        found += [Resting(kind, row) for row in session.scalars(rows)]
    return found


def is_held(resting: Resting) -> bool:
    """Whether it is one that ending its ground takes away."""
    return resting.row.status in HOLDS


def end_resting(
    session: Session, all_of_it: Sequence[Resting], reason: str, *, by: str, now: Instant
) -> Sequence[Before]:
    """End those that hold; gives what they were before. Every gate hears of all, for their ground is another now."""
    held = [one for one in all_of_it if is_held(one)]
    before = [_before(one) for one in held]
    for one in held:
        _turn(session, one, CredentialStatus.ENDED, reason, by=by, now=now)
    announce(session, all_of_it)
    return before


def revoke_resting(session: Session, all_of_it: Sequence[Resting], reason: str, *, by: str, now: Instant) -> int:
    """Revoke what of it holds, where somebody leaves a ground that goes on; gives how many."""
    held = [one for one in all_of_it if is_held(one)]
    for one in held:
        _turn(session, one, CredentialStatus.REVOKED, reason, by=by, now=now)
    announce(session, held)
    return len(held)


def shorten_resting(
    session: Session, all_of_it: Sequence[Resting], until: Instant, reason: str, *, by: str, now: Instant
) -> Sequence[Before]:
    """Let nothing last beyond `until`, when its ground does not either; what would begin later ends now."""
    before = []
    for one in all_of_it:
        row = one.row
        if isinstance(row, VehiclePermit) or row.status in (CredentialStatus.REPLACED, CredentialStatus.ENDED):
            continue  # a permit's year ends it
        if row.valid_until <= until:
            continue
        if row.valid_from < until:
            before.append(_before(one))
            row.valid_until = until
        elif is_held(one):
            before.append(_before(one))
            _turn(session, one, CredentialStatus.ENDED, reason, by=by, now=now)
    announce(session, all_of_it)
    return before


def postpone_resting(
    session: Session, all_of_it: Sequence[Resting], since: Instant, reason: str, *, by: str, now: Instant
) -> int:
    """Let nothing hold before `since`, when its ground begins no earlier; what would end by then is revoked. Gives how many."""
    count = 0
    for one in all_of_it:
        row = one.row
        if isinstance(row, VehiclePermit) or row.valid_from >= since:
            continue  # a permit's year begins it
        if row.valid_until > since:
            row.valid_from = since
            count += 1
        elif is_held(one):
            _turn(session, one, CredentialStatus.REVOKED, reason, by=by, now=now)
            count += 1
    announce(session, all_of_it)
    return count


def put_back(
    session: Session, all_of_it: Sequence[Resting], before: Sequence[Before], *, by: str, now: Instant
) -> None:
    """Make these what they were before; the caller has seen that nobody changed them since."""
    was = {one.id: one for one in before}
    for one in all_of_it:
        earlier = was.get(one.row.id)
        if earlier is None:
            continue
        if one.row.status is not earlier.status:
            _turn(session, one, earlier.status, earlier.reason, by=by, now=now)
        if earlier.valid_until is not None and not isinstance(one.row, VehiclePermit):
            one.row.valid_until = earlier.valid_until
    announce(session, all_of_it)


def why_not_put_back(
    session: Session, all_of_it: Sequence[Resting], before: Sequence[Before], *, ended_at: Instant | None
) -> Literal["pass", "number"] | None:
    """What is in the way of making these what they were: one was changed since, or its number is another's by now.

    `ended_at`: when they were ended; None: they were only shortened, apart from those that had not begun.
    """
    rows: dict[UUID, CredentialColumns] = {one.row.id: one.row for one in all_of_it}
    for one in before:
        row = rows.get(one.id)
        if row is None:
            return "pass"
        is_ended = row.status is CredentialStatus.ENDED and (ended_at is None or row.status_at == ended_at)
        if not is_ended and not (ended_at is None and row.status is one.status):
            return "pass"
        if is_ended and _is_number_taken(session, row):
            return "number"
    return None


def announce(session: Session, changed: Sequence[Resting]) -> None:
    """Let every gate hear of these."""
    session.flush()
    if len(changed) > MOST_CHANGES:
        record_change(session, {site for one in changed for site in one.sites}, ChangeKind.MANY, "resting")
        return
    for one in changed:
        record_change(session, one.sites, one.kind, str(one.row.id))


def _turn(
    session: Session, one: Resting, status: CredentialStatus, reason: str | None, *, by: str, now: Instant
) -> None:
    before, row = one.row.status, one.row
    row.status, row.status_reason, row.status_at = status, reason and reason[:200], now
    for site in one.sites:
        record(
            session,
            actor=by,
            action=f"{one.kind}-{'reinstated' if status in HOLDS else status}",
            site=site,
            subject=f"{one.kind}:{row.id}",
            facts={"before": before, "after": status, "reason": Personal(reason or "")},
            now=now,
        )


def _before(one: Resting) -> Before:
    row, until = one.row, _valid_until(one)
    return Before(kind=one.kind, id=row.id, status=row.status, valid_until=until, reason=row.status_reason)


def _valid_until(one: Resting) -> Instant | None:
    """None: a permit, whose year ends it."""
    return None if isinstance(one.row, VehiclePermit) else one.row.valid_until


def _is_number_taken(session: Session, row: CredentialColumns) -> bool:
    match row:
        case Card():
            others = select(Card.id).where(Card.number == row.number, Card.id != row.id, IN_USE)
        case Pin():
            digests = (row.number_index, row.duress_index)
            typed = or_(Pin.number_index.in_(digests), Pin.duress_index.in_(digests))
            others = select(Pin.id).where(typed, Pin.id != row.id, IN_USE)
        case VehiclePermit():
            plates = (row.plate, *(each.plate for each in shared_plates(session, row.id)))
            return any(permit_in_the_way(session, each, row.year, besides=row.id) is not None for each in plates)
        case _:
            return False
    return session.scalar(others.limit(1)) is not None
