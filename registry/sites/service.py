"""Building up a compound: the site itself, its areas, its gates."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from registry.access.facts import Direction, Passback
from registry.clock import DEFAULT_TIMEZONE
from registry.devices.facts import BuildingFacts, Place
from registry.feed.changes import ChangeKind
from registry.feed.service import open_feed, record_change
from registry.ids import NAME, AreaId, GateId, LaneId, SiteId
from registry.problems import Conflict, Unprocessable
from registry.sites import queries
from registry.sites.models import Area, Gate, Lane, Site


class NameNotAllowed(Unprocessable):
    slug = "name-not-allowed"
    title = "A name is written with a-z, 0-9 and -, at most 40 of them"


class NoSuchTimezone(Unprocessable):
    slug = "no-such-timezone"
    title = "There is no such time zone"


class SiteExists(Conflict):
    slug = "site-exists"
    title = "There is a site of this name already"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLane:
    """A lane to be built."""

    id: LaneId
    direction: Direction | None = None
    from_area: AreaId
    to_area: AreaId
    manned: bool = True
    interlock: bool = False
    passage_seconds: int | None = None


def require_name(text: str) -> None:
    """Refuse what cannot stand in a topic of every broker."""
    if not NAME.fullmatch(text):
        raise NameNotAllowed(f"{text[:60]!r} cannot be a name: use a-z, 0-9 and -, at most 40 of them.")


def add_site(
    session: Session,
    *,
    site_id: SiteId,
    name_zh: str,
    name_en: str,
    timezone: str = DEFAULT_TIMEZONE,
    outline: Sequence[tuple[float, float]] = (),
    buildings: Sequence[BuildingFacts] = (),
) -> Site:
    """Begin a compound and its change feed. Outlines are in fractions of the site plan."""
    require_name(site_id)
    if session.get(Site, site_id) is not None:
        raise SiteExists(f"There is a site {site_id} already.")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of the time zones is no file
        raise NoSuchTimezone(f"{timezone[:60]!r} is no time zone; write one like {DEFAULT_TIMEZONE}.") from error
    site = Site(
        id=site_id,
        name_zh=name_zh,
        name_en=name_en,
        timezone=timezone,
        outline=[list(point) for point in outline],
        buildings=[
            {
                "name_zh": building.name_zh,
                "name_en": building.name_en,
                "outline": [list(point) for point in building.outline],
            }
            for building in buildings
        ],
    )
    session.add(site)
    open_feed(session, site_id)
    record_change(session, [site_id], ChangeKind.SITE, site_id)
    return site


def add_area(
    session: Session,
    *,
    area_id: AreaId,
    site: SiteId,
    name_zh: str,
    name_en: str,
    passback_people: Passback = Passback.OFF,
    passback_vehicles: Passback = Passback.OFF,
    capacity_vehicles: int | None = None,
    two_person: bool = False,
) -> Area:
    """Add a place in which people and vehicles are counted."""
    require_name(area_id)
    queries.require_sites(session, [site])
    area = Area(
        id=area_id,
        site=site,
        name_zh=name_zh,
        name_en=name_en,
        passback_people=passback_people,
        passback_vehicles=passback_vehicles,
        capacity_vehicles=capacity_vehicles,
        two_person=two_person,
    )
    session.add(area)
    record_change(session, [site], ChangeKind.GATE, area_id)
    return area


def add_gate(
    session: Session,
    *,
    gate_id: GateId,
    site: SiteId,
    name_zh: str,
    name_en: str,
    lanes: Sequence[NewLane],
    place: Place | None = None,
) -> Gate:
    """Add a gate with its lanes, the one that is meant by default first."""
    queries.require_sites(session, [site])
    for name in (gate_id, *(lane.id for lane in lanes)):
        require_name(name)
    gate = Gate(
        id=gate_id,
        site=site,
        name_zh=name_zh,
        name_en=name_en,
        x=None if place is None else place.x,
        y=None if place is None else place.y,
        lanes=[
            Lane(
                id=lane.id,
                site=site,
                gate=gate_id,
                position=position,
                direction=lane.direction,
                from_area=lane.from_area,
                to_area=lane.to_area,
                manned=lane.manned,
                interlock=lane.interlock,
                passage_seconds=lane.passage_seconds,
            )
            for position, lane in enumerate(lanes)
        ],
    )
    session.add(gate)
    record_change(session, [site], ChangeKind.GATE, gate_id)
    return gate
