"""When a unit can hand in its applications of a year: batches, each with a closing day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from registry.applications import queries
from registry.audit.chain import HOUSE, record
from registry.clock import Instant
from registry.credentials.period import EARLIEST, LATEST
from registry.ids import BatchId, UnitId, new_id
from registry.permits.models import PermitBatch
from registry.problems import Conflict, Unprocessable
from registry.sites.queries import local_day
from registry.units.models import Unit
from registry.units.queries import all_units, require_unit, responsible_names

LONGEST_OFFICER = 80


class BatchClosed(Conflict):
    """`closing_day` was the last one; None: the unit cannot hand in anything of that year yet."""

    slug = "batch-closed"
    title = "The unit can hand in nothing of that year now"


class ClosingDayNotAllowed(Unprocessable):
    """`fault` past: a year is not opened for a day that is over."""

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
    _require_day(closing_day)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What opening a year for all units did."""

    batches: Sequence[PermitBatch]
    """Of the units that had none, by the names of the units."""
    without_officer: Sequence[Unit]
    """Units that have none yet, because nobody is known who answers for them."""


def open_for_all(session: Session, year: int, *, closing_day: date, by: str, now: Instant) -> Opened:
    """Open the batch of a year for every unit that has none and may have a permit, each within its own quota.

    For each answers the officer of the year before, else whoever is responsible for the unit.

    Raises:
        ClosingDayNotAllowed: the day is over, or outside the years that we know.

    """
    _require_day(closing_day)
    if closing_day < local_day(session, (), now):
        raise ClosingDayNotAllowed("That day is over: choose today or a later one.", fault="past")
    known, before = queries.batches(session, year), queries.batches(session, year - 1)
    responsible = responsible_names(session)
    opened, without = [], []
    for unit in all_units(session):
        if unit.id in known or unit.permit_quota == 0:
            continue
        officer = before[unit.id].officer if unit.id in before else responsible.get(unit.id)
        if officer is None:
            without.append(unit)
        else:
            opened.append(put_batch(session, unit.id, year, officer=officer, closing_day=closing_day, by=by, now=now))
    return Opened(batches=opened, without_officer=without)


def _require_day(closing_day: date) -> None:
    if not EARLIEST.date() <= closing_day < LATEST.date():
        raise ClosingDayNotAllowed(f"Choose a closing day of the years {EARLIEST.year} to {LATEST.year - 1}.")


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
