"""`/registry/unit` and `/api/registry/unit`: what a unit's officer sees of the unit's own people and vehicle permits."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi import Query as InQuery
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.credentials.rules import standing
from registry.ids import SiteId
from registry.keyring import Keys
from registry.listing import DEFAULT_LIMIT, Limit, Listing, Words, page_of
from registry.office.scene import PAGE_ROWS
from registry.people import queries as people
from registry.people.api import PersonOut
from registry.permits import queries as permits
from registry.permits.api import PermitOut
from registry.permits.reminders import years_not_over
from registry.permits.rules import parse_permit_number, permit_number, permit_period
from registry.permits.years import takeovers
from registry.plates.grammar import NotAPlate, parse_plate
from registry.problems import problems
from registry.readings import Query, record_listing
from registry.sites.models import Site
from registry.sites.queries import all_sites
from registry.units.queries import all_units
from registry.units.scope import UnitScope, sites_within
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

api = APIRouter(prefix="/api/registry/unit", tags=["registry"])
router = APIRouter(prefix="/registry/unit", include_in_schema=False)
MOST_REMINDED = 1000
"""More than any unit has."""
Officer = Annotated[Principal, Depends(requires(Permission.UNIT_READ))]


@api.get("/people", responses=problems())
def list_own_people(
    *,
    officer: Officer,
    work: RegistryWork,
    keys: Keys,
    q: Words = "",
    cursor: UUID | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[PersonOut]:
    """The people for whom the unit answers, the newest file first."""
    rows = _people(work.session, officer, q, cursor, limit + 1)
    record_listing(work, officer, "people", Query.of(q), rows=min(len(rows), limit))
    return page_of(rows, limit, out=lambda row: PersonOut.of(row, keys), cursor=lambda row: str(row.person.id))


@api.get("/permits", responses=problems())
def list_own_permits(
    *,
    officer: Officer,
    work: RegistryWork,
    q: Words = "",
    cursor: Annotated[str | None, InQuery(pattern=r"^\d{4}-\d{1,6}$")] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[PermitOut]:
    """The vehicle permits for which the unit applied, the newest number first."""
    rows = _permits(work.session, officer, q, cursor or "", limit + 1)
    record_listing(work, officer, "permits", Query.of(q), rows=min(len(rows), limit))
    return page_of(rows, limit, out=PermitOut.of, cursor=lambda row: permit_number(row.permit.year, row.permit.serial))


@router.get("")
def unit_page(
    request: Request,
    officer: Officer,
    work: RegistryWork,
    *,
    q: Words = "",
    people_after: UUID | None = None,
    permits_after: str = "",
    ending: bool = False,
) -> HTMLResponse:
    """`ending`: of the permits only those that end soon and were not renewed."""
    scope, session = _scope(officer), work.session
    persons = _people(session, officer, q, people_after, PAGE_ROWS + 1)
    reminded_in = years_not_over(session, now=work.now)
    reminded = len(_permits(session, officer, "", "", MOST_REMINDED, reminded_in=reminded_in))
    found = _permits(session, officer, q, permits_after, PAGE_ROWS + 1, reminded_in=reminded_in if ending else None)
    record_listing(work, officer, "people", Query.of(q), rows=len(persons[:PAGE_ROWS]))
    record_listing(work, officer, "permits", Query.of(q), rows=len(found[:PAGE_ROWS]))
    sites = {site.id: site for site in all_sites(session)}
    own = {unit for _, unit in scope}
    settled = takeovers(session)
    last = found[PAGE_ROWS - 1].permit if len(found) > PAGE_ROWS else None
    return page(
        request,
        "registry/unit.html",
        headers={"Cache-Control": "no-store"},
        tab="unit",
        q=q,
        ending=ending,
        reminded=reminded,
        units=[unit for unit in all_units(session) if unit.id in own],
        sites=sites,
        people=persons[:PAGE_ROWS],
        more_people=persons[PAGE_ROWS - 1].person.id if len(persons) > PAGE_ROWS else None,
        permits=[
            (
                row,
                standing(row.permit.status, *permit_period(row.permit.year, _timezone(row, sites), settled), work.now),
            )
            for row in found[:PAGE_ROWS]
        ],
        more_permits=permit_number(last.year, last.serial) if last is not None else None,
        permit_number=permit_number,
        plate=_plate,
    )


def _scope(officer: Principal) -> UnitScope:
    return officer.units(Permission.UNIT_READ)


def _where(session: Session, scope: UnitScope) -> frozenset[SiteId]:
    return sites_within(scope, frozenset(site.id for site in all_sites(session)))


def _people(
    session: Session, officer: Principal, words: str, after: UUID | None, limit: int
) -> Sequence[people.Listed]:
    scope = _scope(officer)
    return people.people(session, _where(session, scope), words=words.strip(), units=scope, after=after, limit=limit)


def _permits(
    session: Session,
    officer: Principal,
    words: str,
    after: str,
    limit: int,
    *,
    reminded_in: Collection[int] | None = None,
) -> Sequence[permits.Listed]:
    scope = _scope(officer)
    return permits.permits(
        session,
        _where(session, scope),
        words=words.strip(),
        units=scope,
        reminded_in=reminded_in,
        after=parse_permit_number(after),
        limit=limit,
    )


def _timezone(row: permits.Listed, sites: Mapping[SiteId, Site]) -> str:
    """A permit's year is that of its first site, as at the gate."""
    return sites[min(each.site for each in row.permit.sites)].timezone


def _plate(text: str) -> str:
    """A plate as it stands on the vehicle, with its dot."""
    plate = parse_plate(text)
    return text if isinstance(plate, NotAPlate) else plate.display
