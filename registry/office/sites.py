"""`/registry/sites`: the compounds, and what each is made of: buildings, areas, gates and their lanes."""

from dataclasses import fields as fields_of
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from registry.access.facts import Direction, Passback
from registry.access.parts import DriverKind, PartRole
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.clock import DEFAULT_TIMEZONE
from registry.ids import AreaId, GateId, LaneId, SiteId
from registry.keyring import Keys
from registry.lane_parts.queries import parts_of
from registry.lane_parts.service import subject_of
from registry.listing import Words
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import Reader, Writer, go, scene_of, seen_sites
from registry.revisions.service import history, revision_of
from registry.sites import beginning, gates, inside, queries
from registry.sites.api import may_begin, require_all_sites
from registry.sites.gates_api import AreaRules, PassageSeconds
from registry.sites.plan_api import AtSite
from registry.store import Work
from registry.web.dependencies import RegistryReading, RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/sites", include_in_schema=False)
Name = Annotated[str, Field(min_length=1, max_length=80)]
ShortName = Annotated[str, Field(min_length=1, max_length=40)]
BESIDE = {
    "name-not-allowed": "name",
    "gate-exists": "name",
    "area-exists": "name",
    "lane-leads-nowhere": "to_area",
    "interlock-needs-sensor": "passage_seconds",
    "no-such-area": "to_area",
}


class LaneForm(BaseModel):
    """`direction` left empty: both ways; `manned`, `interlock`: ticked; `passage_seconds` left empty: the lane has no sensor."""

    direction: Direction | None = None
    from_area: ShortName
    to_area: ShortName
    manned: bool = False
    interlock: bool = False
    passage_seconds: PassageSeconds | None = None

    @property
    def fields(self) -> gates.LaneFields:
        return gates.LaneFields(
            direction=self.direction,
            from_area=AreaId(self.from_area),
            to_area=AreaId(self.to_area),
            manned=self.manned,
            interlock=self.interlock,
            passage_seconds=self.passage_seconds,
        )


class GateForm(LaneForm):
    """A new gate with its first lane."""

    name: ShortName
    name_zh: Name
    name_en: Name


class NamesForm(BaseModel):
    name_zh: Name
    name_en: Name


class AreaForm(AreaRules, NamesForm):
    passback_people: Passback
    passback_vehicles: Passback

    @property
    def fields(self) -> gates.AreaFields:
        return gates.AreaFields(**self.model_dump(include=_OF_AREA))


class NewAreaForm(AreaForm):
    name: ShortName


_OF_AREA = {field.name for field in fields_of(gates.AreaFields)}


class SiteForm(NamesForm):
    name: ShortName
    timezone: str = Field(default=DEFAULT_TIMEZONE, max_length=64)


@router.get("")
def sites_page(request: Request, reader: Reader, work: RegistryReading, q: Words = "") -> HTMLResponse:
    return _sites_page(request, reader, work, BLANK, q)


