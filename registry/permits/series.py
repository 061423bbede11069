"""The change of the year: renew this year's permits, let the next year take over at one instant, take it back.

Every gate knows beforehand when a year takes over, so nothing happens at that instant, whoever is offline.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.access.grounds import grounds
from registry.audit.chain import record
from registry.clock import Instant
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import CredentialId, SiteId, UnitId, new_id
from registry.permits import queries
from registry.permits.models import (
    ApplicationPlate,
    PermitApplication,
    PermitClass,
    PermitPlate,
    PermitReminder,
    PermitSeries,
    PermitSite,
    PlateUse,
    SeriesState,
    VehiclePermit,
)
from registry.permits.quota import OPEN, quotas_of
from registry.permits.rules import new_year
from registry.permits.years import held
from registry.problems import Conflict, Forbidden, NotFound, Unprocessable
from registry.sites.models import Site
from registry.sites.queries import zone_of

MOST_DAYS_FROM_NEW_YEAR = 90
MOST_OVERLAP_DAYS = 31


class NoSuchSeries(NotFound):
    slug = "no-such-series"
    title = "The permits of this year were not prepared"


class SeriesOfAllSites(Forbidden):
    slug = "series-of-all-sites"
    title = "A year of permits is changed by who approves permits at all compounds"


class SeriesIsActive(Conflict):
    """`since` is the instant at which it takes or took over, in UTC."""

    slug = "series-is-active"
    title = "The permits of this year are activated already"


class SeriesNotActive(Conflict):
    slug = "series-not-active"
    title = "The permits of this year are not activated"


class SeriesEmpty(Conflict):
    slug = "series-empty"
    title = "There is no permit of this year"


class SeriesFollowed(Conflict):
    slug = "series-followed"
    title = "The year after took over already"


class SeriesInstant(Unprocessable):
    slug = "series-instant"
    title = "A year cannot take over at this instant"


class SeriesYear(Unprocessable):
    slug = "series-year"
    title = "This year's permits cannot be prepared now"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverQuotaUnit:
    """A unit whose permits are not renewed, because they are more than it may still have."""

    unit: UnitId
    wanted: int
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What preparing a year would renew, or has renewed."""

    permits: Sequence[VehiclePermit]
    """Of the year before; `sites` are not read."""
    over_quota: Sequence[OverQuotaUnit]
    temporary: int
    """Permits for a time, which nobody renews in bulk."""
    applied_for: int
    """Permits for whose plates an application of this year is on its way, which leads to its own permit."""
    ground_over: int
    """Permits that rest on a tenancy or project that is over before the year begins."""


def renewal(session: Session, year: int) -> Renewal:
    """The active permits of the year before whose plates have none of this one and for which nobody has applied.

    None of a unit of which not all fit, and none that rests on what will be over.
    """
    before = session.scalars(
        select(VehiclePermit)
        .where(VehiclePermit.year == year - 1, VehiclePermit.status == CredentialStatus.ACTIVE)
        .order_by(VehiclePermit.serial)
    ).all()
    all_sites = session.scalars(select(Site.id)).all()
    taken = {plate for each in held(session, year, all_sites) for plate in (each.plate, *each.shared)}
    shared = {each.id: each.shared for each in held(session, year - 1, all_sites)}
    wanted = [each for each in before if taken.isdisjoint({each.plate, *shared.get(each.id, ())})]
    lasting = [each for each in wanted if each.permit_class is not PermitClass.TEMPORARY]
    applied = _applied_for(session, year)
    free_to_renew = [each for each in lasting if applied.isdisjoint({each.plate, *shared.get(each.id, ())})]
    over_then = _ground_over(session, year)
    standing = [each for each in free_to_renew if each.id not in over_then]
    over, quotas = [], quotas_of(session, year)
    for unit, count in Counter(each.unit_id for each in standing).items():
        free = None if unit is None else quotas[unit].free
        if unit is not None and free is not None and count > free:
            over.append(OverQuotaUnit(unit=unit, wanted=count, free=free))
    left_out = {each.unit for each in over}
    return Renewal(
        permits=[each for each in standing if each.unit_id not in left_out],
        over_quota=over,
        temporary=len(wanted) - len(lasting),
        applied_for=len(lasting) - len(free_to_renew),
        ground_over=len(free_to_renew) - len(standing),
    )


