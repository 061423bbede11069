"""Makers of what the monitor and the broker are told of sites, devices and zones."""

import bcrypt

from deploy.broker.users import Service
from registry.devices.facts import DeviceFacts, Register, SiteFacts, ZoneFacts
from registry.ids import DeviceAddress, SiteId

PASSWORD = "a-device-of-the-tests"
_HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


def a_device(
    address: str = "oc1/beam/north-01",
    *,
    enabled: bool = True,
    foreign_prefixes: tuple[str, ...] = (),
    adapter: str | None = None,
    foreign_id: str | None = None,
    gateway: str | None = None,
) -> DeviceFacts:
    return DeviceFacts(
        address=DeviceAddress.parse(address),
        name_zh="北墙一号",
        name_en="North wall 1",
        enabled=enabled,
        secret_hash=_HASH,
        secret_generation=1,
        foreign_prefixes=foreign_prefixes,
        adapter=adapter,
        foreign_id=foreign_id,
        gateway=gateway,
    )


def a_site(site: str = "oc1") -> SiteFacts:
    return SiteFacts(id=SiteId(site), name_zh="一号院", name_en="Compound 1", timezone="Asia/Shanghai")


def a_register(*devices: DeviceFacts, zones: tuple[ZoneFacts, ...] = ()) -> Register:
    """A register of these devices and the sites that they stand in."""
    sites = {device.address.site: a_site(device.address.site) for device in devices}
    return Register(
        version=1,
        sites=sites,
        devices={device.address: device for device in devices},
        zones={zone.id: zone for zone in zones},
    )


def service_hashes() -> dict[Service, str]:
    """Every service's password is `PASSWORD`."""
    return dict.fromkeys(Service, _HASH)
