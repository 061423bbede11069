"""Every role at every one of 20 compounds and for every one of 35 units: what it sees and changes of whose people, permits, rooms, units.

All combinations are asked of what the routes ask (`DAYUAN_WRITE_GOLDEN=1` writes the golden file anew; look at the difference
before it is committed), and a sample of them over HTTP.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from registry.applications.doer import Doer
from registry.auth.permissions import Permission, Role
from registry.auth.principal import Grant, Principal
from registry.auth.service import add_token
from registry.housing.models import RoomUse
from registry.housing.queries import rooms
from registry.housing.service import NewBuilding, NewRoom, add_housing
from registry.ids import RoomId, SiteId, UnitId, UserId, new_id
from registry.pages import routers
from registry.people.queries import people
from registry.people.service import NewPerson, register_people
from registry.permits.queries import permits
from registry.permits.service import NewPermit, issue_permits
from registry.sites.scope import sites_of
from registry.sites.service import add_site
from registry.units.api import require_everywhere
from registry.units.changing import UnitOfAllSites
from registry.units.scope import UnitScope, sites_within
from registry.units.service import add_unit
from registry.web.app import create_app
from registry.web.parts import Parts
from tests.fakes.clock import NOON
from tests.makers.registry import IDENTITY, a_keyring
from tests.makers.web import some_parts

GOLDEN = Path(__file__).parents[2] / "golden" / "scope.txt"
SITES = tuple(SiteId(f"s{number:02}") for number in range(20))
ALL = len(SITES) * 35 + 1
Cell = tuple[SiteId, UnitId]
KINDS = ("people", "permits", "rooms")
KEY = """\
What each role sees of people, permits and rooms, and of units. Of the first three there are four marks: what is at the own
compound and of the own unit, at the own compound of another unit, at another compound of the own unit, and neither; of units
there are two: the own, and another. r: reads, w: reads and changes, a: reads and applies for, -: it is not there.
A point: who works for every compound has no other one; of a role that is for all units every unit is the own.

"""


@dataclass(frozen=True, slots=True)
class City:
    """20 compounds with one person, permit and office of each of 35 units."""

    parts: Parts
    units: tuple[UnitId, ...]
    ids: dict[str, dict[Cell, str]]
    """Of the people, permits and rooms."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    parts = some_parts(tmp_path_factory.mktemp("city"))
    parts.rooms["registry"] = a_keyring()
    with parts.stores["registry"].begin(NOON) as work:
        session = work.session
        for site in SITES:
            add_site(session, site_id=site, name_zh=site, name_en=site)
        units = tuple(add_unit(session, name_zh=f"单位{n}", name_en=f"Unit {n}").id for n in range(35))
        cells = [(site, unit) for site in SITES for unit in units]
        files = {cell: NewPerson(site=cell[0], name="王建国", unit_id=cell[1]) for cell in cells}
        register_people(session, IDENTITY, list(files.values()), now=NOON)
        issued = {
            cell: NewPermit(
                holder=files[cell].id, unit_id=cell[1], plate=f"鄂E{number:05}", year=2026, sites=frozenset({cell[0]})
            )
            for number, cell in enumerate(cells)
        }
        issue_permits(session, list(issued.values()), now=NOON)
        houses = {site: NewBuilding(site=site, short="1", name_zh="1号楼", name_en="Building 1") for site in SITES}
        offices = {
            cell: NewRoom(
                id=RoomId(new_id()),
                building_id=houses[cell[0]].id,
                floor=1,
                number=str(100 + units.index(cell[1])),
                use=RoomUse.OFFICE,
                unit_id=cell[1],
            )
            for cell in cells
        }
        add_housing(session, list(houses.values()), list(offices.values()), [])
    ids = {
        "people": {cell: str(row.id) for cell, row in files.items()},
        "permits": {cell: str(row.id) for cell, row in issued.items()},
        "rooms": {cell: str(row.id) for cell, row in offices.items()},
    }
    return City(parts, units, ids)