def prepare(session: Session, year: int, *, by: str, now: Instant) -> Renewal:
    """Renew what `renewal` shows, each with its sites, shared plates and ground, and open the year's series. Again: the rest.

    Changes nothing at the gates before the year takes over, which is at New Year unless it is activated otherwise.

    Raises:
        SeriesYear: it is neither this year nor the next, at the first compound.

    """
    zone = zone_of(session)
    today = now.astimezone(zone).date()
    if not today.year <= year <= today.year + 1:
        raise SeriesYear(f"Prepare the permits of {today.year + 1}, or of {today.year} as long as it lasts.")
    series = _series_for_update(session, year)
    found = renewal(session, year)
    _renew(session, found.permits, year, now)
    if series is None:
        begins = new_year(year, str(zone))
        session.add(
            PermitSeries(
                year=year,
                state=SeriesState.PREPARED,
                effective_at=begins,
                overlap_until=begins,
                prepared_by=by,
                prepared_at=now,
                changed_by=by,
                changed_at=now,
            )
        )
        session.flush()
    _announce(session, year, "series-prepared", {"renewed": len(found.permits)}, by=by, now=now)
    return found


def activate(
    session: Session, year: int, *, effective_at: Instant | None, overlap_days: int, by: str, now: Instant
) -> PermitSeries:
    """Let the permits of a year take over at an instant (None: now); those of the year before hold so many days beside them.

    Raises:
        NoSuchSeries, SeriesEmpty: it was not prepared, or has no permit.
        SeriesIsActive: with the instant.
        SeriesFollowed: the year after is activated.
        SeriesInstant: the instant is past, too far from New Year, or the overlap too long. What was rolled back takes over again
            now at any time: nobody could drive in otherwise.

    """
    series = _required(session, year)
    if series.state is SeriesState.ACTIVE:
        raise SeriesIsActive(
            f"It was activated by {series.changed_by}. Roll it back first to choose another instant.",
            since=series.effective_at.isoformat(),
            by=series.changed_by,
        )
    _require_not_followed(session, year)
    count = session.scalar(
        select(func.count()).where(VehiclePermit.year == year, VehiclePermit.status == CredentialStatus.ACTIVE)
    )
    if not count:
        raise SeriesEmpty("Renew this year's permits first, or issue some: else nobody could drive in.")
    instant = now if effective_at is None else effective_at
    begins = new_year(year, str(zone_of(session)))
    if instant < now:
        raise SeriesInstant("That instant is past: choose a later one, or now.", fault="past")
    is_put_back = series.state is SeriesState.ROLLED_BACK and effective_at is None
    if abs(instant - begins) > timedelta(days=MOST_DAYS_FROM_NEW_YEAR) and not is_put_back:
        raise SeriesInstant(
            f"Choose an instant at most {MOST_DAYS_FROM_NEW_YEAR} days from New Year.",
            fault="far",
            most_days=MOST_DAYS_FROM_NEW_YEAR,
        )
    if not 0 <= overlap_days <= MOST_OVERLAP_DAYS:
        raise SeriesInstant(
            f"Let the years overlap for at most {MOST_OVERLAP_DAYS} days.",
            fault="overlap",
            most_days=MOST_OVERLAP_DAYS,
        )
    series.state, series.changed_by, series.changed_at = SeriesState.ACTIVE, by, now
    series.effective_at, series.overlap_until = instant, instant + timedelta(days=overlap_days)
    facts = {"effective_at": instant.isoformat(), "overlap_days": overlap_days, "permits": count}
    _announce(session, year, "series-activated", facts, by=by, now=now)
    return series


def roll_back(session: Session, year: int, *, by: str, now: Instant) -> PermitSeries:
    """Let the year before go on, from now; this year's permits hold again once it is activated again.

    The permits of the year before have another end by that, of which they are reminded anew.

    Raises:
        NoSuchSeries: it was not prepared.
        SeriesNotActive: it neither is activated nor took over at New Year, or was rolled back already.
        SeriesFollowed: the year after is activated.

    """
    series = _required(session, year)
    if not can_be_rolled_back(series, now):
        raise SeriesNotActive("There is nothing to roll back.")
    _require_not_followed(session, year)
    series.state, series.changed_by, series.changed_at = SeriesState.ROLLED_BACK, by, now
    of_year_before = select(VehiclePermit.id).where(VehiclePermit.year == year - 1)
    session.execute(
        delete(PermitReminder)
        .where(PermitReminder.permit_id.in_(of_year_before))
        .execution_options(synchronize_session=False)
    )
    _announce(session, year, "series-rolled-back", {}, by=by, now=now)
    return series


