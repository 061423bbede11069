"""Reading compounds, gates and areas."""

from collections.abc import Collection, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from registry.clock import Instant
from registry.ids import GateId, SiteId
from registry.problems import NotFound
from registry.sites.models import Gate, Site


class NoSuchSite(NotFound):
    slug = "no-such-site"
    title = "There is no such site here"


class NoSuchGate(NotFound):
    slug = "gate-not-of-site"
    title = "There is no such gate here"


def all_sites(session: Session) -> Sequence[Site]:
    return session.scalars(select(Site).order_by(Site.id)).all()


def site(session: Session, site_id: SiteId) -> Site:
    found = session.get(Site, site_id)
    if found is None:
        raise NoSuchSite(f"There is no site {site_id}.")
    return found


def site_words(session: Session) -> Sequence[str]:
    """What the compounds are called, on screens and in addresses; no password is made of that."""
    return [word for row in session.execute(select(Site.id, Site.name_zh, Site.name_en)) for word in row]


def require_sites(session: Session, sites: Collection[SiteId]) -> None:
    """Refuse names that are no site of ours."""
    known = set(session.scalars(select(Site.id).where(Site.id.in_(sites))))
    for name in sorted(set(sites) - known):
        raise NoSuchSite(f"There is no site {name}.")


def zone_of(session: Session, sites: Collection[SiteId] = ()) -> ZoneInfo:
    """The time zone of what concerns these sites: the first one's by name. Without sites, of what concerns them all."""
    rows = select(Site.timezone).order_by(Site.id).limit(1)
    return ZoneInfo(session.scalar(rows.where(Site.id.in_(sites)) if sites else rows) or "UTC")


def local_day(session: Session, sites: Collection[SiteId], moment: Instant) -> date:
    """The day that a moment falls on at these sites."""
    return moment.astimezone(zone_of(session, sites)).date()


def gates(session: Session, sites: Collection[SiteId]) -> Sequence[Gate]:
    """The gates of these sites, with their lanes."""
    rows = select(Gate).where(Gate.site.in_(sites)).options(selectinload(Gate.lanes)).order_by(Gate.site, Gate.id)
    return session.scalars(rows).all()


def require_gates(session: Session, names: Collection[GateId], sites: Collection[SiteId]) -> None:
    """Refuse names that are no gate of these sites."""
    known = set(session.scalars(select(Gate.id).where(Gate.id.in_(names), Gate.site.in_(sites))))
    for name in sorted(set(names) - known):
        raise NoSuchGate(f"There is no gate {name} at {', '.join(sorted(sites))}.")
