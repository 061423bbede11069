"""Writing down batches and applications in bulk, with their steps; no entry in the audit: its caller does that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert
from sqlalchemy.orm import Session

from registry.applications.service import NewApplication
from registry.auth.permissions import Role
from registry.clock import Instant
from registry.credentials.written import require_plate
from registry.ids import BatchId, UnitId, new_id
from registry.permits.lifecycle import PermitAction
from registry.permits.models import (
    ApplicationPlate,
    ApplicationSite,
    ApplicationState,
    ApplicationStep,
    PermitApplication,
    PermitBatch,
)

_STEPS = {
    ApplicationState.DRAFT: (PermitAction.DRAFT,),
    ApplicationState.APPLIED: (PermitAction.DRAFT, PermitAction.APPLY),
    ApplicationState.RETURNED: (PermitAction.DRAFT, PermitAction.APPLY, PermitAction.RETURN),
    ApplicationState.REVIEWED: (PermitAction.DRAFT, PermitAction.APPLY, PermitAction.REVIEW),
}
"""How an application came to stand there."""
_BY_THE_UNIT = frozenset({PermitAction.DRAFT, PermitAction.APPLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """A unit's batch of one year."""

    unit_id: UnitId
    year: int
    officer: str
    closing_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An application and where it stands: a draft, handed in, sent back with words, or reviewed."""

    new: NewApplication
    state: ApplicationState
    words: str | None = None


def add_batches(session: Session, batches: Sequence[NewBatch], *, by: str, now: Instant) -> None:
    """Open many batches in one statement."""
    rows = [
        {
            "id": BatchId(new_id()),
            "unit_id": each.unit_id,
            "year": each.year,
            "officer": each.officer,
            "closing_day": each.closing_day,
            "opened_by": by,
            "opened_at": now,
        }
        for each in batches
    ]
    if rows:
        session.execute(insert(PermitBatch), rows)


def add_applications(
    session: Session, applications: Sequence[Standing], *, unit_officer: str, clerk: str, now: Instant
) -> None:
    """Write down many applications, a statement for each table; the two users took the steps of theirs."""
    rows, sites, plates, steps = [], [], [], []
    for each in applications:
        new, plate, application = each.new, require_plate(each.new.plate), new_id()
        rows.append(
            {
                "id": application,
                "year": new.year,
                "unit_id": new.unit_id,
                "holder_id": new.holder,
                "plate": plate.text,
                "plate_kind": plate.kind,
                "permit_class": new.permit_class,
                "state": each.state,
                "words": new.words or None,
                "created_by": unit_officer,
                "created_at": now,
                "changed_at": now,
            }
        )
        sites += [{"application_id": application, "site": site} for site in sorted(new.sites)]
        further = [require_plate(one) for one in new.further]
        plates += [{"application_id": application, "plate": one.text, "plate_kind": one.kind} for one in further]
        steps += [
            {
                "application_id": application,
                "number": number,
                "action": action,
                "by": unit_officer if action in _BY_THE_UNIT else clerk,
                "role": Role.UNIT_OFFICER if action in _BY_THE_UNIT else Role.CLERK,
                "at": now,
                "words": each.words if action is PermitAction.RETURN else None,
            }
            for number, action in enumerate(_STEPS[each.state], start=1)
        ]
    of_tables = (
        (PermitApplication, rows),
        (ApplicationSite, sites),
        (ApplicationPlate, plates),
        (ApplicationStep, steps),
    )
    for table, those in of_tables:
        if those:
            session.execute(insert(table), those)