def can_be_rolled_back(series: PermitSeries, now: Instant) -> bool:
    """Whether it is activated, or was only prepared and took over at New Year by itself."""
    by_itself = series.state is SeriesState.PREPARED and series.effective_at <= now
    return series.state is SeriesState.ACTIVE or by_itself


def _require_not_followed(session: Session, year: int) -> None:
    after = session.get(PermitSeries, year + 1)
    if after is not None and after.state is SeriesState.ACTIVE:
        raise SeriesFollowed(f"Roll {year + 1} back first.")


def _required(session: Session, year: int) -> PermitSeries:
    series = _series_for_update(session, year)
    if series is None:
        raise NoSuchSeries(f"The permits of {year} were not prepared: renew this year's first.")
    return series


def _series_for_update(session: Session, year: int) -> PermitSeries | None:
    return session.get(PermitSeries, year, with_for_update=True, populate_existing=True)


def _applied_for(session: Session, year: int) -> set[str]:
    """The plates that stand in an application of that year which is handed in and not settled."""
    own = select(PermitApplication.plate).where(PermitApplication.year == year, PermitApplication.state.in_(OPEN))
    further = (
        select(ApplicationPlate.plate)
        .join(PermitApplication, PermitApplication.id == ApplicationPlate.application_id)
        .where(PermitApplication.year == year, PermitApplication.state.in_(OPEN))
    )
    return {*session.scalars(own), *session.scalars(further)}


def _ground_over(session: Session, year: int) -> set[CredentialId]:
    """The permits that rest on a tenancy or project which is over when a year begins."""
    timezones = dict(session.execute(select(Site.id, Site.timezone)).all())
    begins = new_year(year, str(zone_of(session)))
    rest = grounds(session, VehiclePermit, timezones, None)
    return {
        CredentialId(UUID(int=permit))
        for permit, one in rest.items()
        if one.over_from is not None and one.over_from <= begins
    }


def _renew(session: Session, permits: Sequence[VehiclePermit], year: int, now: Instant) -> None:
    """Three statements, whatever their number."""
    if not permits:
        return
    serial = queries.last_serial(session, year)
    new = {each.id: CredentialId(new_id()) for each in permits}
    session.execute(
        insert(VehiclePermit),
        [
            {
                "id": new[each.id],
                "person_id": each.person_id,
                "unit_id": each.unit_id,
                "status": CredentialStatus.ACTIVE,
                "status_at": now,
                "issued_at": now,
                "year": year,
                "serial": serial + number,
                "plate": each.plate,
                "plate_kind": each.plate_kind,
                "permit_class": each.permit_class,
                "tenancy_id": each.tenancy_id,
                "project_id": each.project_id,
            }
            for number, each in enumerate(permits, start=1)
        ],
    )
    of_year = select(VehiclePermit.id).where(VehiclePermit.year == year - 1)
    sites = session.execute(select(PermitSite.permit_id, PermitSite.site).where(PermitSite.permit_id.in_(of_year)))
    session.execute(
        insert(PermitSite), [{"permit_id": new[permit], "site": site} for permit, site in sites if permit in new]
    )
    plates = select(PermitPlate.permit_id, PermitPlate.plate, PermitPlate.plate_kind).where(
        PermitPlate.permit_id.in_(of_year), PermitPlate.use == PlateUse.SHARED
    )
    shared = [
        {"id": new_id(), "permit_id": new[permit], "plate": plate, "plate_kind": kind, "use": PlateUse.SHARED}
        for permit, plate, kind in session.execute(plates)
        if permit in new
    ]
    if shared:
        session.execute(insert(PermitPlate), shared)


def _announce(session: Session, year: int, action: str, facts: Mapping[str, object], *, by: str, now: Instant) -> None:
    """Write it into the audit of the house, and have every gate read all permits anew."""
    record(session, actor=by, action=action, site=None, subject=f"permit-series:{year}", facts=facts, now=now)
    sites: Sequence[SiteId] = session.scalars(select(Site.id)).all()
    record_change(session, sites, ChangeKind.MANY, f"permit-series:{year}")
