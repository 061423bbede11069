"""When a unit can hand in its applications of a year: batches, each with a closing day."""

from datetime import date

from sqlalchemy.orm import Session

from registry.applications import queries
from registry.audit.chain import HOUSE, record
from registry.clock import Instant
from registry.credentials.period import EARLIEST, LATEST
from registry.ids import BatchId, UnitId, new_id
from registry.permits.models import PermitBatch
from registry.problems import Conflict, Unprocessable
from registry.units.queries import require_unit

LONGEST_OFFICER = 80


class BatchClosed(Conflict):
    """`closing_day` was the last one; None: the unit cannot hand in anything of that year yet."""

    slug = "batch-closed"
    title = "The unit can hand in nothing of that year now"


class ClosingDayNotAllowed(Unprocessable):
    slug = "closing-day-not-allowed"
    title = "A batch cannot close on that day"


class OfficerMissing(Unprocessable):
    slug = "officer-missing"
    title = "Name who answers for the batch"


def put_batch(
    session: Session, unit_id: UnitId, year: int, *, officer: str, closing_day: date, by: str, now: Instant
) -> PermitBatch:
    """Open a unit's batch of a year, or give the one that is open another officer and closing day.

    Raises:
        OfficerMissing: nobody answers for it.
        ClosingDayNotAllowed: a day outside the years that we know.

    """
    require_unit(session, unit_id)
    name = " ".join(officer.split())[:LONGEST_OFFICER]
    if not name:
        raise OfficerMissing("Name the officer of the unit who answers for its applications.")
    if not EARLIEST.date() <= closing_day < LATEST.date():
        raise ClosingDayNotAllowed(f"Choose a closing day of the years {EARLIEST.year} to {LATEST.year - 1}.")
    batch = queries.batch(session, unit_id, year)
    if batch is None:
        batch = PermitBatch(
            id=BatchId(new_id()),
            unit_id=unit_id,
            year=year,
            officer=name,
            closing_day=closing_day,
            opened_by=by,
            opened_at=now,
        )
        session.add(batch)
    else:
        batch.officer, batch.closing_day = name, closing_day
    session.flush()
    facts = {"year": year, "officer": name, "closing_day": closing_day.isoformat()}
    record(session, actor=by, action="batch-set", site=HOUSE, subject=f"unit:{unit_id}", facts=facts, now=now)
    return batch


def require_open(session: Session, unit_id: UnitId, year: int, today: date) -> PermitBatch:
    """The batch in which the unit can hand in on this day; its closing day is the last.

    Raises:
        BatchClosed: there is none, or it has closed.

    """
    batch = queries.batch(session, unit_id, year)
    if batch is None:
        raise BatchClosed(
            f"The security office has not opened the applications of {year} for this unit yet: ask when it will.",
            closing_day=None,
        )
    if today > batch.closing_day:
        raise BatchClosed(
            f"The applications of {year} closed on {batch.closing_day}: ask the security office to open them again.",
            closing_day=batch.closing_day,
        )
    return batch
