"""`/registry/permits/{id}`: one vehicle permit, its plates, what became of it, and what can be done to it."""

from datetime import date, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from registry.applications import queries as applications
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.credentials.rules import Step, reaches_further
from registry.ids import CredentialId
from registry.office.forms import BLANK, Sent, Typed
from registry.office.renewing import renewable
from registry.office.scene import Reader, Writer, go, scene_of, seen_sites
from registry.permits import queries, renewing, service
from registry.permits.lifecycle import PermitAction, actions_from
from registry.permits.models import PermitPlate
from registry.permits.rules import permit_number
from registry.permits.substitutes import MOST_DAYS, name_substitute, take_back_substitute
from registry.readings import record_reading
from registry.sites.scope import sites_of
from registry.store import Work
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/permits", include_in_schema=False)
_BESIDE = {
    "reason-missing": "reason",
    "no-number-plate": "plate",
    "plate-twice": "plate",
    "plate-has-permit": "plate",
    "held-elsewhere": "plate",
    "substitute-days": "last_day",
    "substitute-there": "first_day",
}


class ReasonForm(BaseModel):
    reason: str = Field(default="", max_length=200)


class SubstituteForm(BaseModel):
    """First and last day, both whole."""

    plate: str = Field(max_length=40)
    first_day: date
    last_day: date


@router.get("/{permit_id}")
def permit_page(
    request: Request, permit_id: CredentialId, reader: Reader, work: RegistryWork, *, done: str = ""
) -> HTMLResponse:
    """`done`: what was done a moment ago; the page says so."""
    return _page(request, reader, work, permit_id, BLANK, done=done)


@router.post("/{permit_id}/replace", response_model=None)
def replace_permit(
    request: Request, permit_id: CredentialId, clerk: Writer, work: RegistryWork, sent: Sent
) -> Response:
    """Another in the place of the lost one; its page follows."""
    form = Typed(sent)
    with form.trying(work.session):
        within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
        new = service.replace_permit(work.session, permit_id, within=within, by=clerk.name, now=work.now)
        return go(f"/registry/permits/{new.id}?done=replace")
    return _page(request, clerk, work, permit_id, form)


@router.post("/{permit_id}/renew", response_model=None)
def renew_permit(request: Request, permit_id: CredentialId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    """The next year's, as this one is; its page follows."""
    form = Typed(sent)
    with form.trying(work.session):
        within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
        approves = sites_of(work.session, clerk, Permission.PERMITS_APPROVE)
        new = renewing.renew_permit(
            work.session, permit_id, within=within, approves=approves, by=clerk.name, now=work.now
        )
        return go(f"/registry/permits/{new.id}?done=renew")
    return _page(request, clerk, work, permit_id, form)


@router.post("/{permit_id}/substitutes", response_model=None)
def add_substitute(
    request: Request, permit_id: CredentialId, clerk: Writer, work: RegistryWork, sent: Sent
) -> Response:
    form = Typed(sent, beside=_BESIDE)
    with form.trying(work.session):
        fields = form.read(SubstituteForm)
        name_substitute(
            work.session,
            permit_id,
            fields.plate,
            first_day=fields.first_day,
            last_day=fields.last_day,
            within=sites_of(work.session, clerk, Permission.REGISTRY_WRITE),
            by=clerk.name,
            now=work.now,
        )
        return go(f"/registry/permits/{permit_id}#plates")
    return _page(request, clerk, work, permit_id, form)


@router.post("/{permit_id}/substitutes/{plate_id}/end", response_model=None)
def end_substitute(
    *, request: Request, permit_id: CredentialId, plate_id: UUID, clerk: Writer, work: RegistryWork, sent: Sent
) -> Response:
    form = Typed(sent)
    with form.trying(work.session):
        within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
        take_back_substitute(work.session, permit_id, plate_id, within=within, by=clerk.name, now=work.now)
        return go(f"/registry/permits/{permit_id}#plates")
    return _page(request, clerk, work, permit_id, form)


@router.post("/{permit_id}/{step}", response_model=None)
def take_step(
    *, request: Request, permit_id: CredentialId, step: Step, clerk: Writer, work: RegistryWork, sent: Sent
) -> Response:
    form = Typed(sent, beside=_BESIDE)
    with form.trying(work.session):
        fields = form.read(ReasonForm)
        service.change_permit(
            work.session,
            permit_id,
            step,
            within=sites_of(work.session, clerk, Permission.REGISTRY_WRITE),
            reason=fields.reason,
            by=clerk.name,
            now=work.now,
        )
        return go(f"/registry/permits/{permit_id}?done={step}")
    return _page(request, clerk, work, permit_id, form)


def _page(
    request: Request, reader: Principal, work: Work, permit_id: CredentialId, form: Typed, *, done: str = ""
) -> HTMLResponse:
    session = work.session
    listed = queries.permit(session, permit_id, seen_sites(session, reader))
    permit, scene = listed.permit, scene_of(session, reader, work.now)
    sites = [each.site for each in permit.sites]
    record_reading(work, reader, "permit-read", f"permit:{permit_id}", sites)
    own = {site.id for site in scene.own_sites}
    state = service.state_of(session, permit, work.now)
    possible = [way.action for way in actions_from(state, permit.permit_class)] if own & set(sites) else []
    approves = sites_of(session, reader, Permission.PERMITS_APPROVE)
    application = applications.of_permit(session, permit.id)
    chain = [*reversed(queries.chain_before(session, permit)), permit, *queries.chain_after(session, permit)]
    return page(
        request,
        "registry/permit.html",
        status=form.status,
        headers={"Cache-Control": "no-store", **form.headers},
        tab="permits",
        form=form,
        listed=listed,
        permit=permit,
        number=permit_number(permit.year, permit.serial),
        state=state,
        standing=scene.standing_of_permit(permit, work.now),
        chain=[(each.id, permit_number(each.year, each.serial)) for each in chain],
        plates=queries.plates_of(session, [permit.id]).get(permit.id, []),
        application=application,
        steps=[] if application is None else applications.steps(session, application.id),
        one_reason=[
            action
            for action in possible
            if action in set(map(str, Step)) and not reaches_further(Step(action), sites, own)
        ],
        may_renew=bool(renewable(session, scene, [permit], approves=approves)),
        may_replace=PermitAction.REPLACE in possible and set(sites) <= own,
        may_substitute=PermitAction.SUBSTITUTE in possible and set(sites) <= own,
        most_days=MOST_DAYS,
        last_day_of=_last_day,
        done=done if done in {*map(str, Step), "replace", "renew"} else "",
        scene=scene,
    )


def _last_day(plate: PermitPlate) -> date | None:
    """The last day on which a substitute stands in."""
    return None if plate.end_day is None else plate.end_day - timedelta(days=1)
