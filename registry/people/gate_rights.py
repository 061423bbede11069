"""What the gates ask of somebody beside credentials: clearance, who may be the first, who escorts and who is escorted."""

from collections.abc import Collection
from dataclasses import asdict

from sqlalchemy.orm import Session

from registry.access.facts import NO_RIGHTS, GateRights
from registry.ids import PersonId, SiteId
from registry.people.changing import Clerk, fields_of, kept, subject_of
from registry.people.models import GateRights as RightsRow
from registry.people.models import Person
from registry.problems import Forbidden, Unprocessable
from registry.revisions.service import require_unchanged

RIGHTS_SET = "person-rights-set"


class ClearanceNotYours(Forbidden):
    slug = "clearance-not-yours"
    title = "Clearance is given and taken by the security office"


class EscortImpossible(Unprocessable):
    slug = "escort-impossible"
    title = "Who needs an escort escorts nobody"


def rights_of(session: Session, person_id: PersonId) -> GateRights:
    """What the gates ask of somebody; who has no row has no clearance, and needs nobody."""
    row = session.get(RightsRow, person_id)
    if row is None:
        return NO_RIGHTS
    return GateRights(
        clearance=row.clearance,
        first_person=row.first_person,
        may_escort=row.may_escort,
        needs_escort=row.needs_escort,
    )


def set_rights(
    clerk: Clerk, person_id: PersonId, rights: GateRights, revision: int, *, approves: Collection[SiteId]
) -> Person:
    """Say what the gates ask of somebody; saying it again changes nothing. Each gate at which they have a credential learns it.

    `approves`: the sites at which the clerk approves permits (`permits.approve`, the security officer's): clearance opens gates
    that are shut for everybody else, so that it is another's to give than the desk's. `revision`: the file's that was shown.

    Raises:
        EscortImpossible: they would escort others and be escorted.
        ClearanceNotYours: it would change the clearance, and the clerk does not approve where the file is kept.
        ChangedMeanwhile: the file has a later revision.

    """
    session = clerk.session
    person = clerk.person(person_id)
    if rights.may_escort and rights.needs_escort:
        raise EscortImpossible("Somebody who needs an escort cannot escort others.")
    before = rights_of(session, person.id)
    if rights.clearance != before.clearance and person.site not in approves:
        raise ClearanceNotYours("Ask the security office to change the clearance.")
    require_unchanged(session, subject_of(person), revision)
    if rights != before:
        was = fields_of(session, person)
        write_rights(session, person.id, rights)
        kept(clerk, person, was, RIGHTS_SET, asdict(rights))
    return person


def write_rights(session: Session, person_id: PersonId, rights: GateRights) -> None:
    """Write the row, and nothing else; whoever calls keeps the change."""
    row = session.get(RightsRow, person_id)
    if row is None:
        session.add(RightsRow(person_id=person_id, **asdict(rights)))
    else:
        row.clearance, row.first_person = rights.clearance, rights.first_person
        row.may_escort, row.needs_escort = rights.may_escort, rights.needs_escort
    session.flush()


def lesser(one: GateRights, other: GateRights) -> GateRights:
    """What both allow, and all that either asks."""
    needs_escort = one.needs_escort or other.needs_escort
    return GateRights(
        clearance=min(one.clearance, other.clearance),
        first_person=one.first_person and other.first_person,
        may_escort=one.may_escort and other.may_escort and not needs_escort,
        needs_escort=needs_escort,
    )
