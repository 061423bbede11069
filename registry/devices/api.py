"""`/api/registry/devices`."""

from dataclasses import asdict, replace
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.devices import queries, service
from registry.devices.facts import Place, RegionFacts
from registry.devices.hearing import Hearing, hearing_of
from registry.devices.models import Device
from registry.ids import NAME, DeviceAddress, SiteId
from registry.keyring import Keys
from registry.listing import DEFAULT_LIMIT, Limit, Listing, Words, page_of
from registry.messages.topics import DeviceClass
from registry.problems import Conflict, NotFound, problems
from registry.sites.scope import sites_of
from registry.video.address import shown_source
from registry.web.dependencies import RegistryReading, RegistryWork

router = APIRouter(prefix="/api/registry/devices", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.DEVICES_READ))]
Manager = Annotated[Principal, Depends(requires(Permission.DEVICES_MANAGE))]
Fraction = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=80)]


class PlaceIn(BaseModel):
    """In fractions of the site plan."""

    x: Fraction
    y: Fraction


class RegionIn(BaseModel):
    """A polygon in fractions of the picture."""

    id: str = Field(max_length=40)
    polygon: list[tuple[float, float]] = Field(max_length=200)
    rules: list[str] = Field(default_factory=lambda: ["intrusion"], max_length=10)

    def facts(self) -> RegionFacts:
        return RegionFacts(id=self.id, polygon=tuple(self.polygon), rules=tuple(self.rules))


class HearingIn(BaseModel):
    """How a device is heard."""

    foreign_prefixes: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=20)
    adapter: str | None = Field(default=None, max_length=40, description="none: it speaks as we do")
    foreign_id: str | None = Field(default=None, max_length=200, description="what its gateway calls it")
    gateway: str | None = Field(default=None, max_length=40, description="the gateway of its site that it hangs on")
    is_wireless: bool = False
    heartbeat_seconds: int | None = Field(default=None, description="none: 60")
    beams: int | None = Field(default=None, description="1, 2 or 4; of a beam only")
    min_interruption_ms: int | None = Field(default=None, description="of a beam only")

    def over(self, before: Hearing) -> Hearing:
        """What was, but for what is named here."""
        named = self.model_dump(include=self.model_fields_set & set(HearingIn.model_fields))
        if "foreign_prefixes" in named:
            named["foreign_prefixes"] = tuple(named["foreign_prefixes"])
        return replace(before, **named)


class DeviceIn(HearingIn):
    address: str = Field(max_length=130, description="site/class/name")
    name_zh: Name
    name_en: Name
    place: PlaceIn | None = None
    source: str | None = Field(default=None, max_length=500)
    regions: list[RegionIn] = Field(default_factory=list, max_length=50)


class DevicePatch(HearingIn):
    """What is named is changed; `source` null takes the source away."""

    enabled: bool | None = None
    name_zh: Name | None = None
    name_en: Name | None = None
    place: PlaceIn | None = None
    source: str | None = Field(default=None, max_length=500)
    regions: list[RegionIn] | None = Field(default=None, max_length=50)


class DeviceOut(HearingIn):
    """A device; the source is shown without its password."""

    address: str
    site: SiteId
    kind: DeviceClass
    name: str
    name_zh: str
    name_en: str
    enabled: bool
    secret_generation: int
    place: PlaceIn | None
    source: str | None
    regions: list[RegionIn]

    @classmethod
    def of(cls, device: Device) -> "DeviceOut":
        return cls(
            address=str(device.address),
            site=device.site,
            kind=device.kind,
            name=device.name,
            name_zh=device.name_zh,
            name_en=device.name_en,
            enabled=device.enabled,
            secret_generation=device.secret_generation,
            place=None if device.x is None or device.y is None else PlaceIn(x=device.x, y=device.y),
            source=shown_source(device.source) or None,
            regions=[RegionIn.model_validate(region) for region in device.regions],
            **asdict(hearing_of(device)),
        )


class DeviceWithSecret(BaseModel):
    """A device and its MQTT sign-in; the secret is told this once."""

    device: DeviceOut
    username: str
    secret: str

    @classmethod
    def of(cls, added: service.Added) -> "DeviceWithSecret":
        device = DeviceOut.of(added.device)
        return cls(device=device, username=added.device.address.username, secret=added.secret)


