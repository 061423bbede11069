"""Reading vehicle permits as gates know them."""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialFacts, CredentialKind, Holder
from registry.access.grounds import grounds
from registry.access.rows import chosen, replacements, sites_of
from registry.clock import Instant
from registry.ids import PersonId, SiteId
from registry.permits.models import PermitSite, VehiclePermit
from registry.permits.rules import permit_number, permit_period
from registry.permits.years import takeovers


def permits(
    session: Session,
    timezones: Mapping[SiteId, str],
    holders: Mapping[PersonId, Holder],
    only: Collection[UUID] | None,
) -> Iterator[CredentialFacts]:
    sites = sites_of(session, PermitSite.permit_id, PermitSite.site, only)
    rest = grounds(session, VehiclePermit, timezones, only)
    replaced = replacements(session, VehiclePermit, [VehiclePermit.year, VehiclePermit.serial], permit_number)
    periods: dict[tuple[int, str], tuple[Instant, Instant]] = {}
    settled = takeovers(session)
    row = VehiclePermit
    rows = chosen(select(row.id, row.person_id, row.plate, row.status, row.year, row.serial), row.id, only)
    for id_, person, plate, status, year, serial in session.execute(rows):
        opens = sites.get(id_, frozenset())
        zone = timezones[min(opens)] if opens else "UTC"
        period = periods.get((year, zone)) or periods.setdefault((year, zone), permit_period(year, zone, settled))
        yield CredentialFacts(
            id=id_,
            kind=CredentialKind.PLATE,
            key=plate,
            holder=holders.get(person),
            sites=opens,
            gates=None,
            status=status,
            valid_from=period[0],
            valid_until=period[1],
            permit_year=year,
            permit_number=permit_number(year, serial),
            rests_on=rest.get(id_),
            replaced_by=replaced.get(id_),
        )
