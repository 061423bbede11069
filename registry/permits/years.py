"""Reading the years of permits: when each takes over, and how two of them differ."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Exists, select
from sqlalchemy.orm import Session, aliased

from registry.credentials.rules import OUT_OF_USE
from registry.ids import CredentialId, PersonId, SiteId, UnitId
from registry.people.models import Person
from registry.permits.models import (
    PermitClass,
    PermitPlate,
    PermitSeries,
    PermitSite,
    PlateUse,
    SeriesState,
    VehiclePermit,
)
from registry.permits.rules import Takeover, Takeovers


def takeovers(session: Session) -> Takeovers:
    """When the years take over; a year that is only prepared is not among them, so it takes over at New Year."""
    rows = session.execute(
        select(PermitSeries.year, PermitSeries.state, PermitSeries.effective_at, PermitSeries.overlap_until).where(
            PermitSeries.state != SeriesState.PREPARED
        )
    )
    return {
        year: Takeover(effective_at=effective_at, overlap_until=overlap_until) if state is SeriesState.ACTIVE else None
        for year, state, effective_at, overlap_until in rows
    }


def renewed_exists() -> Exists:
    """Whether the plate of a `VehiclePermit` has another one of the year after, which is in use."""
    renewed = aliased(VehiclePermit)
    return (
        select(renewed.id)
        .where(
            renewed.plate == VehiclePermit.plate,
            renewed.year == VehiclePermit.year + 1,
            renewed.status.not_in(OUT_OF_USE),
        )
        .exists()
    )


class Aspect(StrEnum):
    """What can be otherwise in the next year's permit of a vehicle."""

    PLATE = "plate"
    CLASS = "class"
    HOLDER = "holder"
    UNIT = "unit"
    SITES = "sites"
    SHARED = "shared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A permit in use, as far as two years are compared."""

    id: CredentialId
    serial: int
    plate: str
    holder: PersonId
    holder_name: str
    unit: UnitId | None
    permit_class: PermitClass
    sites: frozenset[SiteId]
    shared: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A vehicle that has a permit of both years, and what is otherwise in the later one."""

    before: Held
    after: Held
    aspects: tuple[Aspect, ...]


@dataclass(slots=True, kw_only=True)
class Difference:
    """How the permits of a year in use differ from those of the year before, by plate, in the order of their numbers."""

    before: int
    after: int
    same: int = 0
    gained: list[Held] = field(default_factory=list)
    lost: list[Held] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)


def difference(session: Session, year: int, sites: Collection[SiteId]) -> Difference:
    """Compare the permits of a year that open one of these sites with those of the year before.

    Of a holder who lost one plate and gained one it is said that the plate changed.
    """
    old, new = ({each.plate: each for each in held(session, one, sites)} for one in (year - 1, year))
    found = Difference(before=len(old), after=len(new))
    gained: dict[PersonId, list[Held]] = defaultdict(list)
    for each in new.values():
        if each.plate not in old:
            gained[each.holder].append(each)
    for each in old.values():
        after = new.get(each.plate)
        if after is None and len(others := gained.get(each.holder, [])) == 1:
            after = others.pop()
        if after is None:
            found.lost.append(each)
        elif aspects := _aspects(each, after):
            found.changed.append(Changed(before=each, after=after, aspects=aspects))
        else:
            found.same += 1
    found.gained = sorted((each for those in gained.values() for each in those), key=lambda each: each.serial)
    return found


def held(session: Session, year: int, sites: Collection[SiteId]) -> Sequence[Held]:
    """The permits of a year in use that open one of these sites, by their numbers; three statements, whatever their number."""
    of_year = (VehiclePermit.year == year, VehiclePermit.status.not_in(OUT_OF_USE))
    opens: Mapping[CredentialId, set[SiteId]] = defaultdict(set)
    for permit, site in session.execute(
        select(PermitSite.permit_id, PermitSite.site)
        .join(VehiclePermit, VehiclePermit.id == PermitSite.permit_id)
        .where(*of_year)
    ):
        opens[permit].add(site)
    shared: Mapping[CredentialId, set[str]] = defaultdict(set)
    for permit, plate in session.execute(
        select(PermitPlate.permit_id, PermitPlate.plate)
        .join(VehiclePermit, VehiclePermit.id == PermitPlate.permit_id)
        .where(*of_year, PermitPlate.use == PlateUse.SHARED)
    ):
        shared[permit].add(plate)
    row = VehiclePermit
    rows = (
        select(row.id, row.serial, row.plate, row.person_id, Person.name, row.unit_id, row.permit_class)
        .join(Person, Person.id == row.person_id)
        .where(*of_year)
        .order_by(row.serial)
    )
    return [
        Held(
            id=id_,
            serial=serial,
            plate=plate,
            holder=holder,
            holder_name=name,
            unit=unit,
            permit_class=permit_class,
            sites=frozenset(opens[id_]),
            shared=frozenset(shared[id_]),
        )
        for id_, serial, plate, holder, name, unit, permit_class in session.execute(rows)
        if not opens[id_].isdisjoint(sites)
    ]


def _aspects(before: Held, after: Held) -> tuple[Aspect, ...]:
    pairs = (
        (Aspect.PLATE, before.plate, after.plate),
        (Aspect.CLASS, before.permit_class, after.permit_class),
        (Aspect.HOLDER, before.holder, after.holder),
        (Aspect.UNIT, before.unit, after.unit),
        (Aspect.SITES, before.sites, after.sites),
        (Aspect.SHARED, before.shared, after.shared),
    )
    return tuple(aspect for aspect, was, is_ in pairs if was != is_)
