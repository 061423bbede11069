"""`/gate/areas`: closing the areas of a compound, raising their threat level, and opening them again."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field, model_validator

from gateway.checks.answers import Name
from gateway.checks.snapshot import Snapshot
from gateway.circumstances import service
from gateway.circumstances.api import NoSuchArea
from gateway.circumstances.models import AreaState
from gateway.circumstances.service import ClosedBecause
from gateway.dependencies import GatewayReading, GatewayWork, TheDesk
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.ids import AreaId, SiteId
from registry.sites.gates import areas_of
from registry.sites.queries import all_sites
from registry.web.dependencies import RegistryReading
from registry.web.pages import page

router = APIRouter(prefix="/gate", include_in_schema=False)
Closer = Annotated[Principal, Depends(requires(Permission.AREA_CLOSE))]
EVERY = "*"
LOCKDOWN = "lockdown"
STATES = ("open", "1", "2", "3", "4", "5", LOCKDOWN)
"""What one may choose: open, a threat level, lockdown."""


class AreaForm(BaseModel):
    """Which area of a site, or every one into which its gates lead; how it is from now on, and why."""

    site: Name
    area: Name | Annotated[str, Field(pattern=r"^\*$")]
    state: Annotated[str, Field(pattern="^(open|[1-5]|lockdown)$")]
    reason: ClosedBecause
    words: Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")] = ""

    @model_validator(mode="after")
    def _other_is_said_in_words(self) -> Self:
        if self.reason is ClosedBecause.OTHER and not self.words.strip():
            raise ValueError("say in words why")
        return self


@router.get("/areas", response_model=None)
def areas_page(  # noqa: PLR0917 - a route: nobody calls it by position
    request: Request,
    operator: Closer,
    desk: TheDesk,
    work: GatewayReading,
    register: RegistryReading,
    site: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse | RedirectResponse:
    """The areas of one compound as they are; without one, the first of theirs."""
    sites = [each for each in all_sites(register.session) if operator.may(Permission.AREA_CLOSE, each.id)]
    if not site and sites:
        return RedirectResponse(f"/gate/areas?site={sites[0].id}", status_code=303)
    where = SiteId(site)
    operator.require(Permission.AREA_CLOSE, where)
    entered = desk.snapshot.areas_entered(where)
    timezone = desk.snapshot.timezones.get(where)
    return page(
        request,
        "gateway/areas/list.html",
        site=where,
        sites=sites,
        timezone="UTC" if timezone is None else timezone.key,
        areas=[area for area in areas_of(register.session, where) if area.id in entered],
        states={state.area: state for state in service.states(work.session, where)},
        choices=STATES,
        chosen=_chosen,
        reasons=list(ClosedBecause),
    )


@router.post("/areas")
def set_areas(
    operator: Closer, desk: TheDesk, work: GatewayWork, asked: Annotated[AreaForm, Form()]
) -> RedirectResponse:
    """Close, raise or open; every gate knows it with its next check."""
    where = SiteId(asked.site)
    operator.require(Permission.AREA_CLOSE, where)
    for area in _meant(desk.snapshot, where, asked.area):
        service.set_area_state(
            work.session,
            where,
            area,
            lockdown=asked.state == LOCKDOWN,
            threat_level=int(asked.state) if asked.state.isdigit() else 0,
            because=asked.reason,
            words=asked.words.strip(),
            by=operator.name,
            now=work.now,
        )
    return RedirectResponse(f"/gate/areas?site={where}", status_code=303)


def _meant(snapshot: Snapshot, site: SiteId, area: str) -> list[AreaId]:
    entered = snapshot.areas_entered(site)
    if area == EVERY:
        return sorted(entered)
    if area not in entered:
        raise NoSuchArea(f"There is no area {area!r} here.")
    return [AreaId(area)]


def _chosen(state: AreaState | None) -> str:
    """Which of the choices an area is in."""
    if state is None or (not state.lockdown and state.threat_level == 0):
        return STATES[0]
    return LOCKDOWN if state.lockdown else str(state.threat_level)
