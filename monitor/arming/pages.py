"""`/control-room/zones`: what is armed at a compound, and the buttons for it.

A button's answer leads back to the page; what could not be done is said there.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from monitor.arming import keeping, openings, rules, service, view
from monitor.arming.problems import ArmingChanged, EndsTooLate, NeverBypassed, WhyNeeded, ZonesOpen
from monitor.arming.rules import ARMING, GroupId, Mode
from monitor.dependencies import MonitorReading, MonitorWork, TheRegister
from monitor.signals.words import name_of
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.clock import Instant
from registry.devices.facts import Register, ZoneKind
from registry.ids import NAME_PATTERN, DeviceAddress, SiteId, ZoneId
from registry.problems import Conflict, NotFound, Unprocessable, problems
from registry.web.dependencies import TheParts
from registry.web.pages import page, translator_of

router = APIRouter(prefix="/control-room", include_in_schema=False)

Reader = Annotated[Principal, Depends(requires(Permission.ALARMS_READ))]
Armer = Annotated[Principal, Depends(requires(Permission.ZONES_ARM))]
_TOLD = frozenset(problem.slug for problem in (ArmingChanged, EndsTooLate, NeverBypassed, WhyNeeded, ZonesOpen))
_Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
_Local = Annotated[str, Field(pattern=r"^(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?)?$")]
"""A moment of the site's own time, as browsers send it; or none."""


class _At(BaseModel):
    site: Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]


class ModeForm(_At):
    version: int = Field(ge=0, le=2**31 - 1)
    mode: Mode
    until: _Local = ""
    reason: _Words = ""
    bypass_open: bool = False


class BypassForm(_At):
    zone: Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
    device: Annotated[str, Field(pattern=f"^({NAME_PATTERN}/{NAME_PATTERN}/{NAME_PATTERN})?$")] = ""
    until: _Local
    reason: _Words = ""


@router.get("/zones", response_model=None, responses=problems(NotFound))
def zones_page(
    request: Request,
    reader: Reader,
    reading: MonitorReading,
    register: TheRegister,
    *,
    site: Annotated[str, Query(max_length=40)] = "",
    told: Annotated[str, Query(max_length=40)] = "",
    group: UUID | None = None,
    mode: Mode | None = None,
    parts: TheParts,
) -> HTMLResponse | RedirectResponse:
    """The zones of one compound; without one, of the first of theirs. `told`: what was refused, of which group and mode."""
    sites = [each for each in register.sites.values() if reader.may(Permission.ALARMS_READ, each.id)]
    if not site and sites:
        return RedirectResponse(f"/control-room/zones?site={sites[0].id}", status_code=303)
    where = SiteId(site)
    reader.require(Permission.ALARMS_READ, where)
    if where not in register.sites:
        raise NotFound
    seen = parts.hub.position  # before the store is read
    found = service.armed(reading.session, register, [where], reading.now)
    days = keeping.site_time(register, where)
    here = [zone for zone in register.zones.values() if zone.site == where]
    opened = openings.openings(reading.session, register, here, reading.now)
    zones = {zone.id: view.zone_shown(zone, found, opened, reading.now) for zone in here}
    return page(
        request,
        "monitor/arming/page.html",
        site=where,
        sites=sites,
        place=register.sites[where],
        outline=view.points(register.sites[where].outline),
        is_drawn=view.is_drawn(register.sites[where], list(zones.values())),
        timezone=days.timezone.key,
        seen=seen,
        groups=found.groups,
        following={group.id: rules.next_change(group.plan, days, reading.now) for group in found.groups},
        zones=zones,
        always=[zone for zone in zones.values() if zone.facts.kind is ZoneKind.ALWAYS],
        bypasses=found.bypasses,
        bypassed={(row.zone, row.device) for row in found.bypasses},
        names={str(address): device for address, device in register.devices.items()},
        name_of=partial(name_of, t=translator_of(request)),
        modes=(*ARMING, Mode.DISARMED),
        may_arm=reader.may(Permission.ZONES_ARM, where),
        may_plan=reader.may(Permission.ZONES_PLAN, where),
        told=told if told in _TOLD else "",
        refused=group if told == ZonesOpen.slug else None,
        refused_mode=mode,
        at=reading.now,
        now=reading.now.astimezone(days.timezone),
    )


@router.post("/zones/groups/{group_id}", responses=problems(NotFound))
def set_mode(
    group_id: UUID, armer: Armer, work: MonitorWork, register: TheRegister, form: Annotated[ModeForm, Form()]
) -> RedirectResponse:
    """Arm or disarm a group."""
    act = partial(service.arm, work, register, GroupId(group_id), form.mode, version=form.version, by=armer)
    until = _moment(register, form.site, form.until)
    asked = {"group": str(group_id), "mode": str(form.mode)}
    return _back(form.site, lambda: act(until=until, reason=form.reason, bypass_open=form.bypass_open), **asked)


@router.post("/zones/bypasses", responses=problems(NotFound))
def bypass(
    armer: Armer, work: MonitorWork, register: TheRegister, form: Annotated[BypassForm, Form()]
) -> RedirectResponse:
    """Bypass a zone or a device in it."""
    until = _moment(register, form.site, form.until)
    device = DeviceAddress.parse(form.device) if form.device else None
    act = partial(service.bypass, work, register, ZoneId(form.zone), device=device, reason=form.reason, by=armer)
    return _back(form.site, lambda: act(until=until or work.now))


@router.post("/zones/bypasses/{bypass_id}/end", responses=problems(NotFound))
def end_bypass(bypass_id: UUID, armer: Armer, work: MonitorWork, form: Annotated[_At, Form()]) -> RedirectResponse:
    """Let it count again."""
    return _back(form.site, partial(service.end_bypass, work, bypass_id, by=armer))


def _moment(register: Register, site: str, local: str) -> Instant | None:
    facts = register.sites.get(SiteId(site))
    if facts is None:
        raise NotFound
    try:
        return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(facts.timezone)) if local else None
    except ValueError as error:
        raise EndsTooLate from error


def _back(site: str, act: Callable[[], object], **asked: str) -> RedirectResponse:
    said = {"site": site}
    try:
        act()
    except (Conflict, Unprocessable) as refused:
        said |= {"told": refused.slug, **asked}
    return RedirectResponse(f"/control-room/zones?{urlencode(said)}", status_code=303)
