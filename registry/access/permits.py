"""Reading vehicle permits as gates know them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialFacts, CredentialKind, Holder
from registry.access.grounds import grounds
from registry.access.rows import chosen, replacements, sites_of
from registry.clock import Instant
from registry.ids import CredentialId, PersonId, SiteId
from registry.permits.models import PermitPlate, PermitSite, PlateUse, VehiclePermit
from registry.permits.rules import permit_number, permit_period
from registry.permits.years import takeovers


def permits(
    session: Session,
    timezones: Mapping[SiteId, str],
    holders: Mapping[PersonId, Holder],
    only: Collection[UUID] | None,
) -> Iterator[CredentialFacts]:
    """Each plate of a permit by itself: its own, those that share it, and substitutes within their days."""
    further = _further(session, only)
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
        own = CredentialFacts(
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
            permit=id_,
            rests_on=rest.get(id_),
            replaced_by=replaced.get(id_),
        )
        yield own
        for each in further.get(id_, ()):
            another = replace(own, id=CredentialId(each.id), key=each.plate)
            if each.use is PlateUse.SHARED:
                yield another
            else:
                # Its days end, not the year: the gate says that they expired.
                begins, ends = _days(each, ZoneInfo(zone), period)
                yield replace(another, permit_year=None, valid_from=begins, valid_until=ends)


def _further(session: Session, only: Collection[UUID] | None) -> Mapping[CredentialId, list[PermitPlate]]:
    """The plates that permits have beside their own."""
    found: dict[CredentialId, list[PermitPlate]] = {}
    for each in session.scalars(chosen(select(PermitPlate), PermitPlate.permit_id, only)):
        found.setdefault(each.permit_id, []).append(each)
    return found


def _days(plate: PermitPlate, zone: ZoneInfo, period: tuple[Instant, Instant]) -> tuple[Instant, Instant]:
    """When a substitute opens: on its days, whole, on the site's clock, as far as its permit does."""
    if plate.first_day is None or plate.end_day is None:
        return period
    begins, ends = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (plate.first_day, plate.end_day))
    return max(begins, period[0]), min(ends, period[1])