def address_of(text: str) -> DeviceAddress:
    """Read `site/class/name` as somebody wrote it."""
    try:
        address = DeviceAddress.parse(text.strip())
    except ValueError as error:
        raise service.NoDeviceAddress(f"{error}.") from error
    service.require_address(address)
    return address


def address_in_path(site: str, kind: str, name: str) -> DeviceAddress:
    """The device that the path names; names that cannot be are simply not there."""
    if kind not in set(DeviceClass) or not all(NAME.fullmatch(part) for part in (site, name)):
        raise queries.NoSuchDevice("There is no such device.")
    return DeviceAddress(SiteId(site), kind, name)


@router.get("", responses=problems())
def list_devices(
    *,
    reader: Reader,
    work: RegistryReading,
    q: Words = "",
    kind: DeviceClass | None = None,
    cursor: str | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[DeviceOut]:
    rows = queries.devices(
        work.session,
        sites_of(work.session, reader, Permission.DEVICES_READ),
        words=q.strip(),
        kind=kind,
        after=None if cursor is None else address_of(cursor),
        limit=limit + 1,
    )
    return page_of(rows, limit, out=DeviceOut.of, cursor=lambda row: str(row.address))


@router.post("", status_code=201, responses=problems(NotFound, Conflict))
def add_device(body: DeviceIn, manager: Manager, work: RegistryWork, keys: Keys) -> DeviceWithSecret:
    address = address_of(body.address)
    manager.require(Permission.DEVICES_MANAGE, address.site)
    device = service.NewDevice(
        address=address,
        name_zh=body.name_zh,
        name_en=body.name_en,
        place=None if body.place is None else Place(x=body.place.x, y=body.place.y),
        source=body.source,
        regions=tuple(region.facts() for region in body.regions),
        hearing=body.over(Hearing()),
    )
    return DeviceWithSecret.of(service.add_device(work.session, keys.device_key, device, by=manager.name, now=work.now))


@router.get("/{site}/{kind}/{name}", responses=problems(NotFound))
def get_device(
    address: Annotated[DeviceAddress, Depends(address_in_path)], reader: Reader, work: RegistryReading
) -> DeviceOut:
    reader.require(Permission.DEVICES_READ, address.site)
    return DeviceOut.of(queries.device(work.session, address))


@router.patch("/{site}/{kind}/{name}", responses=problems(NotFound, Conflict))
def change_device(
    address: Annotated[DeviceAddress, Depends(address_in_path)], body: DevicePatch, manager: Manager, work: RegistryWork
) -> DeviceOut:
    manager.require(Permission.DEVICES_MANAGE, address.site)
    session, by, now = work.session, manager.name, work.now
    device = queries.device(session, address)
    if body.enabled is not None:
        change = service.enable_device if body.enabled else service.disable_device
        change(session, address, by=by, now=now)
    if body.name_zh is not None or body.name_en is not None:
        service.rename_device(
            session,
            address,
            name_zh=body.name_zh or device.name_zh,
            name_en=body.name_en or device.name_en,
            by=by,
            now=now,
        )
    if body.place is not None:
        service.place_device(session, address, Place(x=body.place.x, y=body.place.y), by=by, now=now)
    if "source" in body.model_fields_set:
        service.set_source(session, address, body.source, by=by, now=now)
    if body.regions is not None:
        service.set_regions(session, address, [region.facts() for region in body.regions], by=by, now=now)
    service.set_hearing(session, address, body.over(hearing_of(device)), by=by, now=now)
    return DeviceOut.of(device)


@router.post("/{site}/{kind}/{name}/secret", responses=problems(NotFound))
def rotate_secret(
    address: Annotated[DeviceAddress, Depends(address_in_path)], manager: Manager, work: RegistryWork, keys: Keys
) -> DeviceWithSecret:
    manager.require(Permission.DEVICES_MANAGE, address.site)
    return DeviceWithSecret.of(
        service.rotate_secret(work.session, keys.device_key, address, by=manager.name, now=work.now)
    )
