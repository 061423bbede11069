"""What the first page counts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.credentials.rules import OUT_OF_USE
from registry.denylist.queries import in_force
from registry.devices.models import Device
from registry.ids import SiteId
from registry.messages.topics import DeviceClass
from registry.passes.models import Card, CardSite
from registry.people.models import Person
from registry.permits.models import PermitSite, VehiclePermit
from registry.permits.years import renewed_exists
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
    """Permits of last year in use, whose plate has none of this year."""
    stopped: int
    """Permits of this year that are suspended or reported lost."""
    cards: int
    cards_ending: int
    devices: int
    devices_disabled: int
    cameras_without_source: int
    zones: int
    denied: int


def overview(session: Session, sites: Collection[SiteId], *, year: int, now: Instant) -> Overview:
    """Count what lies at these sites; `year` is the site's calendar year."""

    def count(rows: Select[int]) -> int:
        return session.scalar(rows) or 0

    def permits(of_year: int, condition: ColumnElement[bool]) -> tuple[int, int]:
        """How many permits of a year are in use, and of how many this is true."""
        rows = select(func.count(), _of(condition)).where(
            VehiclePermit.year == of_year,
            VehiclePermit.status.not_in(OUT_OF_USE),
            VehiclePermit.sites.any(PermitSite.site.in_(sites)),
        )
        return _pair(session, rows)

    this_year, stopped = permits(year, VehiclePermit.status.in_(STOPPED))
    last_year, not_renewed = permits(year - 1, ~renewed_exists())
    # Cards are many: to list those of the sites once is a third of the work of asking for each.
    of_sites = select(CardSite.card_id).where(CardSite.site.in_(sites))
    good = (Card.status.not_in(OUT_OF_USE), Card.valid_until > now, Card.id.in_(of_sites))
    cards, ending = _pair(session, select(func.count(), _of(Card.valid_until < now + SOON)).where(*good))
    devices = select(func.count()).select_from(Device).where(Device.site.in_(sites))
    return Overview(
        people=count(
            select(func.count()).select_from(Person).where(Person.site.in_(sites), Person.merged_at.is_(None))
        ),
        permits_this_year=this_year,
        permits_last_year=last_year,
        not_renewed=not_renewed,
        stopped=stopped,
        cards=cards,
        cards_ending=ending,
        devices=count(devices),
        devices_disabled=count(devices.where(~Device.enabled)),
        cameras_without_source=count(devices.where(Device.kind == DeviceClass.CAMERA, Device.source.is_(None))),
        zones=count(select(func.count()).select_from(Zone).where(Zone.site.in_(sites))),
        denied=count(select(func.count()).select_from(in_force(sites, now).subquery())),
    )


def _of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many of the rows this is true of."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _pair(session: Session, rows: Select[int, int]) -> tuple[int, int]:
    first, second = session.execute(rows).one()
    return first, second
