"""`/registry/devices` and `/registry/zones`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.devices import queries, service
from registry.devices.api import address_in_path, address_of
from registry.devices.hearing import Hearing
from registry.devices.refusals import refusals_in
from registry.ids import DeviceAddress
from registry.keyring import Keys
from registry.listing import Words
from registry.messages.topics import DeviceClass
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import PAGE_ROWS, go, scene_of
from registry.sites.scope import sites_of
from registry.store import Work
from registry.video.address import shown_source
from registry.web.dependencies import RegistryReading, RegistryWork, parts_of
from registry.web.pages import page
from registry.zones import queries as zone_queries

router = APIRouter(prefix="/registry", include_in_schema=False)
DeviceReader = Annotated[Principal, Depends(requires(Permission.DEVICES_READ))]
Manager = Annotated[Principal, Depends(requires(Permission.DEVICES_MANAGE))]


@router.get("/devices")
def devices_page(
    *,
    request: Request,
    reader: DeviceReader,
    work: RegistryReading,
    q: Words = "",
    kind: DeviceClass | Literal[""] = "",
    cursor: str = "",
) -> HTMLResponse:
    rows = queries.devices(
        work.session,
        sites_of(work.session, reader, Permission.DEVICES_READ),
        words=q.strip(),
        kind=kind or None,
        after=address_of(cursor) if cursor else None,
        limit=PAGE_ROWS + 1,
    )
    return page(
        request,
        "registry/devices.html",
        tab="devices",
        q=q,
        kind=kind,
        kinds=list(DeviceClass),
        rows=rows[:PAGE_ROWS],
        following=rows[PAGE_ROWS - 1].address if len(rows) > PAGE_ROWS else None,
        scene=scene_of(work.session, reader, work.now),
    )


@router.get("/devices/{site}/{kind}/{name}")
def device_page(
    request: Request,
    address: Annotated[DeviceAddress, Depends(address_in_path)],
    reader: DeviceReader,
    work: RegistryReading,
) -> HTMLResponse:
    return _device_page(request, address, reader, work, secret=None)


@router.post("/devices/{site}/{kind}/{name}/source")
def set_source(
    address: Annotated[DeviceAddress, Depends(address_in_path)],
    manager: Manager,
    work: RegistryWork,
    source: Annotated[str, Form(max_length=500)],
) -> RedirectResponse:
    manager.require(Permission.DEVICES_MANAGE, address.site)
    service.set_source(work.session, address, source, by=manager.name, now=work.now)
    return go(f"/registry/devices/{address}")


@router.post("/devices/{site}/{kind}/{name}/source/removal")
def take_source_away(
    address: Annotated[DeviceAddress, Depends(address_in_path)], manager: Manager, work: RegistryWork
) -> RedirectResponse:
    manager.require(Permission.DEVICES_MANAGE, address.site)
    service.set_source(work.session, address, None, by=manager.name, now=work.now)
    return go(f"/registry/devices/{address}")


class HearingForm(BaseModel):
    """What stands in the form; a field that is left empty is none."""

    adapter: str | None = Field(default=None, max_length=40)
    foreign_prefixes: str = Field(default="", max_length=4000)
    gateway: str | None = Field(default=None, max_length=40)
    foreign_id: str | None = Field(default=None, max_length=200)
    is_wireless: bool = False
    heartbeat_seconds: int | None = Field(default=None, ge=1, le=86_400)
    beams: int | None = None
    min_interruption_ms: int | None = Field(default=None, ge=20, le=700)

    @property
    def hearing(self) -> Hearing:
        lines = tuple(line.strip() for line in self.foreign_prefixes.splitlines() if line.strip())
        return Hearing(**{**self.model_dump(), "foreign_prefixes": lines})


@router.post("/devices/{site}/{kind}/{name}/hearing", response_model=None)
def set_hearing(
    request: Request,
    address: Annotated[DeviceAddress, Depends(address_in_path)],
    manager: Manager,
    work: RegistryWork,
    sent: Sent,
) -> Response:
    manager.require(Permission.DEVICES_MANAGE, address.site)
    form = Typed(sent, beside={"prefix-not-allowed": "foreign_prefixes", "prefix-taken": "foreign_prefixes"})
    with form.trying(work.session):
        hearing = form.read(HearingForm).hearing
        service.set_hearing(work.session, address, hearing, by=manager.name, now=work.now)
        return go(f"/registry/devices/{address}")
    return _device_page(request, address, manager, work, secret=None, form=form)


@router.post("/devices/{site}/{kind}/{name}/{change}")
def switch_device(
    address: Annotated[DeviceAddress, Depends(address_in_path)],
    change: Literal["enabling", "disabling"],
    manager: Manager,
    work: RegistryWork,
) -> RedirectResponse:
    manager.require(Permission.DEVICES_MANAGE, address.site)
    switch = service.enable_device if change == "enabling" else service.disable_device
    switch(work.session, address, by=manager.name, now=work.now)
    return go(f"/registry/devices/{address}")


@router.post("/devices/{site}/{kind}/{name}/secret/renewal")
def rotate_secret(
    request: Request,
    address: Annotated[DeviceAddress, Depends(address_in_path)],
    manager: Manager,
    work: RegistryWork,
    keys: Keys,
) -> HTMLResponse:
    """Answers with the device's page: the secret stands on it this once."""
    manager.require(Permission.DEVICES_MANAGE, address.site)
    added = service.rotate_secret(work.session, keys.device_key, address, by=manager.name, now=work.now)
    return _device_page(request, address, manager, work, secret=added.secret)


@router.get("/zones")
def zones_page(request: Request, reader: DeviceReader, work: RegistryReading) -> HTMLResponse:
    sites = sites_of(work.session, reader, Permission.DEVICES_READ)
    return page(
        request,
        "registry/zones.html",
        tab="zones",
        zones=zone_queries.zones(work.session, sites),
        members=queries.devices_by_address(work.session, sites),
        watched=sites_of(work.session, reader, Permission.ALARMS_READ),
        scene=scene_of(work.session, reader, work.now),
    )


def _device_page(
    request: Request, address: DeviceAddress, reader: Principal, work: Work, *, secret: str | None, form: Typed = BLANK
) -> HTMLResponse:
    reader.require(Permission.DEVICES_READ, address.site)
    device = queries.device(work.session, address)
    return page(
        request,
        "registry/device.html",
        status=form.status,
        headers={"Cache-Control": "no-store", **form.headers},
        form=form,
        adapters=parts_of(request).adapters,
        gateways=[
            name for _, kind, name in queries.devices_by_address(work.session, [address.site]) if kind == DeviceClass.GW
        ],
        tab="devices",
        device=device,
        source=shown_source(device.source),
        refused=refusals_in(parts_of(request).settings.data_dir).get(address.username),
        zones=zone_queries.zones_with(work.session, address),
        members=queries.devices_by_address(work.session, [address.site]),
        may_manage=reader.may(Permission.DEVICES_MANAGE, address.site),
        may_watch=reader.may(Permission.ALARMS_READ, address.site),
        secret=secret,
        scene=scene_of(work.session, reader, work.now),
    )
