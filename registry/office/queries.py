"""What the first page counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.denylist.queries import in_force
from registry.devices.models import Device
from registry.ids import SiteId
from registry.messages.topics import DeviceClass
from registry.passes.models import Card, CardSite
from registry.people.models import Person
from registry.permits.models import PermitSite, VehiclePermit
from registry.permits.queries import renewed_exists
from registry.zones.models import Zone

SOON = timedelta(days=30)
"""A card that ends within this time is worth a look."""


STOPPED = (CredentialStatus.SUSPENDED, CredentialStatus.REPORTED_LOST)
"""States that somebody must end one way or the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How much there is, and what waits for somebody."""

    people: int
    permits_this_year: int
    permits_last_year: int
    not_renewed: int
    """Permits of last year, not revoked, whose plate has none of this year."""
    stopped: int
    """Permits of this year that are suspended or reported lost."""
    cards: int
    cards_ending: int
    devices: int
    devices_disabled: int
    cameras_without_source: int
    zones: int
    zones_disarmed: int
    denied: int


def overview(session: Session, sites: Collection[SiteId], *, year: int, now: Instant) -> Overview:
    """Count what lies at these sites; `year` is the site's calendar year."""

    def count(rows: Select[int]) -> int:
        return session.scalar(rows) or 0

    def permits(of_year: int) -> Select[int]:
        return (
            select(func.count())
            .select_from(VehiclePermit)
            .where(
                VehiclePermit.year == of_year,
                VehiclePermit.status != CredentialStatus.REVOKED,
                VehiclePermit.sites.any(PermitSite.site.in_(sites)),
            )
        )

    cards = (
        select(func.count())
        .select_from(Card)
        .where(
            Card.status != CredentialStatus.REVOKED, Card.valid_until > now, Card.sites.any(CardSite.site.in_(sites))
        )
    )
    devices = select(func.count()).select_from(Device).where(Device.site.in_(sites))
    zones = select(func.count()).select_from(Zone).where(Zone.site.in_(sites))
    return Overview(
        people=count(select(func.count()).select_from(Person).where(Person.site.in_(sites))),
        permits_this_year=count(permits(year)),
        permits_last_year=count(permits(year - 1)),
        not_renewed=count(permits(year - 1).where(~renewed_exists())),
        stopped=count(permits(year).where(VehiclePermit.status.in_(STOPPED))),
        cards=count(cards),
        cards_ending=count(cards.where(Card.valid_until < now + SOON)),
        devices=count(devices),
        devices_disabled=count(devices.where(~Device.enabled)),
        cameras_without_source=count(devices.where(Device.kind == DeviceClass.CAMERA, Device.source.is_(None))),
        zones=count(zones),
        zones_disarmed=count(zones.where(~Zone.armed)),
        denied=count(select(func.count()).select_from(in_force(sites, now).subquery())),
    )