def grants_of(role: Role, units: tuple[UnitId, ...]) -> Iterator[tuple[str, Grant]]:
    """Every grant of a role, with the name of its line."""
    if role is Role.UNIT_OFFICER:
        for unit in units:
            yield f"{role}, of a unit at a compound", Grant(role, SITES[0], unit=unit)
            yield from ((f"{role}, of a unit at a compound", Grant(role, site, unit=unit)) for site in SITES[1:])
            yield f"{role}, of a unit everywhere", Grant(role, None, unit=unit)
    kind = ", of no unit" if role is Role.UNIT_OFFICER else ""
    yield from ((f"{role}{kind}, at a compound", Grant(role, site)) for site in SITES)
    yield f"{role}{kind}, everywhere", Grant(role, None)


class Seeing:
    """What somebody sees and changes, by the same queries as the routes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of_sites = cache(self._read_sites)
        self._of_units = cache(self._read_units)

    def marks(self, who: Principal, units: tuple[UnitId, ...]) -> dict[str, dict[Cell, str]]:
        """For every kind and cell what they may, without those of which they see nothing."""
        session = self._session
        read, written = (
            sites_of(session, who, permission) for permission in (Permission.REGISTRY_READ, Permission.REGISTRY_WRITE)
        )
        marks: dict[str, dict[Cell, str]] = {kind: {} for kind in KINDS}
        for sites, mark in ((read, "r"), (written, "w")):
            for kind, cells in zip(KINDS, self._of_sites(sites), strict=True):
                marks[kind] |= dict.fromkeys(cells, mark)
        for kind, cells in zip(KINDS[:2], self._of_units(who.units(Permission.UNIT_READ)), strict=True):
            marks[kind] |= dict.fromkeys(cells - marks[kind].keys(), "r")
        doer = Doer.of(session, who)
        if doer.units:
            applying = {(site, unit) for site in SITES for unit in units if doer.applies_for(unit, [site])}
            assert applying <= marks["permits"].keys()
            marks["permits"] |= dict.fromkeys(applying, "a")
        return marks

    def _read_sites(self, sites: frozenset[SiteId]) -> tuple[set[Cell], ...]:
        found = (
            {(row.person.site, row.person.unit_id) for row in people(self._session, sites, limit=ALL)},
            {(row.permit.sites[0].site, row.permit.unit_id) for row in permits(self._session, sites, limit=ALL)},
            {
                (row.building.site, row.room.unit_id)
                for row in rooms(self._session, sites, today=NOON.date(), limit=ALL)
            },
        )
        return tuple({(site, unit) for site, unit in cells if unit is not None} for cells in found)

    def _read_units(self, scope: UnitScope) -> tuple[set[Cell], ...]:
        where = sites_within(scope, frozenset(SITES))
        persons = people(self._session, where, units=scope, limit=ALL)
        found = permits(self._session, where, units=scope, limit=ALL)
        return (
            {(row.person.site, row.person.unit_id) for row in persons if row.person.unit_id is not None},
            {(row.permit.sites[0].site, row.permit.unit_id) for row in found if row.permit.unit_id is not None},
        )


def of_units(who: Principal, own: UnitId | None, unit: UnitId) -> str:
    """What somebody may of a unit itself."""
    if who.holds(Permission.REGISTRY_WRITE):
        try:
            require_everywhere(who)
        except UnitOfAllSites:
            return "r"
        return "w"
    return "r" if who.holds(Permission.REGISTRY_READ) or (own == unit and who.units(Permission.UNIT_READ)) else "-"


def somebody(grant: Grant) -> Principal:
    return Principal(id=UserId(new_id()), name="somebody", grants=frozenset({grant}))


def test_all_roles_at_20_compounds_and_for_35_units_see_what_was_agreed(city: City) -> None:
    met: dict[str, dict[tuple[str, int], set[str]]] = defaultdict(lambda: defaultdict(set))
    combinations = 0
    with city.parts.stores["registry"].read() as session:
        seeing = Seeing(session)
        for role in Role:
            for line, grant in grants_of(role, city.units):
                who = somebody(grant)
                marks = seeing.marks(who, city.units)
                for site in SITES:
                    for unit in city.units:
                        combinations += 1
                        place = 2 * (grant.site not in {None, site}) + (grant.unit not in {None, unit})
                        if grant.unit is None and role is Role.UNIT_OFFICER:
                            place += 1
                        for kind in KINDS:
                            met[line][kind, place].add(marks[kind].get((site, unit), "-"))
                for unit in city.units:
                    is_other = grant.unit != unit if role is Role.UNIT_OFFICER else False
                    met[line]["units", int(is_other)].add(of_units(who, grant.unit, unit))
    assert combinations == 20 * 35 * (len(Role) * 21 + 35 * 21)
    assert {line: mark for line, found in met.items() for mark in found.values() if len(mark) > 1} == {}
    written = KEY + "".join(f"{row}\n" for row in _lines(met))
    if os.environ.get("DAYUAN_WRITE_GOLDEN"):
        GOLDEN.write_text(written, encoding="utf-8")
    assert GOLDEN.read_text(encoding="utf-8") == written


def _lines(met: dict[str, dict[tuple[str, int], set[str]]]) -> Iterator[str]:
    width = max(map(len, met))
    yield " " * width + "  people  permits  rooms  units"
    for line, found in met.items():
        told = [
            "".join("".join(found.get((kind, place), ".")) for place in range(4 if kind != "units" else 2))
            for kind in (*KINDS, "units")
        ]
        yield f"{line.ljust(width)}  {told[0].ljust(6)}  {told[1].ljust(7)}  {told[2].ljust(5)}  {told[3]}".rstrip()


@pytest.mark.parametrize("role", Role)
def test_a_sample_over_http_answers_as_the_table_says(city: City, role: Role) -> None:
    """Each kind of thing, of the own and another compound and unit: there, not there (404), or no such work (403)."""
    mine, other = city.units[3], city.units[4]
    grant = Grant(role, SITES[7], unit=mine if role is Role.UNIT_OFFICER else None)
    with city.parts.stores["registry"].begin(NOON) as work:
        token = add_token(work.session, name=f"sample-{role}", grants=[grant], now=NOON)
    who = somebody(grant)
    reads, writes = who.holds(Permission.REGISTRY_READ), who.holds(Permission.REGISTRY_WRITE)
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(create_app(city.parts, routers()), headers=headers) as client:
        for cell in ((site, unit) for site in (SITES[7], SITES[8]) for unit in (mine, other)):
            expected = 403 if not reads else 200 if cell[0] == SITES[7] else 404
            for kind in KINDS:
                path = f"/api/registry/{kind}/{city.ids[kind][cell]}"
                assert client.get(path).status_code == expected, path
            stop = client.post(f"/api/registry/permits/{city.ids['permits'][cell]}/suspension", json={"reason": "x"})
            assert (stop.status_code in {200, 409}) is (writes and cell[0] == SITES[7])
            drawn = {
                "unit": str(cell[1]),
                "holder": city.ids["people"][cell],
                "year": 2027,
                "plate": "鄂E99999",
                "sites": [cell[0]],
            }
            asked = client.post("/api/registry/unit/applications", json=drawn)
            if role is not Role.UNIT_OFFICER:
                assert asked.status_code == 403
            else:
                assert asked.status_code == (201 if cell == (SITES[7], mine) else 404), asked.text
        own = client.get("/api/registry/unit/people?limit=200")
        assert own.status_code == (200 if role is Role.UNIT_OFFICER else 403)
        if role is Role.UNIT_OFFICER:
            assert [row["id"] for row in own.json()["items"]] == [city.ids["people"][SITES[7], mine]]
        for site in (SITES[7], SITES[8]):
            assert client.get(f"/api/registry/sites/{site}/plan").status_code == (
                403 if not reads else 200 if site == SITES[7] else 404
            )
