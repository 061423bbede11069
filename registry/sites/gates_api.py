"""`/api/registry/sites/{site}`: what a compound is made of, and changing its gates, lanes and areas.

`revision` is the number that the last answer gave: who sends an older one is told what somebody else changed.
"""

from dataclasses import replace
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.orm import Session

from registry.access.facts import Direction, Passback
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import NAME_PATTERN, AreaId, BuildingId, GateId, LaneId, SiteId
from registry.keyring import Keys
from registry.problems import NotFound, problems
from registry.revisions.service import ChangedMeanwhile, revision_of
from registry.sites import gates, inside, queries
from registry.sites.gates import AreaExists, AreaFields, GateExists, LaneFields
from registry.sites.models import Area, Lane
from registry.sites.plan_api import AtSite
from registry.web.dependencies import RegistryReading, RegistryWork

router = APIRouter(prefix="/api/registry/sites/{site}", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
ShortName = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
InPath = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$")]
Revision = Annotated[int, Field(ge=0, lt=2**31)]
PassageSeconds = Annotated[int, Field(ge=1, le=600)]
PassbackMinutes = Annotated[int, Field(ge=1, le=527_040)]
"""At most a year, of 366 days."""
Capacity = Annotated[int, Field(ge=0, le=1_000_000)]
_OF_LANE = frozenset({"interlock", "passage_seconds"})


class LaneIn(BaseModel):
    """`direction` null: both ways. `passage_seconds`: within which its sensor confirms a crossing; null: it has no sensor."""

    direction: Direction | None = None
    from_area: ShortName
    to_area: ShortName
    manned: bool = True
    interlock: bool = False
    passage_seconds: PassageSeconds | None = None

    @property
    def fields(self) -> LaneFields:
        return LaneFields(
            direction=self.direction,
            from_area=AreaId(self.from_area),
            to_area=AreaId(self.to_area),
            manned=self.manned,
            interlock=self.interlock,
            passage_seconds=self.passage_seconds,
        )


class LaneAdded(LaneIn):
    revision: Revision


class LaneChange(LaneAdded):
    """`interlock` and `passage_seconds` stay as they are where they are left out."""

    def changed(self, lane: Lane) -> LaneFields:
        left_out = {name: getattr(lane, name) for name in _OF_LANE - self.model_fields_set}
        return replace(self.fields, **left_out)


class GateIn(BaseModel):
    """A gate begins with one lane."""

    id: ShortName
    name_zh: Name
    name_en: Name
    lane: LaneIn


class GateChange(BaseModel):
    name_zh: Name
    name_en: Name
    revision: Revision


class AreaRules(BaseModel):
    """What an area asks of who comes in. `passback_minutes` null: for ever; a capacity of null: as many as come."""

    passback_minutes: PassbackMinutes | None = None
    capacity_people: Capacity | None = None
    capacity_vehicles: Capacity | None = None
    first_person: bool = False
    two_person: bool = False


class AreaIn(AreaRules):
    id: ShortName
    name_zh: Name
    name_en: Name
    passback_people: Passback = Passback.OFF
    passback_vehicles: Passback = Passback.OFF

    @property
    def fields(self) -> AreaFields:
        return AreaFields(**self.model_dump(exclude={"id"}))


class AreaChange(AreaRules):
    """A rule that is left out stays as it is."""

    name_zh: Name
    name_en: Name
    passback_people: Passback
    passback_vehicles: Passback
    revision: Revision

    def changed(self, area: Area) -> AreaFields:
        left_out = {name: getattr(area, name) for name in AreaRules.model_fields.keys() - self.model_fields_set}
        return AreaFields(**self.model_dump(exclude={"revision"}) | left_out)


class LaneDetail(BaseModel):
    id: LaneId
    direction: Direction | None
    from_area: AreaId
    to_area: AreaId
    manned: bool
    interlock: bool
    passage_seconds: int | None

    @classmethod
    def of(cls, lane: Lane) -> Self:
        return cls(
            id=lane.id,
            direction=lane.direction,
            from_area=lane.from_area,
            to_area=lane.to_area,
            manned=lane.manned,
            interlock=lane.interlock,
            passage_seconds=lane.passage_seconds,
        )


class GateDetail(BaseModel):
    id: GateId
    name_zh: str
    name_en: str
    lanes: list[LaneDetail]
    revision: int


class AreaDetail(BaseModel):
    id: AreaId
    name_zh: str
    name_en: str
    passback_people: Passback
    passback_vehicles: Passback
    passback_minutes: int | None
    capacity_people: int | None
    capacity_vehicles: int | None
    first_person: bool
    two_person: bool
    revision: int

    @classmethod
    def of(cls, session: Session, area: Area) -> Self:
        return cls(
            id=area.id,
            name_zh=area.name_zh,
            name_en=area.name_en,
            passback_people=area.passback_people,
            passback_vehicles=area.passback_vehicles,
            passback_minutes=area.passback_minutes,
            capacity_people=area.capacity_people,
            capacity_vehicles=area.capacity_vehicles,
            first_person=area.first_person,
            two_person=area.two_person,
            revision=revision_of(session, f"area:{area.id}"),
        )


class FloorDetail(BaseModel):
    number: int
    dwellings: int
    offices: int


class BuildingDetail(BaseModel):
    id: BuildingId
    short: str
    name_zh: str
    name_en: str
    floors: list[FloorDetail]


class SiteDetail(BaseModel):
    """A compound with its buildings and their floors, its areas, and its gates with their lanes."""

    id: SiteId
    name_zh: str
    name_en: str
    timezone: str
    people: int
    buildings: list[BuildingDetail]
    areas: list[AreaDetail]
    gates: list[GateDetail]


@router.get("", responses=problems(NotFound))
def get_site(site: AtSite, reader: Reader, work: RegistryReading) -> SiteDetail:
    reader.require(Permission.REGISTRY_READ, site)
    session = work.session
    row = queries.site(session, site)
    return SiteDetail(
        id=row.id,
        name_zh=row.name_zh,
        name_en=row.name_en,
        timezone=row.timezone,
        people=inside.counted(session, {site})[site].people,
        buildings=[
            BuildingDetail(
                id=each.building.id,
                short=each.building.short,
                name_zh=each.building.name_zh,
                name_en=each.building.name_en,
                floors=[
                    FloorDetail(number=floor.number, dwellings=floor.dwellings, offices=floor.offices)
                    for floor in each.floors
                ],
            )
            for each in inside.storeys(session, site)
        ],
        areas=[AreaDetail.of(session, area) for area in gates.areas_of(session, site)],
        gates=[_gate(session, site, gate.id) for gate in queries.gates(session, {site})],
    )


@router.post("/gates", status_code=201, responses=problems(NotFound, GateExists))
def build_gate(site: AtSite, body: GateIn, clerk: Writer, work: RegistryWork, keys: Keys) -> GateDetail:
    clerk.require(Permission.REGISTRY_WRITE, site)
    gate = gates.build_gate(
        work.session,
        keys.device_key,
        site=site,
        gate_id=GateId(body.id),
        name_zh=body.name_zh,
        name_en=body.name_en,
        lane=body.lane.fields,
        by=clerk.name,
        now=work.now,
    )
    return _gate(work.session, site, gate.id)


@router.put("/gates/{gate}", responses=problems(NotFound, ChangedMeanwhile))
def rename_gate(site: AtSite, gate: InPath, body: GateChange, clerk: Writer, work: RegistryWork) -> GateDetail:
    clerk.require(Permission.REGISTRY_WRITE, site)
    gates.rename_gate(
        work.session,
        site,
        GateId(gate),
        name_zh=body.name_zh,
        name_en=body.name_en,
        read=body.revision,
        by=clerk.name,
        now=work.now,
    )
    return _gate(work.session, site, GateId(gate))


@router.post("/gates/{gate}/lanes", status_code=201, responses=problems(NotFound, ChangedMeanwhile, GateExists))
def add_lane(site: AtSite, gate: InPath, body: LaneAdded, clerk: Writer, work: RegistryWork) -> GateDetail:
    clerk.require(Permission.REGISTRY_WRITE, site)
    gates.add_lane(work.session, site, GateId(gate), body.fields, read=body.revision, by=clerk.name, now=work.now)
    return _gate(work.session, site, GateId(gate))


@router.put("/lanes/{lane}", responses=problems(NotFound, ChangedMeanwhile))
def change_lane(site: AtSite, lane: InPath, body: LaneChange, clerk: Writer, work: RegistryWork) -> GateDetail:
    clerk.require(Permission.REGISTRY_WRITE, site)
    fields = body.changed(gates.lane_of(work.session, site, LaneId(lane)))
    changed = gates.change_lane(
        work.session, site, LaneId(lane), fields, read=body.revision, by=clerk.name, now=work.now
    )
    return _gate(work.session, site, GateId(changed.gate))


@router.post("/areas", status_code=201, responses=problems(NotFound, AreaExists))
def build_area(site: AtSite, body: AreaIn, clerk: Writer, work: RegistryWork) -> AreaDetail:
    clerk.require(Permission.REGISTRY_WRITE, site)
    area = gates.build_area(work.session, site, AreaId(body.id), body.fields, by=clerk.name, now=work.now)
    return AreaDetail.of(work.session, area)


@router.put("/areas/{area}", responses=problems(NotFound, ChangedMeanwhile))
def change_area(site: AtSite, area: InPath, body: AreaChange, clerk: Writer, work: RegistryWork) -> AreaDetail:
    clerk.require(Permission.REGISTRY_WRITE, site)
    fields = body.changed(gates.area_of(work.session, site, AreaId(area)))
    changed = gates.change_area(
        work.session, site, AreaId(area), fields, read=body.revision, by=clerk.name, now=work.now
    )
    return AreaDetail.of(work.session, changed)


def _gate(session: Session, site: SiteId, gate_id: GateId) -> GateDetail:
    gate = gates.gate_of(session, site, gate_id)
    return GateDetail(
        id=gate.id,
        name_zh=gate.name_zh,
        name_en=gate.name_en,
        lanes=[LaneDetail.of(lane) for lane in gates.lanes_of(session, gate_id)],
        revision=revision_of(session, f"gate:{gate_id}"),
    )
