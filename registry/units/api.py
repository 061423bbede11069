"""`/api/registry/units`. `revision` is the number that the last answer gave; an older one is told what somebody else changed."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.auth.requires import requires
from registry.ids import PersonId, SiteId, UnitId
from registry.listing import Listing, Words
from registry.permits.quota import quota_of
from registry.problems import NotFound, problems
from registry.revisions.service import ChangedMeanwhile, revision_of
from registry.sites.queries import local_day
from registry.sites.scope import sites_of
from registry.store import Work
from registry.units import changing, queries
from registry.units.changing import (
    FIRST_YEAR,
    LAST_YEAR,
    ChangeNotUndone,
    ContractFields,
    UnitExists,
    UnitFields,
    UnitOfAllSites,
    contract_subject,
)
from registry.web.dependencies import RegistryReading, RegistryWork

router = APIRouter(prefix="/api/registry/units", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Revision = Annotated[int, Field(ge=0, lt=2**31)]
Year = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)]


class ResponsibleOut(BaseModel):
    """Who answers for a unit; null for a reader who does not see the person's file."""

    id: PersonId
    name: str


class UnitOut(BaseModel):
    """A unit; `people` are those at the reader's sites, `permits` those in use for the year, `quota` null: no limit."""

    id: UnitId
    name_zh: str
    name_en: str
    responsible: ResponsibleOut | None
    quota: int | None
    year: int
    people: int
    permits: int
    has_contract: bool

    @classmethod
    def of(cls, row: queries.Answers, sites: frozenset[SiteId], year: int) -> Self:
        person = row.responsible if row.responsible is not None and row.responsible.site in sites else None
        return cls(
            id=row.unit.id,
            name_zh=row.unit.name_zh,
            name_en=row.unit.name_en,
            responsible=None if person is None else ResponsibleOut(id=person.id, name=person.name),
            quota=row.unit.permit_quota,
            year=year,
            people=row.people,
            permits=row.permits,
            has_contract=row.contract is not None and row.contract.signed_on is not None,
        )


class UnitIn(BaseModel):
    name_zh: Name
    name_en: Name


class UnitChange(UnitIn):
    """`responsible`: the name or the phone of somebody of the unit."""

    permit_quota: int | None = Field(default=None, ge=0, le=100_000)
    responsible: str | None = Field(default=None, min_length=1, max_length=80)
    revision: Revision


class UndoIn(BaseModel):
    revision: Revision


class UnitDetail(BaseModel):
    """`taken`: permits of the year in use or applied for."""

    id: UnitId
    name_zh: str
    name_en: str
    quota: int | None
    taken: int
    revision: int


class ContractIn(BaseModel):
    signed_on: date | None = None
    signed_by: str | None = Field(default=None, min_length=1, max_length=80)
    targets: list[Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n\x00]+$")]] = Field(max_length=40)
    revision: Revision


class ContractOut(BaseModel):
    year: int
    signed_on: date | None
    signed_by: str | None
    targets: list[str]
    revision: int


@router.get("", responses=problems())
def list_units(reader: Reader, work: RegistryReading, q: Words = "") -> Listing[UnitOut]:
    sites = sites_of(work.session, reader, Permission.REGISTRY_READ)
    year = local_day(work.session, sites, work.now).year
    rows = queries.answers(work.session, sites, year, words=q.strip())
    return Listing(items=[UnitOut.of(row, sites, year) for row in rows], next=None)


@router.post("", status_code=201, responses=problems(UnitOfAllSites, UnitExists))
def register_unit(body: UnitIn, clerk: Writer, work: RegistryWork) -> UnitDetail:
    require_everywhere(clerk)
    unit = changing.register_unit(work.session, name_zh=body.name_zh, name_en=body.name_en, by=clerk.name, now=work.now)
    return _detail(work, unit.id)


@router.get("/{unit_id}", responses=problems(NotFound))
def get_unit(unit_id: UnitId, _reader: Reader, work: RegistryReading) -> UnitDetail:
    return _detail(work, unit_id)


@router.put("/{unit_id}", responses=problems(NotFound, UnitOfAllSites, ChangedMeanwhile, UnitExists))
def change_unit(unit_id: UnitId, body: UnitChange, clerk: Writer, work: RegistryWork) -> UnitDetail:
    require_everywhere(clerk)
    changing.change_unit(
        work.session,
        unit_id,
        UnitFields(
            name_zh=body.name_zh,
            name_en=body.name_en,
            permit_quota=body.permit_quota,
            responsible=body.responsible,
        ),
        within=sites_of(work.session, clerk, Permission.REGISTRY_READ),
        read=body.revision,
        by=clerk.name,
        now=work.now,
    )
    return _detail(work, unit_id)


@router.post("/{unit_id}/undo", responses=problems(NotFound, UnitOfAllSites, ChangedMeanwhile, ChangeNotUndone))
def undo_change(unit_id: UnitId, body: UndoIn, clerk: Writer, work: RegistryWork) -> UnitDetail:
    require_everywhere(clerk)
    changing.undo_change(work.session, unit_id, read=body.revision, by=clerk.name, now=work.now)
    return _detail(work, unit_id)


@router.get("/{unit_id}/contracts/{year}", responses=problems(NotFound))
def get_contract(unit_id: UnitId, year: Year, _reader: Reader, work: RegistryReading) -> ContractOut:
    queries.unit(work.session, unit_id)
    return _contract(work.session, unit_id, year)


@router.put("/{unit_id}/contracts/{year}", responses=problems(NotFound, UnitOfAllSites, ChangedMeanwhile))
def set_contract(unit_id: UnitId, year: Year, body: ContractIn, clerk: Writer, work: RegistryWork) -> ContractOut:
    require_everywhere(clerk)
    changing.set_contract(
        work.session,
        unit_id,
        ContractFields(year=year, signed_on=body.signed_on, signed_by=body.signed_by, targets=body.targets),
        read=body.revision,
        today=local_day(work.session, (), work.now),
        by=clerk.name,
        now=work.now,
    )
    return _contract(work.session, unit_id, year)


def require_everywhere(clerk: Principal) -> None:
    """Refuse a clerk of single compounds: a unit has people and permits at all of them.

    Raises:
        UnitOfAllSites: the registry of some compound is not theirs to write.

    """
    if not isinstance(clerk.sites(Permission.REGISTRY_WRITE), AllSites):
        raise UnitOfAllSites("Units are changed by who keeps the registry of all compounds: ask the security office.")


def _detail(work: Work, unit_id: UnitId) -> UnitDetail:
    session = work.session
    unit = queries.unit(session, unit_id)
    return UnitDetail(
        id=unit.id,
        name_zh=unit.name_zh,
        name_en=unit.name_en,
        quota=unit.permit_quota,
        taken=quota_of(session, unit_id, local_day(session, (), work.now).year).taken,
        revision=revision_of(session, f"unit:{unit_id}"),
    )


def _contract(session: Session, unit_id: UnitId, year: int) -> ContractOut:
    row = queries.contract_of(session, unit_id, year)
    if row is None:
        raise NotFound("No contract of that year is written down for this unit.")
    return ContractOut(
        year=year,
        signed_on=row.signed_on,
        signed_by=row.signed_by,
        targets=row.targets.splitlines(),
        revision=revision_of(session, contract_subject(unit_id, year)),
    )
