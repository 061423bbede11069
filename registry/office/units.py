"""`/registry/units`: the units, who answers for each, its permits of a year and its target contract."""

from datetime import date
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.ids import UnitId
from registry.listing import Words
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import Reader, Writer, go, scene_of, seen_sites
from registry.permits.quota import quota_of
from registry.revisions.service import history, revision_of
from registry.store import Work
from registry.units import changing, queries
from registry.units.api import require_everywhere
from registry.units.changing import FIRST_YEAR, LAST_YEAR, ContractFields, UnitFields, contract_subject
from registry.web.dependencies import RegistryReading, RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/units", include_in_schema=False)
Name = Annotated[str, Field(min_length=1, max_length=80)]
Year = Annotated[int, Query(ge=FIRST_YEAR, le=LAST_YEAR)]


class NewUnitForm(BaseModel):
    name_zh: Name
    name_en: Name


class UnitForm(NewUnitForm):
    permit_quota: int | None = Field(default=None, ge=0, le=100_000)
    responsible: str | None = Field(default=None, max_length=80)


class ContractForm(BaseModel):
    """Targets a line each."""

    year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)
    signed_on: date | None = None
    signed_by: str | None = Field(default=None, max_length=80)
    targets: str = Field(default="", max_length=10_000)


@router.get("")
def units_page(
    request: Request,
    reader: Reader,
    work: RegistryReading,
    q: Words = "",
    show: Literal["", "unsigned", "full"] = "",
) -> HTMLResponse:
    """`show`: only those whose contract of this year is not signed, or whose quota is used up."""
    return _units_page(request, reader, work, BLANK, q=q, show=show)


@router.post("", response_model=None)
def register_unit(request: Request, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    require_everywhere(clerk)
    form = Typed(sent, beside={"unit-exists": "name_zh"})
    with form.trying(work.session):
        free = partial(changing.require_name_free, work.session, without=None)
        names = form.read(NewUnitForm, name_zh=free)
        unit = changing.register_unit(
            work.session, name_zh=names.name_zh, name_en=names.name_en, by=clerk.name, now=work.now
        )
        return go(f"/registry/units/{unit.id}")
    return _units_page(request, clerk, work, form)


@router.get("/{unit_id}")
def unit_page(
    request: Request, unit_id: UnitId, reader: Reader, work: RegistryReading, year: Year | None = None
) -> HTMLResponse:
    return _unit_page(request, unit_id, reader, work, form=BLANK, year=year)


@router.post("/{unit_id}", response_model=None)
def change_unit(request: Request, unit_id: UnitId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    require_everywhere(clerk)
    form = Typed(sent, beside={"unit-exists": "name_zh", "no-such-responsible": "responsible"})
    with form.trying(work.session):
        session, within = work.session, seen_sites(work.session, clerk)
        free = partial(changing.require_name_free, session, without=unit_id)
        answering = partial(changing.answering, session, unit_id, within=within)
        fields = form.read(UnitForm, name_zh=free, responsible=answering)
        changing.change_unit(
            work.session,
            unit_id,
            UnitFields(
                name_zh=fields.name_zh,
                name_en=fields.name_en,
                permit_quota=fields.permit_quota,
                responsible=fields.responsible,
            ),
            within=within,
            read=form.revision,
            by=clerk.name,
            now=work.now,
        )
        return go(f"/registry/units/{unit_id}")
    return _unit_page(request, unit_id, clerk, work, form=form, about="unit")


@router.post("/{unit_id}/undo", response_model=None)
def undo_change(request: Request, unit_id: UnitId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    require_everywhere(clerk)
    form = Typed(sent)
    with form.trying(work.session):
        changing.undo_change(work.session, unit_id, read=form.revision, by=clerk.name, now=work.now)
        return go(f"/registry/units/{unit_id}")
    return _unit_page(request, unit_id, clerk, work, form=form, about="undo")


@router.post("/{unit_id}/contracts", response_model=None)
def set_contract(request: Request, unit_id: UnitId, clerk: Writer, work: RegistryWork, sent: Sent) -> Response:
    require_everywhere(clerk)
    form = Typed(sent, beside={"contract-wrong": "targets"})
    today = scene_of(work.session, clerk, work.now).today
    with form.trying(work.session):
        fields = form.read(ContractForm)
        targets = [line.strip() for line in fields.targets.splitlines() if line.strip()]
        changing.set_contract(
            work.session,
            unit_id,
            ContractFields(year=fields.year, signed_on=fields.signed_on, signed_by=fields.signed_by, targets=targets),
            read=form.revision,
            today=today,
            by=clerk.name,
            now=work.now,
        )
        return go(f"/registry/units/{unit_id}?year={fields.year}#contract")
    year = form.number("year", range(FIRST_YEAR, LAST_YEAR + 1))
    return _unit_page(request, unit_id, clerk, work, form=form, about="contract", year=year)


def _units_page(
    request: Request, reader: Principal, work: Work, form: Typed, *, q: str = "", show: str = ""
) -> HTMLResponse:
    scene = scene_of(work.session, reader, work.now)
    where = seen_sites(work.session, reader)
    rows = queries.answers(work.session, where, scene.today.year, words=q.strip())
    if show == "unsigned":
        rows = [row for row in rows if row.contract is None or row.contract.signed_on is None]
    elif show == "full":
        rows = [row for row in rows if row.unit.permit_quota is not None and row.permits >= row.unit.permit_quota]
    return page(
        request,
        "registry/units.html",
        status=form.status,
        headers=form.headers,
        tab="units",
        q=q,
        show=show,
        rows=rows,
        seen=where,
        form=form,
        may_change=_is_everywhere(reader),
        scene=scene,
    )


def _unit_page(
    request: Request,
    unit_id: UnitId,
    reader: Principal,
    work: Work,
    *,
    form: Typed,
    about: str = "",
    year: int | None = None,
) -> HTMLResponse:
    """`about`: what the form is for, the unit or its contract."""
    session = work.session
    unit = queries.unit(session, unit_id)
    scene, where = scene_of(session, reader, work.now), seen_sites(session, reader)
    of_year = year or scene.today.year
    found = next(row for row in queries.answers(session, where, of_year, words=unit.name_zh) if row.unit.id == unit_id)
    return page(
        request,
        "registry/unit_record.html",
        status=form.status,
        headers=form.headers,
        tab="units",
        unit=unit,
        found=found,
        year=of_year,
        quota=quota_of(session, unit_id, of_year),
        seen=where,
        form=form,
        unit_form=form if about == "unit" else BLANK,
        contract_form=form if about == "contract" else BLANK,
        undo_form=form if about == "undo" else BLANK,
        can_be_undone=changing.can_be_undone(session, unit_id),
        revision_number=revision_of(session, f"unit:{unit_id}"),
        contract_revision=revision_of(session, contract_subject(unit_id, of_year)),
        revisions=history(session, f"unit:{unit_id}"),
        contract_revisions=history(session, contract_subject(unit_id, of_year)),
        may_change=_is_everywhere(reader),
        scene=scene,
    )


def _is_everywhere(reader: Principal) -> bool:
    return isinstance(reader.sites(Permission.REGISTRY_WRITE), AllSites)
