"""`/registry/sites/<id>/plan`: the plan of a compound, on which its gates and devices are placed by dragging or by numbers."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.devices.facts import Place
from registry.ids import SiteId
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import Reader, Writer, go, scene_of
from registry.problems import Unprocessable
from registry.sites import plan as plans
from registry.sites.plan import Thing, ThingKind
from registry.sites.plan_api import AtSite
from registry.store import Work
from registry.web.dependencies import RegistryReading, RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/sites/{site}/plan", include_in_schema=False)
_KEY = r"(gate|device):[a-z0-9/-]{1,130}"
_AT = r"([01](\.\d{1,6})?,[01](\.\d{1,6})?)?"
KEY, AT, KEY_AT = f"^{_KEY}$", f"^{_AT}$", f"^{_KEY}@{_AT}$"


_LETTER, _SIGN = 15.0, 10.0
"""How large a letter of a building's name is drawn, and how far a sign reaches from its place."""


class DrawingMissing(Unprocessable):
    slug = "drawing-missing"
    title = "Choose an SVG file"


class PlaceForm(BaseModel):
    """Where something is to stand, in percent; both empty: nowhere. `thing`: its word, and behind an @ where the page showed it."""

    thing: str = Field(pattern=KEY_AT)
    x: float | None = Field(default=None, ge=0, le=100)
    y: float | None = Field(default=None, ge=0, le=100)


class BackForm(BaseModel):
    """Where something that was moved is to stand again, in fractions as the page wrote them."""

    thing: str = Field(pattern=KEY)
    at: str = Field(default="", pattern=AT)
    was: str = Field(default="", pattern=AT)


class PlaceHalf(Unprocessable):
    slug = "place-half"
    title = "A place has both numbers, or none"


@router.get("")
def plan_page(
    *,
    request: Request,
    site: AtSite,
    reader: Reader,
    work: RegistryReading,
    moved: Annotated[str, Query(max_length=140)] = "",
    before: Annotated[str, Query(pattern=AT)] = "",
) -> HTMLResponse:
    """`moved`: what was moved a moment ago, `before`: where it stood; the page offers to put it back."""
    return _page(request, site, reader, work, BLANK, moved=moved, before=before)


@router.get("/draw")
def draw_page(request: Request, site: AtSite, clerk: Writer, work: RegistryReading) -> HTMLResponse:
    """The plan drawn in the page; what is drawn is uploaded as a file is."""
    clerk.require(Permission.REGISTRY_WRITE, site)
    plan = plans.plan(work.session, site)
    return page(
        request,
        "registry/draw.html",
        tab="sites",
        site=plan.site,
        is_drawn=plan.uploaded is not None,
        scene=scene_of(work.session, clerk, work.now),
    )


@router.post("/places", response_model=None)
def place_thing(request: Request, site: AtSite, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    clerk.require(Permission.REGISTRY_WRITE, site)
    form = Typed(sent, beside={"place-half": "y", "moved-meanwhile": "thing"})
    with form.trying(work.session):
        fields = form.read(PlaceForm)
        if (fields.x is None) != (fields.y is None):
            raise PlaceHalf
        place = None if fields.x is None or fields.y is None else Place(x=fields.x / 100, y=fields.y / 100)
        word, _, shown = fields.thing.partition("@")
        _put(work, site, word, place, was=_read(shown), clerk=clerk)
        return go(f"/registry/sites/{site}/plan?moved={word}&before={shown}")
    return _page(request, site, clerk, work, form)


@router.post("/places/undo", response_model=None)
def put_back(request: Request, site: AtSite, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    clerk.require(Permission.REGISTRY_WRITE, site)
    form = Typed(sent, beside={})
    with form.trying(work.session):
        fields = form.read(BackForm)
        _put(work, site, fields.thing, _read(fields.at), was=_read(fields.was), clerk=clerk)
        return go(f"/registry/sites/{site}/plan")
    return _page(request, site, clerk, work, form)


@router.post("/drawing", response_model=None)
def set_drawing(request: Request, site: AtSite, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    clerk.require(Permission.REGISTRY_WRITE, site)
    form = Typed(sent, beside=dict.fromkeys(("drawing-refused", "drawing-too-large", "drawing-missing"), "drawing"))
    with form.trying(work.session):
        svg = form.file("drawing")
        if svg is None:
            raise DrawingMissing
        plans.set_drawing(work.session, site, svg, by=clerk.name, now=work.now)
        return go(f"/registry/sites/{site}/plan")
    return _page(request, site, clerk, work, form)


@router.post("/drawing/removal")
def remove_drawing(site: AtSite, clerk: Writer, work: RegistryWork) -> Response:
    clerk.require(Permission.REGISTRY_WRITE, site)
    plans.remove_drawing(work.session, site, by=clerk.name, now=work.now)
    return go(f"/registry/sites/{site}/plan")


def word_of(thing: Thing) -> str:
    """How the page's forms name it."""
    return f"{thing.kind}:{thing.key}"


def _put(work: Work, site: SiteId, word: str, place: Place | None, *, was: Place | None, clerk: Principal) -> None:
    kind, _, key = word.partition(":")
    plans.put(work.session, site, ThingKind(kind), key, place, was=was, by=clerk.name, now=work.now)


def _page(
    request: Request, site: SiteId, reader: Principal, work: Work, form: Typed, *, moved: str = "", before: str = ""
) -> HTMLResponse:
    reader.require(Permission.REGISTRY_READ, site)
    plan = plans.plan(work.session, site)
    return page(
        request,
        "registry/plan.html",
        status=form.status,
        headers=form.headers,
        tab="sites",
        form=form,
        plan=plan,
        points=lambda outline: _points(outline, plan.height),
        name_at=lambda outline, name: _name_at(outline, name, plan),
        word_of=word_of,
        written=_written,
        may_change=reader.may(Permission.REGISTRY_WRITE, site),
        moved=next((each for each in plan.things if word_of(each) == moved), None),
        before=before,
        scene=scene_of(work.session, reader, work.now),
    )


def _points(outline: Sequence[Sequence[float]], height: float) -> str:
    return " ".join(f"{x * plans.WIDTH:g},{y * height:g}" for x, y in outline)


def _name_at(outline: Sequence[Sequence[float]], name: str, plan: plans.Plan) -> tuple[float, float]:
    """Where a building's name is least covered by what stands on the plan: in its middle, else at its lower or upper edge."""
    ys = [y * plan.height for _, y in outline]
    middle = sum(x for x, _ in outline) / len(outline) * plans.WIDTH
    half = len(name) * _LETTER / 2
    signs = [(each.place.x * plans.WIDTH, each.place.y * plan.height) for each in plan.things if each.place]

    def covered(y: float) -> int:
        return sum(abs(sx - middle) < half + _SIGN and abs(sy - y) < _LETTER / 2 + _SIGN for sx, sy in signs)

    return middle, min((sum(ys) / len(ys), max(ys) - _LETTER, min(ys) + _LETTER), key=covered)


def _written(place: Place | None) -> str:
    """A place in fractions, for a field or an address; empty: nowhere."""
    return "" if place is None else f"{place.x:.6f},{place.y:.6f}"


def _read(written: str) -> Place | None:
    if not written:
        return None
    x, y = written.split(",")
    return Place(x=min(float(x), 1.0), y=min(float(y), 1.0))
