"""Reading and numbering vehicle permits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from sqlalchemy import Select, and_, false, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, selectinload

from registry.access.facts import CredentialStatus
from registry.counting import Total, counted
from registry.credentials.rules import OUT_OF_USE
from registry.ids import CredentialId, PersonId, SiteId
from registry.people.models import Person
from registry.people.search import fits_person
from registry.permits.models import PermitPlate, PermitSite, PlateUse, VehiclePermit
from registry.permits.reminders import reminded
from registry.permits.rules import parse_permit_number
from registry.permits.years import renewed_exists
from registry.plates.grammar import normalised
from registry.problems import NotFound
from registry.units.models import Unit
from registry.units.scope import UnitScope


class NoSuchPermit(NotFound):
    slug = "no-such-permit"
    title = "There is no such vehicle permit here"


@dataclass(frozen=True, slots=True)
class Listed:
    """A permit with its holder and the unit that applied for it."""

    permit: VehiclePermit
    holder: Person
    unit: Unit | None


_LISTED = (
    select(VehiclePermit, Person, Unit)
    .join(Person, Person.id == VehiclePermit.person_id)
    .outerjoin(Unit, Unit.id == VehiclePermit.unit_id)
)
_LOADED = selectinload(VehiclePermit.sites)


def permit(session: Session, permit_id: CredentialId, sites: Collection[SiteId]) -> Listed:
    """One permit that opens at least one of these sites."""
    found = session.execute(
        _LISTED.options(_LOADED).where(
            VehiclePermit.id == permit_id, VehiclePermit.sites.any(PermitSite.site.in_(sites))
        )
    ).one_or_none()
    if found is None:
        raise NoSuchPermit("There is no such vehicle permit at your sites.")
    return Listed(*found)


class Asked(TypedDict, total=False):
    """Which permits a list holds."""

    words: str
    year: int | None
    statuses: Collection[CredentialStatus]
    not_renewed: bool
    reminded_in: Collection[int] | None
    holder: PersonId | None
    units: UnitScope | None


def permits(
    session: Session,
    sites: Collection[SiteId],
    *,
    after: tuple[int, int] | None = None,
    limit: int,
    **asked: Unpack[Asked],
) -> Sequence[Listed]:
    """Permits by plate, number, unit, or the holder's name, pinyin or phone, the newest number first; `after` is the last (year, serial) before.

    `not_renewed`: those in use whose plate has no permit of the year after in use. `reminded_in`: those of these years whose
    holders were reminded of the end and have none of the year after. `units`: only theirs, each at its site.
    """
    rows = _rows(session, sites, **asked).options(_LOADED)
    if after is not None:
        rows = rows.where(tuple_(VehiclePermit.year, VehiclePermit.serial) < after)
    rows = rows.order_by(VehiclePermit.year.desc(), VehiclePermit.serial.desc()).limit(limit)
    return [Listed(*row) for row in session.execute(rows)]


def count_permits(session: Session, sites: Collection[SiteId], **asked: Unpack[Asked]) -> Total:
    """How many permits the list has on all its pages."""
    return counted(session, _rows(session, sites, **asked))


def _rows(
    session: Session,
    sites: Collection[SiteId],
    *,
    words: str = "",
    year: int | None = None,
    statuses: Collection[CredentialStatus] = (),
    not_renewed: bool = False,
    reminded_in: Collection[int] | None = None,
    holder: PersonId | None = None,
    units: UnitScope | None = None,
) -> Select[VehiclePermit, Person, Unit]:
    rows = _LISTED.where(VehiclePermit.sites.any(PermitSite.site.in_(sites)))
    if words:
        number = parse_permit_number(words)
        found = [
            fits_person(session, words),
            Unit.name_zh.icontains(words, autoescape=True),
            Unit.name_en.icontains(words, autoescape=True),
        ]
        if plate := normalised(words):
            further = PermitPlate.plate.contains(plate, autoescape=True)
            found += [
                VehiclePermit.plate.contains(plate, autoescape=True),
                VehiclePermit.id.in_(select(PermitPlate.permit_id).where(further)),
            ]
        if number is not None:
            found.append((VehiclePermit.year == number[0]) & (VehiclePermit.serial == number[1]))
        rows = rows.where(or_(*found))
    if year is not None:
        rows = rows.where(VehiclePermit.year == year)
    if statuses:
        rows = rows.where(VehiclePermit.status.in_(statuses))
    if not_renewed:
        rows = rows.where(VehiclePermit.status.not_in(OUT_OF_USE), ~renewed_exists())
    if reminded_in is not None:
        rows = rows.where(reminded(reminded_in))
    if holder is not None:
        rows = rows.where(VehiclePermit.person_id == holder)
    if units is not None:
        opens = ((unit, VehiclePermit.sites.any(PermitSite.site == site) if site else true()) for site, unit in units)
        rows = rows.where(or_(false(), *(and_(VehiclePermit.unit_id == unit, there) for unit, there in opens)))
    return rows


def permits_numbered(
    session: Session,
    sites: Collection[SiteId],
    *,
    year: int,
    first: int,
    last: int,
    status: CredentialStatus,
    limit: int,
) -> Sequence[Listed]:
    """Permits of a year with numbers from `first` to `last` that open one of these sites, the lowest number first."""
    rows = _LISTED.options(_LOADED).where(
        VehiclePermit.sites.any(PermitSite.site.in_(sites)),
        VehiclePermit.year == year,
        VehiclePermit.serial.between(first, last),
        VehiclePermit.status == status,
    )
    return [Listed(*row) for row in session.execute(rows.order_by(VehiclePermit.serial).limit(limit))]


def active_without_next(session: Session, permits: Collection[CredentialId]) -> frozenset[CredentialId]:
    """Those of these permits that are active and whose plates have no permit of the year after."""
    rows = select(VehiclePermit.id).where(
        VehiclePermit.id.in_(permits), VehiclePermit.status == CredentialStatus.ACTIVE, ~renewed_exists()
    )
    return frozenset(session.scalars(rows))


def permit_in_the_way(
    session: Session, plate: str, year: int, *, besides: CredentialId | None = None
) -> VehiclePermit | None:
    """The permit of that year in use that has this plate as its own or shares it; `besides`: another than that one."""
    shared = (
        select(PermitPlate.id)
        .where(
            PermitPlate.permit_id == VehiclePermit.id, PermitPlate.plate == plate, PermitPlate.use == PlateUse.SHARED
        )
        .exists()
    )
    rows = (
        select(VehiclePermit)
        .where(
            or_(VehiclePermit.plate == plate, shared),
            VehiclePermit.year == year,
            VehiclePermit.status.not_in(OUT_OF_USE),
        )
        .options(selectinload(VehiclePermit.sites))
        .limit(1)
    )
    return session.scalars(rows if besides is None else rows.where(VehiclePermit.id != besides)).one_or_none()


def plates_of(session: Session, permits: Collection[CredentialId]) -> dict[CredentialId, list[PermitPlate]]:
    """The plates that these permits have beside their own: shared ones first, then substitutes by their days."""
    rows = select(PermitPlate).where(PermitPlate.permit_id.in_(permits))
    found: dict[CredentialId, list[PermitPlate]] = {}
    for row in session.scalars(rows.order_by(PermitPlate.use, PermitPlate.first_day, PermitPlate.plate)):
        found.setdefault(row.permit_id, []).append(row)
    return found


def shared_plates(session: Session, permit_id: CredentialId) -> Sequence[PermitPlate]:
    """The further plates that share a permit."""
    return [each for each in plates_of(session, [permit_id]).get(permit_id, []) if each.use is PlateUse.SHARED]


def chain_before(session: Session, permit: VehiclePermit) -> Sequence[VehiclePermit]:
    """The lost permits in whose place this one was made, the latest first."""
    found: list[VehiclePermit] = []
    before = permit.replaces_id
    while before is not None and (one := session.get(VehiclePermit, before)) is not None:
        found.append(one)
        before = one.replaces_id
    return found


def chain_after(session: Session, permit: VehiclePermit) -> Sequence[VehiclePermit]:
    """The permits made in the place of this one and of one another, the earliest first."""
    found: list[VehiclePermit] = []
    last = permit
    while (one := session.scalar(select(VehiclePermit).where(VehiclePermit.replaces_id == last.id))) is not None:
        found.append(one)
        last = one
    return found


def last_serial(session: Session, year: int) -> int:
    """The highest serial given out in a year; 0 before the first."""
    return session.scalar(select(func.max(VehiclePermit.serial)).where(VehiclePermit.year == year)) or 0
