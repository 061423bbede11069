"""Buildings of one pattern laid out at once: so many of them, with so many floors, with so many rooms on each."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.audit.chain import record
from registry.clock import Instant
from registry.housing.models import Building, RoomUse
from registry.housing.service import BuildingExists, NewBuilding, NewRoom, add_housing
from registry.ids import SiteId
from registry.problems import Unprocessable
from registry.sites.queries import require_sites

MOST_ROOMS = 10_000
"""At once; a compound of the largest kind has fewer."""


class TooManyRooms(Unprocessable):
    slug = "too-many-rooms"
    title = "These are more rooms than can be laid out at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`buildings` of them, numbered from `first`; each with floors 1 to `floors` and rooms 1 to `rooms` (99 at most) on each."""

    first: int
    buildings: int
    floors: int
    rooms: int
    use: RoomUse = RoomUse.DWELLING


@dataclass(frozen=True, slots=True)
class Laid:
    """A building with its rooms, floor by floor."""

    building: NewBuilding
    rooms: Sequence[NewRoom]


def laid_out(site: SiteId, layout: Layout) -> Sequence[Laid]:
    """What the layout comes to: building 3 is 3号楼, the second room of its sixth floor 3-602."""
    return [
        Laid(
            building,
            [
                NewRoom(building_id=building.id, floor=floor, number=f"{floor}{room:02}", use=layout.use)
                for floor in range(1, layout.floors + 1)
                for room in range(1, layout.rooms + 1)
            ],
        )
        for number in range(layout.first, layout.first + layout.buildings)
        for building in [
            NewBuilding(site=site, short=str(number), name_zh=f"{number}号楼", name_en=f"Building {number}")
        ]
    ]


def preview(session: Session, site: SiteId, layout: Layout) -> Sequence[Laid]:
    """What `lay_out` would add.

    Raises:
        BuildingExists: one of the buildings is there already.
        TooManyRooms: they are more than `MOST_ROOMS`.

    """
    require_sites(session, [site])
    if layout.buildings * layout.floors * layout.rooms > MOST_ROOMS:
        raise TooManyRooms(f"Lay out at most {MOST_ROOMS} rooms at once.", most=MOST_ROOMS)
    laid = laid_out(site, layout)
    shorts = [each.building.short for each in laid]
    there = session.scalars(select(Building.short).where(Building.site == site, Building.short.in_(shorts))).all()
    if there:
        raise BuildingExists(f"There is a building {min(there, key=int)} at {site} already: begin with another number.")
    return laid


def lay_out(session: Session, site: SiteId, layout: Layout, *, by: str, now: Instant) -> Sequence[Laid]:
    """Add the buildings with their rooms. Raises: as `preview`, and nothing is added."""
    laid = preview(session, site, layout)
    add_housing(session, [each.building for each in laid], [room for each in laid for room in each.rooms], [])
    facts = {
        "buildings": f"{layout.first}–{layout.first + layout.buildings - 1}",
        "floors": layout.floors,
        "rooms": sum(len(each.rooms) for each in laid),
        "use": layout.use,
    }
    record(session, actor=by, action="buildings-laid-out", site=site, subject=f"site:{site}", facts=facts, now=now)
    return laid
