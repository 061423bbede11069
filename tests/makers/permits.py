"""Applications for vehicle permits of tests, in any state, and who works on them."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session

from registry.applications.doer import Doer
from registry.auth.permissions import Role
from registry.auth.principal import Grant, Principal
from registry.clock import Instant
from registry.ids import ApplicationId, BatchId, SiteId, UnitId, UserId, new_id
from registry.people.models import Person
from registry.permits.models import (
    ApplicationPlate,
    ApplicationSite,
    ApplicationState,
    PermitApplication,
    PermitBatch,
    PermitClass,
)
from registry.plates.grammar import Plate, parse_plate
from registry.units.models import Unit
from tests.fakes.clock import NOON
from tests.makers.registry import OC1, a_permit, a_person, a_site, a_unit


def a_doer(session: Session, role: Role, *, site: SiteId | None = OC1, unit: UnitId | None = None) -> Doer:
    """Somebody who works as this at a compound, for a unit where the role is a unit's."""
    grant = Grant(role, site, unit=unit)
    return Doer.of(session, Principal(id=UserId(new_id()), name=f"the-{role}", grants=frozenset({grant})))


def a_batch(session: Session, unit: Unit, *, year: int = 2026, closing_day: date = date(2026, 12, 31)) -> PermitBatch:
    """A batch that is open at the tests' noon."""
    batch = PermitBatch(
        id=BatchId(new_id()),
        unit_id=unit.id,
        year=year,
        officer="吴科长",
        closing_day=closing_day,
        opened_by="chen",
        opened_at=NOON,
    )
    session.add(batch)
    session.flush()
    return batch


def an_application(
    session: Session,
    plate: str = "鄂E12345",
    *,
    further: Collection[str] = (),
    state: ApplicationState = ApplicationState.DRAFT,
    year: int = 2026,
    unit: Unit | None = None,
    person: Person | None = None,
    permit_class: PermitClass = PermitClass.PRIVATE,
    sites: Collection[str] = (OC1,),
    at: Instant = NOON,
) -> PermitApplication:
    """An application of a unit for one of its people; an issued one has its permit."""
    parsed, *others = (parse_plate(each) for each in (plate, *further))
    if not isinstance(parsed, Plate):
        raise TypeError(f"{plate} is no plate")
    names = [a_site(session, site).id for site in sites]
    unit = unit or a_unit(session)
    holder = person or a_person(session, site=names[0], unit=unit)
    session.flush()
    issued = None
    if state is ApplicationState.ISSUED:
        issued = a_permit(session, plate, year=year, person=holder, sites=names, permit_class=permit_class)
        issued.unit_id = unit.id
        session.flush()
    row = PermitApplication(
        id=ApplicationId(new_id()),
        year=year,
        unit_id=unit.id,
        holder_id=holder.id,
        plate=parsed.text,
        plate_kind=parsed.kind,
        permit_class=permit_class,
        state=state,
        permit_id=None if issued is None else issued.id,
        created_by="wu",
        created_at=at,
        changed_at=at,
        sites=[ApplicationSite(site=site) for site in names],
        plates=[ApplicationPlate(plate=each.text, plate_kind=each.kind) for each in others if isinstance(each, Plate)],
    )
    session.add(row)
    session.flush()
    return row
