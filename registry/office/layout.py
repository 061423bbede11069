"""`/registry/sites/{site}/buildings`: buildings of one pattern laid out at once, shown before they are added."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.housing import laying
from registry.housing.laying_api import LaidOut, LayoutIn
from registry.housing.models import RoomUse
from registry.ids import SiteId
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import Writer, go, scene_of
from registry.sites import queries
from registry.sites.plan_api import AtSite
from registry.store import Work
from registry.web.dependencies import RegistryReading, RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/sites/{site}/buildings", include_in_schema=False)
_BESIDE = {"building-exists": "first", "too-many-rooms": "rooms"}


@router.get("")
def layout_page(request: Request, site: AtSite, clerk: Writer, work: RegistryReading) -> HTMLResponse:
    """The form; asked with its fields, what they come to."""
    clerk.require(Permission.REGISTRY_WRITE, site)
    if not request.query_params:
        return _page(request, site, clerk, work, BLANK)
    form = Typed(FormData(dict(request.query_params)), beside=_BESIDE)
    with form.trying(work.session):
        laid = laying.preview(work.session, site, form.read(LayoutIn).layout)
        return _page(request, site, clerk, work, form, laid=[LaidOut.of(each) for each in laid])
    return _page(request, site, clerk, work, form)


@router.post("", response_model=None)
def lay_out(request: Request, site: AtSite, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    clerk.require(Permission.REGISTRY_WRITE, site)
    form = Typed(sent, beside=_BESIDE)
    with form.trying(work.session):
        laying.lay_out(work.session, site, form.read(LayoutIn).layout, by=clerk.name, now=work.now)
        return go(f"/registry/sites/{site}")
    return _page(request, site, clerk, work, form)


def _page(
    request: Request, site: SiteId, clerk: Principal, work: Work, form: Typed, *, laid: Sequence[LaidOut] = ()
) -> HTMLResponse:
    return page(
        request,
        "registry/layout.html",
        status=form.status,
        headers=form.headers,
        tab="sites",
        site=queries.site(work.session, site),
        uses=list(RoomUse),
        form=form,
        laid=laid,
        scene=scene_of(work.session, clerk, work.now),
    )
