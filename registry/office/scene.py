"""What every page of the office needs: whose sites, the names of sites in the reader's language, local days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.auth.requires import requires
from registry.clock import Instant
from registry.credentials.period import require_moment
from registry.credentials.rules import Standing, standing
from registry.ids import SiteId
from registry.permits.models import PermitSite, VehiclePermit
from registry.permits.rules import Takeovers, permit_period
from registry.permits.years import takeovers
from registry.plates.grammar import NotAPlate, parse_plate
from registry.sites.models import Site
from registry.sites.queries import NoSuchSite, all_sites, zone_of
from registry.sites.scope import sites_of

Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
PAGE_ROWS = 40
_ASKED_FROM_MONTH = 10


def seen_sites(session: Session, reader: Principal) -> frozenset[SiteId]:
    """The sites whose registry this person may read."""
    return sites_of(session, reader, Permission.REGISTRY_READ)


def first_of(sites: frozenset[SiteId]) -> SiteId:
    """The first of these sites by name, which a page shows unless another is asked for.

    Raises:
        NoSuchSite: there is none, as in a house that is only being set up.

    """
    if not sites:
        raise NoSuchSite("There is no compound yet: have the administrator add one.")
    return min(sites)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the templates of the office share."""

    sites: Mapping[SiteId, Site]
    own_sites: Sequence[Site]
    """Those whose registry the reader may write."""
    answers_for_all: bool
    sees_devices: bool
    today: date
    zone: ZoneInfo
    """Of the days on the page: that of the reader's first site."""
    takeovers: Takeovers
    """When the years of permits take over."""

    @property
    def year_asked(self) -> int:
        """The year whose permits people ask for: from October on the next."""
        return self.today.year + (self.today.month >= _ASKED_FROM_MONTH)

    @property
    def may_write(self) -> bool:
        return bool(self.own_sites)

    def answers_for(self, opened: Sequence[PermitSite]) -> bool:
        """Whether the reader may write the registry of every site that a permit opens."""
        return {each.site for each in opened} <= {site.id for site in self.own_sites}

    def plate(self, text: str) -> str:
        """A plate as it stands on the vehicle, with its dot."""
        plate = parse_plate(text)
        return text if isinstance(plate, NotAPlate) else plate.display

    def day(self, moment: Instant) -> date:
        """The local day of a moment."""
        return moment.astimezone(self.zone).date()

    @staticmethod
    def before(end_day: date) -> date:
        """The last day, where the first on which it is over is kept."""
        return end_day - timedelta(days=1)

    def last_day(self, end: Instant) -> date:
        """The last whole or part day before an end that is not included."""
        return self.day(end - timedelta(microseconds=1))

    def days_left(self, end: Instant) -> int:
        """Days from today to the last day."""
        return (self.last_day(end) - self.today).days

    def standing_of_permit(self, permit: VehiclePermit, now: Instant) -> Standing:
        """How a permit stands; its year is that of its first site, as at the gate."""
        timezone = self.sites[min(each.site for each in permit.sites)].timezone
        return standing(permit.status, *permit_period(permit.year, timezone, self.takeovers), now)


def scene_of(session: Session, reader: Principal, now: Instant) -> Scene:
    """Set the scene for one reader."""
    written = sites_of(session, reader, Permission.REGISTRY_WRITE)
    sites = {site.id: site for site in all_sites(session)}
    zone = zone_of(session, {grant.site for grant in reader.grants if grant.site is not None})
    return Scene(
        sites=sites,
        own_sites=[site for site in sites.values() if site.id in written],
        answers_for_all=isinstance(reader.sites(Permission.REGISTRY_WRITE), AllSites),
        sees_devices=reader.holds(Permission.DEVICES_READ),
        today=now.astimezone(zone).date(),
        zone=zone,
        takeovers=takeovers(session),
    )


def day_begins(day: date, zone: ZoneInfo) -> Instant:
    """Midnight at the beginning of a day at the site.

    Raises:
        MomentTooFar: a day of no year in which anything here lasts.

    """
    require_moment(datetime.combine(day, time(), UTC))
    return datetime.combine(day, time(), zone)


def day_ends(day: date, zone: ZoneInfo) -> Instant:
    """Midnight at the end of a day at the site: the last day that a clerk writes is a whole day."""
    return day_begins(day, zone) + timedelta(days=1)


def go(path: str) -> RedirectResponse:
    """After a change: to the page that shows it."""
    return RedirectResponse(path, status_code=303)
