"""`/api/registry/sites/{site}/plan`: where things stand, and the drawing that they stand on."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.devices.facts import Place
from registry.ids import NAME, SiteId
from registry.messages.topics import DeviceClass
from registry.problems import NotFound, TooLarge, problems
from registry.sites import plan as plans
from registry.sites.drawing import MAX_BYTES
from registry.sites.plan import MovedMeanwhile, Thing, ThingKind
from registry.sites.queries import NoSuchSite
from registry.store import Work
from registry.web.dependencies import RegistryReading, RegistryWork

router = APIRouter(prefix="/api/registry/sites/{site}/plan", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
Fraction = Annotated[float, Field(ge=0, le=1)]
DRAWING_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Content-Disposition": 'inline; filename="plan.svg"',
}
"""A drawing that is opened by itself may do nothing at all."""


def site_in_path(site: str) -> SiteId:
    """The compound that the path names; a name that cannot be is simply not there."""
    if not NAME.fullmatch(site):
        raise NoSuchSite("There is no such site.")
    return SiteId(site)


AtSite = Annotated[SiteId, Depends(site_in_path)]


class PlaceOnPlan(BaseModel):
    """In fractions of the plan's width and height, y downwards."""

    x: Fraction
    y: Fraction

    @classmethod
    def of(cls, place: Place | None) -> Self | None:
        return None if place is None else cls(x=place.x, y=place.y)


class Moved(BaseModel):
    """`place` null takes it off the plan; `was`: where it stood when it was taken up."""

    place: PlaceOnPlan | None
    was: PlaceOnPlan | None


class ThingOut(BaseModel):
    """A gate (`key` its id) or a device (`class/name`)."""

    kind: ThingKind
    key: str
    name_zh: str
    name_en: str
    device_class: DeviceClass
    place: PlaceOnPlan | None

    @classmethod
    def of(cls, thing: Thing) -> Self:
        return cls(
            kind=thing.kind,
            key=thing.key,
            name_zh=thing.name_zh,
            name_en=thing.name_en,
            device_class=thing.device_class,
            place=PlaceOnPlan.of(thing.place),
        )


class PlanOut(BaseModel):
    """`uploaded`: the drawing is at `…/plan/drawing`; else it is the compound's outline."""

    site: SiteId
    width: float
    height: float
    uploaded: bool
    things: list[ThingOut]


class DrawingIn(BaseModel):
    svg: str = Field(max_length=MAX_BYTES)


@router.get("", responses=problems(NotFound))
def get_plan(site: AtSite, reader: Reader, work: RegistryReading) -> PlanOut:
    reader.require(Permission.REGISTRY_READ, site)
    return _out(plans.plan(work.session, site))


@router.put("/gates/{gate}", responses=problems(NotFound, MovedMeanwhile))
def place_gate(site: AtSite, gate: str, body: Moved, clerk: Writer, work: RegistryWork) -> ThingOut:
    return _put(work, site, (ThingKind.GATE, gate), body, clerk)


@router.put("/devices/{kind}/{name}", responses=problems(NotFound, MovedMeanwhile))
def place_device(*, site: AtSite, kind: str, name: str, body: Moved, clerk: Writer, work: RegistryWork) -> ThingOut:
    return _put(work, site, (ThingKind.DEVICE, f"{kind}/{name}"), body, clerk)


@router.get(
    "/drawing",
    responses={**problems(NotFound), 200: {"content": {"image/svg+xml": {}}}},
    response_class=Response,
)
def get_drawing(site: AtSite, reader: Reader, work: RegistryReading) -> Response:
    reader.require(Permission.REGISTRY_READ, site)
    drawing = plans.drawing(work.session, site)
    if drawing is None:
        raise NotFound("No drawing was uploaded for this compound.")
    return Response(drawing.svg, media_type="image/svg+xml", headers=DRAWING_HEADERS)


@router.put("/drawing", responses=problems(NotFound, TooLarge))
def set_drawing(site: AtSite, body: DrawingIn, clerk: Writer, work: RegistryWork) -> PlanOut:
    clerk.require(Permission.REGISTRY_WRITE, site)
    plans.set_drawing(work.session, site, body.svg.encode("utf-8", "replace"), by=clerk.name, now=work.now)
    return _out(plans.plan(work.session, site))


@router.delete("/drawing", responses=problems(NotFound))
def remove_drawing(site: AtSite, clerk: Writer, work: RegistryWork) -> PlanOut:
    clerk.require(Permission.REGISTRY_WRITE, site)
    plans.remove_drawing(work.session, site, by=clerk.name, now=work.now)
    return _out(plans.plan(work.session, site))


def _put(work: Work, site: SiteId, thing: tuple[ThingKind, str], body: Moved, clerk: Principal) -> ThingOut:
    kind, key = thing
    clerk.require(Permission.REGISTRY_WRITE, site)
    if not all(NAME.fullmatch(part) for part in key.split("/")):
        raise NotFound
    placed = plans.put(
        work.session,
        site,
        kind,
        key,
        None if body.place is None else Place(x=body.place.x, y=body.place.y),
        was=None if body.was is None else Place(x=body.was.x, y=body.was.y),
        by=clerk.name,
        now=work.now,
    )
    return ThingOut.of(placed)


def _out(plan: plans.Plan) -> PlanOut:
    return PlanOut(
        site=plan.site.id,
        width=plan.width,
        height=plan.height,
        uploaded=plan.uploaded is not None,
        things=[ThingOut.of(thing) for thing in plan.things],
    )
