"""The files of those who live here for a while: opened on arrival; cancelled when they leave or the tenancy ends."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.housing import queries
from registry.housing.models import ResidenceFile, TenancyOccupant
from registry.housing.tenancies import LivesNotThere, hold_tenancy, require_not_over
from registry.ids import PersonId, SiteId, TenancyId, new_id
from registry.problems import Conflict, Unprocessable


class FileOpen(Conflict):
    slug = "residence-file-open"
    title = "They are registered as living here already"


class HomeMissing(Unprocessable):
    slug = "home-missing"
    title = "Write where their registered residence is"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """The file of somebody who arrived; `home`: where their registered residence is."""

    id: UUID = field(default_factory=new_id)
    tenancy_id: TenancyId
    person_id: PersonId
    home: str
    purpose: str | None = None


def register_arrival(
    session: Session, new: NewFile, *, within: Collection[SiteId], by: str, now: Instant
) -> ResidenceFile:
    """Open the file of somebody who lives in a room that is let.

    Raises:
        LivesNotThere: they are not entered as living there.
        FileOpen: one that was not cancelled is open, here or elsewhere.

    """
    held = hold_tenancy(session, new.tenancy_id, within)
    require_not_over(session, held, now)
    if session.get(TenancyOccupant, (new.tenancy_id, new.person_id)) is None:
        raise LivesNotThere("They are not entered as living there.")
    home = " ".join(new.home.split())[:120]
    if not home:
        raise HomeMissing("Write where their registered residence is, as on the ID card.")
    is_open = select(ResidenceFile.id).where(
        ResidenceFile.person_id == new.person_id, ResidenceFile.cancelled_at.is_(None)
    )
    if session.scalar(is_open) is not None:
        raise FileOpen("They are registered as living here already: where they lived before, they must leave first.")
    row = ResidenceFile(
        id=new.id,
        person_id=new.person_id,
        tenancy_id=new.tenancy_id,
        home=home,
        purpose=" ".join((new.purpose or "").split())[:120] or None,
        registered_by=by,
        registered_at=now,
    )
    session.add(row)
    session.flush()
    subject, facts = f"residence-file:{row.id}", {"room": held.name, "person": str(row.person_id)}
    site = held.building.site
    record(session, actor=by, action="residence-file-opened", site=site, subject=subject, facts=facts, now=now)
    return row


def add_files(session: Session, files: Sequence[tuple[NewFile, Instant]], *, by: str) -> None:
    """Open many files at once, each at its moment, all of people without one. Makes no entry in the audit: its caller does."""
    rows = [
        {
            "id": new.id,
            "person_id": new.person_id,
            "tenancy_id": new.tenancy_id,
            "home": new.home,
            "purpose": new.purpose,
            "registered_by": by,
            "registered_at": at,
        }
        for new, at in files
    ]
    if rows:
        session.execute(insert(ResidenceFile), rows)


def files_by_person(session: Session, tenancy_id: TenancyId) -> dict[PersonId, ResidenceFile]:
    """The newest file of each person that rests on a tenancy."""
    newest_last = reversed(queries.files_of(session, tenancy_id))
    return {file.person_id: file for file in newest_last}