@router.post("", response_model=None)
def begin_site(request: Request, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    require_all_sites(clerk)
    form = Typed(sent, beside={**BESIDE, "site-exists": "name", "no-such-timezone": "timezone"})
    with form.trying(work.session):
        fields = form.read(SiteForm)
        site = beginning.begin_site(
            work.session,
            site_id=SiteId(fields.name),
            name_zh=fields.name_zh,
            name_en=fields.name_en,
            timezone=fields.timezone,
            by=clerk.name,
            now=work.now,
        )
        return go(f"/registry/sites/{site.id}")
    return _sites_page(request, clerk, work, form, "")


def _sites_page(request: Request, reader: Principal, work: Work, form: Typed, q: str) -> HTMLResponse:
    where = seen_sites(work.session, reader)
    words = q.strip().casefold()
    found = [
        site
        for site in queries.all_sites(work.session)
        if site.id in where and words in f"{site.id} {site.name_zh} {site.name_en}".casefold()
    ]
    return page(
        request,
        "registry/sites.html",
        status=form.status,
        headers=form.headers,
        tab="sites",
        form=form,
        may_begin=may_begin(reader),
        timezone=DEFAULT_TIMEZONE,
        q=q,
        rows=found,
        counted=inside.counted(work.session, {site.id for site in found}),
        scene=scene_of(work.session, reader, work.now),
    )


@router.get("/{site}")
def site_page(request: Request, site: AtSite, reader: Reader, work: RegistryReading) -> HTMLResponse:
    return _site_page(request, site, reader, work, BLANK)


@router.post("/{site}/gates", response_model=None)
def build_gate(
    *, request: Request, site: AtSite, clerk: Writer, work: RegistryWork, keys: Keys, sent: Sent
) -> Response:
    clerk.require(Permission.REGISTRY_WRITE, site)
    form = Typed(sent, beside=BESIDE)
    with form.trying(work.session):
        fields = form.read(GateForm)
        gate = gates.build_gate(
            work.session,
            keys.device_key,
            site=site,
            gate_id=GateId(fields.name),
            name_zh=fields.name_zh,
            name_en=fields.name_en,
            lane=fields.fields,
            by=clerk.name,
            now=work.now,
        )
        return go(f"/registry/sites/{site}/gates/{gate.id}")
    return _site_page(request, site, clerk, work, form, about="gate")


@router.post("/{site}/areas", response_model=None)
def build_area(request: Request, site: AtSite, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    clerk.require(Permission.REGISTRY_WRITE, site)
    form = Typed(sent, beside=BESIDE)
    with form.trying(work.session):
        fields = form.read(NewAreaForm)
        gates.build_area(work.session, site, AreaId(fields.name), fields.fields, by=clerk.name, now=work.now)
        return go(f"/registry/sites/{site}")
    return _site_page(request, site, clerk, work, form, about="area")


@router.get("/{site}/areas/{area}")
def area_page(request: Request, site: AtSite, area: str, reader: Reader, work: RegistryReading) -> HTMLResponse:
    return _area_page(request, site, AreaId(area), reader, work, form=BLANK)


@router.post("/{site}/areas/{area}", response_model=None)
def change_area(
    *, request: Request, site: AtSite, area: str, clerk: Writer, work: RegistryWork, sent: Sent
) -> Response:
    clerk.require(Permission.REGISTRY_WRITE, site)
    form = Typed(sent)
    with form.trying(work.session):
        fields = form.read(AreaForm).fields
        gates.change_area(work.session, site, AreaId(area), fields, read=form.revision, by=clerk.name, now=work.now)
        return go(f"/registry/sites/{site}/areas/{area}")
    return _area_page(request, site, AreaId(area), clerk, work, form=form)


@router.get("/{site}/gates/{gate}")
def gate_page(request: Request, site: AtSite, gate: str, reader: Reader, work: RegistryReading) -> HTMLResponse:
    return gate_page_with(request, site, GateId(gate), reader, work, form=BLANK)


@router.post("/{site}/gates/{gate}", response_model=None)
def rename_gate(
    *, request: Request, site: AtSite, gate: str, clerk: Writer, work: RegistryWork, sent: Sent
) -> Response:
    clerk.require(Permission.REGISTRY_WRITE, site)
    form = Typed(sent)
    with form.trying(work.session):
        names = form.read(NamesForm)
        gates.rename_gate(
            work.session,
            site,
            GateId(gate),
            name_zh=names.name_zh,
            name_en=names.name_en,
            read=form.revision,
            by=clerk.name,
            now=work.now,
        )
        return go(f"/registry/sites/{site}/gates/{gate}")
    return gate_page_with(request, site, GateId(gate), clerk, work, form=form, about="names")


@router.post("/{site}/gates/{gate}/lanes", response_model=None)
def add_lane(*, request: Request, site: AtSite, gate: str, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    clerk.require(Permission.REGISTRY_WRITE, site)
    form = Typed(sent, beside=BESIDE)
    with form.trying(work.session):
        lane = form.read(LaneForm).fields
        gates.add_lane(work.session, site, GateId(gate), lane, read=form.revision, by=clerk.name, now=work.now)
        return go(f"/registry/sites/{site}/gates/{gate}")
    return gate_page_with(request, site, GateId(gate), clerk, work, form=form, about="lane")


@router.post("/{site}/gates/{gate}/lanes/{lane}", response_model=None)
def change_lane(
    *, request: Request, site: AtSite, gate: str, lane: str, clerk: Writer, work: RegistryWork, sent: Sent
) -> Response:
    clerk.require(Permission.REGISTRY_WRITE, site)
    form = Typed(sent, beside=BESIDE)
    with form.trying(work.session):
        fields = form.read(LaneForm).fields
        gates.change_lane(work.session, site, LaneId(lane), fields, read=form.revision, by=clerk.name, now=work.now)
        return go(f"/registry/sites/{site}/gates/{gate}")
    return gate_page_with(request, site, GateId(gate), clerk, work, form=form, about=lane)


def _site_page(
    request: Request, site: SiteId, reader: Principal, work: Work, form: Typed, *, about: str = ""
) -> HTMLResponse:
    reader.require(Permission.REGISTRY_READ, site)
    session = work.session
    return page(
        request,
        "registry/site.html",
        status=form.status,
        headers=form.headers,
        tab="sites",
        site=queries.site(session, site),
        counted=inside.counted(session, {site})[site],
        storeys=inside.storeys(session, site),
        areas=gates.areas_of(session, site),
        gates=queries.gates(session, {site}),
        passbacks=list(Passback),
        directions=list(Direction),
        gate_form=form if about == "gate" else BLANK,
        area_form=form if about == "area" else BLANK,
        may_change=reader.may(Permission.REGISTRY_WRITE, site),
        scene=scene_of(session, reader, work.now),
    )


def _area_page(
    request: Request, site: SiteId, area: AreaId, reader: Principal, work: Work, *, form: Typed
) -> HTMLResponse:
    reader.require(Permission.REGISTRY_READ, site)
    session = work.session
    return page(
        request,
        "registry/area.html",
        status=form.status,
        headers=form.headers,
        tab="sites",
        site=queries.site(session, site),
        area=gates.area_of(session, site, area),
        passbacks=list(Passback),
        form=form,
        revision_number=revision_of(session, f"area:{area}"),
        revisions=history(session, f"area:{area}"),
        may_change=reader.may(Permission.REGISTRY_WRITE, site),
        scene=scene_of(session, reader, work.now),
    )


def gate_page_with(
    request: Request,
    site: SiteId,
    gate: GateId,
    reader: Principal,
    work: Work,
    *,
    form: Typed,
    about: str = "",
) -> HTMLResponse:
    """`about`: what the form is for: the gate's `names`, a new `lane`, the lane of this name, or `parts:` of it."""
    reader.require(Permission.REGISTRY_READ, site)
    session = work.session
    lanes = gates.lanes_of(session, gate)
    return page(
        request,
        "registry/gate.html",
        status=form.status,
        headers=form.headers,
        tab="sites",
        site=queries.site(session, site),
        gate=gates.gate_of(session, site, gate),
        lanes=lanes,
        parts=parts_of(session, [gate]),
        parts_revision={lane.id: revision_of(session, subject_of(lane.id)) for lane in lanes},
        parts_revisions=[each for lane in lanes for each in history(session, subject_of(lane.id))],
        part_roles=list(PartRole),
        part_drivers=list(DriverKind),
        may_manage=reader.may(Permission.DEVICES_MANAGE, site),
        areas=gates.areas_of(session, site),
        directions=list(Direction),
        form_of=lambda what: form if what == about else BLANK,
        form=form,
        revision_number=revision_of(session, f"gate:{gate}"),
        revisions=history(session, f"gate:{gate}"),
        may_change=reader.may(Permission.REGISTRY_WRITE, site),
        scene=scene_of(session, reader, work.now),
    )
