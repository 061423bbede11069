"""Reading vehicle permits as gates know them."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialKind
from registry.access.grounds import grounds
from registry.access.roll import Further, Line, Terms
from registry.access.rows import chosen, each, number, replacements, sites_of
from registry.clock import Instant
from registry.ids import SiteId
from registry.permits.models import PermitPlate, PermitSite, PlateUse, VehiclePermit
from registry.permits.rules import permit_number, permit_period
from registry.permits.years import takeovers


def permits(
    session: Session,
    timezones: Mapping[SiteId, str],
    only: Collection[UUID] | None,
) -> Iterator[Line]:
    """Each plate of a permit by itself: its own, those that share it, and substitutes within their days."""
    further = _further(session, only)
    sites = sites_of(session, PermitSite.permit_id, PermitSite.site, only)
    rest = grounds(session, VehiclePermit, timezones, only)
    replaced = replacements(session, VehiclePermit, [VehiclePermit.year, VehiclePermit.serial], permit_number)
    periods: dict[tuple[int, str], tuple[Instant, Instant]] = {}
    settled = takeovers(session)
    row = VehiclePermit
    columns = select(number(row.id), number(row.person_id), row.plate, row.status, row.year, row.serial)
    for id_, person, plate, status, year, serial in each(session, chosen(columns, row.id, only)):
        opens = sites.get(id_, frozenset())
        zone = timezones[min(opens)] if opens else "UTC"
        period = periods.get((year, zone)) or periods.setdefault((year, zone), permit_period(year, zone, settled))
        own = Line(
            id=id_,
            key=plate,
            holder=person,
            terms=Terms(
                kind=CredentialKind.PLATE,
                sites=opens,
                status=status,
                permit_year=year,
                rests_on=rest.get(id_),
            ),
            levels=(),
            valid_from=period[0],
            valid_until=period[1],
            further=Further(
                permit_number=permit_number(year, serial),
                permit=id_,
                replaced_by=replaced.get(id_),
            ),
        )
        yield own
        for one in further.get(id_, ()):
            another = own._replace(id=one.id.int, key=one.plate)
            if one.use is PlateUse.SHARED:
                yield another
            else:
                # Its days end, not the year: the gate says that they expired.
                begins, ends = _days(one, ZoneInfo(zone), period)
                in_those_days = own.terms._replace(permit_year=None)
                yield another._replace(terms=in_those_days, valid_from=begins, valid_until=ends)


def _further(session: Session, only: Collection[UUID] | None) -> Mapping[int, list[PermitPlate]]:
    """The plates that permits have beside their own."""
    found: dict[int, list[PermitPlate]] = {}
    for one in session.scalars(chosen(select(PermitPlate), PermitPlate.permit_id, only)):
        found.setdefault(one.permit_id.int, []).append(one)
    return found


def _days(plate: PermitPlate, zone: ZoneInfo, period: tuple[Instant, Instant]) -> tuple[Instant, Instant]:
    """When a substitute opens: on its days, whole, on the site's clock, as far as its permit does."""
    if plate.first_day is None or plate.end_day is None:
        return period
    begins, ends = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (plate.first_day, plate.end_day))
    return max(begins, period[0]), min(ends, period[1])
